"""`kill -9` at any moment of an import: readers see the old tables or the new ones, and the next import finishes."""

import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Self

import numpy as np
import pyarrow.parquet as pq
import pytest

from service.tables.store import TableStore
from tests.tables.shops import CUSTOMER, EVENT, ITEM, NOW, OFFER, SEGMENT, Shop

MORE = {"item_id": "mate", "kind": "PRODUCT", "title": "Mate"}
OLD = {"items": [ITEM], "customers": [CUSTOMER], "events": [EVENT], "segments": [SEGMENT], "offers": [OFFER]}
NEW = {
    "items": [ITEM | {"title": "Sencha"}, MORE],
    "customers": [CUSTOMER | {"region": "Kyoto"}],
    "events": [EVENT | {"item_id": "mate", "customer_id": name} for name in ("ann", "bob")],
    "segments": [SEGMENT | {"customer_id": "bob"}],
    "offers": [OFFER | {"discount_rate": "0.2"}],
}
POINTS = 6
DYING = Path(__file__).with_name("killed_import.py")


def import_and_die(shop: Shop, at: int | None = None) -> subprocess.CompletedProcess[str]:
    where = [str(shop.source), str(shop.store.directory), str(shop.refusals), NOW.isoformat()]
    command = [sys.executable, str(DYING), *where, *([] if at is None else [str(at)])]
    root = Path(__file__).parents[2]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=root, env={"PYTHONPATH": str(root)})


def contents(shop: Shop) -> dict[str, list[dict[str, object]]]:
    return {table: shop.rows(table) for table in OLD}


class Reader(threading.Thread):
    """Reads the store again and again, and keeps what it saw that no generation may show."""

    def __init__(self, store: TableStore) -> None:
        super().__init__()
        self.store, self.done, self.seen, self.halves = store, threading.Event(), set(), []

    def run(self) -> None:
        while not self.done.wait(0.002):
            generation = self.store.current()
            if generation is None:
                continue
            self.seen.add(generation.version)
            counts = {
                table: 0 if path is None else pq.read_metadata(path).num_rows
                for table, path in generation.tables.items()
            }
            counts["events"] = sum(pq.read_metadata(path).num_rows for path in generation.events)
            if counts != dict(generation.counts):
                self.halves.append((generation, counts))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.done.set()
        self.join()


@pytest.fixture(scope="module")
def states(tmp_path_factory):
    """The old state to start each crash from, and what the tables must hold after the new import."""
    shop = Shop(tmp_path_factory.mktemp("states")).csv(**OLD)
    shop.bring()
    saved = tmp_path_factory.mktemp("saved") / "tables"
    shutil.copytree(shop.store.directory, saved)
    before = contents(shop)
    shop.clear().csv(**NEW)
    counted = import_and_die(shop)
    assert counted.returncode == 0, counted.stderr
    return saved, before, contents(shop), int(counted.stdout)


def points(chances: int) -> list[int]:
    drawn = np.random.default_rng(20260301).choice(np.arange(2, chances), POINTS - 2, replace=False)
    return [1, *sorted(drawn.tolist()), chances]


@pytest.mark.parametrize("number", range(POINTS))
def test_killed_anywhere_readers_see_old_or_new_and_the_next_import_finishes(states, new_shop, number):
    saved, before, after, chances = states
    shop = new_shop().csv(**NEW)
    shutil.copytree(saved, shop.store.directory)
    with Reader(shop.store) as reader:
        died = import_and_die(shop, points(chances)[number])
        assert died.returncode == -signal.SIGKILL, died.stderr
        assert contents(shop) in (before, after)
        shop.bring()
    assert reader.halves == []
    assert len(reader.seen) <= 2
    assert contents(shop) == after
    named = {path.parent for path in shop.generation.files}
    leftovers = {path for path in shop.store.directory.iterdir() if path.is_dir()} - named
    assert {path.name for path in leftovers} <= {"000001-20260301T120000Z"}


@pytest.mark.parametrize("at", [1, 9])
def test_killed_during_the_first_import_there_is_nothing_until_the_next_finishes(new_shop, at):
    shop = new_shop().csv(**NEW)
    assert import_and_die(shop, at).returncode == -signal.SIGKILL
    assert shop.store.current() is None
    shop.bring()
    assert shop.generation.counts["events"] == 2
