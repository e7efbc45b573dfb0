"""What the clients' tests install: exact versions, each for a reason, and a clear word where npm is cut off."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.running import ROOT
from tests.clients.conftest import ABSENT, HERE, install_or_skip
from tests.clients.examples import EXAMPLES, WRITTEN

MANIFEST = json.loads((HERE / "package.json").read_text(encoding="utf-8"))


def packages_of(manifest: Path) -> dict[str, str]:
    said: dict[str, Any] = json.loads(manifest.read_text(encoding="utf-8"))
    return said.get("dependencies", {}) | said.get("devDependencies", {})


def test_every_package_says_why() -> None:
    assert MANIFEST["dependencies"].keys() == MANIFEST["//"].keys()


def test_every_package_is_pinned_and_to_one_version_in_tests_and_examples() -> None:
    versions = defaultdict(set)
    for manifest in (HERE / "package.json", *EXAMPLES.glob("*/package.json")):
        for name, version in packages_of(manifest).items():
            assert re.fullmatch(r"\d+\.\d+\.\d+", version), name
            versions[name].add(version)
    assert {name: found for name, found in versions.items() if len(found) > 1} == {}
    assert "esbuild" in versions, "the examples were looked at"


def test_what_examples_write_is_ignored_by_git_and_removed_by_make_clean(tmp_path: Path) -> None:
    ignored = (EXAMPLES / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {line.rstrip("/") for line in ignored if not line.startswith("#")} == set(WRITTEN)
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copytree(EXAMPLES, tmp_path / "examples", ignore=shutil.ignore_patterns(*WRITTEN))
    sources = {file for file in tmp_path.rglob("*") if file.is_file()}
    for example in ("web", "mobile"):
        for name in WRITTEN:
            place = tmp_path / "examples" / example / ("src" if name == "generated.ts" else "")
            (place / name).mkdir() if "." not in name else (place / name).touch()
    subprocess.run(["make", "clean", "KONOMI_STATE__DIR=state"], cwd=tmp_path, check=True, capture_output=True)
    assert {file for file in tmp_path.rglob("*") if file.is_file()} == sources
    assert list(tmp_path.rglob("node_modules")) == list(tmp_path.rglob("dist")) == []


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_without_a_registry_the_clients_are_skipped_loudly_and_ci_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ci: str, outcome: type[BaseException],
) -> None:
    (tmp_path / "package.json").write_text('{"dependencies": {"wonka": "6.3.5"}}', encoding="utf-8")
    monkeypatch.setenv("CI", ci)
    monkeypatch.setenv("npm_config_registry", "http://127.0.0.1:9")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    with pytest.raises(outcome, match=ABSENT):
        install_or_skip(tmp_path)
