"""Where a customer stands among all, in fifths."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

FIFTHS = (0.2, 0.4, 0.6, 0.8)


@dataclass(frozen=True, slots=True)
class Quintiles:
    """The four values that cut all customers into fifths, by feature."""

    edges: Mapping[str, Sequence[float]] = field(default_factory=dict)

    def level(self, feature: str, value: float | None) -> int | None:
        """From 1, the fifth with the smallest values, to 5; None where either is not known.

        >>> fifths = Quintiles({"orders": (1, 2, 4, 9)})
        >>> [fifths.level("orders", value) for value in (0, 1, 3, 9, 10, None)]
        [1, 1, 3, 4, 5, None]
        """
        edges = self.edges.get(feature)
        return None if value is None or not edges else 1 + bisect_left(edges, value)
