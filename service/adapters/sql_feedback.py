"""Standing feedback on SQL: one row per person, kind and item, or action."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Engine, bindparam, case, delete, select

from service.adapters.sql_changes import note_change
from service.adapters.sql_database import insert_into, reader, writing
from service.adapters.sql_faults import faults_as
from service.adapters.sql_tables import feedback
from service.recommender.errors import EventsUnavailable, InvalidArgument
from service.recommender.events import EventType
from service.recommender.feedback import FeedbackKind, ForgottenAction, Restrictions
from service.recommender.person import Person

_OF_PERSON = select(
    feedback.c.kind, feedback.c.item_id, feedback.c.type, feedback.c.given_at, feedback.c.through
).where(feedback.c.person_key == bindparam("person"))
_FORGOTTEN = select(feedback.c.person_key, feedback.c.type, feedback.c.item_id, feedback.c.through).where(
    feedback.c.kind == FeedbackKind.FORGET_ACTION.value
)


class SqlFeedbackStore:
    """Feedback on SQLite or PostgreSQL; safe to use from several threads.

    Parameters
    ----------
    engine : made by `sql_database.connect`, migrated
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._reader = reader(engine)
        row = insert_into(engine, feedback)
        self._upsert = row.on_conflict_do_update(
            index_elements=list(feedback.primary_key.columns),
            set_={
                name: case((row.excluded[name] > feedback.c[name], row.excluded[name]), else_=feedback.c[name])
                for name in ("given_at", "through")
            },
        )

    def restrictions(self, person: Person) -> Restrictions:
        """Read all that a person hid, wants fewer of, or forbade to use.

        Raises
        ------
        EventsUnavailable
        """
        with faults_as(EventsUnavailable), self._reader.connect() as connection:
            rows = connection.execute(_OF_PERSON, {"person": person.key}).all()
        # Here and not in SQL, where texts are ordered by the locale of the database.
        rows = sorted(rows, key=lambda row: (row.given_at, row.item_id, row.type))
        by_kind = {kind: [row for row in rows if row.kind == kind.value] for kind in FeedbackKind}
        return Restrictions(
            hidden=frozenset(row.item_id for row in by_kind[FeedbackKind.HIDE_ITEM]),
            fewer=tuple((row.item_id, row.given_at) for row in by_kind[FeedbackKind.LESS_LIKE_THIS]),
            forgotten=tuple(
                ForgottenAction(EventType(row.type), row.item_id, row.through)
                for row in by_kind[FeedbackKind.FORGET_ACTION]
            ),
        )

    def record(
        self,
        person: Person,
        kind: FeedbackKind,
        item_id: str,
        given_at: datetime,
        *,
        type: EventType | None = None,  # noqa: A002
        through: datetime | None = None,
    ) -> None:
        """Keep one piece of feedback; of two sayings of the same the later times hold, in whichever order they come.

        Raises
        ------
        EventsUnavailable
        InvalidArgument
            If FORGET_ACTION does not say which type of action, and through when.
        """
        forgets = kind is FeedbackKind.FORGET_ACTION
        if forgets and (type is None or through is None):
            raise InvalidArgument("FORGET_ACTION needs the type of the action and the time of its latest repetition.")
        row = {**_key(person, kind, item_id, type), "given_at": given_at, "through": through if forgets else None}
        with faults_as(EventsUnavailable), writing(self._engine) as connection:
            connection.execute(self._upsert, row)
            note_change(connection, [person.key])

    def undo(self, person: Person, kind: FeedbackKind, item_id: str, *, type: EventType | None = None) -> bool:  # noqa: A002
        """Take one piece back; False where there was none.

        Raises
        ------
        EventsUnavailable
        """
        same = [feedback.c[name] == value for name, value in _key(person, kind, item_id, type).items()]
        with faults_as(EventsUnavailable), writing(self._engine) as connection:
            there = connection.execute(delete(feedback).where(*same)).rowcount > 0
            note_change(connection, [person.key] if there else [])
        return there

    def forgotten(self) -> Sequence[tuple[Person, EventType, str, datetime]]:
        """Read all forgotten actions of all people, by person, type and item.

        Raises
        ------
        EventsUnavailable
        """
        with faults_as(EventsUnavailable), self._reader.connect() as connection:
            rows = connection.execute(_FORGOTTEN).all()
        return [
            (Person.of_key(key), EventType(type_), item_id, through) for key, type_, item_id, through in sorted(rows)
        ]


def _key(person: Person, kind: FeedbackKind, item_id: str, type_: EventType | None) -> dict[str, str]:
    of_action = type_.value if type_ is not None and kind is FeedbackKind.FORGET_ACTION else ""
    return {"person_key": person.key, "kind": kind.value, "item_id": item_id, "type": of_action}
