"""What every count of showings keeps to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from service.adapters.sql_showings import SqlShowings
from service.recommender.person import Person
from service.recommender.showings import Showings
from tests.conftest import DATABASES
from tests.fakes import FakeShowings

ANN, BEN = Person.customer("ann"), Person.visitor("ann")
MONDAY, TUESDAY = date(2026, 3, 2), date(2026, 3, 3)


@pytest.fixture(params=["fake", *DATABASES])
def showings(request) -> Showings:
    if request.param == "fake":
        return FakeShowings()
    return SqlShowings(request.getfixturevalue(f"{request.param}_engine"))


def test_a_campaign_is_granted_up_to_its_cap(showings):
    granted = [showings.claim(ANN, MONDAY, f"s{n}", ["tea", "soap"] if n < 2 else ["tea"], 2) for n in range(3)]
    assert granted == [{"tea", "soap"}, {"tea", "soap"}, frozenset()]
    assert showings.spent(ANN, MONDAY, 2) == {"tea", "soap"}
    assert showings.spent(ANN, MONDAY, 3) == frozenset()


def test_one_slate_is_counted_once_and_holds_what_it_held(showings):
    for _ in range(5):
        assert showings.claim(ANN, MONDAY, "one", ["tea"], 2) == {"tea"}
    assert showings.spent(ANN, MONDAY, 2) == frozenset()
    assert showings.claim(ANN, MONDAY, "two", ["tea"], 2) == {"tea"}
    assert showings.claim(ANN, MONDAY, "three", ["tea"], 2) == frozenset()
    assert showings.claim(ANN, MONDAY, "one", ["tea"], 2) == {"tea"}


def test_each_person_and_each_day_has_a_count_of_its_own(showings):
    assert showings.claim(ANN, MONDAY, "one", ["tea"], 1) == {"tea"}
    assert showings.claim(BEN, MONDAY, "two", ["tea"], 1) == {"tea"}
    assert showings.claim(ANN, TUESDAY, "three", ["tea"], 1) == {"tea"}
    assert showings.claim(ANN, TUESDAY, "four", ["tea"], 1) == frozenset()


@pytest.mark.parametrize("kind", DATABASES)
def test_however_many_claim_at_once_no_more_are_granted(kind, request):
    showings = SqlShowings(request.getfixturevalue(f"{kind}_engine"))
    with ThreadPoolExecutor(8) as threads:
        granted = list(threads.map(lambda n: showings.claim(ANN, MONDAY, f"s{n}", ["tea", "soap"], 3), range(60)))
    assert sum("tea" in one for one in granted) == 3
    assert sum("soap" in one for one in granted) == 3
