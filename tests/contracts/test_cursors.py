"""What every store of cursors keeps to."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from service.adapters.sql_cursors import SqlCursors
from service.recommender.projecting import Cursors
from tests.conftest import DATABASES
from tests.fakes import START, FakeCursors

TENURE = timedelta(seconds=4)


@pytest.fixture(params=["fake", *DATABASES])
def cursors(request) -> Cursors:
    if request.param == "fake":
        return FakeCursors()
    return SqlCursors(request.getfixturevalue(f"{request.param}_engine"))


def lead(cursors, holder, at=START, name="features"):
    return cursors.lead(name, holder, at, at + TENURE)


def test_it_begins_at_zero_and_goes_on_where_it_was(cursors):
    assert lead(cursors, "one") == 0
    assert cursors.advance("features", "one", 41)
    assert lead(cursors, "one") == 41
    assert lead(cursors, "one", START + TENURE * 5) == 41


def test_one_leads_until_it_has_given_no_sign_of_life_for_its_tenure(cursors):
    assert lead(cursors, "one") == 0
    cursors.advance("features", "one", 7)
    assert lead(cursors, "two", START + TENURE * 0.9) is None
    assert not cursors.advance("features", "two", 99)
    assert lead(cursors, "one", START + TENURE * 0.9) == 7
    assert lead(cursors, "two", START + TENURE * 1.8) is None
    assert lead(cursors, "two", START + TENURE * 1.9) == 7
    assert not cursors.advance("features", "one", 8)
    assert lead(cursors, "one", START + TENURE * 2) is None
    assert lead(cursors, "two", START + TENURE * 2) == 7


def test_a_lead_of_a_clock_that_was_put_back_ends_with_that_clock(cursors):
    assert lead(cursors, "one", START + timedelta(days=1)) == 0
    cursors.advance("features", "one", 7)
    assert lead(cursors, "two") == 7
    assert lead(cursors, "one") is None
    assert lead(cursors, "three", START + TENURE * 0.9) is None


def test_whoever_leads_goes_on_when_its_clock_is_put_back(cursors):
    assert lead(cursors, "one", START + timedelta(days=1)) == 0
    cursors.advance("features", "one", 7)
    assert lead(cursors, "one") == 7
    assert lead(cursors, "two", START + TENURE * 1.1) == 7


def test_whoever_resigns_lets_another_lead_at_once(cursors):
    assert lead(cursors, "one") == 0
    cursors.resign("features", "two")
    assert lead(cursors, "two") is None
    cursors.resign("features", "one")
    assert lead(cursors, "two") == 0
    cursors.resign("unknown", "one")


def test_cursors_of_several_names_are_apart(cursors):
    assert lead(cursors, "one") == 0
    assert lead(cursors, "two", name="another") == 0
    cursors.advance("features", "one", 5)
    assert lead(cursors, "two", name="another") == 0


@pytest.mark.parametrize("kind", DATABASES)
def test_of_many_who_begin_at_once_one_leads(kind, request):
    cursors = SqlCursors(request.getfixturevalue(f"{kind}_engine"))
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda n: lead(cursors, f"holder-{n}"), range(16)))
    assert [one for one in found if one is not None] == [0]
