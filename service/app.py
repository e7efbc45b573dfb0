"""The composition root: settings → adapters → core → Starlette, in plain constructor calls."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from importlib.metadata import version
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from threadpoolctl import threadpool_limits

from index.store import ArtefactStore
from service.adapters.feast_features import FeastFeatures
from service.adapters.feast_repository import FeastRepository
from service.adapters.jwt_identity import DevelopmentIssuer
from service.adapters.oidc_cache import KeyCache
from service.adapters.oidc_identity import OidcVerifier
from service.adapters.oidc_source import IssuerKeys
from service.adapters.parquet_history import JoinedEventLog, ParquetHistory
from service.adapters.published import Published, Tables
from service.adapters.published_snapshot import empty_snapshot
from service.adapters.sql_changes import SqlChangeLog
from service.adapters.sql_consents import SqlConsentLedger
from service.adapters.sql_cursors import SqlCursors
from service.adapters.sql_database import connect, is_migrated, migrate
from service.adapters.sql_documents import SqlDocuments
from service.adapters.sql_erasures import SqlErasureBook
from service.adapters.sql_event_log import SqlEventLog
from service.adapters.sql_feedback import SqlFeedbackStore
from service.adapters.sql_showings import SqlShowings
from service.adapters.sql_slates import SqlSlateStore
from service.adapters.sql_tombstones import protect
from service.adapters.sql_visitor_links import SqlVisitorLinks
from service.adapters.state_secret import state_secret
from service.adapters.system_clock import SystemClock
from service.console.desk import Desk
from service.console.documents import DOCUMENTS
from service.console.error_page import error_page
from service.console.graphiql import graphiql_page
from service.console.storefront import storefront_routes
from service.graphql.budgets import Allowance, Budgets
from service.graphql.errors import fault_body
from service.graphql.events import events_route
from service.graphql.http import graphql_routes
from service.graphql.in_process import execute
from service.graphql.persisted import PersistedDocuments
from service.graphql.refusal_status import RefusalStatus
from service.graphql.services import Services
from service.graphql.websocket_bounds import SocketBounds
from service.privacy import eraser_of, forgetting, privacy_key, rights_of
from service.recommender.changes import Changes
from service.recommender.consent import Purpose
from service.recommender.error_codes import ErrorCode
from service.recommender.errors import DependencyFault
from service.recommender.following import Follower
from service.recommender.herald import Herald
from service.recommender.identity import IdentityVerifier
from service.recommender.live import Live
from service.recommender.person import Person
from service.recommender.pipeline import Recommender
from service.recommender.ports import Clock
from service.recommender.projecting import Projector
from service.recommender.recording import Recorder
from service.recommender.signing import Signer
from service.recommender.visit import Reception
from service.recommender.wording import language_of
from service.settings import Settings, load_settings
from service.tables.known_customers import KnownCustomers
from service.tables.store import TableStore

ERROR_CODES = {404: ErrorCode.NOT_FOUND, 405: ErrorCode.BAD_REQUEST, 500: ErrorCode.INTERNAL}
"""Of answers that no route gave."""
CHOOSER = 3_000
"""How many customers the storefront's chooser offers, with the development issuer on."""


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
    ready: Callable[[], dict[str, str]]
    """What is not ready yet, and why; empty when all is."""


def development_issuer(settings: Settings, clock: Clock | None = None) -> DevelopmentIssuer:
    """Make the issuer whose key lies in the state folder."""
    return DevelopmentIssuer(state_secret(settings.state.dir, "development"), clock or SystemClock())


def verifier_of(settings: Settings, clock: Clock) -> IdentityVerifier | None:
    """Make what reads bearer tokens: the shop's issuer, or, on loopback, the development issuer."""
    auth = settings.auth
    if auth.development:
        return development_issuer(settings, clock)
    if auth.issuer is None or auth.audience is None:
        return None
    algorithms = auth.algorithms.split(",")
    keys = KeyCache(IssuerKeys(auth.issuer, algorithms, auth.jwks_url).read, clock)
    return OidcVerifier(auth.issuer, auth.audience, keys, clock, algorithms, timedelta(seconds=auth.leeway_seconds))


