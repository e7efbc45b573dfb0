"""Trusted documents: registered by the command, shared by all replicas, and the only ones that production executes."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from service.commands import documents
from service.commands.terminal import CommandFault
from service.console.documents import DOCUMENTS
from service.graphql.schema import sdl
from service.recommender.errors import KonomiError
from service.settings import load_settings
from tests.acceptance.running import Server, konomi, succeed
from tests.clients.conftest import HERE, Run
from tests.clients.test_relay_compiler import compiled

FEED = "query Feed { viewer { id recommendations(first: 3) { nodes { position item { itemId } } } } }"
WHO = "query Who { viewer { id } }"
UNKNOWN = "query Unknown { viewer { customerId } }"
GENERATED = "5f2c8f0a1d3b4c5d6e7f8091a2b3c4d5e6f70819"


def register(state: Path, *files: Path) -> dict[str, int]:
    """What the command does, without its process, which takes seconds to start."""
    return documents.register(load_settings({"KONOMI_STATE__DIR": str(state)}), list(files))


def refusal(state: Path, file: Path) -> str:
    with pytest.raises((CommandFault, KonomiError)) as fault:
        register(state, file)
    return str(fault.value)


@pytest.fixture(scope="module")
def trusting(village_copy: Path) -> Iterator[tuple[Server, Server]]:
    """Two replicas that execute registered documents only; the demo's storefront is on."""
    with ExitStack() as stack:
        one, two = (
            stack.enter_context(Server(village_copy, HTTP__TRUSTED_DOCUMENTS="true", HTTP__GRAPHIQL="false"))
            for _ in range(2)
        )
        yield one, two


def sent(server: Server, **said: Any) -> Any:
    """What an operation comes to: its data, or its code."""
    body = server.http.post("/graphql", json=said).json()
    return body["data"] if "data" in body else body["errors"][0]["extensions"]["code"]


def test_what_is_registered_runs_at_once_on_every_replica_and_nothing_else_does(
    trusting: tuple[Server, Server], tmp_path: Path,
) -> None:
    (tmp_path / "persisted-documents.json").write_text(json.dumps({GENERATED: WHO}), encoding="utf-8")
    for server in trusting:
        assert sent(server, documentId=GENERATED) == "DOCUMENT_NOT_TRUSTED"
        assert sent(server, query=WHO) == "DOCUMENT_NOT_TRUSTED"
    command = konomi(trusting[0].state, "documents", "register", tmp_path / "persisted-documents.json", "--json")
    assert json.loads(succeed(command)) == {"documents": 1, "new": 2}
    assert register(trusting[0].state, tmp_path / "persisted-documents.json") == {"documents": 1, "new": 0}
    for server in trusting:
        assert list(sent(server, documentId=GENERATED)) == ["viewer"]
        assert list(sent(server, query=WHO)) == ["viewer"]
        for other in (UNKNOWN, "{ __schema { queryType { name } } }", WHO + " ", "{"):
            assert sent(server, query=other) == "DOCUMENT_NOT_TRUSTED"


def test_what_is_withdrawn_runs_no_more_on_any_replica(trusting: tuple[Server, Server], tmp_path: Path) -> None:
    text, kept = "query Withdrawn { viewer { id } }", "query Kept { viewer { id } }"
    (tmp_path / "app.json").write_text(json.dumps({"old": text, "new": kept}), encoding="utf-8")
    state, hashed = trusting[0].state, hashlib.sha256(text.encode()).hexdigest()
    register(state, tmp_path / "app.json")
    for server in trusting:
        assert list(sent(server, documentId="old")) == ["viewer"]
    (one,) = [each for each in json.loads(succeed(konomi(state, "documents", "list", "--json")))["documents"] if "old" in each["ids"]]
    assert (set(one["ids"]), one["operations"], one["bytes"]) == ({"old", hashed}, ["query Withdrawn"], len(text))
    assert json.loads(succeed(konomi(state, "documents", "withdraw", hashed, "--json"))) == {"withdrawn": 2}
    for server in trusting:
        server.wait_until(lambda server=server: sent(server, documentId="old") == "DOCUMENT_NOT_TRUSTED")
        assert sent(server, query=text) == "DOCUMENT_NOT_TRUSTED"
        assert list(sent(server, documentId="new")) == ["viewer"]
    assert hashed not in succeed(konomi(state, "documents", "list"))
    unknown = konomi(state, "documents", "withdraw", "nobodys")
    assert (unknown.returncode, "no document's id" in unknown.stderr) == (1, True)


