"""Trusted documents on SQL, for all replicas; an id never changes its meaning."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Engine, bindparam, select

from service.adapters.sql_database import insert_into, reader, writing
from service.adapters.sql_faults import faults_as
from service.adapters.sql_tables import documents
from service.recommender.errors import DocumentsUnavailable, InvalidArgument

_FIND = select(documents.c.text).where(documents.c.id == bindparam("id"))


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
        """Keep documents by their ids, all or none; to repeat it changes nothing.

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
                if connection.execute(_FIND, {"id": document_id}).scalar_one() != text:
                    raise InvalidArgument(
                        f"The id {document_id!r} is another document's already; apps in people's hands still send it. "
                        "Give this document another id.",
                    )
        return new
