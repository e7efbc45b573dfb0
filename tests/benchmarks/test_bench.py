"""The benchmark itself: right requests, right arithmetic, and one tiny run from a synthetic shop to a report."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from graphql import parse, validate

from benchmarks import workload
from benchmarks.errors import AnswerFault, ServerFault
from benchmarks.load import Answer, Job, Request, run
from benchmarks.measurement import Block, Measurement, Series, ratios
from benchmarks.processes import LoadGenerator, Server, environment, free_port
from benchmarks.report import as_dict
from benchmarks.synthetic_shop import write_shop
from service.commands.bench_state import copied
from service.commands.terminal import CommandFault
from service.graphql.schema import make_schema
from service.settings import load_settings
from service.tables.importing import import_tables
from service.tables.store import TableStore
from tests.coroutines import awaited

NOW = datetime(2026, 5, 20, 9, tzinfo=UTC)
ROOT = Path(__file__).parents[2]


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seen: list[bytes]) -> None:
    """Answer each request with its own body, once as many connections as are expected have asked."""
    while head := (await reader.readuntil(b"\r\n\r\n") if not reader.at_eof() else b""):
        length = int(re.search(rb"Content-Length: (\d+)", head)[1])
        body = await reader.readexactly(length)
        seen.append(head)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (length, body))


def test_every_request_is_answered_once_and_in_place() -> None:
    seen: list[bytes] = []

    async def echoed() -> list[Answer]:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await _echo(reader, writer, seen)
            except asyncio.IncompleteReadError:
                writer.close()

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            requests = [Request("/graphql", f'"好み {n}"', {"Authorization": f"Bearer {n}"}) for n in range(50)]
            outcome = await run(Job(port, 8, requests))
            assert outcome.seconds > 0
            return list(outcome.answers)

    answers = awaited(echoed())
    assert [answer.body for answer in answers] == [f'"好み {n}"' for n in range(50)]
    assert {answer.status for answer in answers} == {200}
    assert sorted(int(re.search(rb"Bearer (\d+)", head)[1]) for head in seen) == list(range(50))


def test_a_server_that_is_not_there_ends_the_run_with_a_word(capfd: pytest.CaptureFixture[str]) -> None:
    with LoadGenerator() as generator, pytest.raises(ServerFault, match="load generator stopped"):
        generator.run(Job(free_port(), 1, [Request("/", "{}")]))
    assert "ConnectionRefusedError" in capfd.readouterr().err


def test_a_server_that_does_not_come_up_says_why(tmp_path: Path) -> None:
    with pytest.raises(ServerFault, match="No module named nowhere"), Server(["nowhere"], "/", tmp_path / "log"):
        pytest.fail("it came up")


def test_servers_see_no_settings_but_those_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KONOMI_DATABASE__URL", "postgresql://production")
    given = environment({"KONOMI_STATE__DIR": "here"})
    assert {name for name in given if name.startswith("KONOMI_")} == {"KONOMI_STATE__DIR"}
    assert given["PATH"] == os.environ["PATH"]  # noqa: TID251


@pytest.mark.parametrize("query", [workload.FEED, workload.HOME, workload.FOR_EVERYBODY, workload.RECORD])
def test_queries_fit_the_schema(query: str) -> None:
    assert validate(make_schema()._schema, parse(query)) == []


def test_requests_vary_by_person_and_events_never_repeat() -> None:
    kinds = {kind.name: kind for kind in workload.konomi_kinds(["a", "b"], ["c"], ["p1", "p2", "p3"], NOW)}
    assert list(kinds) == ["feed", "home", "feed, not profiled", "record 100 events"]
    asked = [next(kinds["feed"].requests).headers["Authorization"] for _ in range(3)]
    assert asked == ["Bearer a", "Bearer b", "Bearer a"]
    calls = [json.loads(next(kinds["record 100 events"].requests).body) for _ in range(2)]
    events = [event for call in calls for event in call["variables"]["input"]["events"]]
    assert len({event["eventId"] for event in events}) == 200
    assert [event["itemId"] for event in events[:4]] == ["p1", "p2", "p3", "p1"]
    peer = workload.peer_feed(range(2))
    assert [json.loads(next(peer.requests).body)["variables"]["id"] for _ in range(3)] == ["c0", "c1", "c0"]


@pytest.mark.parametrize(("status", "body"), [
    (500, "Internal Server Error"),
    (200, '{"errors": [{"message": "no"}]}'),
    (200, '{"data": {"feed": [1]}, "errors": [{"message": "half"}]}'),
    (200, '{"data": null}'),
    (200, '{"data": {"feed": []}}'),
])
def test_an_answer_that_is_none_does_not_count(status: int, body: str) -> None:
    with pytest.raises(AnswerFault, match="feed"):
        workload.peer_feed(range(1)).check(Answer(1.0, status, body))


def test_items_of_a_home_are_hero_and_shelves() -> None:
    _, home, *_ = workload.konomi_kinds(["a"], ["a"], ["p"], NOW)
    shelves = [{"items": {"nodes": [1, 2]}}, {"items": {"nodes": [3]}}]
    told = {"data": {"viewer": {"home": {"hero": {}, "shelves": shelves}}}}
    assert home.check(Answer(1.0, 200, json.dumps(told))) == 4
    told["data"]["viewer"]["home"]["hero"] = None
    assert home.check(Answer(1.0, 200, json.dumps(told))) == 3


def test_report_compares_block_by_block() -> None:
    drift = (1, 10, 100)  # of the machine: it hits both sides of a block
    feed = Series("feed", [Block([2.0 * d, 4.0 * d, 6.0 * d], 3.0 * d, 50 / d, 20) for d in drift])
    home = Series("home", [Block([8.0 * d] * 3, 9.0 * d, 25 / d, 60) for d in drift])
    peer = Series("feed", [Block([8.0 * d] * 3, 6.0 * d, 25 / d, 20) for d in drift])
    told = as_dict(Measurement([feed, home], peer))
    assert {name: ratio["median"] for name, ratio in told["ratios"].items()} == {
        "feed latency, konomi / peer": 0.5, "feed processor time, konomi / peer": 0.5,
        "feed throughput, konomi / peer": 2.0, "home / feed latency, konomi": 2.0,
    }
    assert told["konomi"]["feed"] == {
        "requests": 9, "median_ms": 40.0, "p95_ms": 520.0, "p99_ms": 584.0, "cpu_ms": 30.0, "per_second": 5.0, "items": 20.0,
    }


def test_processor_time_is_left_out_where_nobody_tells_it() -> None:
    unknown = Series("feed", [Block([1.0], float("nan"), 1.0, 20)])
    told = as_dict(Measurement([unknown], unknown))
    assert told["konomi"]["feed"]["cpu_ms"] is None
    assert not any("processor" in name for name in told["ratios"])


def test_the_median_of_ratios_is_no_ratio_of_medians() -> None:
    assert ratios([1, 2, 30], [1, 4, 10]) == (1.0, [1.0, 0.5, 3.0])


def test_a_synthetic_shop_is_imported_whole_and_is_like_a_shop(tmp_path: Path) -> None:
    write_shop(tmp_path / "shop", 80, 500, now=NOW)
    report = import_tables(
        tmp_path / "shop", TableStore(tmp_path / "tables"), tmp_path / "rejected.parquet", now=NOW, default_time_zone="UTC",
    )
    assert report.rejected == 0
    assert report.tables["customers"].accepted == 80
    events = pq.read_table(tmp_path / "shop" / "events.parquet")
    bought = events.filter(pc.equal(events["type"], "PURCHASE"))
    pairs = bought.group_by(["customer_id", "item_id"]).aggregate([([], "count_all")])["count_all"].to_numpy()
    assert 0.25 < 1 - len(pairs) / pairs.sum() < 0.7, "people buy some things again, and not only those"
    sold = np.sort(bought.group_by("item_id").aggregate([([], "count_all")])["count_all"].to_numpy())[::-1]
    assert sold[:50].sum() > 0.25 * sold.sum(), "some products are much more popular than others"
    write_shop(tmp_path / "again", 80, 500, now=NOW)
    for name in ("items", "customers", "events"):
        again, first = (pq.read_table(tmp_path / one / f"{name}.parquet") for one in ("again", "shop"))
        assert again.equals(first), name


def test_a_shop_without_room_for_its_categories_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="48 products or more"):
        write_shop(tmp_path, 10, 47, now=NOW)


def test_the_state_measured_is_a_copy_with_what_the_log_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:
    own = tmp_path / "own"
    (own / "artefacts").mkdir(parents=True)
    (own / "artefacts" / "current").write_text('{"version": "20260101T000000Z", "previous": []}')
    (own / "bench").mkdir()
    with closing(sqlite3.connect(own / "konomi.db", isolation_level=None)) as server:
        server.execute("PRAGMA journal_mode=WAL")
        server.execute("CREATE TABLE kept (value)")
        server.execute("INSERT INTO kept VALUES (1)")
        monkeypatch.setenv("KONOMI_STATE__DIR", str(own))
        monkeypatch.setenv("KONOMI_SHOP__CURRENCY", "USD")
        state = copied(load_settings(), tmp_path / "copy")
    with closing(sqlite3.connect(tmp_path / "copy" / "konomi.db")) as copy:
        assert copy.execute("SELECT value FROM kept").fetchall() == [(1,)]
    assert not (tmp_path / "copy" / "bench").exists()
    chosen = state.workspace.settings
    assert (chosen.state.dir, chosen.shop.currency, chosen.auth.development) == (tmp_path / "copy", "USD", True)
    for name, value in state.environment.items():
        monkeypatch.setenv(name, value)
    assert load_settings() == chosen, "a server in this environment serves that very state"


def test_what_cannot_be_copied_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KONOMI_STATE__DIR", str(tmp_path))
    with pytest.raises(CommandFault, match="no published version"):
        copied(load_settings(), tmp_path / "copy")
    monkeypatch.setenv("KONOMI_FEATURES__ONLINE", "redis://cache:6379")
    with pytest.raises(CommandFault, match="unset KONOMI_DATABASE__URL"):
        copied(load_settings(), tmp_path / "copy")


def test_bench_runs_from_a_synthetic_shop_to_its_report(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "service", "bench", "--customers", "60", "--items", "300", "--requests", "5", "--json"],
        cwd=ROOT, env=environment({"KONOMI_STATE__DIR": str(tmp_path / "own")}), capture_output=True, text=True, check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["customers"], told["items"], told["blocks"]) == (60, 300 + 96 + 12, 5)
    assert told["konomi"]["feed"]["requests"] == told["peer"]["feed"]["requests"] == 5
    assert told["konomi"]["feed"]["items"] == told["peer"]["feed"]["items"] == 20
    assert told["konomi"]["home"]["items"] > 20
    assert told["konomi"]["record 100 events"]["items"] == 100
    assert {"feed latency, konomi / peer", "home / feed latency, konomi"} <= set(told["ratios"])
    assert told["recording"].keys() == {"SQLite", "PostgreSQL"}
    for one in told["recording"].values():
        assert {name: route["events"] for name, route in one["routes"].items()} == {"POST /events": 500, "recordEvents": 500}
        assert all(route["per_second"] > 0 for route in one["routes"].values())
        assert (one["reaction"]["actions"], one["reaction"]["early"]) == (5, 0), "the answer after the next would be late"
        assert one["reaction"]["untold"] < 5
    assert told["guard_ms"] > 0
    assert not (tmp_path / "own").exists(), "the shop's own state is left alone"
