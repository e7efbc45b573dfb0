"""A step that fails ends neither the others nor the thread."""

from __future__ import annotations

import logging
import threading

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

    background = Background("watchman", [absent, broken, whole], 0.001)
    with caplog.at_level(logging.WARNING):
        background.start()
        assert often_enough.wait(30)
        background.stop()
    taken = len(rounds)
    assert any("watchman waits" in one for one in caplog.messages)
    assert any("watchman failed" in one for one in caplog.messages)
    assert not any(one.name == "konomi-watchman" for one in threading.enumerate())
    assert len(rounds) == taken


def test_one_that_never_began_stops_all_the_same():
    Background("watchman", [], 1).stop()
