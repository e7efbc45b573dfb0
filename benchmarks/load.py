"""The load generator: a process of its own that sends requests over HTTP/1.1 keep-alive connections and times them.

`python -m benchmarks.load` reads one job a line from stdin and writes one outcome a line to stdout, both JSON.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field

HOST = "127.0.0.1"
MOST_HEADER_BYTES = 64 << 10
PATIENCE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Request:
    """One POST of a JSON body."""

    path: str
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def encoded(self, port: int) -> bytes:
        """Give the bytes that go over the wire."""
        body = self.body.encode()
        lines = [
            f"POST {self.path} HTTP/1.1", f"Host: {HOST}:{port}", "Content-Type: application/json",
            "Accept: application/json", f"Content-Length: {len(body)}",
            *(f"{name}: {value}" for name, value in self.headers.items()),
        ]
        return "\r\n".join([*lines, "", ""]).encode("ascii") + body


@dataclass(frozen=True, slots=True)
class Job:
    """Requests to send to a port of this machine, so many at a time."""

    port: int
    concurrency: int
    requests: Sequence[Request]


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer; `milliseconds` from the first byte sent to the last received."""

    milliseconds: float
    status: int
    body: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """All answers in the order of their requests; `seconds` from the first request to the last answer."""

    seconds: float
    answers: Sequence[Answer]


async def run(job: Job) -> Outcome:
    """Send all requests over as many connections as may be under way at once.

    Raises
    ------
    OSError, EOFError, TimeoutError
        If the server cannot be reached, hangs up, or does not answer within a minute.
    """
    messages = [request.encoded(job.port) for request in job.requests]
    answers: dict[int, Answer] = {}
    lines = [await asyncio.open_connection(HOST, job.port, limit=MOST_HEADER_BYTES) for _ in range(job.concurrency)]
    waiting = iter(enumerate(messages))
    gc.collect()
    gc.disable()
    started = time.perf_counter()
    try:
        await asyncio.gather(*(_drive(reader, writer, waiting, answers) for reader, writer in lines))
        seconds = time.perf_counter() - started
    finally:
        gc.enable()
        for _, writer in lines:
            writer.close()
    return Outcome(seconds, [answers[place] for place in range(len(messages))])


async def _drive(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, waiting: Iterator[tuple[int, bytes]],
    answers: dict[int, Answer],
) -> None:
    for place, message in waiting:
        async with asyncio.timeout(PATIENCE_SECONDS):
            started = time.perf_counter()
            writer.write(message)
            status, body = await _read_answer(reader)
            elapsed = time.perf_counter() - started
        answers[place] = Answer(1e3 * elapsed, status, body.decode())


async def _read_answer(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.rstrip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return int(first.split(" ", 2)[1]), await reader.readexactly(int(headers.get("content-length", 0)))


def main() -> None:
    """Do jobs until stdin ends."""
    for line in sys.stdin:
        raw = json.loads(line)
        job = Job(raw["port"], raw["concurrency"], [Request(**one) for one in raw["requests"]])
        print(json.dumps(asdict(asyncio.run(run(job)))), flush=True)


if __name__ == "__main__":
    main()
