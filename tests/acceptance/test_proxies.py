"""Whose address counts behind proxies: what a trusted one says, and never what a client says of itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.acceptance.running import Server
from tests.acceptance.village import Village
from tests.stores import Stores

QUERY = "{ viewer { recommendations(first: 1) { slateId } } }"
TIGHT = {
    "LIMITS__OPERATION": "1100", "LIMITS__AT_ONCE": "1100", "LIMITS__PER_SECOND": "1", "LIMITS__SHARED": "1",
    "WEBSOCKET__PER_CLIENT": "1",
}
"""Budgets that one list uses up for a quarter of an hour, and one socket each."""


@pytest.fixture(scope="module")
def behind_proxy(village: Village, stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose trusted proxy is this machine, where the tests' requests come from."""
    state = stores.copy(village.state, tmp_path_factory.mktemp("behind") / "state")
    with Server(state, HTTP__TRUSTED_PROXIES="127.0.0.1, 10.0.0.0/8", **TIGHT) as serving:
        yield serving


@pytest.fixture(scope="module", params=["", "10.0.0.0/8"])
def in_front(
    request: pytest.FixtureRequest, village: Village, stores: Stores, tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Server]:
    """A server that trusts no proxy, or others than this machine."""
    state = stores.copy(village.state, tmp_path_factory.mktemp("in_front") / "state")
    with Server(state, HTTP__TRUSTED_PROXIES=request.param, **TIGHT) as serving:
        yield serving


def code(server: Server, *forwarded: str) -> str | None:
    """What a query by way of these proxies comes to."""
    headers = [("content-type", "application/json"), *(("x-forwarded-for", one) for one in forwarded)]
    body = server.http.post("/graphql", content=json.dumps({"query": QUERY}), headers=headers).json()
    return body["errors"][0]["extensions"]["code"] if "errors" in body else None


def spend(server: Server, *forwarded: str) -> None:
    """Use up the budget of whoever asks this way."""
    assert any(code(server, *forwarded) == "THROTTLED" for _ in range(2))


def test_each_visitor_behind_a_trusted_proxy_has_a_budget_of_their_own(behind_proxy: Server) -> None:
    spend(behind_proxy, "203.0.113.1")
    assert code(behind_proxy, "203.0.113.2") is None
    assert code(behind_proxy, "203.0.113.1") == "THROTTLED"


@pytest.mark.parametrize("spoofed", [
    ["198.51.100.{}, 203.0.113.3"], ["198.51.100.{}", "203.0.113.3"], ["198.51.100.{}, 203.0.113.3, 10.1.2.{}"],
    ["10.0.0.{}, 203.0.113.3"], ["nonsense-{}, 203.0.113.3"], ["198.51.100.{}, 203.0.113.3:40{}"],
])
def test_what_a_client_puts_before_it_changes_nothing(behind_proxy: Server, spoofed: Sequence[str]) -> None:
    """Each proxy writes whom it serves behind what it was given: the last that is no proxy is the client."""
    if code(behind_proxy, "203.0.113.3") is None:
        spend(behind_proxy, "203.0.113.3")
    for number in range(10, 15):
        assert code(behind_proxy, *(one.format(number, number) for one in spoofed)) == "THROTTLED"


def test_a_client_of_no_trusted_proxy_is_not_believed(in_front: Server) -> None:
    spend(in_front, "203.0.113.1")
    for number in range(5):
        assert code(in_front, f"203.0.113.{number}") == "THROTTLED"
    assert code(in_front) == "THROTTLED"


def test_sockets_are_counted_by_the_same_address(behind_proxy: Server, in_front: Server) -> None:
    def held(stack: ExitStack, server: Server, address: str) -> int:
        url = server.url.replace("http", "ws") + "/graphql"
        headers = {"X-Forwarded-For": address}
        try:
            stack.enter_context(
                connect(url, subprotocols=["graphql-transport-ws"], proxy=None, additional_headers=headers),
            )
        except InvalidStatus as refused:
            return refused.response.status_code
        return 101

    with ExitStack() as stack:
        found = [held(stack, behind_proxy, f"198.51.100.{one}, 203.0.113.{one}") for one in (7, 8)]
        spoofed = held(stack, behind_proxy, "198.51.100.9, 203.0.113.7")
        unbelieved = [held(stack, in_front, f"203.0.113.{one}") for one in (7, 8)]
    assert (found, spoofed, unbelieved) == ([101, 101], 429, [101, 429])
