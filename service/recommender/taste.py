"""Groups of customers who buy alike: what they fill their baskets with, and how they shop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from service.recommender.arrays import Floats
from service.recommender.traits import Traits

HABITS = ("weekend", "morning", "evening", "bargains", "big_baskets", "often")
"""Each has a text in the catalogues, for those who do it more than others."""
FEWEST_ORDERS = 3
"""Before so many nobody is said to have a taste."""
_HABIT_WEIGHT = 0.08
"""Of one standard deviation of a habit, beside the square roots of category shares, whose squares sum to 1."""
_FARTHEST = 2.0
_HOURS = 168


@dataclass(frozen=True, slots=True)
class Mark:
    """What people of a taste do more than others: a category that they buy, or one of `HABITS`."""

    category: str | None = None
    habit: str | None = None
    usual_share: float = 0.0
    """Of a category: its mean share of purchases among all customers, counted where it is a favourite."""


@dataclass(frozen=True, slots=True)
class Taste:
    """One group; `marks` are the most telling first, never none."""

    key: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Tastes:
    """All groups, with what tells them apart.

    Attributes
    ----------
    categories : the axes, in the order of the centres' first columns; a column for each of `HABITS` follows
    habit_mean, habit_deviation : shape (n_habits,)
    centres : float32, shape (n_tastes, n_categories + n_habits)
    tastes : one for each centre
    """

    categories: tuple[str, ...]
    habit_mean: tuple[float, ...]
    habit_deviation: tuple[float, ...]
    centres: Floats
    tastes: tuple[Taste, ...]

    def of(self, person: Traits) -> Taste | None:
        """The nearest group; None for somebody who has bought too little to be put anywhere."""
        vector = self.vector(person)
        if vector is None:
            return None
        return self.tastes[int(np.argmin(np.square(self.centres - vector).sum(axis=1)))]

    def vector(self, person: Traits) -> Floats | None:
        """A person among the centres, float32, shape (n_categories + n_habits,)."""
        shares = category_shares(person)
        if not shares:
            return None
        found = np.zeros(len(self.categories) + len(HABITS), np.float32)
        for category, share in shares.items():
            column = self._column.get(category)
            if column is not None:
                found[column] = share**0.5
        found[len(self.categories) :] = self._habits(person)
        return found

    @cached_property
    def _column(self) -> Mapping[str, int]:
        return {category: column for column, category in enumerate(self.categories)}

    def _habits(self, person: Traits) -> Floats:
        """Deviations from the mean, bounded so that no habit alone decides; what is not known deviates by nothing."""
        values = np.array(habits(person), np.float32)
        deviation = (values - np.asarray(self.habit_mean)) / np.asarray(self.habit_deviation)
        return np.asarray(_HABIT_WEIGHT * np.clip(np.nan_to_num(deviation), -_FARTHEST, _FARTHEST), np.float32)

    def as_json(self) -> dict[str, object]:
        """Plain values that `of_json` reads back."""
        return {
            "categories": list(self.categories),
            "habit_mean": list(self.habit_mean),
            "habit_deviation": list(self.habit_deviation),
            "centres": [[round(float(value), 5) for value in centre] for centre in self.centres],
            "tastes": [
                {"key": taste.key, "marks": [[m.category, m.habit, m.usual_share] for m in taste.marks]}
                for taste in self.tastes
            ],
        }

    @classmethod
    def of_json(cls, values: Mapping[str, Sequence[object]]) -> Tastes:
        """Read back what `as_json` wrote."""
        tastes = tuple(
            Taste(one["key"], tuple(Mark(*mark) for mark in one["marks"]))  # type: ignore[index]
            for one in values["tastes"]
        )
        categories = tuple(map(str, values["categories"]))
        centres = np.asarray(values["centres"], np.float32).reshape(len(tastes), len(categories) + len(HABITS))
        means, deviations = (tuple(map(float, values[name])) for name in ("habit_mean", "habit_deviation"))  # type: ignore[arg-type]
        return cls(categories, means, deviations, centres, tastes)


def category_shares(person: Traits) -> Mapping[str, float]:
    """Share of a person's purchases in each category that they mostly buy; empty where there were too few."""
    names, shares = person.texts("categories"), person.numbers("category_shares")
    if len(names) != len(shares) or (person.number("frequency") or 0) < FEWEST_ORDERS:
        return {}
    return {name: share for name, share in zip(names, shares, strict=True) if share > 0}


def habits(person: Traits) -> tuple[float, ...]:
    """How a person shops, in the order of `HABITS`; NaN for what is not known."""
    hours = person.numbers("hour_of_week")
    of_day = np.asarray(hours).reshape(7, 24) if len(hours) == _HOURS else np.full((7, 24), np.nan)
    value, gap = person.number("mean_basket_value"), person.number("mean_gap_days")
    return (
        float(of_day[5:].sum()),
        float(of_day[:, 5:11].sum()),
        float(of_day[:, 17:23].sum()),
        _known(person.number("discounted_share")),
        float(np.log(value)) if value is not None and value > 0 else np.nan,
        -float(np.log(max(gap, 0.1))) if gap is not None else np.nan,
    )


def _known(value: float | None) -> float:
    return np.nan if value is None else value
