"""The village shop's state: built once by the commands, each of which counts its chances to die on the way."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from index.artefact import versions
from tests.acceptance.running import ROOT, environment, succeed
from tests.acceptance.village_shop import write_village_shop

PERILOUS = Path(__file__).with_name("perilous_command.py")
STAGES = ("import", "features", "train", "build", "publish")


@dataclass(frozen=True)
class Village:
    """A published state, the delivery that comes next, and how many chances to die each command had."""

    state: Path
    delivery: Path
    chances: dict[str, int]

    def at(self, state: Path) -> Village:
        """The same, where its state was carried to."""
        return replace(self, state=state)


def arguments_of(stage: str, state: Path, delivery: Path) -> list[str]:
    """The command of a stage, as of now."""
    return {
        "import": ["import", str(delivery)], "features": ["features"], "train": ["train"], "build": ["index", "build"],
        "refresh": ["refresh"], "publish": ["publish", *versions(state / "artefacts")[-1:]],
    }[stage]


def perilous(state: Path, fate: Sequence[object], arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a command that counts its chances to die, or dies."""
    return subprocess.run(
        [sys.executable, str(PERILOUS), *map(str, fate), *arguments],
        cwd=ROOT, env=environment(state), capture_output=True, text=True, check=False,
    )


def build_village(root: Path, now: datetime) -> None:
    """Import, compute, train, index and publish the shop; what is there already stays."""
    counted = root / "chances.json"
    if counted.exists():
        return
    state = root / "state"
    state.mkdir(parents=True)
    shop = {"time_zone": "America/New_York", "currency": "USD", "languages": "en,ja"}
    chosen = {"shop": shop, "auth": {"development": True}, "http": {"introspection": True, "graphiql": True}}
    (state / "settings.json").write_text(json.dumps(chosen), encoding="utf-8")
    first = write_village_shop(root / "first", now)
    write_village_shop(root / "more", now, more=True)
    chances = {}
    for stage in STAGES:
        succeed(perilous(state, ["count", root / stage], arguments_of(stage, state, first)))
        chances[stage] = int((root / stage).read_text(encoding="utf-8"))
    counted.write_text(json.dumps(chances), encoding="utf-8")


def opened(root: Path) -> Village:
    """The village as it was built."""
    return Village(root / "state", root / "more", json.loads((root / "chances.json").read_text(encoding="utf-8")))
