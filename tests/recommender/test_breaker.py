"""A breaker asks what does not answer now and then alone, and everybody again once it does."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from service.recommender.breaker import Breaker


class Seconds:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def breaker(seconds) -> Breaker:
    return Breaker("store", tolerance=3, pause=0.5, monotonic=seconds)


def fail(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        breaker.failed()


def test_it_admits_everybody_until_some_failed_in_a_row(breaker):
    fail(breaker, 2)
    breaker.succeeded()
    fail(breaker, 2)
    assert breaker.admits()
    breaker.failed()
    assert not breaker.admits()


def test_while_it_is_open_one_a_pause_is_admitted(breaker, seconds):
    fail(breaker, 3)
    seconds.now += 0.5
    assert [breaker.admits() for _ in range(3)] == [True, False, False]
    seconds.now += 0.5
    assert [breaker.admits() for _ in range(3)] == [True, False, False], "the first probe was never heard of"


def test_a_probe_that_is_answered_admits_everybody_again(breaker, seconds):
    fail(breaker, 3)
    seconds.now += 0.5
    assert breaker.admits()
    breaker.succeeded()
    assert all(breaker.admits() for _ in range(3))
    fail(breaker, 2)
    assert breaker.admits(), "failures of before count no more"


def test_a_probe_that_fails_lets_all_wait_for_the_next(breaker, seconds):
    fail(breaker, 3)
    seconds.now += 0.5
    assert breaker.admits()
    breaker.failed()
    assert not breaker.admits()
    seconds.now += 0.5
    assert breaker.admits()


def test_of_many_who_ask_at_once_one_is_the_probe(breaker, seconds):
    fail(breaker, 3)
    seconds.now += 0.5
    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(lambda _: breaker.admits(), range(64))) == 1


def test_it_tells_the_log_when_it_opens_and_when_it_closes_and_nothing_else(breaker, seconds, caplog):
    fail(breaker, 5)
    seconds.now += 0.5
    breaker.admits()
    breaker.succeeded()
    breaker.succeeded()
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 2
    assert "did not answer" in said[0]
    assert "answers again" in said[1]