def signer_of(settings: Settings) -> Signer:
    """Make the signer of cursors and tokens."""
    given = settings.security.signing_keys
    if given is None:
        return Signer([state_secret(settings.state.dir, "signing")])
    return Signer([key.strip().encode() for key in given.get_secret_value().split(",")])


def tables_of(store: TableStore) -> Callable[[], Tables | None]:
    """Tell the tables as they stand."""

    def tables() -> Tables | None:
        now = store.current()
        return Tables(now.version, now.items, now.events, now.segments, now.facts) if now else None

    return tables


def compose(settings: Settings, clock: Clock | None = None) -> Konomi:
    """Put a server together."""
    clock = clock or SystemClock()
    settings.state.dir.mkdir(parents=True, exist_ok=True)
    engine = connect(settings.database_url)
    migrate(engine)
    protect(engine, privacy_key(settings))
    zone = ZoneInfo(settings.shop.time_zone)
    repository = FeastRepository(settings.features_dir, *settings.features.stores)
    store = TableStore(settings.tables_dir)
    customers = KnownCustomers(store)
    versions = ArtefactStore(settings.artefacts_url, settings.artefacts_dir)
    published = Published(tables_of(store), versions, settings.segment_sizes_file)
    features = FeastFeatures(repository, clock)
    consents, feedback = SqlConsentLedger(engine), SqlFeedbackStore(engine)
    links = SqlVisitorLinks(engine)
    events = JoinedEventLog(SqlEventLog(engine), ParquetHistory(published.history, links))
    slates, live, signer = SqlSlateStore(engine, clock), Live(zone), signer_of(settings)
    recommender = Recommender(
        snapshot=published.newer() or empty_snapshot(), reception=Reception(
            features, consents, feedback, events, SqlShowings(engine), zone,
        ),
        slates=slates, signer=signer, clock=clock, live=live, zone=zone,
    )
    recorder = Recorder(
        events, features, consents, feedback, links, signer, clock, lambda: recommender.snapshot.catalogue,
        SqlErasureBook(engine),
    )
    follower = Follower(recommender, events, live, published.newer, settings.artefacts.poll_seconds)
    changes = Changes()
    rights = rights_of(settings, engine, repository, store, recommender, forgetting(slates, changes))
    services = Services(
        recommender=recommender, recorder=recorder, consents=consents, feedback=feedback, events=events,
        features=features, changes=changes, rights=rights, verifier=verifier_of(settings, clock),
        languages=settings.shop.spoken, shop_titles=published.segment_titles,
        introspection=settings.http.introspection,
        graphiql=_graphiql(settings),
        persisted=PersistedDocuments(
            SqlDocuments(engine), [*DOCUMENTS.values(), *map(str.strip, DOCUMENTS.values())],
            trusted_only=settings.http.trusted_documents,
        ),
        refusal_status=RefusalStatus(settings.http.refusal_status), public_seconds=settings.http.public_seconds,
        allowed_origins=settings.http.origins, known=customers.knows,
        shortest_visitor_id=settings.auth.shortest_visitor_id,
        budgets=Budgets(Allowance(**settings.limits.model_dump())),
        sockets=SocketBounds(**settings.websocket.model_dump(), shared=settings.limits.shared),
    )
    herald = Herald(services.changes, events, SqlChangeLog(engine), lambda: recommender.snapshot)
    projector = Projector(events, SqlCursors(engine), recorder.project, clock, uuid4().hex)
    return Konomi(settings, services, customers, follower, herald, projector, slates, _readiness(engine, services))


def _graphiql(settings: Settings) -> Callable[[Request], Response] | None:
    http = settings.http
    return (lambda _: graphiql_page("/graphql", registered_only=http.trusted_documents)) if http.graphiql else None


