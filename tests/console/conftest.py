"""The storefront over a canned shop, on a port of its own, and a real Chromium to look at it."""

from __future__ import annotations

import os
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

import pytest
import uvicorn
from graphql import build_schema, graphql_sync
from playwright.sync_api import Browser, Page, Request
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocketDisconnect

from service.console.error_page import error_page
from service.console.graphiql import graphiql_page
from service.console.storefront import Desk, storefront_routes
from tests.console.canned import HOUSEHOLDS, TOKENS, CannedShop

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]
ABSENT = "NO CHROMIUM FOUND: the pages were not tested in a browser. Install one (apt-get install chromium)."
LITTLE = build_schema("""
  type Query { greeting(name: String = "you"): String }
  type Subscription { counted: Int }
""")


def desk(shop: CannedShop, **changed) -> Desk:
    given = {
        "execute": shop.execute,
        "households": HOUSEHOLDS,
        "token_for": TOKENS.__getitem__,
        "facts": lambda language: "日付は週単位でずらしています。" if language == "ja" else "All dates are shifted by 432 weeks.",
        "languages": ("en", "ja"),
        "graphiql": True,
    }
    return Desk(**given | changed)


def application(shop: CannedShop, **changed) -> Starlette:
    async def graphql(request):
        if request.method == "GET":
            return graphiql_page("/graphql")
        asked = await request.json()
        if asked.get("operationName") == "IntrospectionQuery" or "greeting" in asked["query"]:
            answer = graphql_sync(LITTLE, asked["query"], {"greeting": lambda _, name: f"Hello {name}"}).formatted
        else:
            token = request.headers.get("authorization", "").removeprefix("Bearer ") or None
            answer = await shop.execute(asked["query"], asked["variables"], token, request.headers["accept-language"])
        return JSONResponse(answer)

    async def listen(socket):
        """Count to two for whoever subscribes, as graphql-transport-ws has it."""
        await socket.accept("graphql-transport-ws")
        shop.inits.append((await socket.receive_json()).get("payload"))
        await socket.send_json({"type": "connection_ack"})
        subscribed = await socket.receive_json()
        for number in (1, 2):
            payload = {"data": {"counted": number}}
            await socket.send_json({"type": "next", "id": subscribed["id"], "payload": payload})
        await socket.send_json({"type": "complete", "id": subscribed["id"]})
        with suppress(WebSocketDisconnect):
            await socket.receive_json()

    async def missing(request, failure):
        return error_page(404, "en")

    routes = [*storefront_routes(desk(shop, **changed)), Route("/graphql", graphql, methods=["GET", "POST"]), WebSocketRoute("/graphql", listen)]
    return Starlette(routes=routes, exception_handlers={404: missing})


@pytest.fixture(scope="session")
def served() -> Iterator[tuple[str, CannedShop]]:
    shop = CannedShop()
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(application(shop), log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", shop
    server.should_exit = True
    thread.join()
    listener.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if CHROMIUM is None:
        terminalreporter.write_line(ABSENT, red=True, bold=True)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, object]:
    if CHROMIUM is None:
        if os.environ.get("CI") == "true":  # noqa: TID251 - tests are not the service
            pytest.fail(ABSENT)
        pytest.skip("no Chromium")
    return {"executable_path": CHROMIUM, "args": ARGUMENTS}


@dataclass
class Window:
    """A browser page that remembers what must never happen."""

    page: Page
    url: str
    shop: CannedShop
    complaints: list[str]

    def open(self, address: str = "/") -> Page:
        self.page.goto(self.url + address)
        return self.page


@pytest.fixture
def window(browser: Browser, served: tuple[str, CannedShop], request: pytest.FixtureRequest) -> Iterator[Window]:
    """A fresh page; afterwards no console error, no CSP violation and no request to elsewhere may have been."""
    url, shop = served
    shop.reset()
    options = {"locale": "en-GB", "viewport": {"width": 1280, "height": 900}, "reduced_motion": "reduce"} | getattr(request, "param", {})
    context = browser.new_context(**options)
    page = context.new_page()
    page.set_default_timeout(30_000)
    complaints: list[str] = []

    def note_request(sent: Request) -> None:
        if not sent.url.startswith((url, "data:", "blob:")):
            complaints.append(f"request to {sent.url}")

    context.on("request", note_request)
    context.on("console", lambda told: complaints.append(told.text) if told.type in ("error", "warning") else None)
    page.on("pageerror", lambda failure: complaints.append(str(failure)))
    page.add_init_script("addEventListener('securitypolicyviolation', e => console.error('CSP', e.violatedDirective, e.blockedURI))")
    yield Window(page, url, shop, complaints)
    context.close()
    assert complaints == []
