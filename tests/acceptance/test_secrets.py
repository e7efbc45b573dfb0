"""Secrets of a running server are nowhere to be read: not in its log or answers, not in the list of processes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from service.adapters.state_secret import state_secret
from tests.acceptance.running import Server, free_port
from tests.acceptance.village import Village
from tests.stores import Stores

HUSH = "hush-hush-nobody-knows"
OLDER, NEWER = f"older-{HUSH}", f"newer-{HUSH}"
PAGE = "query($after: String) { viewer { recommendations(first: 2, after: $after) { nodes { position } pageInfo { endCursor } } } }"
MINE = "k1"


def processes(pid: int) -> Iterator[Path]:
    """Of a process and all that descend from it."""
    folder = Path("/proc") / str(pid)
    yield folder
    for children in folder.glob("task/*/children"):
        for child in children.read_text(encoding="ascii").split():
            yield from processes(int(child))


@pytest.fixture
def state(village: Village, stores: Stores, tmp_path: Path) -> Path:
    return stores.copy(village.state, tmp_path / "state")


def test_they_are_nowhere_to_be_read_while_the_stores_that_they_open_are_dead(state: Path, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(f"{NEWER},{OLDER}\n", encoding="utf-8")
    secrets = {"SECURITY__SIGNING_KEYS_FILE": str(tmp_path / "keys"), "FEATURES__ONLINE": f"redis://:{HUSH}@127.0.0.1:{free_port()}"}
    server = Server(state, **secrets)
    try:
        server.wait_until(lambda: server.http.get("/healthz").status_code == 200)
        told = [server.http.get("/readyz").text, server.http.get("/.well-known/konomi").text, server.http.get("/nowhere").text]
        told += [json.dumps(server.post(query, MINE)) for query in (PAGE, "{ viewer { features { name value } } }", "{ nothing }")]
        assert '"features"' in told[0], "the store's fault was met"
        commands = [(one / "cmdline").read_bytes() for one in processes(server.process.pid)]
    finally:
        server.stop()
    kept = state_secret(state, "development").hex()
    assert b"serve" in commands[0]
    for secret in (HUSH, kept):
        assert not [one for one in commands if secret.encode() in one]
        assert not [one for one in told if secret in one]
        assert secret not in server.log.read_text(encoding="utf-8")


def cursor(server: Server, after: str | None = None) -> str:
    return str(server.ask(PAGE, MINE, {"after": after})["viewer"]["recommendations"]["pageInfo"]["endCursor"])


def serving(state: Path, keys: Sequence[str]) -> Server:
    return Server(state, SECURITY__SIGNING_KEYS=",".join(keys))


def test_keys_rotate_without_a_break_and_what_an_old_one_signed_ends_with_it(state: Path) -> None:
    """First all replicas learn the new key, then they sign with it, then they forget the old one."""
    with serving(state, [OLDER]) as before:
        first = cursor(before)
    with serving(state, [OLDER, NEWER]) as learning, serving(state, [NEWER, OLDER]) as signing:
        assert cursor(learning, first)
        second = cursor(signing, first)
        assert cursor(learning, second), "a replica that signs with the old key reads what the new one signed"
    with serving(state, [NEWER]) as after:
        assert cursor(after, second)
        assert after.refusal(PAGE, MINE, {"after": first}) == "INVALID_CURSOR"
