"""The two pairs of stores that every test of a store runs on, and states that lie in them.

`sqlite`: both in files of the state's folder. `postgres`: PostgreSQL and Valkey, which the state's settings name, so that
whatever opens the state finds them. `pytest -m "not postgres"` and `pytest -m "not sqlite"` run one of the two alone.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Self

import pytest
import redis
from sqlalchemy import insert, select, text

from service.adapters.feast_repository import FeastRepository
from service.adapters.sql_database import connect, migrate
from service.adapters.sql_tables import metadata
from service.commands.offline import COMPUTED
from service.settings import SHOP_FILE, load_settings
from tests.servers import Servers

SQLITE, POSTGRES = "sqlite", "postgres"
PAIRS = tuple(pytest.param(kind, marks=getattr(pytest.mark, kind)) for kind in (SQLITE, POSTGRES))


class Stores:
    """Databases on the servers that belong to one test, module or worker alone, and go with it."""

    def __init__(self, servers: Servers) -> None:
        self._servers = servers
        self._made: list[str] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for url in self._made:
            self._servers.give_back(url)

    def settings(self, pair: str) -> dict[str, str]:
        """Settings by which a server or a command works on an empty pair of stores."""
        if pair == SQLITE:
            return {}
        return {"DATABASE__URL": self.database(), "FEATURES__ONLINE": self.online()}

    def database(self, like: str | None = None) -> str:
        """Make a database on PostgreSQL, empty or as another one is."""
        self._made.append(self._servers.database(like))
        return self._made[-1]

    def online(self, like: str | None = None) -> str:
        """Take a database of Valkey, empty or as another one is."""
        self._made.append(self._servers.online(like))
        return self._made[-1]

    def copy(self, state: Path, to: Path) -> Path:
        """Copy a state with the stores that it lies in."""
        shutil.copytree(state, to)
        there = _chosen(state)
        if "database" in there:
            _choose(to, self.database(there["database"]["url"]), self.online(there["features"]["online"]))
        return to


def carried(state: Path, to: Path, servers: Servers) -> Path:
    """Copy a state that lies in SQLite to PostgreSQL and Valkey, once for the whole run."""
    if to.exists():
        return to
    begun = to.with_name(f"{to.name}.begun")
    shutil.rmtree(begun, ignore_errors=True)
    shutil.copytree(state, begun, ignore=shutil.ignore_patterns("online.db*", "registry.db*"))
    _choose(begun, servers.database(), servers.online())
    settings = load_settings({"KONOMI_STATE__DIR": str(begun)})
    source, target = connect(f"sqlite:///{begun / 'konomi.db'}"), connect(settings.database_url)
    for engine in (source, target):  # a finished demo may be of an earlier revision
        migrate(engine)
    with source.connect() as reading, target.begin() as writing:
        for table in metadata.sorted_tables:
            rows = [dict(row) for row in reading.execute(select(table)).mappings()]
            if rows:
                writing.execute(insert(table), rows)
            if rows and table.autoincrement_column is not None:
                name = table.autoincrement_column.name
                newest = max(row[name] for row in rows)
                writing.execute(text(f"SELECT setval(pg_get_serial_sequence('{table.name}', '{name}'), {newest})"))
    source.dispose()
    target.dispose()
    for file in begun.glob("konomi.db*"):
        file.unlink()
    features = FeastRepository(settings.features_dir, *settings.feature_stores)
    features.apply()
    as_of = json.loads((settings.features_dir / COMPUTED).read_text(encoding="utf-8"))["as_of"]
    features.materialise(datetime.fromisoformat(as_of))
    return begun.rename(to)


def kept_on_servers(state: Path) -> Iterator[tuple[str, bytes]]:
    """All that a state keeps outside its folder: every row and every value, each with where it is."""
    there = _chosen(state)
    if "database" not in there:
        return
    engine = connect(there["database"]["url"])
    with engine.connect() as connection:
        for table in metadata.sorted_tables:
            yield from ((table.name, repr(tuple(row)).encode()) for row in connection.execute(select(table)))
    engine.dispose()
    with closing(redis.Redis.from_url(there["features"]["online"])) as client:
        yield from ((repr(key), b" ".join([key, *chain(*client.hgetall(key).items())])) for key in client.scan_iter())


def _chosen(state: Path) -> dict[str, Mapping[str, str]]:
    found: dict[str, Mapping[str, str]] = json.loads((state / SHOP_FILE).read_text(encoding="utf-8"))
    return found


def _choose(state: Path, database: str, online: str) -> None:
    stores = {"database": {"url": database}, "features": {"online": online}}
    (state / SHOP_FILE).write_text(json.dumps({**_chosen(state), **stores}), encoding="utf-8")
