"""What people of a segment buy more than everybody, for customers of whom nothing but what they told is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from service.recommender.arrays import Floats, Ints

FAMILIES = frozenset({"age", "region", "household", "income"})
"""Segments that one is in before the first purchase."""
WEIGHT = 0.3
"""Of a log rate beside the log of the buyers."""


@dataclass(frozen=True, slots=True)
class SegmentPopularity:
    """Log of the rate at which people of a segment buy an item over everybody's, by segment and item id.

    Only items that clearly are a segment's, and that enough of its people buy, stand here.
    """

    lifts: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Favourites:
    """What the people of one person's segments like, over the rows of a catalogue.

    Attributes
    ----------
    keys : of the segments
    lifts : by row, for each of the segments that the item is a favourite of, its place in `keys` and the log rate;
        the strongest first
    """

    keys: tuple[str, ...]
    lifts: Mapping[int, tuple[tuple[int, float], ...]]

    def strongest(self, rows: Ints, place: int = 0) -> Floats:
        """Log rate of each item in the segment that likes it most (or second most); 0 where there is none."""
        found = (self.lifts.get(int(row), ()) for row in rows)
        return np.fromiter((one[place][1] if len(one) > place else 0.0 for one in found), np.float32, rows.size)

    def of(self, row: int) -> str | None:
        """Key of the segment that likes an item most."""
        found = self.lifts.get(row)
        return self.keys[found[0][0]] if found else None


def favourites(popular: SegmentPopularity, keys: Sequence[str], row_of: Mapping[str, int]) -> Favourites:
    """Gather the favourites of some segments.

    >>> liked = SegmentPopularity({"age.1": {"tea": 0.4}, "region.N": {"tea": 0.7, "soap": 0.3}})
    >>> found = favourites(liked, ["age.1", "region.N"], {"tea": 0, "soap": 1})
    >>> found.of(0), found.strongest(np.array([0, 1, 2])), found.strongest(np.array([0]), 1)
    ('region.N', array([0.7, 0.3, 0. ], dtype=float32), array([0.4], dtype=float32))
    """
    gathered: dict[int, list[tuple[int, float]]] = {}
    for place, key in enumerate(keys):
        for item_id, lift in popular.lifts.get(key, {}).items():
            row = row_of.get(item_id, -1)
            if row >= 0:
                gathered.setdefault(row, []).append((place, lift))
    ordered = {row: tuple(sorted(liked, key=lambda one: (-one[1], one[0]))) for row, liked in gathered.items()}
    return Favourites(tuple(keys), ordered)
