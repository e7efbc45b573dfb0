"""How many people are in each segment, and which segments are large enough that nobody is singled out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property

SMALLEST = 50
"""A group of fewer people is neither shown nor targeted, nor can it be worked out from those that are."""


@dataclass(frozen=True)
class SegmentSizes:
    """Counts of people, as of one run over everybody's features.

    Attributes
    ----------
    people : whose features were counted
    by_rule : people in each segment that konomi makes, by key; before the first dot stands the family, and nobody is
        in two of one family
    customers : of the shop, whether or not their features may be read
    by_shop : customers in each segment that the shop brought, by its key; these overlap at will
    """

    people: int = 0
    by_rule: Mapping[str, int] = field(default_factory=dict)
    customers: int = 0
    by_shop: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def told(self) -> Mapping[str, int]:
        """Sizes of the segments that may be shown and targeted; a key that the shop gave means the shop's."""
        return {**self.told_by_rule, **self.told_by_shop}

    @cached_property
    def told_by_shop(self) -> Mapping[str, int]:
        """Those that the shop brought."""
        each = ({key: size} for key, size in self.by_shop.items())
        return {key: size for one in each for key, size in withhold(one, self.customers).items()}

    @cached_property
    def told_by_rule(self) -> Mapping[str, int]:
        """Those of konomi's own."""
        families: dict[str, dict[str, int]] = defaultdict(dict)
        for key, size in self.by_rule.items():
            families[key.split(".", 1)[0]][key] = size
        told = (withhold(family, self.people) for family in families.values())
        return {key: size for family in told for key, size in family.items() if key not in self.by_shop}

    def audience(self, keys: Iterable[str]) -> frozenset[str]:
        """Those of some segments that may be targeted at once, for whoever is in any of them.

        How they overlap is not known. The largest come first; one that might leave outside some people but fewer than
        `SMALLEST`, were nobody in two of them, is left out. Those of one family together leave nobody outside, or many.
        """
        wanted = sorted(self.told.keys() & set(keys), key=lambda key: (-self.told[key], key))
        everybody = {key: self.customers if key in self.told_by_shop else self.people for key in wanted}
        kept: list[str] = []
        for key in wanted:
            together = [*kept, key]
            outside = min(everybody[one] for one in together) - sum(self.told[one] for one in together)
            if len({self._partition(one) for one in together}) == 1 or outside >= SMALLEST:
                kept = together
        return frozenset(kept)

    def _partition(self, key: str) -> str:
        """Name of what nobody is in two of: the family of a segment by rule, a segment of the shop itself."""
        return f"shop:{key}" if key in self.told_by_shop else f"rule:{key.split('.', 1)[0]}"

    def published(self) -> SegmentSizes:
        """Those that are told alone: nothing that is kept may say that somewhere there are a few people."""
        return SegmentSizes(self.people, self.told_by_rule, self.customers, self.told_by_shop)

    def as_json(self) -> dict[str, object]:
        """Plain values that `of_json` reads back."""
        return asdict(self)

    @classmethod
    def of_json(cls, values: object) -> SegmentSizes:
        """Read back what `as_json` wrote.

        Raises
        ------
        ValueError
            If it is something else.
        """
        try:
            known = dict(values)  # type: ignore[call-overload]
            counts = {name: {str(key): int(size) for key, size in known[name].items()} for name in _MAPS}
            return cls(int(known["people"]), counts["by_rule"], int(known["customers"]), counts["by_shop"])
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"no segment sizes: {error!r}") from error


_MAPS = ("by_rule", "by_shop")


def withhold(sizes: Mapping[str, int], everybody: int) -> Mapping[str, int]:
    """Keep of segments that exclude each other those that give away no small group, neither inside nor outside.

    Too small ones go; then, while those who are in none of the rest are some but fewer than `SMALLEST`, the smallest
    of the rest goes too: who is in no segment that is told would otherwise be known to be one of those few
    (complementary suppression).

    >>> withhold({"active": 800, "lapsed": 90, "new": 6}, 896)
    {'active': 800}
    >>> withhold({"active": 800, "lapsed": 90, "new": 60}, 950)
    {'active': 800, 'lapsed': 90, 'new': 60}
    """
    told = {key: size for key, size in sizes.items() if size >= SMALLEST}
    while told and 0 < everybody - sum(told.values()) < SMALLEST:
        del told[min(told, key=lambda key: (told[key], key))]
    return told
