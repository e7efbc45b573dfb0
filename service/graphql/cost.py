"""The cost of an operation: the fields that its answer may hold, before it runs, and those that it held, afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from graphql import ArgumentNode, IntValueNode, ListValueNode, NullValueNode, ValueNode, VariableNode

from service.graphql.plan import Place, Plan, Variant
from service.graphql.prices import (
    ASSUMED,
    ASSUMED_OF,
    LONGEST_OF,
    MOST_OF_LIST,
    NAMING,
    ON_LOOP,
    PAGED,
    SIZED,
    is_list,
    work_of,
)

_Variables = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Size:
    """The length that an argument gives a list: of a variable, or as it is written."""

    written: int | None
    variable: str | None = None
    names: bool = False

    def of(self, variables: _Variables) -> int | None:
        """Tell the length; None where it is not said."""
        if self.variable is None or self.variable not in variables:
            return self.written
        value = variables[self.variable]
        if self.names:
            return _clamped(len(value)) if isinstance(value, list) else 1
        return _clamped(value) if isinstance(value, int) else self.written


class _Priced:
    """A place and what it costs."""

    __slots__ = (
        "assumed", "below", "costly", "describes", "holding", "is_list", "longest", "name", "per_entry", "sizes",
        "varies", "work",
    )
    varies: bool

    def __init__(self, place: Place, defaults: Mapping[str, ValueNode]) -> None:
        self.name = place.variants[0].node.name.value
        self.work = max(work_of(one.coordinate, one.definition) for one in place.variants)
        self.holding = self.work if any(one.coordinate in ON_LOOP for one in place.variants) else 0
        self.is_list = any(is_list(one.definition) for one in place.variants)
        self.assumed = max(ASSUMED_OF.get(one.coordinate, ASSUMED) for one in place.variants)
        self.sizes = [size for one in place.variants for size in _sizes(one, defaults)]
        self.per_entry = any(size.names for size in self.sizes)
        self.longest = min(LONGEST_OF.get(one.coordinate, MOST_OF_LIST) for one in place.variants)
        self.describes = self.name.startswith("__")
        within = {} if self.describes else place.places
        self.below = {name: _Priced(one, defaults) for name, one in within.items()}
        self.costly = [(name, one) for name, one in self.below.items() if one.below or one.work]
        self.varies = any(size.variable for size in self.sizes) or any(one.varies for one in self.below.values())

    def count(self, variables: _Variables, around: int | None = None, *, work: bool) -> int:
        """Count the fields that it may come to, and their work; `around` is how long the field around it may be.

        Parameters
        ----------
        work : all work, not that of the loop alone
        """
        said = [size for one in self.sizes if (size := one.of(variables)) is not None]
        asked = min(max(said), self.longest) if said else None
        within = sum(
            one.count(variables, None if self.is_list else asked, work=work) for one in self.below.values()
        )
        length = 1
        if self.is_list:
            inherited = around if self.name in SIZED else None
            length = next((one for one in (asked, inherited) if one is not None), self.assumed)
        done = self.work if work or self.describes else self.holding
        return 1 + done * (length if self.per_entry else 1) + length * within


class Cost:
    """What one operation costs, worked out once for all its requests but for the variables that size lists."""

    def __init__(self, plan: Plan) -> None:
        definitions = plan.operation.variable_definitions or ()
        defaults = {one.variable.name.value: one.default_value for one in definitions if one.default_value}
        self._top = [(name, _Priced(place, defaults)) for name, place in plan.places.items()]
        self._varies = any(one.varies for _, one in self._top)
        self._requested, self._fields = self._count({}, work=True), self._count({}, work=False)

    def requested(self, variables: _Variables) -> int:
        """Count the fields that the answer may hold, and the work behind them."""
        return self._count(variables, work=True) if self._varies else self._requested

    def fields(self, variables: _Variables) -> int:
        """Count the fields that the answer may hold, and the work that the loop itself does for them."""
        return self._count(variables, work=False) if self._varies else self._fields

    def actual(self, data: object) -> int:
        """Count the fields that an answer holds, with the work behind them."""
        return _held([data] if isinstance(data, dict) else [], self._top)

    def _count(self, variables: _Variables, *, work: bool) -> int:
        return sum(one.count(variables, work=work) for _, one in self._top)


def _held(objects: list[dict[str, object]], places: list[tuple[str, _Priced]]) -> int:
    """Count what all objects of one place hold: place by place, since an answer has many objects and few places."""
    found = sum(map(len, objects))
    for name, one in places:
        values = [here[name] for here in objects if name in here]
        if one.work:
            found += one.work * (sum(map(_entries, values)) if one.per_entry else len(values))
        if one.below:
            if one.is_list:
                values = [entry for value in values if isinstance(value, list) for entry in value]
            if inside := [value for value in values if isinstance(value, dict)]:
                found += _held(inside, one.costly)
    return found


def _entries(value: object) -> int:
    return len(value) if isinstance(value, list) else 1


def _sizes(variant: Variant, defaults: Mapping[str, ValueNode]) -> Iterable[_Size]:
    """Find what says how long a field's list is: its arguments, else their defaults in the schema."""
    given = {one.name.value: one for one in variant.node.arguments or ()}
    known = variant.definition.args if variant.definition else {}
    for name in known.keys() & (PAGED | NAMING):
        default = known[name].default_value
        length = default if isinstance(default, int) else None
        yield _size(given.get(name), length, defaults, names=name in NAMING)


def _size(given: ArgumentNode | None, default: int | None, defaults: Mapping[str, ValueNode], *, names: bool) -> _Size:
    if given is None:
        return _Size(default, names=names)
    if isinstance(given.value, VariableNode):
        variable = given.value.name.value
        return _Size(_written(defaults.get(variable), default), variable, names)
    return _Size(_written(given.value, default), names=names)


def _written(value: ValueNode | None, default: int | None) -> int | None:
    match value:
        case IntValueNode():
            # The digits of a number beyond any page need not be read.
            return _clamped(int(value.value)) if len(value.value) < 10 else MOST_OF_LIST  # noqa: PLR2004
        case ListValueNode():
            return _clamped(len(value.values))
        case None | NullValueNode():
            return default
        case _:
            return 1


def _clamped(length: int) -> int:
    return min(max(length, 0), MOST_OF_LIST)
