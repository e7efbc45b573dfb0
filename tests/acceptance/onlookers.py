"""Onlookers: they read a state all the while, and keep whatever they saw that no finished state may show."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pyarrow.parquet as pq

from index.artefact import open_artefact
from index.publication import check_publishable, current
from service.tables.store import TableStore
from tests.acceptance.running import Server

PACE_SECONDS = 0.4
"""Between two looks, so that who is looked at gets on with the work."""
HOME = """
query ($bought: String!) { viewer {
  recommendations { degraded { part } profiled nodes { item { itemId title } reasons { text } } }
  because: recommendations(intent: BECAUSE_YOU_BOUGHT, anchorItemId: $bought) {
    nodes { reasons { evidence { eventId } } }
  }
  home { degraded { part } hero { item { itemId } } shelves { key title items { nodes { item { itemId } } } } }
} }
"""


class Onlooker(threading.Thread):
    """Looks again and again until told to stop; `faults` is what was wrong, `looks` how often it looked."""

    def __init__(self, look: Callable[[], object], pace_seconds: float = PACE_SECONDS) -> None:
        super().__init__(daemon=True)
        self._look, self._pace, self._done = look, pace_seconds, threading.Event()
        self.faults: list[str] = []
        self.looks = 0

    def run(self) -> None:
        while not self._done.is_set():
            try:
                self._look()
            except Exception as fault:  # noqa: BLE001 - whatever a reader stumbles over is what is looked for
                self.faults.append(repr(fault))
            self.looks += 1
            self._done.wait(self._pace)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self.join()


def whole_tables(state: Path) -> None:
    """Hold the current tables against what their manifest says."""
    generation = TableStore(state / "tables").current()
    assert generation is not None
    rows = {name: pq.read_metadata(path).num_rows for name, path in generation.tables.items() if path}
    rows["events"] = sum(pq.read_metadata(path).num_rows for path in generation.events)
    assert rows == dict(generation.counts)


def whole_artefact(state: Path) -> None:
    """Hold the current version against its checksums."""
    version = current(state / "artefacts")
    assert version is not None
    check_publishable(open_artefact(state / "artefacts", version).manifest)


def whole_answer(server: Server, household: str, bought: str, event_id: str) -> None:
    """Hold an answer against what any answer must be; what was `bought` lately is known in every one of them."""
    viewer: dict[str, Any] = server.ask(HOME, household, {"bought": bought})["viewer"]
    products, home = viewer["recommendations"], viewer["home"]
    assert products["degraded"] == home["degraded"] == []
    assert products["profiled"]
    assert len(products["nodes"]) == 20
    assert all(node["reasons"] and node["item"]["title"] for node in products["nodes"])
    shelves = {shelf["key"]: shelf for shelf in home["shelves"]}
    assert {"buy_again", "because", "reading"} <= shelves.keys()  # after three answers a day, no campaign is left
    reasons = [reason for node in viewer["because"]["nodes"] for reason in node["reasons"]]
    assert {one["eventId"] for reason in reasons for one in reason["evidence"]} == {event_id}
    assert server.http.get("/readyz").status_code == 200
