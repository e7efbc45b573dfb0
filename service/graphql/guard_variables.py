"""The size of variables: counted before they are read into types, which takes ten times as long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from service.graphql.guard import BOUNDS, Bounds, QueryTooComplex, hold


def check_variables(variables: Mapping[str, object], bounds: Bounds = BOUNDS) -> int:
    """Count the values of variables; counting stops where a bound is passed.

    Raises
    ------
    QueryTooComplex
    """
    entries = 0
    waiting: list[tuple[object, int]] = [(variables, 0)]
    while waiting:
        value, depth = waiting.pop()
        if isinstance(value, str):
            hold(len(value), bounds.variable_characters, "A text in the variables has {found} characters")
        elif isinstance(value, Mapping | Sequence):
            hold(len(value), bounds.variable_items, "A list or object in the variables has {found} entries")
            hold(depth, bounds.variable_depth, "The variables are nested {found} deep")
            entries += len(value)
            if entries > bounds.variable_entries:
                raise QueryTooComplex(
                    f"The variables have more than {bounds.variable_entries} values; send fewer at once.",
                )
            inner = value.values() if isinstance(value, Mapping) else value
            waiting.extend((one, depth + 1) for one in inner)
    return entries
