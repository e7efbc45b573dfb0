"""Hashed words and letter groups of what an item is called: the same for every language, with nothing to download."""

from __future__ import annotations

import math
import re
import unicodedata
import zlib
from collections.abc import Iterator
from functools import cache

import numpy as np
from scipy.sparse import csr_array, diags_array

from service.recommender.arrays import Ints
from service.recommender.catalogue import SEPARATOR, Catalogue

BUCKETS = 4096
_WORD = re.compile(r"[a-z0-9]+|[^\W_a-z0-9]+")
_LETTERS = 3
_LETTERS_OF_OTHER_SCRIPTS = 2
_NAMESAKE = re.compile(r"\((?:no\.|nr\.|#)?\s*\d+\)")
"""A number in brackets tells items of one name apart, and says nothing of them."""
_BANDS_OF_A_DOUBLING = 2


def text_features(catalogue: Catalogue) -> csr_array:
    """Describe every item by its titles, category, brand and price: TF-IDF over hashed features.

    Returns
    -------
    float32, shape (n_items, BUCKETS)
        Rows of length 1; an item of which nothing is said has a zero row.

    References
    ----------
    Weinberger et al., Feature Hashing for Large Scale Multitask Learning, ICML 2009.
    """
    texts = catalogue.texts

    @cache  # titles differ, their words recur
    def of_word(word: str) -> Ints:
        return _buckets(letters(word))

    @cache
    def of_field(field: str, text: str) -> Ints:
        return _buckets(levels(field, text))

    rows = [
        np.concatenate([
            *(of_word(word) for title in dict.fromkeys([texts.title[row], *texts.titles[row].values()])
              for word in words(title)),
            *(of_field(field, text) for field, text in _facts(catalogue, row)),
        ])
        for row in range(len(catalogue))
    ]
    ends = np.cumsum([0, *(len(row) for row in rows)])
    columns = np.concatenate(rows) if rows else np.empty(0, np.int64)
    counts = csr_array((np.ones(columns.size, np.float32), columns, ends), shape=(len(rows), BUCKETS))
    counts.sum_duplicates()
    return _tf_idf(counts)


def _facts(catalogue: Catalogue, row: int) -> Iterator[tuple[str, str]]:
    """Category, brand and price of an item, and what they say only together."""
    texts, price = catalogue.texts, float(catalogue.price[row])
    path, brand = SEPARATOR.join(texts.category[row]), texts.brand[row] or ""
    yield "category:", path
    yield "path:", path
    yield "brand:", brand
    if brand:
        yield f"path of {brand}:", path
    if price > 0:
        band = math.floor(_BANDS_OF_A_DOUBLING * math.log2(price))
        yield "price:", str(band)
        if path:
            yield f"price in {path}:", str(band)


def words(title: str) -> list[str]:
    """Words of a title, without regard to case and width.

    >>> words("Brie de Meaux (No. 3)")
    ['brie', 'de', 'meaux']
    """
    return _WORD.findall(_NAMESAKE.sub(" ", _folded(title)))


def letters(word: str) -> Iterator[str]:
    """Give a word, and groups of letters within it: three in ASCII, two in other scripts.

    >>> list(letters("brie"))
    ['brie', '^br', 'bri', 'rie', 'ie$']
    >>> list(letters("牛乳"))
    ['牛乳', '^牛', '牛乳', '乳$']
    """
    yield word
    size, marked = _LETTERS if word.isascii() else _LETTERS_OF_OTHER_SCRIPTS, f"^{word}$"
    yield from (marked[at : at + size] for at in range(len(marked) - size + 1))


def levels(field: str, text: str) -> Iterator[str]:
    """Whole levels of a field; one that begins with ``path`` gives each level together with those above it.

    >>> list(levels("category:", "Fresh > Cheese"))
    ['category:fresh', 'category:cheese']
    >>> list(levels("path:", "Fresh > Cheese"))
    ['path:fresh', 'path:fresh > cheese']
    """
    found = [level for level in _folded(text).split(SEPARATOR) if level]
    if field.startswith("path"):
        found = [SEPARATOR.join(found[: depth + 1]) for depth in range(len(found))]
    yield from (field + level for level in found)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _buckets(terms: Iterator[str]) -> Ints:
    return np.fromiter((zlib.crc32(term.encode()) % BUCKETS for term in terms), np.int64)


def _tf_idf(counts: csr_array) -> csr_array:
    matrix = counts.copy()
    matrix.data = 1 + np.log(matrix.data)
    frequency = np.bincount(matrix.indices, minlength=BUCKETS)
    matrix = csr_array(matrix @ diags_array(np.log((1 + counts.shape[0]) / (1 + frequency)) + 1))
    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return csr_array(diags_array(1 / np.where(length > 0, length, 1)) @ matrix, dtype=np.float32)
