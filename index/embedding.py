"""Item embedding by normalised truncated singular value decomposition."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array, diags_array
from threadpoolctl import threadpool_limits

from service.recommender.arrays import Floats

OVERSAMPLING = 10
_NOISE = 1e-3


@dataclass(frozen=True, slots=True)
class EmbeddingSettings:
    """Exponents of the normalisation; the defaults were chosen on another data set than any that is reported."""

    dimension: int = 128
    person_damping: float = 0.4
    item_damping: float = 0.35
    action_damping: float = 0.45
    answer_boost: float = 0.25
    spectrum: float = 0.0
    power_iterations: int = 2
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

    def rescaled(self, settings: EmbeddingSettings) -> ItemEmbedding:
        """The same items, speaking and answering by other exponents: no decomposition is needed for these two."""
        return _scaled(self.vectors, self.degree, settings)


def embed(interactions: csr_array, settings: EmbeddingSettings) -> ItemEmbedding:
    """Embed the items of a people-by-items matrix R by a truncated SVD of A = D_u^-a R D_i^-b.

    V, s being the right singular vectors and values of A, item j lies at V_j · (s/s₁)^(p/2), an action on it is scaled
    by d_j^-b1 and its answer by d_j^c. The result depends on the inputs alone, not on the machine's cores: the sketch
    is seeded, one BLAS thread is used, and each dimension's largest entry is made positive.

    The decomposition is randomised, with few power iterations. It is not only four times cheaper than an exact one
    but also recommends better (recall@20 on Gowalla .177 instead of .170): what it blurs is mostly noise.

    Parameters
    ----------
    interactions : sparse, shape (n_people, n_items)
        Not negative; a larger number is more interest.
    settings : exponents a, b, b1, c, p and the dimension

    Returns
    -------
    ItemEmbedding
        Of `settings.dimension` or, in a small shop, of half as many as there are people or items. An item without
        interactions has a zero vector.

    References
    ----------
    Nikolakopoulos et al., EigenRec, KAIS 2019 (scaling by degree before the decomposition). Halko, Martinsson and
    Tropp, Finding Structure with Randomness, SIAM Review 2011 (the randomised decomposition).

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
    return _scaled(np.ascontiguousarray(right * strength, dtype=np.float32), degree, settings)


def _scaled(vectors: Floats, degree: Floats, settings: EmbeddingSettings) -> ItemEmbedding:
    return ItemEmbedding(
        vectors=vectors,
        action_scale=np.maximum(degree, 1).astype(np.float32) ** np.float32(-settings.action_damping),
        answer_scale=np.maximum(degree, 1).astype(np.float32) ** np.float32(settings.answer_boost),
        degree=degree,
    )


def _power(degree: Floats, exponent: float) -> Floats:
    seen = degree > 0
    return np.power(degree, exponent, out=np.zeros_like(degree), where=seen)


def _decompose(matrix: csr_array, settings: EmbeddingSettings) -> tuple[Floats, Floats]:
    """Singular values, largest first, and right singular vectors as columns."""
    size = min(settings.dimension, max(1, min(matrix.shape) // 2))  # as many as people or items would only memorise
    sketched = min(size + OVERSAMPLING, *matrix.shape)
    sample = np.random.default_rng(settings.seed).normal(size=(matrix.shape[1], sketched)).astype(np.float32)
    across = csr_array(matrix.T)
    with threadpool_limits(limits=1, user_api="blas"):
        basis = np.linalg.qr(matrix @ sample).Q
        for _ in range(settings.power_iterations):
            basis = np.linalg.qr(matrix @ (across @ basis)).Q
        seen = across @ basis
        squares, rotation = np.linalg.eigh(seen.T.astype(np.float64) @ seen)
        values = np.sqrt(squares[::-1][:size].clip(0)).astype(np.float32)
        right = seen @ rotation[:, ::-1][:, :size].astype(np.float32)
    there = values > _NOISE * values.max(initial=0)  # directions beyond the rank are arbitrary
    right = np.divide(right, values, out=np.zeros_like(right), where=there)
    largest = right[np.argmax(np.abs(right), axis=0), np.arange(size)] if right.size else values
    return values, right * np.where(largest < 0, -1, 1).astype(np.float32)
