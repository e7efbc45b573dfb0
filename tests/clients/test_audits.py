"""The official audits of GraphQL over HTTP against the running server."""

from __future__ import annotations

from collections import Counter

from tests.acceptance.running import Server
from tests.clients.conftest import Run


def test_every_must_and_every_should_of_the_specification_holds(server: Server, run: Run) -> None:
    found = run("audits.js", {"url": f"{server.url}/graphql"})
    assert [audit for audit in found if audit["status"] != "ok"] == []
    assert Counter(audit["name"].partition(" ")[0] for audit in found) >= Counter(MUST=13, SHOULD=23)
