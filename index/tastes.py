"""Finding groups of customers who buy alike, and the words for what marks each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import numpy.typing as npt
from scipy.cluster.vq import vq

from service.recommender.arrays import Ints
from service.recommender.segment_sizes import SMALLEST
from service.recommender.taste import HABITS, Mark, Taste, Tastes, category_shares, habits
from service.recommender.traits import Traits

MOST_TASTES = 8
STARTS = 5
"""Times that the search begins anew; the tightest grouping is kept."""
FEW_STARTS = 2
"""For a grouping that is only compared."""
ROUNDS = 40
STABLE = 0.5
"""Stability from which a grouping is taken; of none so stable, the most stable one is."""
MOST_COMPARED = 4_000
MOST_MARKS = 3
_CLEARLY = 1.3
"""Times everybody's share from which a category marks a taste."""
_NOTABLE = 0.02
"""Share of purchases below which a category marks nobody."""
_HABITUAL = 0.6
"""Standard deviations from everybody's mean from which a habit marks a taste."""
Doubles = npt.NDArray[np.float64]


def find_tastes(people: Sequence[Traits], unspeakable: Collection[str], seed: int) -> Tastes | None:
    """Group customers, into as many groups as can each be told by words, hold enough people, and would be found again.

    Parameters
    ----------
    people : who agreed that models learn from them
    unspeakable : categories that are never told
    seed : of the search

    Returns
    -------
    None where there are too few people for two groups, or none that words can tell apart.
    """
    known = [person for person in people if category_shares(person)]
    axes = _axes(known)
    if len(known) < 2 * SMALLEST or not axes:
        return None
    measured = np.array([habits(person) for person in known])
    mean, deviation = _spread(measured)
    empty = Tastes(axes, tuple(mean.tolist()), tuple(deviation.tolist()), np.zeros((0, 0), np.float32), ())
    points = np.array([empty.vector(person) for person in known], np.float64)
    shares, habitual = np.square(points[:, : len(axes)]), (measured - mean) / deviation
    best, found = 0.0, None
    for size in range(min(MOST_TASTES, len(known) // SMALLEST), 1, -1):
        centres, label = cluster(points, size, seed)
        tastes = _worded(axes, shares, habitual, label, size, unspeakable)
        sure = stability(points, size, seed) if tastes else 0.0
        if sure > best:
            best = sure
            found = Tastes(axes, empty.habit_mean, empty.habit_deviation, centres.astype(np.float32), tastes)
        if best >= STABLE:
            break
    return found


def stability(points: Doubles, size: int, seed: int) -> float:
    """Whether two halves of the points group all of them alike: the adjusted Rand index, 0 by chance and 1 exactly.

    References
    ----------
    Hubert & Arabie, Journal of Classification 2, 1985.
    """
    order = np.random.default_rng(seed).permutation(len(points))[:MOST_COMPARED]
    halves = (points[order[0::2]], points[order[1::2]])
    first, second = (vq(points[order], cluster(half, size, seed, FEW_STARTS)[0])[0] for half in halves)
    table = np.zeros((size, size))
    np.add.at(table, (first, second), 1)
    pairs, rows, columns = (_pairs(counts) for counts in (table, table.sum(axis=1), table.sum(axis=0)))
    by_chance = rows * columns / _pairs(np.array([order.size]))
    most = (rows + columns) / 2
    return float((pairs - by_chance) / (most - by_chance)) if most > by_chance else 0.0


def _pairs(counts: Doubles) -> float:
    return float((counts * (counts - 1) / 2).sum())


def cluster(points: Doubles, size: int, seed: int, starts: int = STARTS) -> tuple[Doubles, Ints]:
    """Group points about `size` centres (k-means), the best of several starts.

    Returns
    -------
    centres : float64, shape (size, n_dimensions)
    label : int64, shape (n_points,)

    References
    ----------
    Lloyd 1982; Arthur & Vassilvitskii, k-means++, SODA 2007.
    """
    draw = np.random.default_rng(seed)
    tries = [_settled(points, _scattered(points, size, draw)) for _ in range(starts)]
    _, centres, label = min(tries, key=lambda one: one[0])
    return centres, label


def _settled(points: Doubles, centres: Doubles) -> tuple[float, Doubles, Ints]:
    """Move each centre to the middle of its points until none moves; one without points stays."""
    for _ in range(ROUNDS):
        label, distance = vq(points, centres)
        count = np.bincount(label, minlength=len(centres))
        moved = centres.copy()
        for at in np.flatnonzero(count):
            moved[at] = points[label == at].mean(axis=0)
        if np.array_equal(moved, centres):
            break
        centres = moved
    label, distance = vq(points, centres)
    return float(np.square(distance).sum()), centres, label.astype(np.int64)


def _scattered(points: Doubles, size: int, draw: np.random.Generator) -> Doubles:
    """Choose points to start from, each the likelier the farther it lies from those chosen before."""
    chosen = [int(draw.integers(len(points)))]
    distance = np.square(points - points[chosen[0]]).sum(axis=1)
    for _ in range(size - 1):
        total = distance.sum()
        chosen.append(int(draw.choice(len(points), p=distance / total)) if total else int(draw.integers(len(points))))
        distance = np.minimum(distance, np.square(points - points[chosen[-1]]).sum(axis=1))
    return points[chosen]


def _axes(people: Sequence[Traits]) -> tuple[str, ...]:
    """Categories that enough people buy: what fewer do is left out of everything that is kept."""
    buyers = Counter(category for person in people for category in category_shares(person))
    return tuple(sorted(category for category, count in buyers.items() if count >= SMALLEST))


def _spread(measured: Doubles) -> tuple[Doubles, Doubles]:
    known = np.isfinite(measured)
    count = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, measured, 0).sum(axis=0) / count
    variance = np.where(known, np.square(measured - mean), 0).sum(axis=0) / count
    return mean, np.where(variance > 1e-9, np.sqrt(variance), 1.0)  # noqa: PLR2004 - what nobody differs in


def _worded(
    axes: Sequence[str], shares: Doubles, habitual: Doubles, label: Ints, size: int, unspeakable: Collection[str],
) -> tuple[Taste, ...]:
    """Name each group by what marks it; nothing where one is too small or cannot be told from everybody."""
    found: dict[str, tuple[Mark, ...]] = {}
    for number in range(size):
        members = label == number
        marks = _marks(axes, shares, habitual, members, unspeakable) if members.sum() >= SMALLEST else ()
        key = _key(marks, found)
        if not marks or key in found:
            return ()
        found[key] = marks
    return tuple(Taste(key, marks) for key, marks in found.items())


def _marks(
    axes: Sequence[str], shares: Doubles, habitual: Doubles, members: npt.NDArray[np.bool_],
    unspeakable: Collection[str],
) -> tuple[Mark, ...]:
    usual, own = shares.mean(axis=0), shares[members].mean(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        telling = np.where((own >= _NOTABLE) & (own >= _CLEARLY * usual), (own - usual) * np.log(own / usual), 0)
    order = [at for at in np.argsort(-telling, kind="stable") if telling[at] > 0 and axes[at] not in unspeakable]
    categories = [Mark(category=axes[at], usual_share=round(float(usual[at]), 4)) for at in order[:MOST_MARKS]]
    strength = np.nan_to_num(habitual[members]).mean(axis=0)
    best = int(np.argmax(strength))
    habit = [Mark(habit=HABITS[best])] if strength[best] >= _HABITUAL else []
    return (*categories[: MOST_MARKS - len(habit)], *habit)


def _key(marks: Sequence[Mark], taken: Mapping[str, object]) -> str:
    """Name a group by its first mark, and by as many more as tell it from the others."""
    names = [_slug(mark.category or mark.habit or "") for mark in marks]
    keys = [f"taste.{'+'.join(names[:count])}" for count in range(1, len(names) + 1)] or ["taste"]
    return next((key for key in keys if key not in taken), keys[-1])


def _slug(category: str) -> str:
    last = category.rsplit(" > ", 1)[-1].lower()
    return "-".join("".join(one if one.isalnum() else " " for one in last).split())
