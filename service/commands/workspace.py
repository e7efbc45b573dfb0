"""The state that commands work on, opened piece by piece as each is needed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from service.adapters.feast_repository import FeastRepository
from service.adapters.sql_consents import SqlConsentLedger
from service.adapters.sql_database import connect, migrate
from service.adapters.sql_feedback import SqlFeedbackStore
from service.adapters.sql_tombstones import protect
from service.adapters.sql_visitor_links import SqlVisitorLinks
from service.adapters.system_clock import SystemClock
from service.commands.terminal import CommandFault
from service.privacy import privacy_key
from service.settings import Settings
from service.tables.durable import replace_text
from service.tables.generation import Generation
from service.tables.store import TableStore

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from index.store import ArtefactStore

EXPORTED = "exported.json"


@dataclass(frozen=True)
class Workspace:
    """Everything under one state folder and its databases."""

    settings: Settings

    @cached_property
    def clock(self) -> SystemClock:
        """Real time."""
        return SystemClock()

    @cached_property
    def store(self) -> TableStore:
        """The shop's tables."""
        return TableStore(self.settings.tables_dir)

    @cached_property
    def engine(self) -> Engine:
        """The database, migrated."""
        self.settings.state.dir.mkdir(parents=True, exist_ok=True)
        engine = connect(self.settings.database_url)
        migrate(engine)
        return protect(engine, privacy_key(self.settings))

    @cached_property
    def consents(self) -> SqlConsentLedger:
        """The consent ledger."""
        return SqlConsentLedger(self.engine)

    @cached_property
    def feedback(self) -> SqlFeedbackStore:
        """Standing feedback."""
        return SqlFeedbackStore(self.engine)

    @cached_property
    def links(self) -> SqlVisitorLinks:
        """Visitors who became customers."""
        return SqlVisitorLinks(self.engine)

    @cached_property
    def repository(self) -> FeastRepository:
        """The Feast repository."""
        return FeastRepository(self.settings.features_dir, *self.settings.feature_stores)

    @cached_property
    def published(self) -> ArtefactStore:
        """Where versions are published."""
        from index.store import ArtefactStore  # noqa: PLC0415 - FAISS and SciPy take a second to import

        return ArtefactStore(self.settings.artefacts_url, self.settings.artefacts_dir)

    @property
    def artefacts(self) -> Path:
        """Folder in which versions are trained."""
        return self.published.directory

    def generation(self) -> Generation:
        """The tables as they stand.

        Raises
        ------
        CommandFault
            If nothing has been imported.
        """
        current = self.store.current()
        if current is None:
            raise CommandFault(f"{self.settings.tables_dir} holds no tables yet; run `konomi import DIR` first.")
        return current

    @property
    def exported_sequence(self) -> int:
        """Newest sequence of the live log that is part of history."""
        with suppress(FileNotFoundError):
            return int(json.loads((self.settings.state.dir / EXPORTED).read_text(encoding="utf-8"))["sequence"])
        return 0

    def remember_exported(self, sequence: int) -> None:
        """Note how far the live log is part of history; history drops what it has already."""
        write_whole(self.settings.state.dir / EXPORTED, json.dumps({"sequence": sequence}))


def write_whole(path: Path, text: str) -> None:
    """Write a small file wholly or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_text(path, text)


def person_keys(customer_ids: Sequence[str]) -> list[str]:
    """Keys of customers in stores."""
    return [f"c:{customer_id}" for customer_id in customer_ids]
