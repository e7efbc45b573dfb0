"""graphql-ws's own client listens to the running server."""

from __future__ import annotations

from service.adapters.system_clock import SystemClock
from tests.acceptance.running import Server
from tests.clients.conftest import Run

LISTEN = "subscription { recommendationsUpdated(intent: DISCOVER, first: 5) { slateId nodes { item { itemId } } } }"
BUY = """mutation($itemId: String!, $at: DateTime!) {
  recordEvents(input: { events: [{ eventId: "by graphql-ws", type: PURCHASE, itemId: $itemId, occurredAt: $at }] }) { accepted }
}"""


def test_the_usual_client_hears_what_changes_and_everything_else_goes_over_its_socket(server: Server, run: Run) -> None:
    found = run("subscriptions.js", {
        "url": f"{server.url}/graphql".replace("http", "ws"), "token": server.token("k30"), "query": LISTEN,
        "act": {"query": BUY, "variables": {"at": SystemClock().now().isoformat()}}, "bad": "{ nothing }",
    })
    first, second = (heard["data"]["recommendationsUpdated"] for heard in found["heard"])
    assert found["acted"]["data"] == {"recordEvents": {"accepted": 1}}
    assert first["nodes"] != second["nodes"]
    assert first["slateId"] != second["slateId"]
    assert found["viewer"]["data"] == {"viewer": {"customerId": "k30"}}
    assert [error["extensions"]["code"] for error in found["refused"]] == ["GRAPHQL_VALIDATION_FAILED"]
    assert [one["code"] for one in found["closed"]] == [1000]
    assert found["turnedAway"]["code"] == 4403
