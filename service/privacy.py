"""Every place that knows people, put together: what access, erasure and its proof go through."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from sqlalchemy import Engine

from service.adapters.feast_personal import OfflineFeatures, OnlineFeatures
from service.adapters.feast_repository import FeastRepository
from service.adapters.named_in_files import Artefacts
from service.adapters.sql_audit import SqlAuditLog
from service.adapters.sql_erasures import SqlErasureBook
from service.adapters.sql_personal import personal_tables
from service.adapters.sql_slates import SqlSlateStore
from service.adapters.sql_visitor_links import SqlVisitorLinks
from service.adapters.state_secret import state_secret
from service.recommender.background import Background
from service.recommender.changes import Changes
from service.recommender.erasure import Eraser
from service.recommender.person import Person
from service.recommender.personal_store import PersonalStore
from service.recommender.pipeline import Recommender
from service.recommender.ports import Clock
from service.recommender.rights import Rights
from service.settings import Settings
from service.tables.corrections import Corrections
from service.tables.personal import PersonalTables
from service.tables.rejected_rows import RejectedRows
from service.tables.store import TableStore

ERASURES_EVERY_S = 2.0
"""Between two looks for what is left of an erasure."""
CORRECTED = "corrections.parquet"
"""In the state folder: what was corrected of customers."""
REJECTED = "rejected.parquet"
"""In the state folder: rows that the last import refused."""


def privacy_key(settings: Settings) -> bytes:
    """Give the key of the hashes by which the erased are known."""
    given = settings.security.privacy_key
    return given.get_secret_value().encode() if given is not None else state_secret(settings.state.dir, "privacy")


def corrections_of(settings: Settings, tables: TableStore, clock: Clock) -> Corrections:
    """Give what was corrected of customers."""
    return Corrections(settings.state.dir / CORRECTED, tables, clock)


def personal_stores(
    settings: Settings, engine: Engine, repository: FeastRepository, tables: TableStore, clock: Clock,
) -> list[PersonalStore]:
    """List every store of people, in the order in which they are erased: what answers read comes first."""
    return [
        *personal_tables(engine),
        OnlineFeatures(repository),
        PersonalTables(tables, clock),
        corrections_of(settings, tables, clock),
        OfflineFeatures(repository),
        RejectedRows(settings.state.dir / REJECTED),
        Artefacts(settings.artefacts_dir),
    ]


@dataclass(frozen=True, slots=True)
class Memory:
    """What this process remembers of people between requests."""

    slates: SqlSlateStore
    recommender: Recommender
    changes: Changes

    def forget(self, people: Collection[Person]) -> None:
        """Drop it, and look anew for whoever watches them."""
        keys = {one.key for one in people}
        self.slates.forget(keys)
        self.recommender.forget(keys)
        self.changes.tell(set(people))

    def people(self) -> frozenset[str]:
        """Keys of all of whom something is remembered."""
        return self.slates.owners() | self.recommender.owners() | {one.key for one in self.changes.watched()}


def eraser_of(rights: Rights) -> Background:
    """Make the thread that does what is left of every erasure; any replica may, and all of them try."""
    return Background("eraser", [rights.eraser.hear, rights.eraser.go_on], ERASURES_EVERY_S)


def rights_of(
    settings: Settings, engine: Engine, repository: FeastRepository, tables: TableStore, recommender: Recommender,
    told: Callable[[Collection[Person]], None], remembered: Callable[[], Collection[str]] = tuple,
) -> Rights:
    """Put together what people may ask for.

    Parameters
    ----------
    told : told of whom nothing is left to know, so that caches drop them
    remembered : tells of whom they know, by their keys
    """
    reception = recommender.reception
    stores = personal_stores(settings, engine, repository, tables, recommender.clock)
    return Rights(
        eraser=Eraser(SqlErasureBook(engine), stores, recommender.clock, told, remembered), stores=stores,
        audit=SqlAuditLog(engine), links=SqlVisitorLinks(engine), consents=reception.consents,
        features=reception.features, recommender=recommender,
    )
