"""Checking a file's rows against its table's rules: one pass in DuckDB, all rows of a batch at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import duckdb
import pyarrow as pa

from service.tables.canonical import SCHEMAS
from service.tables.columns import as_text
from service.tables.engine import naive, single
from service.tables.reading import PRIVATE, Reader, open_part
from service.tables.refusals import Refusal
from service.tables.rules import Rule, column_rules, literal
from service.tables.sources import Part
from service.tables.table import Table

_NO_TEXTS: Final = "MAP([]::VARCHAR[], []::VARCHAR[])"


def create_checked(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """Create the empty table `checked_NAME`: canonical columns, where each row came from, and why it is refused.

    `_reason` is NULL for a row that may be loaded. `content` is a digest of what an event says.
    """
    connection.register("canonical", naive(SCHEMAS[table.name]).empty_table())
    connection.execute(
        f"CREATE TABLE checked_{table.name} AS SELECT *, NULL::VARCHAR AS content, 0 AS _part, 0::BIGINT AS _row, "
        "NULL::VARCHAR AS _file, NULL::VARCHAR AS _id, NULL::VARCHAR AS _reason, NULL::VARCHAR AS _sentence, "
        "NULL::VARCHAR AS _raw FROM canonical",  # noqa: S608 - our own names, as in all SQL of this module
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
    present = [column.name for column in table.columns if column.name in types]
    rules = [*column_rules(table.columns, present), *table.rules]
    texts = {name: as_text(name, kind) for name, kind in types.items()}
    canonical = SCHEMAS[table.name].names
    projected = {name: table.defaults.get(name, name) for name in canonical}
    conditions = [f"WHEN {rule.broken} THEN {number}" for number, rule in enumerate(rules, start=1)]
    codes = ", ".join(literal(rule.code) for rule in rules)
    return f"""
        INSERT INTO checked_{table.name}
        WITH parsed AS (SELECT {", ".join(_parsed(table, reader, texts))} FROM arriving),
        looked_up AS (SELECT *{"".join(f", {sql} AS {name}" for name, sql in table.lookups.items())} FROM parsed),
        judged AS (SELECT *, CASE {" ".join(conditions)} END AS broken FROM looked_up)
        SELECT {", ".join(projected.values())}, {_content(table, projected)}, $part, _row, $file,
            CASE WHEN broken IS NOT NULL THEN left({table.identifier}, 128) END,
            ([{codes}])[broken],
            CASE WHEN broken IS NOT NULL THEN {_sentences(rules)} END,
            CASE WHEN broken IS NOT NULL THEN CAST(to_json(raw) AS VARCHAR) END
        FROM judged
    """  # noqa: S608


def _parsed(table: Table, reader: Reader, texts: Mapping[str, str]) -> list[str]:
    types = reader.columns
    parsed = ["_row", f"{_raw(reader, texts)} AS raw"]
    for column in table.columns:
        given = types.get(column.name, pa.null())
        source = column.name if column.name in types else "NULL"
        parsed.append(f"CAST({column.kind.parse(source, given)} AS {column.kind.sql_type}) AS {column.name}")
        parsed.append(f"{as_text(source, given)} AS given_{column.name}")
    parsed.extend(_maps(table, reader, texts))
    return parsed


def _maps(table: Table, reader: Reader, texts: Mapping[str, str]) -> list[str]:
    """Collect the columns that the table does not know: texts in further languages, and attributes."""
    collected: dict[str, list[tuple[str, str]]] = {name: [] for name in (*table.in_languages.values(), "attributes")}
    whole = ""
    for number, (column, name) in enumerate(_named(reader), start=1):
        if column in table.known:
            continue
        in_language = table.language_of(name)
        if in_language is not None:
            collected[in_language[0]].append((literal(in_language[1]), texts[column]))
        elif name == "attributes" and _is_text_map(reader.columns[column]):
            whole = column
        else:
            collected["attributes"].append((f"getvariable('names')[{number}]", texts[column]))
    maps = {name: _map(pairs) for name, pairs in collected.items()}
    if whole:
        given = f"map_from_entries(list_filter(map_entries({whole}), lambda entry: entry.value IS NOT NULL))"
        maps["attributes"] = f"map_concat(coalesce({given}, {_NO_TEXTS}), {maps['attributes']})"
    return [f"{sql} AS {name}" for name, sql in maps.items()]


def _is_text_map(given: pa.DataType) -> bool:
    return pa.types.is_map(given) and pa.types.is_string(given.key_type) and pa.types.is_string(given.item_type)


def _map(pairs: Sequence[tuple[str, str]]) -> str:
    """Give an SQL map of pairs of SQL expressions, without those whose value is NULL; of equal keys the last stands."""
    unique = dict(pairs)
    if not unique:
        return _NO_TEXTS
    zipped = f"list_zip([{', '.join(unique)}], [{', '.join(unique.values())}])"
    return f"map_from_entries(list_filter({zipped}, lambda entry: entry[2] IS NOT NULL))"


def _raw(reader: Reader, texts: Mapping[str, str]) -> str:
    shown = [
        (f"getvariable('names')[{number}]", texts[column])
        for number, (column, name) in enumerate(_named(reader), start=1)
        if not PRIVATE.search(name)
    ]
    return _map(shown)


def _named(reader: Reader) -> list[tuple[str, str]]:
    """Pair each column with the name that the file gives it; of equal names the last column stands."""
    names = {
        column: reader.extras[int(column.removeprefix("extra_"))] if column.startswith("extra_") else column
        for column in reader.columns
    }
    return list({name: (column, name) for column, name in names.items()}.values())


def _sentences(rules: Sequence[Rule]) -> str:
    told = ", ".join(f"CASE WHEN {rule.broken} THEN {rule.sentence} END" for rule in rules)
    return f"concat_ws(' ', {told})"


def _content(table: Table, projected: Mapping[str, str]) -> str:
    """Digest what an event says, unless it brings an id; columns of the shop's own do not count.

    Only what is there is digested, so an export that later gains a column still gives its old events their old ids.
    """
    if table.name != "events":
        return "NULL"
    values = [
        f"{literal(name + '=')} || replace(CAST({sql} AS VARCHAR), '|', '||')"
        for name, sql in projected.items()
        if name not in {"event_id", "source", "attributes"}
    ]
    return f"CASE WHEN event_id IS NULL THEN md5(concat_ws('|', {', '.join(values)})) END"
