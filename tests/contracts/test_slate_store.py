"""What every slate store keeps to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from service.adapters.sql_slates import SqlSlateStore
from service.recommender.ports import SlateStore
from service.recommender.slate import LIFETIME, Slate
from tests.conftest import DATABASES
from tests.fakes import START, FakeSlateStore

SLATE = Slate(
    id="s1",
    owner="c:alice",
    placement="home",
    item_ids=("milk", "bread", "お茶"),
    expires_at=START + LIFETIME,
    explored={2: 0.1, 3: 1 / 3},
    request={"kind": "PRODUCT", "filter": {"brands": ["A"], "inStock": True}, "diversity": 0.3, "anchor": None},
    versions={"model": "20260301"},
)


@pytest.fixture(params=["fake", *DATABASES])
def store(request, clock) -> Iterator[SlateStore]:
    if request.param == "fake":
        yield FakeSlateStore()
        return
    store = SqlSlateStore(request.getfixturevalue(f"{request.param}_engine"), clock)
    yield store
    store.close()


def test_a_slate_is_found_at_once_and_whole(store):
    store.put(SLATE)
    assert store.get("s1", START) == SLATE


def test_an_unknown_slate_is_none(store):
    assert store.get("none", START) is None


def test_a_slate_ends_when_it_expires(store):
    store.put(SLATE)
    assert store.get("s1", SLATE.expires_at - timedelta(microseconds=1)) == SLATE
    assert store.get("s1", SLATE.expires_at) is None


def test_a_frozen_list_stays_as_it_was_first_put(store):
    store.put(SLATE)
    store.put(replace(SLATE, item_ids=("other",)))
    assert store.get("s1", START) == SLATE
