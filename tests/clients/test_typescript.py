"""Typed operations: what @graphql-codegen makes of the schema compiles under tsc, strictly, and is what the server says."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from service.graphql.schema import sdl
from tests.acceptance.running import Server
from tests.clients.conftest import HERE, Run
from tests.clients.node import node

HOME_OF_TYPES = HERE / "typescript"
STRICT = ["--noEmit", "--strict", "--exactOptionalPropertyTypes", "--skipLibCheck", "--module", "esnext",
          "--moduleResolution", "bundler", "--target", "es2022"]


def tsc(packages: Path, folder: Path, *files: str) -> subprocess.CompletedProcess[str]:
    """Check TypeScript in a folder that sees the installed packages."""
    link = folder / "node_modules"
    if not link.exists():
        link.symlink_to(packages / "node_modules")
    return node(packages / "node_modules" / "typescript" / "bin" / "tsc", *STRICT, *files, folder=folder)


@pytest.fixture
def generated(run: Run, tmp_path: Path) -> Path:
    asked = (HOME_OF_TYPES / "operations.graphql").read_text(encoding="utf-8")
    (tmp_path / "generated.ts").write_text(run("typescript/codegen.js", {"sdl": sdl(), "asked": asked}), encoding="utf-8")
    shutil.copy(HOME_OF_TYPES / "prices.ts", tmp_path)
    return tmp_path


def test_generated_types_compile_and_fit_what_a_page_does_with_them(packages: Path, generated: Path) -> None:
    done = tsc(packages, generated, "prices.ts")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("right", "wrong"), [("item.price.amount", "item.price.amounts"), ('"Product"', '"Produce"')])
def test_a_page_that_takes_the_schema_wrongly_does_not_compile(
    packages: Path, generated: Path, right: str, wrong: str,
) -> None:
    page = generated / "prices.ts"
    written = page.read_text(encoding="utf-8")
    assert right in written
    page.write_text(written.replace(right, wrong), encoding="utf-8")
    assert tsc(packages, generated, "prices.ts").returncode != 0


def test_the_operations_work(server: Server) -> None:
    asked = (HOME_OF_TYPES / "operations.graphql").read_text(encoding="utf-8")
    household = server.households(1)[0]

    def send(name: str, **variables: object) -> dict[str, object]:
        body = {"query": asked, "operationName": name, "variables": variables}
        bearer = {"authorization": f"Bearer {server.token(household)}"}
        said = server.http.post("/graphql", json=body, headers=bearer).json()
        assert "errors" not in said, said["errors"]
        return said["data"]

    shelf = send("Home", shelves=2)["viewer"]["home"]["shelves"][0]
    shown = shelf["items"]
    back = send("Back", id=shelf["id"], before=shown["pageInfo"]["endCursor"])["node"]
    assert [edge["node"]["item"] for edge in back["items"]["edges"]] == [one["item"] for one in shown["nodes"][:-1]]
    assert back["items"]["pageInfo"]["hasPreviousPage"] is False
