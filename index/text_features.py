"""Hashed words and letter groups of what an item is called: the same for every language, with nothing to download."""

from __future__ import annotations

import math
import re
import unicodedata
import zlib
from collections.abc import Iterator

import numpy as np
from scipy.sparse import csr_array, diags_array

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
    known: dict[str, np.ndarray[tuple[int], np.dtype[np.int64]]] = {}

    def hashed(field: str, text: str) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        key = field + text
        if key not in known:
            known[key] = np.fromiter((zlib.crc32(term.encode()) % BUCKETS for term in terms(field, text)), np.int64)
        return known[key]

    texts = catalogue.texts
    rows = [
        np.concatenate([
            *(hashed("", text) for text in dict.fromkeys([texts.title[row], *texts.titles[row].values()])),
            *(hashed(field, text) for field, text in _facts(catalogue, row)),
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


def terms(field: str, text: str) -> Iterator[str]:
    """Words, and groups of letters within them: three in ASCII, two in other scripts; of a field, its whole levels.

    A field that begins with ``path`` gives each level together with those above it.

    >>> list(terms("", "Brie"))
    ['brie', '^br', 'bri', 'rie', 'ie$']
    >>> list(terms("", "牛乳"))
    ['牛乳', '^牛', '牛乳', '乳$']
    >>> list(terms("category:", "Fresh > Cheese"))
    ['category:fresh', 'category:cheese']
    >>> list(terms("path:", "Fresh > Cheese"))
    ['path:fresh', 'path:fresh > cheese']
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    if field:
        levels = [level for level in folded.split(SEPARATOR) if level]
        if field.startswith("path"):
            levels = [SEPARATOR.join(levels[: depth + 1]) for depth in range(len(levels))]
        yield from (field + level for level in levels)
        return
    for word in _WORD.findall(_NAMESAKE.sub(" ", folded)):
        yield word
        size = _LETTERS if word.isascii() else _LETTERS_OF_OTHER_SCRIPTS
        marked = f"^{word}$"
        yield from (marked[at : at + size] for at in range(len(marked) - size + 1))


def _tf_idf(counts: csr_array) -> csr_array:
    matrix = counts.copy()
    matrix.data = 1 + np.log(matrix.data)
    frequency = np.bincount(matrix.indices, minlength=BUCKETS)
    matrix = csr_array(matrix @ diags_array(np.log((1 + counts.shape[0]) / (1 + frequency)) + 1))
    length = np.sqrt(np.asarray(matrix.multiply(matrix).sum(axis=1)).ravel())
    return csr_array(diags_array(1 / np.where(length > 0, length, 1)) @ matrix, dtype=np.float32)
