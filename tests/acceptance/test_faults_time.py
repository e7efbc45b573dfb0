"""Clocks that are put forward or back, and events that come out of order: pages are answered, nothing is lost or stuck."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from service.adapters.system_clock import SystemClock
from service.composition import Konomi, compose
from service.graphql.in_process import execute
from service.recommender.person import Person
from service.settings import load_settings
from tests.acceptance.faulty_shop import HOME, RECORD
from tests.acceptance.village import Village
from tests.coroutines import awaited
from tests.fakes import FakeClock

pytestmark = [pytest.mark.demo, pytest.mark.sqlite]

VISITOR = "a-visitor-of-the-village"
JUMPS = {
    "a year forward": timedelta(days=365), "an hour forward": timedelta(hours=1), "an hour back": timedelta(hours=-1),
    "a year back": timedelta(days=-365),
}
CONSENT = """mutation { setConsents(input: {grants: [PERSONALISE_CONTENT], withdrawals: [], wording: "May we?"}) { userErrors { code } } }"""
LIST = """query ($after: String) { viewer { recommendations(first: 5, after: $after) {
  slateId nodes { item { itemId } } pageInfo { endCursor }
} } }"""
TYPES = ("VIEW", "ADD_TO_CART", "PURCHASE", "CLICK")
SEED = 5


class InProcess:
    """The village's service in this process, by a clock of ours."""

    def __init__(self, state: Path, clock: FakeClock) -> None:
        self.clock = clock
        self.konomi: Konomi = compose(load_settings({"KONOMI_STATE__DIR": str(state)}), clock)

    def answer(self, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        body: Any = awaited(execute(self.konomi.services, query, variables, visitor=VISITOR))
        return body

    def ask(self, query: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        body = self.answer(query, variables)
        assert "errors" not in body, body
        data: dict[str, Any] = body["data"]
        return data

    def record(self, events: Sequence[dict[str, Any]]) -> int:
        told = self.ask(RECORD, {"events": list(events)})["recordEvents"]
        assert told["userErrors"] == []
        return int(told["accepted"])

    def items(self) -> list[str]:
        return list(self.konomi.services.recommender.snapshot.catalogue.item_ids)

    def close(self) -> None:
        self.konomi.slates.close()


@contextmanager
def opened(village: Village, folder: Path) -> Iterator[InProcess]:
    shop = InProcess(Path(shutil.copytree(village.state, folder)), FakeClock(SystemClock().now()))
    try:
        assert shop.ask(CONSENT)["setConsents"] == {"userErrors": []}
        yield shop
    finally:
        shop.close()


@pytest.fixture
def shop(village: Village, tmp_path: Path) -> Iterator[InProcess]:
    with opened(village, tmp_path / "state") as one:
        yield one


def event(number: int, item_id: str, at: datetime) -> dict[str, Any]:
    return {"eventId": f"e{number}", "type": TYPES[number % 4], "itemId": item_id, "occurredAt": at.isoformat()}


@pytest.mark.parametrize("jump", JUMPS)
def test_pages_events_and_the_projector_go_on(shop, jump):
    items = shop.items()
    assert shop.record([event(1, items[0], shop.clock.now())]) == 1
    assert shop.konomi.projector.look()["recent_actions"] == 1
    shop.clock.advance(JUMPS[jump])
    shown = shop.ask(HOME)["viewer"]["home"]
    assert shown["profiled"]
    assert shown["degraded"] == []
    assert shown["hero"]
    assert all(shelf["items"]["nodes"] for shelf in shown["shelves"])
    assert shop.record([event(2, items[1], shop.clock.now())]) == 1
    assert shop.konomi.projector.look()["recent_actions"] == 1, "whoever leads goes on leading"
    known = shop.konomi.services.features.read(Person.visitor(VISITOR), frozenset(shop.konomi.services.recommender.open(
        Person.visitor(VISITOR)).purposes))
    assert [one.item_id for one in known.recent][-1:] == [items[1]]


@pytest.mark.parametrize("jump", JUMPS)
def test_a_list_goes_on_or_says_that_it_has_expired(shop, jump):
    shown = shop.ask(LIST)["viewer"]["recommendations"]
    shop.clock.advance(JUMPS[jump])
    body = shop.answer(LIST, {"after": shown["pageInfo"]["endCursor"]})
    if JUMPS[jump] > timedelta(0):
        assert [one["extensions"]["code"] for one in body["errors"]] == ["SLATE_EXPIRED"]
        shop.ask(LIST)
    else:
        page = body["data"]["viewer"]["recommendations"]
        assert page["slateId"] == shown["slateId"]
        assert not {one["item"]["itemId"] for one in page["nodes"]} & {one["item"]["itemId"] for one in shown["nodes"]}


def test_another_leads_soon_although_the_clock_was_put_back(village, tmp_path):
    with opened(village, tmp_path / "state") as first:
        first.record([event(1, first.items()[0], first.clock.now())])
        first.clock.advance(timedelta(days=365))
        first.konomi.projector.look()
        second = InProcess(tmp_path / "state", FakeClock(SystemClock().now()))
        first.record([event(2, first.items()[1], first.clock.now())])
        assert second.konomi.projector.look()["recent_actions"] == 1
        second.close()


def test_the_order_in_which_events_come_changes_nothing(village, tmp_path):
    draw = np.random.default_rng(SEED)
    with opened(village, tmp_path / "one") as one, opened(village, tmp_path / "other") as other:
        now, items = one.clock.now(), one.items()
        events = [event(n, items[draw.integers(12)], now - timedelta(hours=60 - n)) for n in range(60)]
        for shop, order in ((one, range(60)), (other, draw.permutation(60).tolist())):
            for start in range(0, 60, 7):
                shop.record([events[place] for place in order[start:start + 7]])
        profiles = [_sorted(shop.konomi.services.recommender.open(Person.visitor(VISITOR)).profile.actions) for shop in (one, other)]
        assert len(profiles[0]) > 12
        assert profiles[0] == profiles[1]


def _sorted(actions: Any) -> list[tuple[Any, ...]]:
    """Actions as plain values, by type and item."""
    columns = (actions.item, actions.type, actions.count, actions.first_at, actions.last_at)
    faded = actions.faded.round(4).tolist()
    return sorted(zip(*(column.tolist() for column in columns), map(tuple, faded), strict=True))
