"""What is known of all customers together, and no one of them: what segments are made by, and how large each is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from service.recommender.lifetime import Lifetime
from service.recommender.quintiles import Quintiles
from service.recommender.segment_popularity import SegmentPopularity
from service.recommender.segment_sizes import SegmentSizes
from service.recommender.taste import Tastes

USUAL_GAP_DAYS = 14.0


@dataclass(frozen=True)
class Segmentation:
    """Learnt offline and kept with the models; what is not learnt makes no segments.

    Attributes
    ----------
    usual_gap_days : between a customer's orders, the middle of all customers
    quintiles : of what customers spend, how often and how lately
    lifetime : of customers, None where there were too few to learn it from
    tastes : groups who buy alike, None where there are none
    sizes : people of each segment
    popular : what people of a segment buy more than everybody
    """

    usual_gap_days: float = USUAL_GAP_DAYS
    quintiles: Quintiles = field(default_factory=Quintiles)
    lifetime: Lifetime | None = None
    tastes: Tastes | None = None
    sizes: SegmentSizes = field(default_factory=SegmentSizes)
    popular: SegmentPopularity = field(default_factory=SegmentPopularity)

    def sized(self, sizes: SegmentSizes) -> Segmentation:
        """The same, counted anew."""
        return replace(self, sizes=sizes)

    def as_json(self) -> dict[str, Any]:
        """Plain values that `of_json` reads back."""
        return {
            "usual_gap_days": self.usual_gap_days,
            "quintiles": {name: list(edges) for name, edges in sorted(self.quintiles.edges.items())},
            "lifetime": asdict(self.lifetime) if self.lifetime else None,
            "tastes": self.tastes.as_json() if self.tastes else None,
            "sizes": self.sizes.as_json(),
            "popular": {key: dict(lifts) for key, lifts in self.popular.lifts.items()},
        }

    @classmethod
    def of_json(cls, values: Mapping[str, Any]) -> Segmentation:
        """Read back what `as_json` wrote.

        Raises
        ------
        ValueError
            If it is something else.
        """
        try:
            lifetime, tastes = values["lifetime"], values["tastes"]
            return cls(
                float(values["usual_gap_days"]),
                Quintiles({name: tuple(map(float, edges)) for name, edges in values["quintiles"].items()}),
                Lifetime(**lifetime) if lifetime else None,
                Tastes.of_json(tastes) if tastes else None,
                SegmentSizes.of_json(values["sizes"]),
                SegmentPopularity({key: _numbers(lifts) for key, lifts in values.get("popular", {}).items()}),
            )
        except (AttributeError, KeyError, IndexError, TypeError) as error:
            raise ValueError(f"no segmentation: {error!r}") from error


def _numbers(lifts: Mapping[str, Any]) -> Mapping[str, float]:
    return {str(item_id): float(lift) for item_id, lift in lifts.items()}


NO_SEGMENTATION = Segmentation()
