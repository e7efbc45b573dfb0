"""Half of top speed, for long: memory, files and connections stay as they are, and nothing goes wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.crowd import LISTENERS, Crowd
from tests.acceptance.holdings import MEMORY, MOST_GROWN, Holdings
from tests.acceptance.running import Server
from tests.acceptance.village import Village
from tests.stores import Stores

SEED, WARM_UP_SECONDS, LOOKS = 52, 6, 60


@pytest.fixture
def state(village: Village, stores: Stores, tmp_path: Path) -> Path:
    return stores.copy(village.state, tmp_path / "state")


def endure(state: Path, seconds: float, tell: Callable[[str, object], None]) -> list[str]:
    """Find out how quick the server is, let people act half as quickly meanwhile, and say what it holds too much of."""
    with Server(state) as server, Crowd(server, server.households(SEED), SEED) as crowd:
        crowd.act(WARM_UP_SECONDS)
        top = crowd.act(WARM_UP_SECONDS)
        with Holdings(server, pause=seconds / LOOKS) as holdings:
            reached = crowd.act(seconds, per_second=top / 2)
        growth = holdings.growth()
        told = {"top": top, "reached": reached, "acts": crowd.acts, "degraded": crowd.degraded, "heard": crowd.heard, **growth}
        for name, value in told.items():
            tell(name, value)
        assert crowd.faults == []
        assert crowd.heard >= LISTENERS
    assert server.log.read_text(encoding="utf-8") == ""
    return [f"{name}: {held}" for name, held in growth.items() if held.by > MOST_GROWN[name]]


def test_nothing_is_held_on_to_within_half_a_minute(pair, state, record_testsuite_property):
    """Memory is looked at in the long form alone: as yet the latest lists fill what is kept of them."""
    grown = endure(state, 25, lambda name, value: record_testsuite_property(f"{name} on {pair}", value))
    assert [one for one in grown if not one.startswith(MEMORY)] == []


@pytest.mark.soak
def test_nothing_grows_within_half_an_hour(pair, state, record_testsuite_property):
    assert endure(state, 1_800, lambda name, value: record_testsuite_property(f"{name} on {pair}", value)) == []
