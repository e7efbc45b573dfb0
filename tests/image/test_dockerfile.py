"""The image's recipe: linted, unprivileged, and made of files that are there."""

from __future__ import annotations

import fnmatch
import re
import subprocess
import sysconfig
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def instructions(keyword: str) -> list[str]:
    """Return the arguments of every such instruction, with continued lines joined."""
    joined = re.sub(r"\\\n\s*", "", DOCKERFILE)
    return re.findall(rf"^{keyword} (.+)$", joined, re.MULTILINE)


def test_hadolint_finds_nothing_to_say():
    hadolint = Path(sysconfig.get_path("scripts")) / "hadolint"
    run = subprocess.run(
        [hadolint, "--failure-threshold", "style", ROOT / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_every_stage_starts_from_the_slim_python_by_tag():
    assert {line.split()[0] for line in instructions("FROM")} == {"python:3.13-slim"}


def test_it_runs_as_a_number_that_kubernetes_can_tell_from_root():
    assert instructions("USER") == ["10001:10001"]


def test_it_starts_konomi_and_asks_after_its_health():
    assert instructions("ENTRYPOINT") == ['["konomi"]']
    assert instructions("CMD") == ['["serve", "--host", "0.0.0.0", "--port", "8000"]']
    assert any("127.0.0.1:8000/healthz" in check for check in instructions("HEALTHCHECK"))


def test_labels_say_what_it_is():
    (labels,) = instructions("LABEL")
    for name in ("title", "description", "licenses", "version", "revision", "created"):
        assert f"org.opencontainers.image.{name}=" in labels


def test_what_it_copies_is_there_and_let_through():
    patterns = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and line[0] != "#"]
    assert patterns[0] == "*", "nothing goes in but what is named"
    copied = [path for line in instructions("COPY") if "--from" not in line for path in line.split()[:-1]]
    assert {"pyproject.toml", "constraints.txt", "service/", "index/", "feature_repo/"} <= set(copied)
    for path in copied:
        assert (ROOT / path).exists(), path
        assert f"!{path}" in patterns, path


def test_secrets_and_state_stay_out():
    patterns = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for private in (".env", ".git/config", ".konomi/secrets/signing", "tests/test_x.py"):
        assert not any(fnmatch.fnmatch(private, pattern[1:].rstrip("/") + "*") for pattern in patterns), private
