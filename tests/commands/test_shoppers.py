"""Customers as segments are made of them: only those who agreed, each for what they agreed to, and counted on disk whole."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import SimpleNamespace

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from index.errors import ArtefactMissing
from service.commands.shoppers import FEATURES, recount, shoppers
from service.commands.terminal import CommandFault
from service.recommender.consent import Purpose
from service.tables.canonical import SEGMENTS

NOW = datetime(2026, 3, 2, tzinfo=UTC)
VERSION = "20260301T000000Z"
SIZES = "segment_sizes.json"
PROFILED = {f"c:{n}" for n in range(130)}
LEARNT = {f"c:{n}" for n in range(60, 150)}


class Workspace:
    """A shop of 200 customers, 60 of each hundred from the North; 130 may be profiled, 90 learnt from, 50 neither."""

    def __init__(self, folder, members=()):
        self.settings = SimpleNamespace(segment_sizes_file=folder / SIZES)
        ids = pa.array([str(n) for n in range(200)])
        pq.write_table(pa.table({"customer_id": ids}), folder / "customers.parquet")
        path = folder / "segments.parquet" if members else None
        if path:
            rows = [{"segment": segment, "customer_id": customer} for segment, customer in members]
            pq.write_table(pa.Table.from_pylist(rows, schema=SEGMENTS), path)
        self.generation = lambda: SimpleNamespace(customers=folder / "customers.parquet", segments=path)
        self.consents = SimpleNamespace(granted_to=lambda purpose: LEARNT if purpose is Purpose.TRAIN_MODELS else PROFILED)
        older = SimpleNamespace(manifest=SimpleNamespace(files={}))
        self.published = SimpleNamespace(current=lambda: VERSION, open={VERSION: older}.__getitem__)
        self.repository, self.services = self, {FEATURES: ("person_traits",)}
        self.asked = []

    def historical(self, service, rows):
        self.asked += rows["person_key"].to_pylist()
        assert service == FEATURES
        assert set(rows["event_timestamp"].to_pylist()) == {NOW}
        backwards = rows.take(list(range(rows.num_rows))[::-1])  # the store answers in an order of its own
        regions = ["North" if int(key[2:]) % 100 < 60 else "South" for key in backwards["person_key"].to_pylist()]
        return backwards.append_column("region", pa.array(regions))


def test_nobodys_features_are_read_who_agreed_to_nothing(tmp_path):
    workspace = Workspace(tmp_path)
    found = shoppers(workspace, NOW)
    assert set(workspace.asked) == PROFILED | LEARNT
    assert found.customers == 200
    assert sum(1 for _ in found.who("profile")) == len(PROFILED)
    assert sum(1 for _ in found.who("learn")) == len(LEARNT)
    assert all(set(person.values) == {"region"} for person in found.who("profile"))
    in_the_north = [person.text("region") for person in found.who("profile")].count("North")
    assert in_the_north == sum(int(key[2:]) % 100 < 60 for key in PROFILED) == 90


def test_features_of_an_older_konomi_say_what_to_do(tmp_path):
    workspace = Workspace(tmp_path)
    workspace.services = {"ranker_personalise_content": ()}
    with pytest.raises(CommandFault, match="run `konomi features` first"):
        shoppers(workspace, NOW)


def test_members_are_counted_once_and_only_if_they_are_customers(tmp_path):
    members = [("vip", str(n % 60)) for n in range(120)] + [("vip", "stranger"), ("few", "1"), ("few", "1")]
    assert shoppers(Workspace(tmp_path, members), NOW).by_shop == {"vip": 60, "few": 1}
    assert shoppers(Workspace(tmp_path), NOW).by_shop == {}


def test_a_shop_where_nobody_agreed_counts_nobody(tmp_path):
    workspace = Workspace(tmp_path)
    workspace.consents = SimpleNamespace(granted_to=lambda _: frozenset())
    assert list(shoppers(workspace, NOW).who("profile")) == []
    assert workspace.asked == []


def test_counting_anew_writes_what_is_told_and_of_which_version(tmp_path):
    workspace = Workspace(tmp_path, [("vip", str(n)) for n in range(60)] + [("few", "1")])
    recount(workspace, NOW)
    kept = json.loads((tmp_path / SIZES).read_text(encoding="utf-8"))
    # 90 of the 130 come from the North; the 40 others are too few, and would be known by not being of the North.
    assert kept == {"version": VERSION, "sizes": {"people": 130, "by_rule": {}, "customers": 200, "by_shop": {"vip": 60}}}
    assert list(tmp_path.glob(".*")) == []


@pytest.mark.parametrize("missing", ["current", "open"])
def test_what_is_published_and_cannot_be_read_is_no_obstacle(tmp_path, missing):
    def fails(*_):
        raise ArtefactMissing("gone")

    workspace = Workspace(tmp_path)
    workspace.published = SimpleNamespace(**{"current": lambda: VERSION, "open": fails, missing: fails})
    recount(workspace, NOW)
    assert not (tmp_path / SIZES).exists()


def test_before_anything_is_published_there_is_nothing_to_count(tmp_path):
    workspace = Workspace(tmp_path)
    workspace.published = SimpleNamespace(current=lambda: None)
    recount(workspace, NOW)
    assert not (tmp_path / SIZES).exists()
    assert workspace.asked == []
