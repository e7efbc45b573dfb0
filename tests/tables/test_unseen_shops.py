"""Shops of other kinds come in whole: what is untidy about them is told, and nothing of it counts twice."""

from __future__ import annotations

import csv
from datetime import timedelta
from pathlib import Path

import pytest

from service.tables.importing import import_tables
from service.tables.store import TableStore
from tests.unseen_shops import END, SHOPS

REFUNDS = {"browsed": "NEGATIVE_NUMBER"}


def lines(path: Path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", SHOPS)
def test_all_of_it_comes_in_but_what_the_contract_refuses(name, tmp_path):
    folder = SHOPS[name](tmp_path / "shop", people=12)
    events = lines(folder / "events.csv")
    refunds = [one for one in events if one.get("quantity") == "-1"]
    told = {one["event_id"] for one in events if one not in refunds} if "event_id" in events[0] else range(len(events))

    def bring():
        return import_tables(
            folder, TableStore(tmp_path / "tables"), tmp_path / "rejected.parquet", now=END + timedelta(days=1),
            default_time_zone="Asia/Tokyo",
        )

    first, again = bring(), bring()
    assert dict(first.tables["events"].rejected) == ({REFUNDS[name]: len(refunds)} if name in REFUNDS else {})
    assert bool(refunds) == (name in REFUNDS)
    assert first.tables["events"].accepted == len(told)
    assert first.tables["items"].rejected == first.tables["customers"].rejected == {}
    assert (again.changed, again.tables["events"].accepted) == (False, 0)


@pytest.mark.parametrize("name", SHOPS)
def test_a_seed_makes_the_same_shop_again(name, tmp_path):
    one, same, other = (SHOPS[name](tmp_path / str(n), people=5, seed=seed) for n, seed in enumerate((1, 1, 2)))
    for table in ("items", "customers", "events"):
        assert (one / f"{table}.csv").read_bytes() == (same / f"{table}.csv").read_bytes()
    assert (one / "events.csv").read_bytes() != (other / "events.csv").read_bytes()
