"""The composition root: settings → adapters → core, in plain constructor calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from index.store import ArtefactStore
from service.adapters.feast_features import FeastFeatures
from service.adapters.feast_repository import FeastRepository
from service.adapters.parquet_groups import CurrentGroups
from service.adapters.parquet_history import JoinedEventLog, ParquetHistory
from service.adapters.published import Published, Tables
from service.adapters.published_snapshot import empty_snapshot
from service.adapters.sql_attributions import SqlAttributions
from service.adapters.sql_changes import SqlChangeLog
from service.adapters.sql_consents import SqlConsentLedger
from service.adapters.sql_cursors import SqlCursors
from service.adapters.sql_database import connect, connect_hastily, migrate
from service.adapters.sql_documents import SqlDocuments
from service.adapters.sql_erasures import SqlErasureBook
from service.adapters.sql_event_log import SqlEventLog
from service.adapters.sql_feedback import SqlFeedbackStore
from service.adapters.sql_showings import SqlShowings
from service.adapters.sql_slates import SqlSlateStore
from service.adapters.sql_tombstones import protect
from service.adapters.sql_unmet_demand import SqlWishes
from service.adapters.sql_visitor_links import SqlVisitorLinks
from service.adapters.system_clock import SystemClock
from service.console.documents import DOCUMENTS
from service.console.graphiql import graphiql_page
from service.credentials import signer_of, verifier_of
from service.graphql.budgets import Allowance, Budgets
from service.graphql.persisted import PersistedDocuments
from service.graphql.refusal_status import RefusalStatus
from service.graphql.services import Services
from service.graphql.websocket_bounds import SocketBounds
from service.privacy import Memory, privacy_key, rights_of
from service.readiness import Readiness, readiness
from service.recommender.attribution import Attribution
from service.recommender.changes import Changes
from service.recommender.following import Follower
from service.recommender.herald import Herald
from service.recommender.live import Live
from service.recommender.pipeline import Recommender
from service.recommender.ports import Clock
from service.recommender.projecting import Projector
from service.recommender.recent_actions import RecentActions
from service.recommender.recording import Recorder
from service.recommender.snapshot import Snapshot
from service.recommender.unmet_demand import UnmetDemand
from service.recommender.visit import Reception
from service.settings import Settings
from service.tables.known_customers import KnownCustomers
from service.tables.store import TableStore

MODESTY = 2.0
"""Answers come from the log itself: while many events come in, keeping them goes first, and projections follow."""


@dataclass(frozen=True)
class Konomi:
    """Everything that one server process is made of."""

    settings: Settings
    services: Services
    customers: KnownCustomers
    follower: Follower
    herald: Herald
    projector: Projector
    slates: SqlSlateStore
    ready: Callable[[], Readiness]


def compose(settings: Settings, clock: Clock | None = None) -> Konomi:
    """Put a server together."""
    clock = clock or SystemClock()
    settings.state.dir.mkdir(parents=True, exist_ok=True)
    # What answers wait for has connections of its own, and little patience; changes and background work have more.
    engine, hasty = (protect(one, privacy_key(settings)) for one in (
        connect(settings.database_url), connect_hastily(settings.database_url, settings.answers.database_seconds),
    ))
    migrate(engine)
    zone = ZoneInfo(settings.shop.time_zone)
    repository = FeastRepository(settings.features_dir, *settings.feature_stores)
    store = TableStore(settings.tables_dir)
    customers = KnownCustomers(store)
    versions = ArtefactStore(settings.artefacts_url, settings.artefacts_dir)
    published = Published(_tables_of(store), versions, settings.segment_sizes_file)
    imported = CurrentGroups(published.history)
    features = FeastFeatures(repository, clock, settings.answers.features_seconds)
    consents, feedback, ledger = SqlConsentLedger(hasty), SqlFeedbackStore(hasty), SqlConsentLedger(engine)
    events, known_events = (
        JoinedEventLog(SqlEventLog(one), ParquetHistory(imported, SqlVisitorLinks(one)))
        for one in (engine, hasty)
    )

    def newer() -> Snapshot | None:
        imported.look()
        return published.newer()

    slates, live, signer = SqlSlateStore(engine, clock, hasty), Live(zone), signer_of(settings)
    recommender = Recommender(
        snapshot=newer() or empty_snapshot(), reception=Reception(
            features, consents, feedback, known_events, SqlShowings(hasty), zone,
        ),
        slates=slates, signer=signer, clock=clock, live=live, zone=zone,
    )
    recorder = Recorder(
        events, features, ledger, SqlFeedbackStore(engine), SqlVisitorLinks(engine), signer, clock,
        lambda: recommender.snapshot.catalogue, SqlErasureBook(engine),
    )
    follower = Follower(recommender, events, live, newer, settings.artefacts.poll_seconds)
    changes = Changes()
    memory = Memory(slates, recommender, changes)
    rights = rights_of(settings, engine, repository, store, recommender, memory.forget, memory.people)
    services = Services(
        recommender=recommender, recorder=recorder, consents=consents, feedback=feedback, events=known_events,
        features=features, changes=changes, rights=rights, verifier=verifier_of(settings, clock),
        languages=settings.shop.spoken, shop_titles=published.segment_titles,
        introspection=settings.http.introspection,
        graphiql=_graphiql(settings),
        persisted=PersistedDocuments(
            SqlDocuments(hasty), [*DOCUMENTS.values(), *map(str.strip, DOCUMENTS.values())],
            trusted_only=settings.http.trusted_documents,
        ),
        refusal_status=RefusalStatus(settings.http.refusal_status), public_seconds=settings.http.public_seconds,
        allowed_origins=settings.http.origins, known=customers.knows,
        shortest_visitor_id=settings.auth.shortest_visitor_id,
        budgets=Budgets(Allowance(**settings.limits.model_dump())),
        sockets=SocketBounds(**settings.websocket.model_dump(), shared=settings.limits.shared),
    )
    herald = Herald(services.changes, events, SqlChangeLog(engine), lambda: recommender.snapshot)
    projections = (
        RecentActions(recorder.project),
        Attribution(SqlAttributions(engine), ledger, signer.showing_of),
        UnmetDemand(SqlWishes(engine), ledger, lambda: recommender.snapshot),
    )
    projector = Projector(
        events, SqlCursors(engine), projections, clock, uuid4().hex,
        # Where the stores are servers of their own, a projector waits for them, and not for those who record.
        modesty=MODESTY if engine.dialect.name == "sqlite" else 0.0,
    )
    ready = readiness(hasty, services, lambda: published.trouble)
    return Konomi(settings, services, customers, follower, herald, projector, slates, ready)


def _graphiql(settings: Settings) -> Callable[[Request], Response] | None:
    http = settings.http
    return (lambda _: graphiql_page("/graphql", registered_only=http.trusted_documents)) if http.graphiql else None


def _tables_of(store: TableStore) -> Callable[[], Tables | None]:
    """Tell the tables as they stand."""

    def tables() -> Tables | None:
        now = store.current()
        return Tables(now.version, now.items, now.events, now.segments, now.facts) if now else None

    return tables
