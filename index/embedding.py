"""Item embedding by normalised truncated singular value decomposition."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_array, diags_array
from scipy.sparse.linalg import svds
from threadpoolctl import threadpool_limits

from service.recommender.ports import Floats

if TYPE_CHECKING:
    from numpy.typing import NDArray

DENSE_BELOW = 64
"""A matrix with fewer rows or columns is decomposed densely: ARPACK needs room beside the wanted dimension."""


@dataclass(frozen=True, slots=True)
class EmbeddingSettings:
    """Exponents of the normalisation; the defaults were chosen on another data set than any that is reported."""

    dimension: int = 128
    person_damping: float = 0.4
    item_damping: float = 0.35
    action_damping: float = 0.45
    answer_boost: float = 0.25
    spectrum: float = 0.0
    seed: int = 7


@dataclass(frozen=True, slots=True)
class ItemEmbedding:
    """Where items lie, and how strongly each speaks and answers.

    An action of weight w on item j adds ``w * action_scale[j] * vectors[j]`` to the person's vector; item i answers
    with ``answer_scale[i] * vectors[i]``. A person's vector is thus a sum, and what one action contributes to one
    item is exact.
    """

    vectors: Floats
    """float32, shape (n_items, dimension)."""
    action_scale: Floats
    """float32, shape (n_items,)."""
    answer_scale: Floats
    """float32, shape (n_items,)."""
    degree: Floats
    """float32, shape (n_items,): summed interaction weight of each item."""

    @property
    def answers(self) -> Floats:
        """Answering vectors, float32, shape (n_items, dimension): what a nearest-neighbour index holds."""
        return self.vectors * self.answer_scale[:, None]


def embed(interactions: csr_array, settings: EmbeddingSettings) -> ItemEmbedding:
    """Embed the items of a people-by-items matrix R by a truncated SVD of A = D_u^-a R D_i^-b.

    V, s being the right singular vectors and values of A, item j lies at V_j · (s/s₁)^(p/2), an action on it is scaled
    by d_j^-b1 and its answer by d_j^c. The result depends on the inputs alone, not on the machine's cores: the start
    vector is seeded, one BLAS thread is used, and each dimension's largest entry is made positive.

    Parameters
    ----------
    interactions : sparse, shape (n_people, n_items)
        Not negative; a larger number is more interest.
    settings : exponents a, b, b1, c, p and the dimension

    Returns
    -------
    ItemEmbedding
        Of `settings.dimension` or, in a small shop, of as many dimensions as its matrix has. An item without
        interactions has a zero vector.

    References
    ----------
    Nikolakopoulos et al., EigenRec, KAIS 2019; the answering exponent separates popularity from taste.

    >>> same_taste = csr_array(np.array([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1]], dtype="f4"))
    >>> one = embed(same_taste, EmbeddingSettings(dimension=2))
    >>> bool(one.answers[1] @ one.vectors[0] > one.answers[2] @ one.vectors[0])
    True
    """
    matrix = csr_array(interactions, dtype=np.float32)
    person_degree = np.asarray(matrix.sum(axis=1)).ravel()
    degree = np.asarray(matrix.sum(axis=0)).ravel().astype(np.float32)
    normalised = diags_array(_power(person_degree, -settings.person_damping)) @ matrix
    normalised = csr_array(normalised @ diags_array(_power(degree, -settings.item_damping)), dtype=np.float32)
    values, right = _decompose(normalised, settings)
    strongest = float(values[0]) if values.size and values[0] > 0 else 1.0
    strength = (values / strongest) ** (settings.spectrum / 2)
    return ItemEmbedding(
        vectors=np.ascontiguousarray(right * strength, dtype=np.float32),
        action_scale=np.maximum(degree, 1).astype(np.float32) ** np.float32(-settings.action_damping),
        answer_scale=np.maximum(degree, 1).astype(np.float32) ** np.float32(settings.answer_boost),
        degree=degree,
    )


def _power(degree: Floats, exponent: float) -> Floats:
    seen = degree > 0
    return np.power(degree, exponent, out=np.zeros_like(degree), where=seen)


def _decompose(matrix: csr_array, settings: EmbeddingSettings) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    smaller = min(matrix.shape)
    size = min(settings.dimension, smaller)
    with threadpool_limits(limits=1, user_api="blas"):
        if smaller < DENSE_BELOW or size >= smaller // 2:
            _, values, right = np.linalg.svd(matrix.toarray(), full_matrices=False)
            values, right = values[:size], right[:size]
        else:
            start = np.random.default_rng(settings.seed).normal(size=smaller).astype(np.float32)
            _, values, right = svds(matrix, k=size, v0=start, solver="arpack", return_singular_vectors="vh",
                                    rng=np.random.default_rng(settings.seed))
            order = np.argsort(-values, kind="stable")
            values, right = values[order], right[order]
    columns = right.T
    largest = columns[np.argmax(np.abs(columns), axis=0), np.arange(columns.shape[1])] if columns.size else values
    return values, columns * np.where(largest < 0, -1, 1).astype(np.float32)
