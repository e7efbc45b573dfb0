"""Search over titles: every word must be there, the last may be unfinished; Japanese is matched by pairs of letters."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property

import numpy as np

from service.recommender.arrays import Floats, Ints
from service.recommender.catalogue import Catalogue

_WORD = re.compile(r"[a-z0-9]+|[^\x00-\x7f]+")
MOST_QUERY_CHARACTERS = 200


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _terms(text: str) -> Iterator[str]:
    for word in _WORD.findall(_fold(text)):
        if word.isascii() or len(word) == 1:
            yield word
        else:
            yield from (word[at : at + 2] for at in range(len(word) - 1))


def _letters(text: str) -> Iterator[str]:
    """Single letters of words that are matched by pairs, so that one letter alone finds its words too."""
    for word in _WORD.findall(_fold(text)):
        if not word.isascii():
            yield from word


class TitleSearch:
    """An inverted index from words to rows.

    Parameters
    ----------
    catalogue : the items
    weight : float32, shape (n_items,)
        Orders what is found; larger first.
    """

    def __init__(self, catalogue: Catalogue, weight: Floats) -> None:
        rows: dict[str, list[int]] = defaultdict(list)
        for row in range(len(catalogue)):
            titles = catalogue.texts.titles[row].values()
            texts = {catalogue.texts.title[row], *titles, catalogue.texts.brand[row] or ""}
            for term in {term for text in texts for term in (*_terms(text), *_letters(text))}:
                rows[term].append(row)
        self._rows = {term: np.array(found, np.int64) for term, found in rows.items()}
        self._weight = weight

    @cached_property
    def _sorted_terms(self) -> list[str]:
        return sorted(self._rows)

    def find(self, query: str) -> Ints:
        """Rows whose titles have every word of the query, most bought first; empty where the query has no word."""
        terms = list(dict.fromkeys(_terms(query[:MOST_QUERY_CHARACTERS])))
        if not terms:
            return np.empty(0, np.int64)
        found = self._prefixed(terms[-1])
        for term in terms[:-1]:
            found = np.intersect1d(found, self._rows.get(term, np.empty(0, np.int64)), assume_unique=True)
        return found[np.lexsort((found, -self._weight[found]))]

    def _prefixed(self, prefix: str) -> Ints:
        at = bisect_left(self._sorted_terms, prefix)
        groups = []
        while at < len(self._sorted_terms) and self._sorted_terms[at].startswith(prefix):
            groups.append(self._rows[self._sorted_terms[at]])
            at += 1
        return np.unique(np.concatenate(groups)) if groups else np.empty(0, np.int64)
