"""The kinds of columns in a shop's tables: how each is parsed, from text or from a Parquet type, in DuckDB's SQL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from service.recommender.events import MOST_ID_BYTES

BLANKS: Final = "' ' || chr(9) || chr(10) || chr(13)"
_ISO_TIME: Final = r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)?"
_OFFSET: Final = r"(?:Z|[+-](?:0\d|1[0-4])(?::?[0-5]\d)?)"
_ISO_DATE: Final = r"^\d{4}-\d{2}-\d{2}$"
_LARGEST_WHOLE_DOUBLE: Final = 2**53


@dataclass(frozen=True)
class Kind:
    """A kind of column: its SQL type, how to parse it, and what is said where that fails."""

    sql_type: str
    parse: Callable[[str, pa.DataType], str]
    """From a column's SQL name and Arrow type to an expression that is NULL where the value is empty or wrong."""
    code: str | None = None
    """Reason of a value that is there and cannot be parsed; None where every text is right."""
    wanted: str = ""


@dataclass(frozen=True)
class Column:
    """A column of a table."""

    name: str
    kind: Kind
    required: bool = False


def present(column: str, given: pa.DataType) -> str:
    """Give an SQL expression for a value that is there: text trimmed and not empty, a float that is a number."""
    if pa.types.is_null(given):
        return "CAST(NULL AS VARCHAR)"
    if pa.types.is_string(given):
        return f"nullif(trim({column}, {BLANKS}), '')"
    if pa.types.is_floating(given):
        return f"CASE WHEN NOT isnan({column}) THEN {column} END"
    return column


def as_text(column: str, given: pa.DataType) -> str:
    """Give an SQL expression for a value that is there as text.

    A whole number that a missing value elsewhere in its column made a float is written without its `.0`.
    """
    types = pa.types
    if types.is_null(given) or types.is_string(given):
        return column
    if types.is_floating(given):
        whole = f"{column} = trunc({column}) AND abs({column}) < {_LARGEST_WHOLE_DOUBLE}"
        return f"CASE WHEN {whole} THEN CAST(CAST({column} AS BIGINT) AS VARCHAR) ELSE CAST({column} AS VARCHAR) END"
    if types.is_timestamp(given):
        return f"strftime({column}, '%Y-%m-%dT%H:%M:%S.%fZ')"
    if types.is_nested(given):
        return f"CAST(to_json({column}) AS VARCHAR)"
    return f"CAST({column} AS VARCHAR)"


def _number(sql_type: str) -> Callable[[str, pa.DataType], str]:
    def parse(column: str, given: pa.DataType) -> str:
        types = pa.types
        number = types.is_integer(given) or types.is_floating(given) or types.is_decimal(given)
        cast = f"TRY_CAST({column if number else as_text(column, given)} AS {sql_type})"
        return f"CASE WHEN isfinite({cast}) THEN {cast} END" if sql_type == "DOUBLE" else cast

    return parse


def _whole(column: str, given: pa.DataType) -> str:
    number = _number("DOUBLE")(column, given)
    return f"CASE WHEN {number} = trunc({number}) THEN TRY_CAST({number} AS BIGINT) END"


def _boolean(column: str, given: pa.DataType) -> str:
    if pa.types.is_boolean(given):
        return column
    return (
        f"CASE WHEN lower({as_text(column, given)}) IN ('true', 't', 'yes', 'y', '1') THEN true "
        f"WHEN lower({as_text(column, given)}) IN ('false', 'f', 'no', 'n', '0') THEN false END"
    )


def _time(column: str, given: pa.DataType) -> str:
    if pa.types.is_timestamp(given):
        # Other times have no ISO form, and no Python datetime either.
        return f"CASE WHEN year({column}) BETWEEN 1 AND 9999 THEN {column} END"
    if pa.types.is_date(given):
        return f"CAST({column} AS TIMESTAMP)"
    # DuckDB reads an offset into a timestamp with a zone alone; for one without, it passes over it in silence.
    text = as_text(column, given)
    zoned = f"make_timestamp(epoch_us(TRY_CAST({text} AS TIMESTAMPTZ)))"
    time = (
        f"CASE WHEN regexp_full_match({text}, '{_ISO_TIME}') THEN TRY_CAST({text} AS TIMESTAMP) "
        f"WHEN regexp_full_match({text}, '{_ISO_TIME}{_OFFSET}') THEN {zoned} END"
    )
    return f"CASE WHEN year({time}) BETWEEN 1 AND 9999 THEN {time} END"


def _date(column: str, given: pa.DataType) -> str:
    if pa.types.is_date(given) or pa.types.is_timestamp(given):
        return f"CASE WHEN year({column}) BETWEEN 1 AND 9999 THEN CAST({column} AS DATE) END"
    text = as_text(column, given)
    # Some exports write a day as its midnight.
    day = f"regexp_replace({text}, '[T ]00:00(:00(\\.0+)?)?Z?$', '')"
    return f"CASE WHEN regexp_matches({day}, '{_ISO_DATE}') THEN TRY_CAST({day} AS DATE) END"


def _list(separator: str) -> Callable[[str, pa.DataType], str]:
    def parse(column: str, given: pa.DataType) -> str:
        if pa.types.is_list(given):
            parts = f"CAST({column} AS VARCHAR[])"
        else:
            parts = f"string_split({as_text(column, given)}, '{separator}')"
        trimmed = f"list_transform({parts}, lambda part: trim(part, {BLANKS}))"
        return f"coalesce(list_filter({trimmed}, lambda part: part <> ''), CAST([] AS VARCHAR[]))"

    return parse


TEXT: Final = Kind("VARCHAR", as_text)
ID: Final = Kind("VARCHAR", as_text, "ID_TOO_LONG", f"at most {MOST_ID_BYTES} bytes")
MONEY: Final = Kind("DECIMAL(18, 4)", _number("DECIMAL(18, 4)"), "INVALID_NUMBER", "a decimal number such as 12.50")
NUMBER: Final = Kind("DOUBLE", _number("DOUBLE"), "INVALID_NUMBER", "a number")
WHOLE: Final = Kind("BIGINT", _whole, "INVALID_NUMBER", "a whole number")
BOOLEAN: Final = Kind("BOOLEAN", _boolean, "INVALID_BOOLEAN", "true or false")
TIME: Final = Kind("TIMESTAMP", _time, "INVALID_TIME", "an ISO 8601 time such as 2026-01-31T09:30:00+09:00")
DATE: Final = Kind("DATE", _date, "INVALID_DATE", "an ISO 8601 date such as 1990-01-31")
NAMES: Final = Kind("VARCHAR[]", _list("|"))
PATH: Final = Kind("VARCHAR[]", _list(" > "))


def columns(kind: Kind, names: str, *, required: bool = False) -> tuple[Column, ...]:
    """Declare several columns of one kind, named in one string with blanks between."""
    return tuple(Column(name, kind, required) for name in names.split())
