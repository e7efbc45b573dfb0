"""Discretion: what is sensitive is in no list, reason or profile, but for whoever is in that very category now."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from service.recommender.arrays import Ints
from service.recommender.catalogue import Catalogue
from service.recommender.events import RecentAction
from service.recommender.question import Question
from service.recommender.title_search import TitleSearch

MOSTLY = 0.5
"""Part of what a topic is about from which the topic itself is sensitive."""


def tactful(catalogue: Catalogue, rows: Ints, question: Question) -> npt.NDArray[np.bool_]:
    """Which items may be shown on a page with tact: all but sensitive ones of other categories than the page's."""
    discreet = catalogue.discreet[rows]
    if not discreet.any():
        return ~discreet
    return ~discreet | np.isin(catalogue.path[rows], category_of_page(catalogue, question))


def category_of_page(catalogue: Catalogue, question: Question) -> npt.NDArray[np.int32]:
    """Codes of the categories that the person is in right now: that of the filter, and of the item on the page."""
    codes = []
    if question.filter.category:
        codes.append(catalogue.paths_under(question.filter.category))
    row = catalogue.row_of.get(question.context.item_id or "")
    if row is not None and catalogue.path[row]:  # an item without a category puts nobody into one
        codes.append(catalogue.path[row : row + 1])
    return np.concatenate(codes) if codes else np.empty(0, np.int32)


def is_sensitive_topic(topic: str, catalogue: Catalogue, titles: TitleSearch | None = None) -> bool:
    """Whether most of what a category path or a query finds is sensitive.

    Parameters
    ----------
    titles : finds the items of a topic that is no category; without it such a topic counts as harmless
    """
    codes = catalogue.paths_under(topic)
    if codes.size:
        found = np.flatnonzero(np.isin(catalogue.path, codes))
    else:
        found = titles.find(topic) if titles is not None else np.empty(0, np.int64)
    return bool(found.size and catalogue.sensitive[found].mean() >= MOSTLY)


def discreet_actions(actions: Iterable[RecentAction], catalogue: Catalogue) -> list[RecentAction]:
    """Leave out what a person did with sensitive items, or looked for among them: it becomes part of no feature."""
    if not catalogue.sensitive.any():
        return list(actions)
    kept = []
    for action in actions:
        row = catalogue.row_of.get(action.item_id, -1)
        told = row >= 0 and bool(catalogue.sensitive[row])
        if not told and not (action.topic and is_sensitive_topic(action.topic, catalogue)):
            kept.append(action)
    return kept
