"""Trusted documents on SQL, for all replicas; an id never changes its meaning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, bindparam, select, update

from service.adapters.sql_database import insert_into, reader, writing
from service.adapters.sql_faults import faults_as
from service.adapters.sql_tables import documents
from service.recommender.errors import DocumentsUnavailable, InvalidArgument

_MEANT = select(documents.c.text).where(documents.c.id == bindparam("id"))
_FIND = _MEANT.where(documents.c.withdrawn_at.is_(None))
_LIST = select(documents).where(documents.c.withdrawn_at.is_(None)).order_by(documents.c.registered_at, documents.c.id)
_WITHDRAW = (
    update(documents).where(documents.c.text == bindparam("meant"), documents.c.withdrawn_at.is_(None))
    .values(withdrawn_at=bindparam("at")).returning(documents.c.id)
)
_RESTORE = (
    update(documents).where(documents.c.id == bindparam("meant"), documents.c.withdrawn_at.is_not(None))
    .values(withdrawn_at=None, registered_at=bindparam("at")).returning(documents.c.id)
)


@dataclass(frozen=True, slots=True)
class Registered:
    """A document that is trusted, with all its ids."""

    text: str
    ids: tuple[str, ...]
    registered_at: datetime


class SqlDocuments:
    """Documents on SQLite or PostgreSQL.

    Parameters
    ----------
    engine : made by `sql_database.connect`, migrated
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._reader = engine, reader(engine)
        self._insert = insert_into(engine, documents).on_conflict_do_nothing().returning(documents.c.id)

    def find(self, document_id: str) -> str | None:
        """Find the text of a document; None where the id is nobody's.

        Raises
        ------
        DocumentsUnavailable
        """
        try:
            with faults_as(DocumentsUnavailable), self._reader.connect() as connection:
                return connection.execute(_FIND, {"id": document_id}).scalar_one_or_none()
        except InvalidArgument:
            return None  # no database holds such an id

    def register(self, texts: Mapping[str, str], at: datetime) -> int:
        """Keep documents by their ids, all or none; to repeat it changes nothing, and what was withdrawn comes back.

        Returns
        -------
        How many ids are new.

        Raises
        ------
        InvalidArgument
            If an id is another document's already.
        DocumentsUnavailable
        """
        new = 0
        with faults_as(DocumentsUnavailable), writing(self._engine) as connection:
            for document_id, text in sorted(texts.items()):  # in one order, so that two at once cannot wait in a circle
                row = {"id": document_id, "text": text, "registered_at": at}
                new += len(connection.execute(self._insert, row).all())
                if connection.execute(_MEANT, {"id": document_id}).scalar_one() != text:
                    raise InvalidArgument(
                        f"The id {document_id!r} is another document's already; apps in people's hands still send it. "
                        "Give this document another id.",
                    )
                new += len(connection.execute(_RESTORE, {"meant": document_id, "at": at}).all())
        return new

    def withdraw(self, ids: Sequence[str], at: datetime) -> int:
        """Trust documents no more, by any of their ids, all or none; what an id means is still remembered.

        Returns
        -------
        How many ids are no longer found.

        Raises
        ------
        InvalidArgument
            If an id was never registered.
        DocumentsUnavailable
        """
        withdrawn = 0
        with faults_as(DocumentsUnavailable), writing(self._engine) as connection:
            for document_id in ids:
                text = connection.execute(_MEANT, {"id": document_id}).scalar_one_or_none()
                if text is None:
                    raise InvalidArgument(f"{document_id!r} is no document's id; see `konomi documents list`.")
                withdrawn += len(connection.execute(_WITHDRAW, {"meant": text, "at": at}).all())
        return withdrawn

    def listed(self) -> list[Registered]:
        """List all that are trusted, the first registered first.

        Raises
        ------
        DocumentsUnavailable
        """
        ids: dict[str, list[str]] = {}
        since: dict[str, datetime] = {}
        with faults_as(DocumentsUnavailable), self._reader.connect() as connection:
            for row in connection.execute(_LIST):
                ids.setdefault(row.text, []).append(row.id)
                since.setdefault(row.text, row.registered_at)
        return [Registered(text, tuple(ids[text]), at) for text, at in since.items()]