def _readiness(engine: Engine, services: Services) -> Callable[[], dict[str, str]]:
    def missing() -> dict[str, str]:
        found = {}
        if "index" not in services.recommender.snapshot.versions:
            found["index"] = "no version is published; run konomi refresh"
        try:
            services.features.read(Person.customer(" "), frozenset({Purpose.PERSONALISE_CONTENT}))
        except DependencyFault:
            found["features"] = "the online feature store does not answer; run konomi features, or start the store"
        if isinstance(services.verifier, OidcVerifier) and not services.verifier.is_ready():
            found["issuer"] = "its keys have not been read yet; check KONOMI_AUTH__ISSUER, and the way to it"
        try:
            if not is_migrated(engine):
                found["database"] = "not migrated; run konomi migrate"
        except SQLAlchemyError:
            found["database"] = "does not answer"
        return found

    return missing


def create_app(settings: Settings | None = None, clock: Clock | None = None) -> Starlette:
    """Make the ASGI application; without settings, from the environment."""
    threadpool_limits(1, user_api="blas")  # small products: a second thread costs each request more than it brings
    konomi = compose(settings or load_settings(), clock)
    services, eraser = konomi.services, eraser_of(konomi.services.the_rights)

    async def healthz(_: Request) -> Response:
        return JSONResponse({"alive": True})

    async def readyz(_: Request) -> Response:
        missing = await asyncio.to_thread(konomi.ready)
        return JSONResponse({"ready": not missing, "missing": missing}, status_code=503 if missing else 200)

    async def about(_: Request) -> Response:
        return JSONResponse({"code": version("konomi"), **services.recommender.snapshot.versions})

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        await asyncio.to_thread(konomi.ready)  # imports Feast before the first request does
        konomi.follower.start()
        konomi.herald.start()
        eraser.start()
        konomi.projector.start()
        gc.collect()
        gc.freeze()
        yield
        gc.unfreeze()
        await asyncio.to_thread(konomi.projector.stop)
        await asyncio.to_thread(konomi.herald.stop)
        await asyncio.to_thread(eraser.stop)
        await asyncio.to_thread(konomi.follower.stop)
        await asyncio.to_thread(konomi.slates.close)
        services.threads.shutdown()

    return Starlette(
        routes=[
            *graphql_routes(services), events_route(services),
            Route("/healthz", healthz), Route("/readyz", readyz), Route("/.well-known/konomi", about),
            *storefront_routes(_desk(konomi)),
        ],
        exception_handlers=_error_pages(konomi.settings),
        lifespan=lifespan,
    )


def _desk(konomi: Konomi) -> Desk:
    """Hand the service over to the storefront."""
    settings, services = konomi.settings, konomi.services

    async def run(query: str, variables: dict[str, Any], token: str | None, language: str) -> Mapping[str, Any]:
        return await execute(services, query, variables, token, language)

    def facts(language: str) -> str:
        said = services.recommender.snapshot.facts
        return " ".join(text for key, text in said.items() if key.endswith(f"_{language}"))

    households: list[str] | None = None
    token_for = None
    if settings.auth.development:
        issuer = development_issuer(settings)
        households = sorted(konomi.customers.ids(), key=lambda one: (len(one), one))[:CHOOSER]

        def token_for(customer_id: str) -> str:
            return issuer.token(Person.customer(customer_id), lifetime=timedelta(hours=12))

    return Desk(run, households, token_for, facts, settings.shop.spoken, settings.http.graphiql)


def _error_pages(settings: Settings) -> Mapping[Any, Callable[[Request, Exception], Response]]:
    """Answer browsers with a page in their language, everyone else in JSON."""

    def page(status: int) -> Callable[[Request, Exception], Response]:
        def respond(request: Request, fault: Exception) -> Response:
            if "text/html" in request.headers.get("accept", ""):
                language = language_of(request.headers.get("accept-language"), settings.shop.spoken)
                return error_page(status, language)
            headers = fault.headers if isinstance(fault, HTTPException) else None  # Allow, of 405
            return JSONResponse(fault_body(HTTPStatus(status).phrase, ERROR_CODES[status]), status, headers)

        return respond

    return {status: page(status) for status in ERROR_CODES}
