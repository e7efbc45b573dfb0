"""The consent ledger on SQL: append-only lines, of which the newest per person and purpose holds."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine, bindparam, func, insert, select

from service.adapters.sql_changes import note_change
from service.adapters.sql_database import Turn, reader, writing
from service.adapters.sql_faults import faults_as
from service.adapters.sql_lists import listed
from service.adapters.sql_tables import consents
from service.adapters.sql_tombstones import barred
from service.recommender.consent import Decision, Purpose
from service.recommender.errors import ConsentsUnavailable
from service.recommender.person import Person

IMPORT = "import"
IMPORT_WORDING = "Granted elsewhere; brought in with the shop's customers."
CUSTOMERS_PER_TRANSACTION = 2_000
"""Keeps each turn of an import short, since a person's own decision waits for it."""

_LINES = (
    select(consents.c.purpose, consents.c.granted, consents.c.decided_at, consents.c.source, consents.c.wording)
    .where(consents.c.person_key == bindparam("person"))
    .order_by(consents.c.sequence)
)
_NEWEST = (
    select(func.max(consents.c.sequence))
    .where(consents.c.purpose == bindparam("purpose"))
    .group_by(consents.c.person_key)
)
_GRANTED = select(consents.c.person_key).where(consents.c.sequence.in_(_NEWEST), consents.c.granted)
_GRANTED_OF = {
    dialect: select(consents.c.person_key).where(
        consents.c.sequence.in_(_NEWEST.where(consents.c.person_key.in_(select(listed(dialect, "people").c.value)))),
        consents.c.granted,
    )
    for dialect in ("sqlite", "postgresql")
}
_STATE = (
    select(consents.c.person_key, consents.c.purpose, consents.c.granted, consents.c.source)
    .where(consents.c.person_key.in_(bindparam("people", expanding=True)))
    .order_by(consents.c.sequence)
)


class SqlConsentLedger:
    """Decisions on SQLite or PostgreSQL; safe to use from several threads.

    Parameters
    ----------
    engine : made by `sql_database.connect`, migrated
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reader = reader(engine)

    def decisions(self, person: Person) -> tuple[Decision, ...]:
        """Read all decisions of a person, in the order of recording.

        Raises
        ------
        ConsentsUnavailable
        """
        with faults_as(ConsentsUnavailable), self._reader.connect() as connection:
            lines = connection.execute(_LINES, {"person": person.key}).all()
        return tuple(
            Decision(Purpose(purpose), granted, decided_at, source, wording)
            for purpose, granted, decided_at, source, wording in lines
        )

    def granting(self, people: Collection[Person], purpose: Purpose) -> frozenset[Person]:
        """Tell who of some people grants a purpose.

        Raises
        ------
        ConsentsUnavailable
        """
        named = {person.key: person for person in people}
        asked = {"people": json.dumps(list(named)), "purpose": purpose.value}
        with faults_as(ConsentsUnavailable), self._reader.connect() as connection:
            granting = connection.execute(_GRANTED_OF[self._engine.dialect.name], asked).scalars()
            return frozenset(named[key] for key in granting)

    def record(self, person: Person, decisions: Sequence[Decision]) -> None:
        """Append decisions, all or none.

        Raises
        ------
        ConsentsUnavailable
        """
        lines = [_line(person.key, decision) for decision in decisions]
        if lines:
            with faults_as(ConsentsUnavailable), writing(self._engine, Turn.CONSENTS) as connection:
                connection.execute(insert(consents), lines)
                note_change(connection, [person.key])

    def granted_to(self, purpose: Purpose) -> frozenset[str]:
        """Tell who grants a purpose; see `ConsentLedger.granted_to`.

        Raises
        ------
        ConsentsUnavailable
        """
        with faults_as(ConsentsUnavailable), self._reader.connect() as connection:
            return frozenset(connection.execute(_GRANTED, {"purpose": purpose.value}).scalars())

    def import_grants(self, grants: Mapping[str, frozenset[Purpose]], decided_at: datetime) -> int:
        """Bring in what customers granted elsewhere; see `ConsentLedger.import_grants`.

        It goes by groups of customers, each in one transaction; one that was cut short is finished by doing it again.

        Raises
        ------
        ConsentsUnavailable
        """
        wanted = {Person.customer(customer_id).key: purposes for customer_id, purposes in grants.items()}
        people = sorted(wanted)
        appended = 0
        for start in range(0, len(people), CUSTOMERS_PER_TRANSACTION):
            group = {key: wanted[key] for key in people[start : start + CUSTOMERS_PER_TRANSACTION]}
            with faults_as(ConsentsUnavailable), writing(self._engine, Turn.CONSENTS) as connection:
                appended += _import_group(connection, group, decided_at)
        return appended


def _import_group(connection: Connection, wanted: Mapping[str, frozenset[Purpose]], decided_at: datetime) -> int:
    decided_here: set[tuple[str, str]] = set()
    standing: dict[tuple[str, str], bool] = {}
    for person_key, purpose, granted, source in connection.execute(_STATE, {"people": list(wanted)}):
        standing[person_key, purpose] = granted
        if source != IMPORT:
            decided_here.add((person_key, purpose))
    lines = [
        _line(person_key, Decision(purpose, purpose in purposes, decided_at, IMPORT, IMPORT_WORDING))
        for person_key, purposes in wanted.items()
        for purpose in Purpose
        if (person_key, purpose.value) not in decided_here
        and standing.get((person_key, purpose.value), False) != (purpose in purposes)
    ]
    # Also of those who began anew: what was granted before they were erased holds no more, and they decide themselves.
    erased = barred(connection, {str(line["person_key"]) for line in lines})
    lines = [line for line in lines if line["person_key"] not in erased]
    if lines:
        connection.execute(insert(consents), lines)
        note_change(connection, {str(line["person_key"]) for line in lines})
    return len(lines)


def _line(person_key: str, decision: Decision) -> dict[str, object]:
    return {
        "person_key": person_key,
        "purpose": decision.purpose.value,
        "granted": decision.granted,
        "decided_at": decision.decided_at,
        "source": decision.source,
        "wording": decision.wording,
    }
