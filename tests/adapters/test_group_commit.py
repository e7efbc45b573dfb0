"""Group commit: who waits shares a commit, in order, and each learns its own outcome."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event

import pytest

from service.adapters.group_commit import GroupCommit

LONG = 30.0


class Disk:
    """What was committed, each time; the first commit waits until it is let go."""

    def __init__(self, refused: Callable[[str], Exception | None] = lambda _call: None) -> None:
        self.commits: list[list[str]] = []
        self.begun, self.let_go = Event(), Event()
        self._refused = refused

    def write(self, calls: Sequence[str]) -> Sequence[str]:
        self.begun.set()
        assert self.let_go.wait(LONG)
        for call in calls:
            if (fault := self._refused(call)) is not None:
                raise fault
        self.commits.append(list(calls))
        return [call.upper() for call in calls]


def in_order(threads: ThreadPoolExecutor, group: GroupCommit, disk: Disk, calls: Sequence[str]) -> list[Future]:
    """Let the first begin to be written, and the others wait in their order."""
    futures = [threads.submit(group.commit, calls[0], LONG)]
    assert disk.begun.wait(LONG)
    for place, call in enumerate(calls[1:], 1):
        futures.append(threads.submit(group.commit, call, LONG))
        while len(group._waiting) < place:
            assert not futures[-1].done()
    return futures


@pytest.fixture
def threads():
    with ThreadPoolExecutor(16) as threads:
        yield threads


def test_who_waits_is_committed_together_in_the_order_of_arrival(threads):
    disk = Disk()
    group = GroupCommit(disk.write, len, 100)
    futures = in_order(threads, group, disk, ["a", "b", "c", "d"])
    disk.let_go.set()
    assert [future.result(LONG) for future in futures] == ["A", "B", "C", "D"]
    assert disk.commits == [["a"], ["b", "c", "d"]]
    assert group.commit("later", LONG) == "LATER", "nobody leads once nobody waits"


def test_a_group_is_no_larger_than_it_may_be_unless_it_is_one_call(threads):
    disk = Disk()
    group = GroupCommit(disk.write, len, 4)
    futures = in_order(threads, group, disk, ["a", "bb", "cc", "d", "eeeeeeee", "f"])
    disk.let_go.set()
    assert [future.result(LONG) for future in futures] == ["A", "BB", "CC", "D", "EEEEEEEE", "F"]
    assert disk.commits == [["a"], ["bb", "cc"], ["d"], ["eeeeeeee"], ["f"]]


def test_where_the_commit_fails_each_is_told_and_the_next_are_written(threads):
    disk = Disk(lambda call: OSError("full") if call == "bad" and len(disk.commits) == 1 else None)
    group = GroupCommit(disk.write, len, 100)
    futures = in_order(threads, group, disk, ["a", "b", "bad", "c"])
    disk.let_go.set()
    assert futures[0].result(LONG) == "A"
    for future in futures[1:]:
        with pytest.raises(OSError, match="full"):
            future.result(LONG)
    assert group.commit("d", LONG) == "D"
    assert disk.commits == [["a"], ["d"]]


def test_a_call_that_is_refused_takes_no_other_with_it(threads):
    disk = Disk(lambda call: ValueError(call) if call.startswith("bad") else None)
    group = GroupCommit(disk.write, len, 100, apart=(ValueError,))
    futures = in_order(threads, group, disk, ["a", "b", "bad", "c"])
    disk.let_go.set()
    with pytest.raises(ValueError, match="bad"):
        futures[2].result(LONG)
    assert [futures[place].result(LONG) for place in (0, 1, 3)] == ["A", "B", "C"]
    assert sorted(call for calls in disk.commits for call in calls) == ["a", "b", "c"]


def test_who_waits_too_long_is_told_and_never_committed(threads):
    disk = Disk()
    group = GroupCommit(disk.write, len, 100)
    [first] = in_order(threads, group, disk, ["a"])
    with pytest.raises(TimeoutError, match="did not end in time"):
        group.commit("hasty", 0.001)
    disk.let_go.set()
    assert first.result(LONG) == "A"
    assert group.commit("b", LONG) == "B"
    assert disk.commits == [["a"], ["b"]]


def test_many_threads_get_their_own_outcomes_and_every_call_is_committed_once(threads):
    disk = Disk()
    disk.let_go.set()
    group = GroupCommit(disk.write, len, 20)
    calls = [f"call {number}" for number in range(2_000)]
    assert list(threads.map(lambda call: group.commit(call, LONG), calls)) == [call.upper() for call in calls]
    assert sorted(call for together in disk.commits for call in together) == sorted(calls)
