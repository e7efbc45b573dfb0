"""Tombstones, orders and receipts of erasures, on SQL."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, func, insert, select, update

from service.adapters.sql_database import Turn, insert_into, reader, take_turn, take_turn_for, writing
from service.adapters.sql_faults import faults_as
from service.adapters.sql_tables import erasure_steps, erasures, tombstones, visitor_links
from service.adapters.sql_tombstones import gone, pseudonym
from service.adapters.sqlite_log import empty_log
from service.recommender.erasure import ErasureOrder, ErasureReceipt, ErasureStep
from service.recommender.errors import EventsUnavailable
from service.recommender.person import Person

ID_BYTES = 24
_OPEN = erasures.c.completed_at.is_(None)
_STEPS = (
    select(erasure_steps.c.store, erasure_steps.c.done, erasure_steps.c.removed)
    .order_by(erasure_steps.c.place)
)


class SqlErasureBook:
    """The `ErasureBook` on SQLite or PostgreSQL; safe to use from several threads and replicas.

    Parameters
    ----------
    engine : made by `sql_database.connect`, migrated, and given its key by `sql_tombstones.protect`
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reader = reader(engine)

    def begin(self, person: Person, stores: Sequence[str], now: datetime) -> str:
        """Bury a person and open an order; see `ErasureBook.begin`.

        Raises
        ------
        EventsUnavailable
        """
        receipt_id = secrets.token_urlsafe(ID_BYTES)
        with faults_as(EventsUnavailable), writing(self._engine, Turn.EVENTS) as connection:
            take_turn(connection, Turn.CHANGES)  # after the turns of all who write about people, none is half way
            people = [person, *_visitors_of(connection, person)]
            for one in sorted(people, key=lambda one: one.key):
                take_turn_for(connection, one)
            self._bury(connection, people, now)
            connection.execute(insert(erasures), {
                "receipt": _hashed(receipt_id), "pseudonym": pseudonym(connection, person.key),
                "people": json.dumps([one.key for one in people]), "requested_at": now,
            })
            connection.execute(insert(erasure_steps), [
                {"receipt": _hashed(receipt_id), "place": place, "store": store, "done": False, "removed": 0}
                for place, store in enumerate(stores)
            ])
        return receipt_id

    def order(self, receipt_id: str) -> ErasureOrder | None:
        """Find an order by the id of its receipt.

        Raises
        ------
        EventsUnavailable
        """
        return next(iter(self._orders(erasures.c.receipt == _hashed(receipt_id))), None)

    def orders(self) -> Sequence[ErasureOrder]:
        """Read all orders that are not completed, oldest first.

        Raises
        ------
        EventsUnavailable
        """
        return self._orders()

    def note(self, order: ErasureOrder, store: str, removed: int) -> None:
        """Note that a store is done.

        Raises
        ------
        EventsUnavailable
        """
        row = (erasure_steps.c.receipt == order.key) & (erasure_steps.c.store == store)
        with faults_as(EventsUnavailable), writing(self._engine) as connection:
            connection.execute(
                update(erasure_steps).where(row).values(done=True, removed=erasure_steps.c.removed + removed),
            )

    def complete(self, order: ErasureOrder, now: datetime) -> bool:
        """Close an order all of whose stores are done.

        Raises
        ------
        EventsUnavailable
        """
        left = select(func.count()).where(erasure_steps.c.receipt == order.key, erasure_steps.c.done.is_(False))
        with faults_as(EventsUnavailable), writing(self._engine) as connection:
            if connection.execute(left).scalar_one():
                return False
            closed = update(erasures).where(erasures.c.receipt == order.key, _OPEN)
            connection.execute(closed.values(completed_at=now, people=None))
        empty_log(self._engine)
        return True

    def receipt(self, receipt_id: str) -> ErasureReceipt | None:
        """Find a receipt by its id.

        Raises
        ------
        EventsUnavailable
        """
        times = select(erasures.c.requested_at, erasures.c.completed_at)
        with faults_as(EventsUnavailable), self._reader.connect() as connection:
            found = connection.execute(times.where(erasures.c.receipt == _hashed(receipt_id))).one_or_none()
            if found is None:
                return None
            steps = connection.execute(_STEPS.where(erasure_steps.c.receipt == _hashed(receipt_id))).all()
        return ErasureReceipt(found.requested_at, found.completed_at, tuple(ErasureStep(*step) for step in steps))

    def erased_since(self, moment: datetime, among: Callable[[], Collection[str]]) -> frozenset[str]:
        """Find who of some people was erased since a moment; see `ErasureBook.erased_since`.

        Raises
        ------
        EventsUnavailable
        """
        fresh = select(tombstones.c.pseudonym).where(tombstones.c.erased_at >= moment)
        with faults_as(EventsUnavailable), self._reader.connect() as connection:
            erased = set(connection.execute(fresh).scalars())
            return frozenset(key for key in among() if pseudonym(connection, key) in erased) if erased else frozenset()

    def is_erased(self, person: Person) -> bool:
        """Whether nothing may be kept about a person.

        Raises
        ------
        EventsUnavailable
        """
        with faults_as(EventsUnavailable), self._reader.connect() as connection:
            return bool(gone(connection, [person.key]))

    def welcome(self, person: Person, now: datetime) -> None:
        """Let somebody who was erased begin anew; see `ErasureBook.welcome`.

        Raises
        ------
        EventsUnavailable
        """
        if not self.is_erased(person):
            return
        with faults_as(EventsUnavailable), writing(self._engine) as connection:
            theirs = tombstones.c.pseudonym == pseudonym(connection, person.key)
            connection.execute(update(tombstones).where(theirs).values(welcomed_at=now))

    def _bury(self, connection: Connection, people: Sequence[Person], now: datetime) -> None:
        row = insert_into(self._engine, tombstones)
        again = row.on_conflict_do_update(
            index_elements=["pseudonym"], set_={"erased_at": now, "welcomed_at": None},
        )
        connection.execute(again, [
            {"pseudonym": pseudonym(connection, one.key), "erased_at": now, "welcomed_at": None} for one in people
        ])

    def _orders(self, *which: ColumnElement[bool]) -> list[ErasureOrder]:
        wanted = select(erasures.c.receipt, erasures.c.people).where(_OPEN, *which)
        with faults_as(EventsUnavailable), self._reader.connect() as connection:
            rows = connection.execute(wanted.order_by(erasures.c.requested_at, erasures.c.receipt)).all()
            return [_order(row, _left(connection, row.receipt)) for row in rows]


def _left(connection: Connection, receipt: str) -> tuple[str, ...]:
    rows = connection.execute(_STEPS.where(erasure_steps.c.receipt == receipt, erasure_steps.c.done.is_(False)))
    return tuple(row.store for row in rows)


def _order(row: Row[*tuple[Any, ...]], left: tuple[str, ...]) -> ErasureOrder:
    return ErasureOrder(row.receipt, tuple(map(Person.of_key, json.loads(row.people))), left)


def _visitors_of(connection: Connection, person: Person) -> list[Person]:
    if not person.is_customer:
        return []
    theirs = select(visitor_links.c.visitor_id).where(visitor_links.c.customer_id == person.id)
    return [Person.visitor(found) for found in connection.execute(theirs.order_by("visitor_id")).scalars()]


def _hashed(receipt_id: str) -> str:
    return hashlib.sha256(receipt_id.encode()).hexdigest()
