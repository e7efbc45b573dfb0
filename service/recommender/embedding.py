"""Items as vectors. A person's vector is the sum of what their actions add, so every contribution is exact."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from service.recommender.arrays import Floats, Ints


@dataclass(frozen=True, slots=True)
class Embedding:
    """One vector an item, and how strongly it speaks as an action and as an answer.

    An action of weight w on item j adds ``w * action_scale[j] * vectors[j]`` to the person's vector; item i answers
    with ``answer_scale[i] * vectors[i]``; the retrieval score of i is the inner product of the two. Taking an action
    away costs exactly its contribution, since the score is a sum over actions.

    Attributes
    ----------
    vectors : float32, shape (n_items, dimension)
    action_scale : float32, shape (n_items,)
    answer_scale : float32, shape (n_items,)
    """

    vectors: Floats
    action_scale: Floats
    answer_scale: Floats

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self.vectors.shape[1])

    def person_vector(self, rows: Ints, weights: Floats) -> Floats:
        """Sum what actions add.

        Parameters
        ----------
        rows : int64, shape (n_actions,)
            Items acted upon.
        weights : float32, shape (n_actions,)
            How strongly each action speaks; negative for dislike.

        Returns
        -------
        float32, shape (dimension,)

        >>> e = Embedding(np.eye(2, dtype="f4"), np.ones(2, "f4"), np.ones(2, "f4"))
        >>> e.person_vector(np.array([0, 1, 1]), np.float32([1, 1, -0.5]))
        array([1. , 0.5], dtype=float32)
        """
        if not rows.size:
            return np.zeros(self.dimension, np.float32)
        return np.asarray((weights * self.action_scale[rows]) @ self.vectors[rows], np.float32)

    def retrieval_scores(self, vector: Floats, rows: Ints) -> Floats:
        """Inner products of a person's vector with the answers of items, shape (n_rows,)."""
        # take: of thousands of rows it gathers in half the time that indexing needs
        return np.asarray((self.vectors.take(rows, axis=0) @ vector) * self.answer_scale[rows], np.float32)

    def added(self, rows: Ints, weights: Floats) -> Floats:
        """Tell what each action adds to a person's vector, shape (n_actions, dimension)."""
        return np.asarray((weights * self.action_scale[rows])[:, None] * self.vectors[rows], np.float32)


def cosine_falls(added: Floats, parts: Floats) -> Floats:
    """Tell how far each cosine with a person's vector falls when an action leaves that vector.

    Parameters
    ----------
    added : float32, shape (n_actions, dimension)
        What each action adds to the person's vector.
    parts : float32, shape (n_rows, n_actions)
        What each action contributes to each inner product.

    Returns
    -------
    float32, shape (n_rows, n_actions)
        Falls, times the length of the item's own vector.
    """
    vector = added.sum(axis=0)
    whole = max(float(vector @ vector), 1e-12)
    left = np.sqrt(np.maximum(whole - 2 * (added @ vector) + np.einsum("ij,ij->i", added, added), 0))
    score = parts.sum(axis=1, keepdims=True)
    vanishes = left < 1e-4 * whole**0.5  # nothing is left of it but rounding
    without = np.where(vanishes, 0, (score - parts) / np.where(vanishes, 1, left))
    return np.asarray(score / whole**0.5 - without, np.float32)
