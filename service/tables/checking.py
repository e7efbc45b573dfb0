"""Checking a file's rows against its table's rules: one pass in DuckDB, all rows of a batch at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import duckdb
import pyarrow as pa

from service.recommender.events import MOST_ID_BYTES
from service.tables.canonical import SCHEMAS
from service.tables.columns import as_text, present
from service.tables.engine import ENTRIES, single, working
from service.tables.history import IDENTITY
from service.tables.reading import PRIVATE, Reader, open_part
from service.tables.refusals import Refusal
from service.tables.rules import Rule, column_rules, literal
from service.tables.sources import Part
from service.tables.table import Table


def create_checked(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Create the empty table `checked_NAME`: canonical columns, where each row came from, and why it is refused.

    `_reason` is NULL for a row that may be loaded. `digest` tells an event from others.
    """
    connection.register("canonical", working(SCHEMAS[table.name]).empty_table())
    connection.execute(
        f"""
        CREATE TABLE checked_{table.name} AS
        SELECT *, 0::UHUGEINT AS digest, 0 AS _part, 0::BIGINT AS _row, '' AS _file, '' AS _id, '' AS _reason,
            '' AS _sentence, '' AS _raw
        FROM canonical
        """,  # noqa: S608 - our own names, as in all SQL of this package
    )
    connection.unregister("canonical")


@dataclass(frozen=True)
class Taken:
    """What was noticed while a table's files were read."""

    refused: tuple[Refusal, ...]
    warnings: tuple[str, ...]


def take(
    connection: duckdb.DuckDBPyConnection, table: Table, parts: Sequence[Part], told: Callable[[str, float], None]
) -> Taken:
    """Read all files of a table and check their rows, into `checked_NAME`."""
    refused: list[Refusal] = []
    warnings: list[str] = []

    for number, part in enumerate(parts):

        def on_fraction(fraction: float, before: int = number) -> None:
            told(table.name, (before + fraction) / len(parts))

        reader = open_part(part, sorted(table.known), on_fraction)
        rows = check(connection, table, reader)
        refused.extend(reader.refused)
        warnings.extend(reader.warnings)
        if not rows and not reader.refused and not reader.warnings:
            warnings.append(f"{part.name} has no rows")
        missing = [column.name for column in table.columns if column.required and column.name not in reader.columns]
        if rows and missing:
            warnings.append(f"{part.name} lacks the required {', '.join(missing)}, so all its rows are rejected")
    return Taken(tuple(refused), tuple(warnings))


def check(connection: duckdb.DuckDBPyConnection, table: Table, reader: Reader) -> int:
    """Read a file to its end and put each row, with the first rule that it breaks, into `checked_NAME`; count them.

    Expects the tables and variables that the table's rules look into.
    """
    connection.register("arriving", pa.RecordBatchReader.from_batches(reader.schema, reader.batches))
    connection.execute("SET VARIABLE names = ?", [[name for _, name in _named(reader)]])
    try:
        origin = {"part": reader.part.ordinal, "file": reader.part.name}
        (rows,) = single(connection, _statement(table, reader), origin)
    finally:
        connection.unregister("arriving")
    return int(rows)


def _statement(table: Table, reader: Reader) -> str:
    types = reader.columns
    rules = [*column_rules(table.columns, [column.name for column in table.columns if column.name in types])]
    rules.extend(table.rules)
    canonical = SCHEMAS[table.name].names
    projected = {name: table.defaults.get(name, name) for name in canonical}
    conditions = " ".join(f"WHEN {rule.broken} THEN {number}" for number, rule in enumerate(rules, start=1))
    codes = ", ".join(literal(rule.code) for rule in rules)
    lookups = "".join(f", {sql} AS {name}" for name, sql in table.lookups.items())
    # Sentences and raw values cost more than all checks: a CASE computes them for the refused rows alone.
    return f"""
        INSERT INTO checked_{table.name}
        WITH given AS (SELECT _row, {", ".join(_given(table, types))} FROM arriving),
        parsed AS (SELECT *, {", ".join(_parsed(table, reader))} FROM given),
        looked_up AS (SELECT *{lookups} FROM parsed),
        judged AS (SELECT *, CASE {conditions} END AS broken FROM looked_up)
        SELECT {", ".join(projected.values())}, {_digest(table, projected)}, $part, _row, $file,
            CASE WHEN broken IS NOT NULL THEN left({table.identifier}, {MOST_ID_BYTES}) END,
            ([{codes}])[broken],
            CASE WHEN broken IS NOT NULL THEN {_sentences(rules)} END,
            CASE WHEN broken IS NOT NULL THEN {_raw(reader)} END
        FROM judged
    """  # noqa: S608


