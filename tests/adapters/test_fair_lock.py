"""Whoever came first has the lock first, and whoever gives up is not waited for."""

from __future__ import annotations

import threading

import pytest

from service.adapters import fair_lock
from service.adapters.fair_lock import FairLock

LONG = 30.0


@pytest.fixture
def lock() -> FairLock:
    return FairLock()


def wait_until_queued(lock: FairLock, size: int) -> None:
    settled = threading.Condition(lock._state)
    with settled:
        while len(lock._waiting) < size:
            settled.wait(0.001)


def test_it_goes_to_those_who_wait_in_the_order_in_which_they_came(lock: FairLock) -> None:
    had: list[int] = []

    def take(number: int) -> None:
        assert lock.acquire(LONG)
        had.append(number)
        lock.release()

    assert lock.acquire(0)
    threads = [threading.Thread(target=take, args=(number,)) for number in range(8)]
    for number, thread in enumerate(threads):
        thread.start()
        wait_until_queued(lock, number + 1)
    lock.release()
    for thread in threads:
        thread.join()
    assert had == list(range(8))
    assert lock.acquire(0)


def test_one_that_takes_it_again_at_once_comes_after_those_who_wait(lock: FairLock) -> None:
    had: list[str] = []

    def take() -> None:
        assert lock.acquire(LONG)
        had.append("waited")
        lock.release()

    assert lock.acquire(0)
    thread = threading.Thread(target=take)
    thread.start()
    wait_until_queued(lock, 1)
    lock.release()
    assert lock.acquire(LONG)
    had.append("again")
    lock.release()
    thread.join()
    assert had == ["waited", "again"]


def test_whoever_gives_up_is_passed_over(lock: FairLock) -> None:
    assert lock.acquire(0)
    assert not lock.acquire(0.001)
    lock.release()
    assert lock.acquire(0)


@pytest.mark.parametrize("handed_over", [False, True])
def test_one_that_is_interrupted_leaves_it_to_others(lock: FairLock, monkeypatch: pytest.MonkeyPatch, handed_over: bool) -> None:  # noqa: FBT001
    class Interrupted(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:  # noqa: ARG002
            if handed_over:
                lock.release()
            raise KeyboardInterrupt

    assert lock.acquire(0)
    with monkeypatch.context() as patch:
        patch.setattr(fair_lock, "Event", Interrupted)
        with pytest.raises(KeyboardInterrupt):
            lock.acquire(LONG)
    if not handed_over:
        lock.release()
    assert lock.acquire(0)


def test_one_has_it_at_a_time_however_many_give_up(lock: FairLock) -> None:
    inside, most, taken = 0, 0, 0

    def take() -> None:
        nonlocal inside, most, taken
        for number in range(300):
            if lock.acquire(0.0001 * (number % 3)):
                inside += 1
                most, taken = max(most, inside), taken + 1
                inside -= 1
                lock.release()

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    assert taken
    assert lock.acquire(0)
