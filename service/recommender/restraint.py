"""Restraint: what a person asked for less of is out, what they were shown in vain sinks, and both come back slowly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from service.recommender.arrays import Floats, Ints
from service.recommender.catalogue import Catalogue
from service.recommender.discretion import category_of_page
from service.recommender.feedback import Restrictions
from service.recommender.person_view import lookup
from service.recommender.question import Question

SINKS_TO = 120
"""Place to about which something sinks at once that was just shown in vain."""

Flags = npt.NDArray[np.bool_]


def sinking(
    catalogue: Catalogue, rows: Ints, question: Question, restrictions: Restrictions, tired: tuple[Ints, Floats],
) -> tuple[Flags, Floats]:
    """Tell what is out of a list, and how far all else sinks in it.

    Parameters
    ----------
    rows : int64, shape (n,)
    tired : rows that were shown in vain, ascending, and how tired of each the person is (`impressions.tiredness`)

    Returns
    -------
    out : bool, shape (n,)
        What the person wants less of for now: the item itself and its category, unless they are in that category.
    sunk : float32, shape (n,), in [0, 1]
        0 leaves an item where it is, 1 takes it out of sight.
    """
    sunk = np.zeros(rows.size, np.float32)
    at, known = lookup(tired[0], rows)
    sunk[known] = tired[1][at[known]]
    fewer = restrictions.wants_fewer(question.moment)
    if not fewer:
        return np.zeros(rows.size, np.bool_), sunk
    marked, weight = catalogue.rows_of(list(fewer)), np.fromiter(fewer.values(), np.float32, len(fewer))
    marked, weight = marked[marked >= 0], weight[marked >= 0]
    of_path = np.zeros(len(catalogue.paths), np.float32)
    np.maximum.at(of_path, catalogue.path[marked], weight)
    of_path[0] = 0  # without a category, only the item itself is meant
    unwanted = of_path[catalogue.path[rows]]
    for row, weighs in zip(marked.tolist(), weight.tolist(), strict=True):
        unwanted[rows == row] = np.maximum(unwanted[rows == row], weighs)
    here = np.isin(catalogue.path[rows], category_of_page(catalogue, question))
    return (unwanted >= 1) & ~here, np.maximum(sunk, unwanted)


def lowered(scores: Floats, sunk: Floats) -> Floats:
    """Lower ranking scores by part of the way from the best to that of place `SINKS_TO`.

    Parameters
    ----------
    scores, sunk : float32, shape (n,)

    >>> lowered(np.float32([3, 2, 1]), np.float32([0, 0.5, 0]))
    array([3., 1., 1.], dtype=float32)
    """
    if not sunk.any():
        return scores
    place = min(SINKS_TO, scores.size) - 1
    way = scores.max() - np.partition(scores, scores.size - 1 - place)[scores.size - 1 - place]
    return np.asarray(scores - sunk * way, np.float32)


def weariness(scores: Floats, rows: Ints, tired: tuple[Ints, Floats], front: int) -> float:
    """Tell how tired a person is of a shelf, in [0, 1]: of what would stand in front had nothing sunk.

    Parameters
    ----------
    scores : float32, shape (n,)
        Ranking scores before anything was lowered.
    rows : int64, shape (n,)
        Rows of the shelf's items, in any order.
    tired : rows that were shown in vain, ascending, and how tired of each the person is
    front : how many items of a shelf are seen at once

    >>> weariness(np.float32([9, 8, 1]), np.array([4, 5, 6]), (np.array([4, 6]), np.float32([0.5, 1])), 2)
    0.25
    """
    best = rows[np.argsort(-scores, kind="stable")[:front]]
    at, known = lookup(tired[0], best)
    return float(tired[1][at[known]].sum()) / max(best.size, 1)


def page_order(worn: Sequence[float]) -> list[int]:
    """Order the shelves of a page: one whose front was shown in vain goes behind others, and comes back step by step.

    Parameters
    ----------
    worn : `weariness` of each shelf, in the usual order
        Up to a half a shelf stays where it is; at 1 all fresh ones go first.

    >>> page_order([0.0, 1.0, 0.6, 0.0, 0.0, 0.0])
    [0, 3, 2, 4, 5, 1]
    """
    down = [place + round(max(2 * tired - 1, 0) * len(worn)) for place, tired in enumerate(worn)]
    return sorted(range(len(worn)), key=lambda place: (down[place], down[place] > place, place))
