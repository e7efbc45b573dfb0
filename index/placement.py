"""Placing items that nobody, or hardly anybody, has acted upon: by what they say, are about, or promote."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve
from scipy.sparse import csr_array, diags_array
from threadpoolctl import threadpool_limits

from index.embedding import EmbeddingSettings, ItemEmbedding
from service.recommender.arrays import Floats, Ints
from service.recommender.catalogue import KINDS, SEPARATOR, Catalogue, ItemKind
from service.recommender.embedding import Embedding

EVIDENCE = 5.0
"""Summed interest from which an item stands by its own actions alone; below, it is mixed with where it is placed."""
RIDGE = 0.5
HALF_WEIGHT = 20.0
"""Summed interest at which an item counts half in the regression."""
MOST_TAUGHT = 20_000
"""How many items the regression learns from: those with the most evidence."""
_OF_A_TAG = 0.5
"""Weight of a further category; that of the main one is 1."""


def place(learned: ItemEmbedding, catalogue: Catalogue, text: csr_array, settings: EmbeddingSettings) -> Embedding:
    """Give every item a vector, however little is known of it.

    A product is placed by its titles, category, brand and price, regressed onto the vectors of items with evidence, and
    answers as an item of the popularity that these let expect; a content lies at the mean of what its categories hold,
    an ad at the mean of what it promotes. Placed items have the length of an item with just enough evidence, and give
    way to their own actions as these come in.

    Parameters
    ----------
    learned : over the catalogue's rows
    catalogue : what the items say of themselves
    text : what `text_features` makes of the catalogue
    settings : those of `learned`

    Returns
    -------
    Embedding
        Items with `EVIDENCE` or more keep exactly the vector that they had.
    """
    known = learned.degree >= EVIDENCE
    directions = _unit(learned.vectors)
    placed = np.zeros_like(learned.vectors)
    expected = np.full(len(catalogue), EVIDENCE, np.float32)
    if known.any():
        placed, expected = _by_text(text, directions, learned.degree)
        directions = np.where(known[:, None], directions, placed)
        weight = np.log1p(learned.degree) + np.float32(0.1)
        placed = _by_subject(placed, directions, weight, catalogue)
        length, usual_degree = _of_little_evidence(learned)
        placed *= length
        is_product = catalogue.kind == KINDS.index(ItemKind.PRODUCT)
        expected = np.where(is_product, np.maximum(expected, learned.degree), usual_degree)
    trust = np.minimum(learned.degree / np.float32(EVIDENCE), 1)[:, None]
    degree = np.where(known, learned.degree, expected)
    mixed = np.where(trust < 1, trust * learned.vectors + (1 - trust) * placed, learned.vectors)
    return Embedding(
        vectors=np.ascontiguousarray(mixed),
        action_scale=degree ** np.float32(-settings.action_damping),
        answer_scale=degree ** np.float32(settings.answer_boost),
    )


def _by_text(text: csr_array, directions: Floats, degree: Floats) -> tuple[Floats, Floats]:
    """Regress directions and the log of degrees on text features (ridge); an item counts the more, the more is known.

    Returns
    -------
    directions : unit vectors, zero for an item without text
    expected : float32, shape (n_items,)
        Degrees, within those that were learned from.
    """
    taught = np.sort(np.argsort(-degree, kind="stable")[:MOST_TAUGHT])
    taught = taught[degree[taught] >= EVIDENCE]
    used = np.unique(text[taught].indices)
    examples = csr_array(text[taught][:, used])
    popularity = np.log(degree[taught])
    usual = np.float32(popularity.mean())
    sought = np.column_stack([directions[taught], popularity - usual])
    weighted = csr_array(diags_array(degree[taught] / (degree[taught] + np.float32(HALF_WEIGHT))) @ examples)
    with threadpool_limits(limits=1, user_api="blas"):
        gram = (examples.T @ weighted).toarray() + RIDGE * np.eye(used.size, dtype=np.float32)
        coefficients = solve(gram, weighted.T @ sought, assume_a="pos", overwrite_a=True)
    found = np.asarray(text[:, used] @ coefficients, np.float32)
    expected = np.exp(np.clip(found[:, -1] + usual, popularity.min(), popularity.max()))
    return _unit(found[:, :-1]), expected


def _by_subject(placed: Floats, directions: Floats, weight: Floats, catalogue: Catalogue) -> Floats:
    """Move contents to what they are about and ads to what they promote, where there is such a thing."""
    products = catalogue.of_kind(ItemKind.PRODUCT)
    sums = np.zeros((len(catalogue.paths), placed.shape[1]), np.float32)
    np.add.at(sums, catalogue.path[products], directions[products] * weight[products, None])
    of_topic: dict[str, Floats] = {}

    def subject(topic: str) -> Floats:
        if topic not in of_topic:
            of_topic[topic] = _unit(sums[catalogue.paths_under(topic)].sum(axis=0, keepdims=True))[0]
        return of_topic[topic]

    out, texts = placed.copy(), catalogue.texts
    for row in np.concatenate([catalogue.of_kind(ItemKind.CONTENT), catalogue.of_kind(ItemKind.AD)]):
        promoted = catalogue.rows_of(texts.promotes[row])
        promoted = promoted[promoted >= 0]
        if promoted.size:
            mean = (directions[promoted] * weight[promoted, None]).sum(axis=0)
        else:
            mean = subject(SEPARATOR.join(texts.category[row]))
            mean = mean + np.float32(_OF_A_TAG) * sum((subject(tag) for tag in texts.tags[row]), np.zeros_like(mean))
        if mean.any():
            out[row] = _unit(mean[None, :])[0]
    return out


def _of_little_evidence(learned: ItemEmbedding) -> tuple[np.float32, np.float32]:
    """Length and degree of an item with just enough evidence: the medians of the quarter that has the least."""
    known: Ints = np.flatnonzero(learned.degree >= EVIDENCE)
    least = known[np.argsort(learned.degree[known], kind="stable")[: max(1, known.size // 4)]]
    lengths = np.linalg.norm(learned.vectors[least], axis=1)
    return np.float32(np.median(lengths)), np.float32(np.median(learned.degree[least]))


def _unit(vectors: NDArray[np.float32]) -> Floats:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(length > 0, length, 1), np.float32)
