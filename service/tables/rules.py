"""Rules that a row must keep, as SQL conditions with the sentence that is told where one is broken.

A rule reads the parsed columns by their names, and what the file gives by the prefix `given_`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from service.recommender.events import MOST_ID_BYTES
from service.tables.columns import ID, Column


@dataclass(frozen=True)
class Rule:
    """What is refused: the reason's code, the SQL condition of a broken row, and an SQL expression for the sentence."""

    code: str
    broken: str
    sentence: str


def literal(text: str) -> str:
    """Quote a text of ours as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def told(column: str, problem: str) -> str:
    """Give an SQL expression for a sentence that shows the value given in `column`, cut to a readable length."""
    value = f"coalesce(left(CAST(given_{column} AS VARCHAR), 60), '')"
    return f"{literal(column + ' is ')} || '\"' || {value} || '\"' || {literal(problem)}"


def column_rules(columns: Iterable[Column], present: Collection[str]) -> list[Rule]:
    """Give the rules that follow from the columns' kinds, for a file that has the columns `present`."""
    rules: list[Rule] = []
    for column in columns:
        name = column.name
        if name not in present:
            if column.required:
                there = ", ".join(present) or "none of the table's"
                sentence = literal(f"The file has no column {name}, which is required; it has {there}.")
                rules.append(Rule("MISSING_COLUMN", "true", sentence))
            continue
        if column.required:
            rules.append(Rule("MISSING_VALUE", f"given_{name} IS NULL", literal(f"{name} is empty; it is required.")))
        if column.kind is ID:
            problem = f", which is longer than {MOST_ID_BYTES} bytes."
            rules.append(Rule("ID_TOO_LONG", f"strlen({name}) > {MOST_ID_BYTES}", told(name, problem)))
        elif column.kind.code is not None:
            broken = f"given_{name} IS NOT NULL AND {name} IS NULL"
            rules.append(Rule(column.kind.code, broken, told(name, f"; it must be {column.kind.wanted}.")))
    return rules


def one_of(code: str, column: str, names: Iterable[str]) -> Rule:
    """Refuse a value that is none of `names`."""
    allowed = tuple(names)
    listed = ", ".join(literal(name) for name in allowed)
    return Rule(code, f"{column} NOT IN ({listed})", told(column, f"; it must be one of {', '.join(allowed)}."))


def not_negative(*columns: str) -> list[Rule]:
    """Refuse numbers below zero."""
    return [Rule("NEGATIVE_NUMBER", f"{name} < 0", told(name, "; it must not be negative.")) for name in columns]


def within(column: str, low: float, high: float) -> Rule:
    """Refuse numbers outside [low, high]."""
    problem = f"; it must be from {low} to {high}."
    return Rule("OUT_OF_RANGE", f"{column} NOT BETWEEN {low} AND {high}", told(column, problem))


def needed(column: str, condition: str, why: str) -> Rule:
    """Refuse an empty value where `condition` holds; `why` ends the sentence "… is empty; "."""
    return Rule("MISSING_VALUE", f"{condition} AND {column} IS NULL", literal(f"{column} is empty; {why}."))
