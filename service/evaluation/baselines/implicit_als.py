"""Matrix factorisation of implicit feedback by alternating least squares."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy.sparse import csr_array
from threadpoolctl import threadpool_limits

from service.evaluation.best import rank_by
from service.evaluation.contender import WEEKLY
from service.evaluation.interactions import Interactions
from service.evaluation.occasions import Occasions
from service.recommender.arrays import Floats, Ints

_CHUNK = 200_000
_STEPS = 3
_TINY = 1e-12


class ImplicitAls:
    """Minimise Σ_taken c (1 - w·h)² + α₀ Σ_all (w·h)² + λ Σ (degree + α₀ n) |w|², over people w and items h in turn.

    Each least squares is solved by a few steps of conjugate gradients from where it stood. A person at test is solved
    from their own exact history. c is in how many baskets a person took an item.

    Parameters
    ----------
    dimension, iterations : of the factors, and turns
    unobserved : α₀, the weight of what was not taken
    regularisation : λ
    seed : of the first factors

    References
    ----------
    Hu, Koren and Volinsky, Collaborative Filtering for Implicit Feedback Datasets, ICDM 2008. Takács et al.,
    Applications of the Conjugate Gradient Method for Implicit Feedback Collaborative Filtering, RecSys 2011.
    Rendle et al., Revisiting the Performance of iALS on Item Recommendation Benchmarks, RecSys 2022 (the weights).
    """

    name = "implicit-als"
    lasts = WEEKLY

    def __init__(
        self, dimension: int = 64, iterations: int = 8, unobserved: float = 0.01, regularisation: float = 0.003,
        seed: int = 7,
    ) -> None:
        self._dimension, self._iterations, self._seed = dimension, iterations, seed
        self._unobserved, self._regularisation = unobserved, regularisation

    def fit(self, train: Interactions, as_of: int) -> None:  # noqa: ARG002 - all of train is before it
        """Factorise."""
        self._popularity = train.popularity
        by_person = train.matrix()
        by_item = csr_array(by_person.T)
        draw = np.random.default_rng(self._seed)
        scale = 0.1 / np.sqrt(self._dimension)
        self._items = draw.normal(0, scale, (train.n_items, self._dimension)).astype(np.float32)
        people = draw.normal(0, scale, (train.n_people, self._dimension)).astype(np.float32)
        with threadpool_limits(limits=1, user_api="blas"):
            for _ in range(self._iterations):
                people = self._solve(by_person, self._items, people, _STEPS)
                self._items = self._solve(by_item, people, self._items, _STEPS)

    def rank(self, occasions: Occasions, k: int) -> Ints:
        """Solve the askers from their histories, and multiply."""

        def marks(block: Occasions) -> Floats:
            start = np.zeros((len(block), self._dimension), np.float32)
            people = self._solve(block.past_matrix(), self._items, start, 4 * _STEPS)
            return np.asarray(people @ self._items.T, np.float32)

        with threadpool_limits(limits=1, user_api="blas"):
            return rank_by(marks, occasions, self._popularity, k)

    def _solve(self, taken: csr_array, fixed: Floats, start: Floats, steps: int) -> Floats:
        """Solve (Σ c h hᵀ + α₀ HᵀH + λ_u I) w = Σ c h for every row at once.

        Parameters
        ----------
        taken : c, shape (n_rows, n_fixed)
        fixed : float32, shape (n_fixed, dimension)
        start : float32, shape (n_rows, dimension)
        """
        gram = self._unobserved * (fixed.T @ fixed)
        degree = np.diff(taken.indptr).astype(np.float32)
        ridge = (self._regularisation * (degree + self._unobserved * fixed.shape[0]))[:, None]

        def applied(rows: Floats) -> Floats:
            return np.asarray(_through_taken(taken, fixed, rows) + rows @ gram + ridge * rows, np.float32)

        solution = start.copy()
        residual = taken @ fixed - applied(solution)
        direction, squared = residual.copy(), np.einsum("ij,ij->i", residual, residual)
        for _ in range(steps):
            image = applied(direction)
            length = (squared / (np.einsum("ij,ij->i", direction, image) + _TINY))[:, None]
            solution += length * direction
            residual -= length * image
            smaller = np.einsum("ij,ij->i", residual, residual)
            direction = residual + (smaller / (squared + _TINY))[:, None] * direction
            squared = smaller
        return solution


def _through_taken(taken: csr_array, fixed: Floats, rows: Floats) -> Floats:
    """Σ over what each row took of c h (h · row), in chunks of rows whose gathered factors stay small."""
    result = np.empty_like(rows)
    cuts = np.searchsorted(taken.indptr, np.arange(0, taken.nnz + _CHUNK, _CHUNK))
    cuts = np.unique(np.append(cuts.clip(max=rows.shape[0]), [0, rows.shape[0]]))
    for start, end in pairwise(cuts):
        part = taken[start:end]
        owner = np.repeat(np.arange(start, end), np.diff(part.indptr))
        part.data = part.data * np.einsum("ij,ij->i", fixed[part.indices], rows[owner])
        result[start:end] = part @ fixed
    return result
