"""A person's stored features, read with care: what is missing, or of another form, is not known."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from service.recommender.events import DAY


@dataclass(frozen=True, slots=True)
class Traits:
    """Features by name."""

    values: Mapping[str, object] = field(default_factory=dict)

    def number(self, name: str) -> float | None:
        """A finite number; None where there is none."""
        value = self.values.get(name)
        known = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
        return float(value) if known else None  # type: ignore[arg-type]

    def text(self, name: str) -> str | None:
        """A text that says something; None where there is none."""
        value = self.values.get(name)
        return str(value) if value not in {None, ""} else None

    def texts(self, name: str) -> list[str]:
        """The texts of a list; none where it is no list."""
        value = self.values.get(name)
        return [str(one) for one in value] if isinstance(value, list | tuple | np.ndarray) else []

    def numbers(self, name: str) -> list[float]:
        """The numbers of a list; none where it is no list, or anything in it is no finite number."""
        value = self.values.get(name)
        if not isinstance(value, list | tuple | np.ndarray):
            return []
        found = [float(one) for one in value if isinstance(one, int | float)]
        return found if len(found) == len(value) and all(map(math.isfinite, found)) else []

    def days_with_the_shop(self) -> tuple[float, float] | None:
        """Days from the first order to the last, and from the first to now; None before the first."""
        since = self.number("recency_days")
        first, last = self.number("first_order_at"), self.number("last_order_at")
        if since is None or first is None or last is None or last < first or since < 0:
            return None
        return (last - first) / DAY, (last - first) / DAY + since
