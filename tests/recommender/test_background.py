"""A step that fails ends neither the others nor the thread."""

from __future__ import annotations

import logging
import threading
from types import SimpleNamespace

import pytest

from service.recommender import background
from service.recommender.background import Background
from service.recommender.errors import EventsUnavailable


def test_a_step_that_fails_ends_nothing(caplog):
    rounds, often_enough = [], threading.Event()

    def absent():
        raise EventsUnavailable

    def broken():
        raise ZeroDivisionError

    def whole():
        rounds.append(1)
        if len(rounds) == 3:
            often_enough.set()

    watchman = Background("watchman", [absent, broken, whole], 0.001)
    with caplog.at_level(logging.WARNING):
        watchman.start()
        assert often_enough.wait(30)
        watchman.stop()
    taken = len(rounds)
    assert any("watchman waits" in one for one in caplog.messages)
    assert any("watchman failed" in one for one in caplog.messages)
    assert not any(one.name == "konomi-watchman" for one in threading.enumerate())
    assert len(rounds) == taken


def test_what_has_more_to_do_does_not_wait_for_it():
    left, done = list(range(100)), threading.Event()

    def one_of_many():
        left.pop()
        if not left:
            done.set()
        return bool(left)

    watchman = Background("watchman", [one_of_many], 3600)
    watchman.start()
    assert done.wait(30)
    watchman.stop()


def absent():
    raise EventsUnavailable


@pytest.mark.parametrize(("steps", "rest"), [
    ([lambda: True], 0.4), ([lambda: True, lambda: None], 0.4), ([lambda: None], 3600), ([lambda: True, absent], 3600),
])
def test_it_rests_after_others_had_the_processor_and_waits_where_it_failed_or_is_done(monkeypatch, steps, rest):
    wall, processor = iter([0.0, 0.3]), iter([0.0, 0.1])
    rests = []

    class Stop(threading.Event):
        def wait(self, timeout=None):
            rests.append(timeout)
            self.set()
            return True

    clock = SimpleNamespace(monotonic=lambda: next(wall), thread_time=lambda: next(processor))
    monkeypatch.setattr(background, "time", clock)
    modest = Background("watchman", steps, 3600, modesty=2)
    monkeypatch.setattr(modest, "_stop", Stop())
    modest._run()
    assert rests == [pytest.approx(rest)]


def test_one_that_never_began_stops_all_the_same():
    Background("watchman", [], 1).stop()
