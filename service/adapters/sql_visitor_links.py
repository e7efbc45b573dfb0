"""Visitors who became customers, on SQL: one transaction moves all that they did."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, bindparam, case, delete, exists, func, literal, select

from service.adapters.sql_changes import note_change
from service.adapters.sql_database import Turn, insert_into, reader, take_turn, writing
from service.adapters.sql_faults import faults_as
from service.adapters.sql_tables import attributions, events, feedback, visitor_links, wishes
from service.recommender.errors import EventsUnavailable
from service.recommender.person import Person, VisitorLink

_LINK = (visitor_links.c.visitor_id, visitor_links.c.customer_id, visitor_links.c.through)
_OF_VISITORS = select(*_LINK).where(visitor_links.c.visitor_id.in_(bindparam("ids", expanding=True)))
_OF_CUSTOMER = select(*_LINK).where(visitor_links.c.customer_id == bindparam("id")).order_by(visitor_links.c.visitor_id)
_ALL = select(*_LINK).order_by(visitor_links.c.visitor_id)
_theirs = events.alias("theirs")
_OWN = {"sequence", "person_key", "linked_from", "saying"}
_KEPT = tuple(column.name for column in events.c if column.name not in _OWN)


class SqlVisitorLinks:
    """Links on SQLite or PostgreSQL; safe to use from several threads and replicas.

    Parameters
    ----------
    engine : made by `sql_database.connect`, migrated
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reader = reader(engine)

    def link(self, visitor: Person, customer: Person, at: datetime) -> int | None:
        """Make what a visitor did a customer's; see `VisitorLinks.link`.

        Raises
        ------
        EventsUnavailable
        """
        with faults_as(EventsUnavailable), writing(self._engine, Turn.EVENTS) as connection:
            known = connection.execute(_OF_VISITORS, {"ids": [visitor.id]}).one_or_none()
            if known is not None and known.customer_id != customer.id:
                return None
            newest = select(func.max(events.c.occurred_at)).where(events.c.person_key == visitor.key)
            moments = (at, connection.execute(newest).scalar(), known.through if known is not None else None)
            through = max(moment for moment in moments if moment is not None)
            self._keep(connection, visitor, customer, at, through)
            moved = self._move_events(connection, visitor, customer)
            take_turn(connection, Turn.PROJECTIONS)  # projected anew, as the customer's
            for table in (attributions, wishes):
                connection.execute(delete(table).where(table.c.person_key == visitor.key))
            self._move_feedback(connection, visitor, customer)
            note_change(connection, [visitor.key, customer.key])
            return moved

    def of_visitors(self, visitors: Collection[Person]) -> dict[Person, VisitorLink]:
        """Find the links of visitors; see `VisitorLinks.of_visitors`.

        Raises
        ------
        EventsUnavailable
        """
        if not visitors:
            return {}
        found = self._read(_OF_VISITORS, ids=[visitor.id for visitor in visitors])
        return {link.visitor: link for link in found}

    def of_customer(self, customer: Person) -> Sequence[VisitorLink]:
        """Find the visitors that a customer was.

        Raises
        ------
        EventsUnavailable
        """
        return self._read(_OF_CUSTOMER, id=customer.id)

    def all(self) -> Sequence[VisitorLink]:
        """Read all links.

        Raises
        ------
        EventsUnavailable
        """
        return self._read(_ALL)

    def _read(self, statement: Select[Any], **values: object) -> list[VisitorLink]:
        with faults_as(EventsUnavailable), self._reader.connect() as connection:
            return [_link_of(row) for row in connection.execute(statement, values)]

    def _keep(
        self, connection: Connection, visitor: Person, customer: Person, at: datetime, through: datetime,
    ) -> None:
        row = insert_into(self._engine, visitor_links).values(
            visitor_id=visitor.id, customer_id=customer.id, linked_at=at, through=through,
        )
        connection.execute(row.on_conflict_do_update(index_elements=["visitor_id"], set_={"through": through}))

    def _move_events(self, connection: Connection, visitor: Person, customer: Person) -> int:
        """Write the events anew at the end of the log, where whoever reads the customer's newest finds them."""
        mine = events.c.person_key == visitor.key
        known = exists().where(_theirs.c.person_key == customer.key, _theirs.c.event_id == events.c.event_id)
        moved = connection.execute(select(func.count()).select_from(events).where(mine, ~known)).scalar_one()
        copied = (
            select(literal(customer.key), events.c.sequence, *(events.c[name] for name in _KEPT))
            .where(mine, ~known)
            .order_by(events.c.sequence)
        )
        connection.execute(insert_into(self._engine, events).from_select(["person_key", "linked_from", *_KEPT], copied))
        connection.execute(delete(events).where(mine))
        return int(moved)

    def _move_feedback(self, connection: Connection, visitor: Person, customer: Person) -> None:
        """What the visitor hid, wanted fewer of or forbade, the customer did; of two sayings the later times hold."""
        names = [column.name for column in feedback.c if column.name != "person_key"]
        mine = feedback.c.person_key == visitor.key
        rows = insert_into(self._engine, feedback).from_select(
            ["person_key", *names], select(literal(customer.key), *(feedback.c[name] for name in names)).where(mine),
        )
        latest = {
            name: case((rows.excluded[name] > feedback.c[name], rows.excluded[name]), else_=feedback.c[name])
            for name in ("given_at", "through")
        }
        connection.execute(
            rows.on_conflict_do_update(index_elements=list(feedback.primary_key.columns), set_=latest),
        )
        connection.execute(delete(feedback).where(mine))


def _link_of(row: Row[Any]) -> VisitorLink:
    return VisitorLink(Person.visitor(row.visitor_id), Person.customer(row.customer_id), row.through)
