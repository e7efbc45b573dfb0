"""Half an hour: until then a cursor goes on, from then on it is refused by its code, and a new list begins."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from service.adapters.system_clock import SystemClock
from service.app import create_app
from service.credentials import development_issuer
from service.recommender.person import Person
from service.settings import load_settings
from tests.acceptance.test_paging import PAGE, SHELF, SHELVES
from tests.acceptance.village import Village
from tests.fakes import FakeClock
from tests.stores import Stores

pytestmark = pytest.mark.demo

HOME = "query ($after: String) { viewer { home(first: 2, after: $after) { pageInfo { endCursor } shelves { key } } } }"


class Household:
    """A household in front of a service whose clock the test moves."""

    def __init__(self, http: TestClient, token: str, clock: FakeClock) -> None:
        self.http, self.clock = http, clock
        self._headers = {"authorization": f"Bearer {token}"}

    def post(self, query: str, **variables: object) -> dict[str, Any]:
        answer = self.http.post("/graphql", json={"query": query, "variables": variables}, headers=self._headers)
        return dict(answer.json())

    def code(self, query: str, **variables: object) -> str:
        (error,) = self.post(query, **variables)["errors"]
        return str(error["extensions"]["code"])


@pytest.fixture(scope="module")
def state(village: Village, stores: Stores, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stores.copy(village.state, tmp_path_factory.mktemp("expiry") / "state")


@pytest.fixture
def household(state: Path) -> Iterator[Household]:
    settings, clock = load_settings({"KONOMI_STATE__DIR": str(state)}), FakeClock(SystemClock().now())
    token = development_issuer(settings, clock).token(Person.customer("k7"))
    with TestClient(create_app(settings, clock)) as http:
        yield Household(http, token, clock)


def test_a_cursor_holds_for_half_an_hour_and_not_longer(household):
    cursor = household.post(PAGE, first=5)["data"]["viewer"]["recommendations"]["pageInfo"]["endCursor"]
    household.clock.advance(timedelta(minutes=29, seconds=59))
    assert household.post(PAGE, first=5, after=cursor)["data"]["viewer"]["recommendations"]["edges"]
    household.clock.advance(timedelta(seconds=1))
    assert household.code(PAGE, first=5, after=cursor) == "SLATE_EXPIRED"
    assert household.post(PAGE, first=5)["data"]["viewer"]["recommendations"]["edges"]


def test_a_home_and_its_shelves_expire_with_it(household):
    page = household.post(SHELVES)["data"]["viewer"]["home"]
    shelf, cursor = page["shelves"][0], page["shelves"][0]["items"]["pageInfo"]["endCursor"]
    behind = household.post(HOME)["data"]["viewer"]["home"]["pageInfo"]["endCursor"]
    assert household.post(HOME, after=behind)["data"]["viewer"]["home"]["shelves"]
    household.clock.advance(timedelta(minutes=30))
    assert household.code(HOME, after=behind) == "SLATE_EXPIRED"
    assert household.post(SHELF, id=shelf["id"], after=cursor)["data"]["node"] is None


def test_a_token_expires_by_its_own_time(household):
    household.clock.advance(timedelta(hours=12, minutes=1))
    assert household.code(PAGE, first=5) == "UNAUTHENTICATED"