def _given(table: Table, types: Mapping[str, pa.DataType]) -> list[str]:
    """Name what the file gives `given_…`: text trimmed, NULL where there is nothing or no such column."""
    absent = [f"CAST(NULL AS VARCHAR) AS given_{name}" for name in sorted(table.known) if name not in types]
    return [*(f"{present(name, kind)} AS given_{name}" for name, kind in types.items()), *absent]


def _parsed(table: Table, reader: Reader) -> list[str]:
    parsed = []
    for column in table.columns:
        expression = column.kind.parse(f"given_{column.name}", reader.columns.get(column.name, pa.string()))
        parsed.append(f"CAST({expression} AS {column.kind.sql_type}) AS {column.name}")
    return [*parsed, *_maps(table, reader)]


def _maps(table: Table, reader: Reader) -> list[str]:
    """Collect the columns that the table does not know: texts in further languages, and attributes."""
    collected: dict[str, list[tuple[str, str]]] = {name: [] for name in (*table.in_languages.values(), "attributes")}
    whole = "[]"
    for number, (column, name) in enumerate(_named(reader), start=1):
        if column in table.known:
            continue
        given = reader.columns[column]
        text = as_text(f"given_{column}", given)
        in_language = table.language_of(name)
        if in_language is not None:
            collected[in_language[0]].append((literal(in_language[1]), text))
        elif name == "attributes" and pa.types.is_map(given):
            whole = f"CAST(map_entries(given_{column}) AS {ENTRIES})"
        else:
            collected["attributes"].append((f"getvariable('names')[{number}]", text))
    entries = {name: _entries(pairs) for name, pairs in collected.items()}
    entries["attributes"] = f"list_concat({_filled(whole)}, {entries['attributes']})"
    return [f"CAST({sql} AS {ENTRIES}) AS {name}" for name, sql in entries.items()]


def _entries(pairs: Sequence[tuple[str, str]]) -> str:
    """Give an SQL list of key and value, both given as SQL, without those that have no value."""
    return _filled(f"[{', '.join(f'{{key: {key}, value: {value}}}' for key, value in pairs)}]") if pairs else "[]"


def _filled(entries: str) -> str:
    return f"list_filter(CAST({entries} AS {ENTRIES}), lambda entry: entry.value IS NOT NULL)"


def _raw(reader: Reader) -> str:
    shown = [
        (f"getvariable('names')[{number}]", as_text(f"given_{column}", reader.columns[column]))
        for number, (column, name) in enumerate(_named(reader), start=1)
        if not PRIVATE.search(name)
    ]
    return f"CAST(to_json(map_from_entries({_entries(shown)})) AS VARCHAR)" if shown else "'{}'"


def _named(reader: Reader) -> list[tuple[str, str]]:
    """Pair each column with the name that the file gives it, in the order of the names; of equal names the last."""
    names = {
        column: reader.extras[int(column.removeprefix("extra_"))] if column.startswith("extra_") else column
        for column in reader.columns
    }
    return sorted({name: (column, name) for column, name in names.items()}.values(), key=lambda pair: pair[1])


def _sentences(rules: Sequence[Rule]) -> str:
    told = ", ".join(f"CASE WHEN {rule.broken} THEN {rule.sentence} END" for rule in rules)
    return f"concat_ws(' ', {told})"


def _digest(table: Table, projected: Mapping[str, str]) -> str:
    """Tell an event from others by its id, or by what it says where it has none; the shop's own columns do not count.

    Only what is there is digested, so an export that later gains a column still gives its old events their old ids.
    """
    if table.name != "events":
        return "NULL"
    values = [
        f"{literal(name + '=')} || replace(CAST({sql} AS VARCHAR), '|', '||')"
        for name, sql in projected.items()
        if name not in {"event_id", "source", "attributes"}
    ]
    said = f"md5_number(concat_ws('|', {', '.join(values)}))"
    return f"CASE WHEN event_id IS NULL THEN {said} ELSE {IDENTITY} END"
