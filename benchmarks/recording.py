"""Recording: how many events a server keeps a second, durable, and how soon an action changes an answer."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

from benchmarks.errors import AnswerFault
from benchmarks.load import Answer, Job, Outcome, Request
from benchmarks.measurement import AT_ONCE, BLOCKS, ONE_BY_ONE, WARM_UP
from benchmarks.processes import LoadGenerator, Server
from benchmarks.recording_workload import Route, buying, consenting, feeding, searching
from benchmarks.workload import EVENTS_PER_CALL, OK

MOST_ASKED = 5
"""How often an answer is asked for that tells of an action; then it is counted as untold."""


@dataclass(slots=True)
class Recording:
    """One route.

    Parameters
    ----------
    milliseconds : latencies of batches sent one by one
    rates : events a second with eight batches under way at any time, by block
    cpu_seconds : processor time of the server, with all that it does beside, while they were; NaN where nobody tells it
    """

    name: str
    milliseconds: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    cpu_seconds: float = 0.0
    events: int = 0

    @property
    def per_cpu_second(self) -> float:
        """Events for each second of processor time; NaN where there is no time to speak of."""
        return self.events / self.cpu_seconds if self.cpu_seconds > 0 else math.nan


@dataclass(slots=True)
class Reaction:
    """What became of single actions.

    Parameters
    ----------
    acknowledged : milliseconds from sending an action to its acknowledgement
    answered : milliseconds from there to the end of the first answer that names the action as a reason
    early : answers in between, which did not name it yet
    untold : actions that no answer named
    cpu_seconds : processor time of the server while all of these were taken and answered
    """

    acknowledged: list[float] = field(default_factory=list)
    answered: list[float] = field(default_factory=list)
    early: int = 0
    untold: int = 0
    cpu_seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Recorded:
    """All that was measured over one database."""

    routes: Sequence[Recording]
    reaction: Reaction


def measure_recording(
    server: Server, routes: Sequence[Route], shoppers: Sequence[str], now: datetime, requests: int,
) -> Recorded:
    """Measure a server on which nobody else is.

    Parameters
    ----------
    shoppers : bearer tokens of customers who each buy something
    now : aware; when they do
    requests : batches of each route, one by one, and as many at once; at most as many purchases

    Raises
    ------
    ServerFault, AnswerFault
    """
    series = [Recording(route.name) for route in routes]
    size = max(1, requests // BLOCKS)
    with LoadGenerator() as generator:
        _right(_sent(generator, server, [searching()], ONE_BY_ONE))
        reaction = _reaction(generator, server, shoppers[:requests], now)
        for route in routes:
            _batches(generator, server, route, WARM_UP, AT_ONCE)
        for _ in range(BLOCKS):
            for route, one in zip(routes, series, strict=True):
                outcome = _batches(generator, server, route, size, ONE_BY_ONE)
                one.milliseconds += [answer.milliseconds for answer in outcome.answers]
                before = server.cpu_seconds
                outcome = _batches(generator, server, route, size, AT_ONCE)
                one.cpu_seconds += server.cpu_seconds - before
                one.events += size * EVENTS_PER_CALL
                one.rates.append(size * EVENTS_PER_CALL / outcome.seconds)
    return Recorded(series, reaction)


def _reaction(generator: LoadGenerator, server: Server, shoppers: Sequence[str], now: datetime) -> Reaction:
    """Let each buy what stands first in their feed, and ask for the feed until it names that as a reason."""
    _right(_sent(generator, server, [consenting(token) for token in shoppers], ONE_BY_ONE))
    feeds = _right(_sent(generator, server, [feeding(token) for token in shoppers], ONE_BY_ONE))
    reaction, before = Reaction(), server.cpu_seconds
    for number, (token, feed) in enumerate(zip(shoppers, feeds, strict=True)):
        event_id = f"bench-{now.isoformat()}-purchase-{number}"
        bought = _nodes(feed)[0]["item"]["itemId"]
        outcome = _sent(generator, server, [buying(token, bought, event_id, now), feeding(token)], ONE_BY_ONE)
        acknowledged, *answers = _right(outcome)
        reaction.acknowledged.append(acknowledged.milliseconds)
        while not _names(answers[-1], event_id) and len(answers) < MOST_ASKED:
            answers += _right(_sent(generator, server, [feeding(token)], ONE_BY_ONE))
        if _names(answers[-1], event_id):
            reaction.answered.append(sum(answer.milliseconds for answer in answers))
            reaction.early += len(answers) - 1
        else:
            reaction.untold += 1
    reaction.cpu_seconds = server.cpu_seconds - before
    return reaction


def _names(feed: Answer, event_id: str) -> bool:
    reasons = [reason for node in _nodes(feed) for reason in node["reasons"]]
    return any(one["eventId"] == event_id for reason in reasons for one in reason["evidence"])


def _nodes(feed: Answer) -> Sequence[Mapping[str, Any]]:
    nodes: Sequence[Mapping[str, Any]] = json.loads(feed.body)["data"]["viewer"]["recommendations"]["nodes"]
    return nodes


def _batches(generator: LoadGenerator, server: Server, route: Route, size: int, concurrency: int) -> Outcome:
    outcome = _sent(generator, server, list(islice(route.requests, size)), concurrency)
    for answer in outcome.answers:
        route.check(answer)
    return outcome


def _right(outcome: Outcome) -> Sequence[Answer]:
    for answer in outcome.answers:
        body = json.loads(answer.body) if answer.status == OK else {"errors": answer.status}
        if "errors" in body:
            raise AnswerFault(f"HTTP {answer.status}: {answer.body[:500]}")
    return outcome.answers


def _sent(generator: LoadGenerator, server: Server, requests: Sequence[Request], concurrency: int) -> Outcome:
    return generator.run(Job(server.port, concurrency, requests))
