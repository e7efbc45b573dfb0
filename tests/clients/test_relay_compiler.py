"""Relay: its compiler takes the schema, what it writes compiles, and the server answers it, page after page by `node`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from service.graphql.schema import sdl
from tests.acceptance.running import Server
from tests.clients.conftest import HERE
from tests.clients.node import node
from tests.clients.test_typescript import tsc

SOURCE = HERE / "relay"
COMPILER = Path("node_modules", "relay-compiler", "cli.js")


def compiled(packages: Path, folder: Path, schema: str, source: str) -> tuple[int, str]:
    """Compile a project of one file; exit code, and what the compiler says."""
    (folder / "source").mkdir()
    (folder / "source" / "Home.ts").write_text(source, encoding="utf-8")
    (folder / "generated").mkdir()
    (folder / "schema.graphql").write_text(schema, encoding="utf-8")
    (folder / "persisted.json").write_text("{}", encoding="utf-8")
    shutil.copy(SOURCE / "relay.config.json", folder)
    done = node(packages / COMPILER, "relay.config.json", folder=folder)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def project(packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("relay")
    code, said = compiled(packages, folder, sdl(), (SOURCE / "Home.ts").read_text(encoding="utf-8"))
    assert code == 0, said
    return folder


@pytest.fixture(scope="module")
def documents(project: Path) -> dict[str, str]:
    """Compiled operations, by name."""
    texts = json.loads((project / "persisted.json").read_text(encoding="utf-8")).values()
    return {text.split("(")[0].split()[1]: text for text in texts}


def test_what_relay_writes_compiles(packages: Path, project: Path) -> None:
    files = sorted(str(one.relative_to(project)) for one in (project / "generated").glob("*.ts"))
    assert len(files) == 7
    done = tsc(packages, project, *files)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("right", "wrong", "told"), [
    ("interface Node {", "interface Knot {", "Node"), ("  hasPreviousPage: Boolean!", "  hasEarlierPage: Boolean!", "hasPreviousPage"),
])
def test_the_compiler_would_miss_what_relay_needs(packages: Path, tmp_path: Path, right: str, wrong: str, told: str) -> None:
    schema = sdl()
    assert right in schema
    home = (SOURCE / "Home.ts").read_text(encoding="utf-8")
    code, said = compiled(packages, tmp_path, schema.replace(right, wrong), home)
    assert code != 0
    assert told in said


def test_compiled_operations_are_answered_and_pages_are_refetched_by_node(
    server: Server, documents: dict[str, str],
) -> None:
    household = server.households(2)[0]

    def send(name: str, **variables: Any) -> dict[str, Any]:
        return server.ask(documents[name], household, variables)

    viewer = send("HomeQuery", shelves=2, items=4)["viewer"]
    first = viewer["recommendations"]
    page = {"id": viewer["id"], "first": 20, "after": first["pageInfo"]["endCursor"], "last": None, "before": None}
    second = send("HomeFeedRefetch", **page)["node"]["recommendations"]
    assert second["slateId"] == first["slateId"]
    page = {"id": viewer["id"], "first": None, "after": None, "last": 20, "before": second["pageInfo"]["startCursor"]}
    back = send("HomeFeedRefetch", **page)["node"]["recommendations"]
    assert [edge["cursor"] for edge in back["edges"]] == [edge["cursor"] for edge in first["edges"]]
    assert back["pageInfo"]["hasPreviousPage"] is False
    for shelf in viewer["home"]["shelves"]:
        after = shelf["items"]["edges"][1]["cursor"]
        onward = send("HomeShelfRefetch", id=shelf["id"], items=2, after=after)["node"]["items"]
        assert [edge["cursor"] for edge in onward["edges"]] == [edge["cursor"] for edge in shelf["items"]["edges"][2:4]]
