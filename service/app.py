"""The ASGI application: a composed service on Starlette, its probes, pages and background work."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from http import HTTPStatus
from importlib.metadata import version
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from threadpoolctl import threadpool_limits

from service.composition import Konomi, compose
from service.console.desk import Desk
from service.console.error_page import error_page
from service.console.storefront import storefront_routes
from service.credentials import development_issuer
from service.graphql.errors import fault_body
from service.graphql.events import events_route
from service.graphql.http import graphql_routes
from service.graphql.in_process import execute
from service.privacy import eraser_of
from service.recommender.error_codes import ErrorCode
from service.recommender.person import Person
from service.recommender.ports import Clock
from service.recommender.wording import language_of
from service.settings import Settings, load_settings

ERROR_CODES = {404: ErrorCode.NOT_FOUND, 405: ErrorCode.BAD_REQUEST, 500: ErrorCode.INTERNAL}
"""Of answers that no route gave."""
WRITING_SECONDS = 10
"""What is still to be written when a server stops may take so long."""
CHOOSER = 3_000
"""How many customers the storefront's chooser offers, with the development issuer on."""


def create_app(settings: Settings | None = None, clock: Clock | None = None) -> Starlette:
    """Make the ASGI application; without settings, from the environment."""
    threadpool_limits(1, user_api="blas")  # small products: a second thread costs each request more than it brings
    konomi = compose(settings or load_settings(), clock)
    services, eraser = konomi.services, eraser_of(konomi.services.the_rights)

    async def healthz(_: Request) -> Response:
        return JSONResponse({"alive": True})

    async def readyz(_: Request) -> Response:
        now = await asyncio.to_thread(konomi.ready)
        told = {"ready": not now.missing, "missing": now.missing, "degraded": now.degraded}
        return JSONResponse(told, status_code=503 if now.missing else 200)

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
        stops = (konomi.projector.stop, konomi.herald.stop, eraser.stop, konomi.follower.stop)
        await asyncio.gather(*map(asyncio.to_thread, stops))
        await asyncio.to_thread(konomi.slates.close, WRITING_SECONDS / 2)
        for threads in (services.threads, services.writing_threads, services.what_if_threads):
            threads.shutdown(cancel_futures=True)

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

    async def run(
        query: str, variables: dict[str, Any], token: str | None, language: str, privacy_control: str | None,
    ) -> Mapping[str, Any]:
        return await execute(services, query, variables, token, language, privacy_control=privacy_control)

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