def test_apollo_and_urql_send_what_is_registered_by_its_id(
    trusting: tuple[Server, Server], run: Run, tmp_path: Path,
) -> None:
    printed = hashlib.sha256(FEED.encode()).hexdigest()
    operation = {"id": printed, "name": "Feed", "type": "query", "body": FEED}
    manifest = {"format": "apollo-persisted-query-manifest", "version": 1, "operations": [operation]}
    (tmp_path / "apollo.json").write_text(json.dumps(manifest), encoding="utf-8")
    (tmp_path / "relay.json").write_text(json.dumps({"feed-of-the-app": FEED}), encoding="utf-8")
    register(trusting[0].state, tmp_path / "apollo.json", tmp_path / "relay.json")
    asked = {"url": f"{trusting[1].url}/graphql", "document": FEED, "variables": {}, "headers": {}}
    found = [
        *run("apollo.js", asked | {"ids": printed, "useGETForHashedQueries": True}),
        *run("urql.js", asked | {"documentId": "feed-of-the-app", "preferGetForPersistedQueries": True}),
    ]
    for answer in found:
        nodes = answer["data"]["viewer"]["recommendations"]["nodes"]
        assert [node["position"] for node in nodes] == [1, 2, 3]
        assert [one["hasQuery"] for one in answer["requests"]] == [False], "the id alone is enough the first time"


def test_what_relays_compiler_persisted_is_registered_as_it_is(
    trusting: tuple[Server, Server], packages: Path, tmp_path: Path,
) -> None:
    source = (HERE / "relay" / "Home.ts").read_text(encoding="utf-8")
    code, said = compiled(packages, tmp_path, sdl(), source)
    assert code == 0, said
    documents_by_id = json.loads((tmp_path / "persisted.json").read_text(encoding="utf-8"))
    found = register(trusting[0].state, tmp_path / "persisted.json")
    assert found == {"documents": len(documents_by_id), "new": 2 * len(documents_by_id)}
    home = next(one for one, text in documents_by_id.items() if text.startswith("query HomeQuery"))
    assert list(sent(trusting[1], doc_id=home, variables={"shelves": 1, "items": 2})) == ["viewer"]


def test_apollo_needs_no_manifest_for_a_file_of_graphql(
    trusting: tuple[Server, Server], run: Run, tmp_path: Path,
) -> None:
    """Apollo Client adds `__typename` and prints anew: both are foreseen when the file is registered."""
    document = FEED.replace("Feed", "FromFile").replace("itemId", "...Named") + "\nfragment Named on Item { itemId }\n"
    (tmp_path / "feed.graphql").write_text(document, encoding="utf-8")
    register(trusting[0].state, tmp_path / "feed.graphql")
    asked = {"url": f"{trusting[0].url}/graphql", "document": document, "variables": {}, "headers": {}}
    answer, _ = run("apollo.js", asked)
    assert len(answer["data"]["viewer"]["recommendations"]["nodes"]) == 3
    refused, _ = run("apollo.js", asked | {"document": UNKNOWN})
    assert refused["code"] == "DOCUMENT_NOT_TRUSTED"
    assert len(refused["requests"]) == 1, "it is not asked to send more"


def test_the_storefront_goes_on(trusting: tuple[Server, Server]) -> None:
    """Its page is made in process; what its scripts send from the browser is trusted as part of the service."""
    page = trusting[0].http.get("/", params={"household": trusting[0].households(1)[0]})
    assert page.status_code == 200
    assert re.search(r'data-[a-z-]*item|class="card', page.text)
    for name in ("shelf", "record", "feedback"):
        assert DOCUMENTS[name].strip().partition("\n")[0] in unescape(page.text)
        for text in (DOCUMENTS[name], DOCUMENTS[name].strip()):
            assert sent(trusting[0], query=text) != "DOCUMENT_NOT_TRUSTED"


@pytest.mark.parametrize(("name", "content", "told"), [
    ("broken.graphql", "query {", "broken.graphql: Syntax Error"),
    ("wrong.graphql", "{ viewer { nothing } }", "Cannot query field 'nothing'"),
    ("deep.json", json.dumps({"1": "{ " + "viewer { " * 40 + "id" + " }" * 40 + " }"}), "would be refused"),
    ("long.graphql", "{ viewer { id } } #" + "x" * (64 << 10), "longer than 65536 bytes"),
    ("other.json", "[]", "other.json: no manifest"),
])
def test_what_would_be_refused_when_sent_is_refused_when_registered(
    village_copy: Path, tmp_path: Path, name: str, content: str, told: str,
) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert told in refusal(village_copy, tmp_path / name)


def test_an_id_is_never_given_to_another_document(village_copy: Path, tmp_path: Path) -> None:
    (tmp_path / "app.json").write_text(json.dumps({"the-same": WHO}), encoding="utf-8")
    register(village_copy, tmp_path / "app.json")
    (tmp_path / "app.json").write_text(json.dumps({"the-same": FEED}), encoding="utf-8")
    assert "another document's already" in refusal(village_copy, tmp_path / "app.json")


def test_the_command_says_by_its_exit_code_what_was_bad(village_copy: Path, tmp_path: Path) -> None:
    assert konomi(village_copy, "documents", "register", tmp_path / "none.json").returncode == 2, "the call"
    (tmp_path / "broken.graphql").write_text("query {", encoding="utf-8")
    assert konomi(village_copy, "documents", "register", tmp_path / "broken.graphql").returncode == 1, "the data"
