"""From every earlier revision with data in it to the newest: nothing is lost, and what served before goes on serving."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.operations import MigrateOperation, Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Engine,
    MetaData,
    Table,
    UniqueConstraint,
    delete,
    insert,
    select,
    text,
    update,
)

from service.adapters.sql_database import MIGRATIONS, _scripts, connect, is_migrated, migrate
from service.adapters.sql_tables import metadata
from tests.stores import SQLITE, Stores

REVISIONS = [script.revision for script in reversed(list(_scripts().walk_revisions()))]
ADDING = {"CreateTableOp", "CreateIndexOp", "AddColumnOp", "ExecuteSQLOp"}
"""Operations that take nothing away; statements are seen by what they leave."""
ROWS = 3
WAITING = text("SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND NOT granted")


@pytest.fixture
def empty(pair: str, stores: Stores, tmp_path: Path) -> Iterator[Engine]:
    engine = connect(f"sqlite:///{tmp_path}/konomi.db" if pair == SQLITE else stores.database())
    yield engine
    engine.dispose()


def upgrade(engine: Engine, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


def tables_of(engine: Engine) -> Sequence[Table]:
    """The tables as the code of that time had them."""
    found = MetaData()
    found.reflect(engine)
    return [table for table in found.sorted_tables if table.name != "alembic_version"]


def value(column: Column[Any], number: int) -> object:
    if isinstance(column.type, Boolean):
        return bool(number % 2)
    return number if isinstance(column.type, BigInteger) or column.autoincrement is True else f"{column.name} {number}"


def written(engine: Engine, tables: Sequence[Table], first: int) -> Mapping[str, list[tuple[Any, ...]]]:
    """Write rows whose every column holds something, but the sequence, which the database gives."""
    with engine.begin() as connection:
        for table in tables:
            given = [column for column in table.columns if column is not table.autoincrement_column]
            connection.execute(insert(table), [
                {column.name: value(column, number) for column in given} for number in range(first, first + ROWS)
            ])
    return read(engine, tables)


def read(engine: Engine, tables: Sequence[Table]) -> Mapping[str, list[tuple[Any, ...]]]:
    with engine.connect() as connection:
        return {
            table.name: [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key.columns))]
            for table in tables
        }


@pytest.mark.parametrize("revision", REVISIONS)
def test_what_was_there_is_there_as_it_was(empty: Engine, revision: str) -> None:
    upgrade(empty, revision)
    old = tables_of(empty)
    before = written(empty, old, first=1)
    assert migrate(empty) == REVISIONS[-1]
    assert read(empty, old) == before
    with empty.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


@pytest.mark.parametrize("revision", REVISIONS[:-1])
def test_the_version_before_serves_on_after_the_upgrade(empty: Engine, revision: str) -> None:
    """It reads, writes, changes and deletes by the columns that it knows, and it says that it is ready."""
    upgrade(empty, revision)
    old = tables_of(empty)
    written(empty, old, first=1)
    migrate(empty)
    assert is_migrated(empty)
    both = written(empty, old, first=1 + ROWS)
    assert {len(rows) for rows in both.values()} == {2 * ROWS}
    with empty.begin() as connection:
        for table in old:
            key = next(iter(table.primary_key.columns))
            one = connection.execute(select(key)).scalars().first()
            changed = [column for column in table.columns if not column.primary_key]
            if changed:
                taken = {column.name: value(column, 99) for column in changed}
                assert connection.execute(update(table).where(key == one).values(taken)).rowcount == 1
            assert connection.execute(delete(table).where(key == one)).rowcount == 1


@pytest.mark.postgres
def test_a_migration_that_waits_for_a_long_reading_keeps_no_writer_waiting(stores: Stores) -> None:
    """As while a backup reads the events, on which every writer of the version before depends."""
    engine = connect(stores.database())
    upgrade(engine, "0001")
    old = next(table for table in tables_of(engine) if table.name == "events")
    written(engine, [old], first=1)
    tried, last = 0, 1 + ROWS
    with ThreadPoolExecutor(1) as threads, connect(engine.url).connect() as backup, engine.connect() as watcher:
        backup.execute(select(old)).all()
        migrating = threads.submit(migrate, engine)
        while tried < 3:
            assert not migrating.done()
            written(engine, [old], first=last)  # fails after two seconds of waiting
            last += ROWS
            tried += watcher.execute(WAITING).scalar_one()
            watcher.rollback()
        backup.rollback()
        assert migrating.result() == REVISIONS[-1]
    assert len(read(engine, [old])["events"]) == last - 1
    engine.dispose()


def test_a_migration_only_adds(empty: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing goes, nothing becomes another, and whoever writes without what is new may do so."""
    done: dict[str, set[str]] = {}
    invoke = Operations.invoke

    def noted(self: Operations, operation: MigrateOperation) -> Any:
        done.setdefault(revision, set()).add(type(operation).__name__)
        return invoke(self, operation)

    monkeypatch.setattr(Operations, "invoke", noted)
    before: Mapping[str, Table] = {}
    for revision in REVISIONS:
        upgrade(empty, revision)
        after = {table.name: table for table in tables_of(empty)}
        for name, old in before.items():
            assert set(unique_in(old)) == set(unique_in(after[name])), f"{revision} forbids what {name} took before"
            for column in old.columns:
                same = after[name].columns[column.name]
                assert (repr(same.type), same.nullable) == (repr(column.type), column.nullable), f"{revision} changes {column}"
            for column in after[name].columns:
                is_new = column.name not in old.columns
                assert not is_new or column.nullable or column.server_default is not None, f"{revision} demands {column}"
        before = after
    assert done.keys() == set(REVISIONS)
    assert set().union(*done.values()) <= ADDING, done


def unique_in(table: Table) -> Iterator[tuple[str, ...]]:
    yield from (tuple(one.columns.keys()) for one in table.constraints if isinstance(one, UniqueConstraint))
    yield from (tuple(one.columns.keys()) for one in table.indexes if one.unique)
