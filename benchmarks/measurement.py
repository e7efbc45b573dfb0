"""The measurement: konomi and the peer in turns, block by block, so that drift of the machine hits both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from benchmarks.load import Job, Outcome
from benchmarks.processes import LoadGenerator, Server
from benchmarks.workload import Kind

BLOCKS = 5
ONE_BY_ONE, AT_ONCE = 1, 8
WARM_UP = 10


@dataclass(frozen=True, slots=True)
class Block:
    """One kind in one block.

    Parameters
    ----------
    milliseconds : latencies of requests sent one by one
    cpu : processor milliseconds that the server used for each of them; NaN where the system does not say
    per_second : throughput with eight requests under way at any time
    items : mean number of items in an answer
    """

    milliseconds: Sequence[float]
    cpu: float
    per_second: float
    items: float


@dataclass(frozen=True, slots=True)
class Series:
    """One kind in all blocks."""

    name: str
    blocks: list[Block] = field(default_factory=list)

    @property
    def milliseconds(self) -> Sequence[float]:
        """Latencies of all blocks."""
        return [one for block in self.blocks for one in block.milliseconds]

    @property
    def block_medians(self) -> Sequence[float]:
        """Median latency of each block, in milliseconds."""
        return [float(np.median(block.milliseconds)) for block in self.blocks]

    @property
    def block_cpu(self) -> Sequence[float]:
        """Processor time of an answer in each block, in milliseconds."""
        return [block.cpu for block in self.blocks]

    @property
    def block_rates(self) -> Sequence[float]:
        """Throughput of each block, in answers a second."""
        return [block.per_second for block in self.blocks]


@dataclass(frozen=True, slots=True)
class Measurement:
    """What was measured: the kinds of konomi, of which the first is the feed, and the peer's feed."""

    konomi: Sequence[Series]
    peer: Series


@dataclass(frozen=True, slots=True)
class Contender:
    """A server and what it is asked."""

    server: Server
    kind: Kind
    series: Series


def measure(
    konomi: tuple[Server, Sequence[Kind]], peer: tuple[Server, Kind], requests: int, tell: Callable[[str, float], None],
) -> Measurement:
    """Measure all kinds of konomi and the peer's feed.

    Parameters
    ----------
    konomi : its server, and kinds of which the first is the feed
    peer : its server and its feed
    requests : how many of each kind, one by one, and as many again at once; at least one a block is sent
    tell : told what is measured, and the share done in [0, 1]

    Raises
    ------
    ServerFault
        If a server or the load generator dies.
    AnswerFault
        If an answer is not what was asked for.
    """
    ours = [Contender(konomi[0], kind, Series(kind.name)) for kind in konomi[1]]
    theirs = Contender(peer[0], peer[1], Series(peer[1].name))
    # The two feeds stand side by side: their ratio is what the run is for.
    turns = [ours[0], theirs, *ours[1:]]
    size = max(1, requests // BLOCKS)
    with LoadGenerator() as generator:
        tell("warm up", 0.0)
        for one in turns:
            _send(generator, one, WARM_UP, AT_ONCE)
        for number in range(BLOCKS):
            tell(f"block {number + 1} of {BLOCKS}", (number + 1) / (BLOCKS + 1))
            latencies = [_latencies(generator, one, size) for one in turns]
            rates = [_rate(generator, one, size) for one in turns]
            for one, (milliseconds, cpu, items), rate in zip(turns, latencies, rates, strict=True):
                one.series.blocks.append(Block(milliseconds, cpu, rate, items))
    return Measurement([one.series for one in ours], theirs.series)


def ratios(of: Sequence[float], to: Sequence[float]) -> tuple[float, Sequence[float]]:
    """Compare two series block by block.

    Returns
    -------
    The median of the blocks' ratios, and those ratios.

    >>> ratios([2.0, 9.0, 4.0], [1.0, 3.0, 4.0])
    (2.0, [2.0, 3.0, 1.0])
    """
    each = [a / b for a, b in zip(of, to, strict=True)]
    return float(np.median(each)), each


def _latencies(generator: LoadGenerator, one: Contender, size: int) -> tuple[Sequence[float], float, float]:
    before = one.server.cpu_seconds
    outcome, items = _send(generator, one, size, ONE_BY_ONE)
    cpu = 1e3 * (one.server.cpu_seconds - before) / size
    return [answer.milliseconds for answer in outcome.answers], cpu, items


def _rate(generator: LoadGenerator, one: Contender, size: int) -> float:
    outcome, _ = _send(generator, one, size, AT_ONCE)
    return size / outcome.seconds


def _send(generator: LoadGenerator, one: Contender, size: int, concurrency: int) -> tuple[Outcome, float]:
    outcome = generator.run(Job(one.server.port, concurrency, list(islice(one.kind.requests, size))))
    return outcome, float(np.mean([one.kind.check(answer) for answer in outcome.answers]))
