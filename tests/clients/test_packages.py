"""What the clients' tests install: exact versions, each for a reason, and a clear word where npm is cut off."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.clients.conftest import ABSENT, HERE, install_or_skip

MANIFEST = json.loads((HERE / "package.json").read_text(encoding="utf-8"))


def test_every_package_is_pinned_and_says_why() -> None:
    assert MANIFEST["dependencies"].keys() == MANIFEST["//"].keys()
    for name, version in MANIFEST["dependencies"].items():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version), name


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
