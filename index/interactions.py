"""Who was interested in what, as the sparse matrix that the embedding is made from."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_array

from service.recommender.actions import Actions


def interaction_matrix(people: Sequence[Actions], n_items: int) -> csr_array:
    """Sum the interest weights of each person's actions on each item.

    A row holds what serving adds up for that person, so that folding their actions in gives the very vector that the
    decomposition saw. An item that a person dislikes more than they like it is left out.

    Parameters
    ----------
    people : the actions of each
    n_items : size of the catalogue

    Returns
    -------
    float32, shape (n_people, n_items)
    """
    sizes = np.fromiter((len(actions) for actions in people), np.int64, len(people))
    if not sizes.sum():
        return csr_array((len(people), n_items), dtype=np.float32)
    person = np.repeat(np.arange(len(people)), sizes)
    item = np.concatenate([actions.item for actions in people])
    weight = np.concatenate([actions.interest_weight for actions in people])
    matrix = csr_array((weight, (person, item)), shape=(len(people), n_items), dtype=np.float32)
    matrix.data = np.maximum(matrix.data, 0)
    matrix.eliminate_zeros()
    return matrix
