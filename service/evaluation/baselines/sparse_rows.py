"""Sparse matrices row by row: scaling, and the largest entries of a product."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.sparse import csr_array, diags_array, vstack

from service.recommender.arrays import Floats, Ints

BLOCK = 4_096


def power(values: Floats, exponent: float) -> Floats:
    """Raise to a power; 0 stays 0.

    >>> power(np.float32([4, 0]), -0.5)
    array([0.5, 0. ], dtype=float32)
    """
    values = np.asarray(values, np.float32)
    return np.power(values, np.float32(exponent), out=np.zeros_like(values), where=values > 0)


def scaled(matrix: csr_array, factors: Floats) -> csr_array:
    """Multiply each row by its factor."""
    return csr_array(diags_array(factors) @ matrix, dtype=np.float32)


def largest_of_product(
    left: csr_array, right: csr_array, keep: int, reweigh: Callable[[Ints, Ints, Floats], Floats] | None = None,
) -> csr_array:
    """Multiply, and keep the largest entries of each row; ties go to the lower column.

    Parameters
    ----------
    keep : entries of each row
    reweigh : makes of rows, columns and products the entries that are compared and kept; the products where left out

    >>> a = csr_array(np.float32([[1, 2, 3], [0, 0, 0]]))
    >>> largest_of_product(a, csr_array(np.eye(3, dtype="f4")), 2).toarray()
    array([[0., 2., 3.],
           [0., 0., 0.]], dtype=float32)
    """
    blocks = []
    for start in range(0, left.shape[0], BLOCK):
        product = csr_array(left[start : start + BLOCK] @ right)
        if reweigh is not None:
            rows = np.repeat(np.arange(start, start + product.shape[0]), np.diff(product.indptr))
            product.data = reweigh(rows, product.indices.astype(np.int64), product.data)
        blocks.append(_largest(product, keep))
    return csr_array(vstack(blocks, format="csr"), dtype=np.float32)


def _largest(matrix: csr_array, keep: int) -> csr_array:
    chosen, sizes = [], []
    for start, end in zip(matrix.indptr[:-1], matrix.indptr[1:], strict=True):
        if end - start <= keep:
            entries = np.arange(start, end)
        else:
            row = matrix.data[start:end]
            last = np.partition(row, row.size - keep)[row.size - keep]
            above = np.flatnonzero(row > last)
            ties = np.flatnonzero(row == last)
            lowest = ties[np.argsort(matrix.indices[start + ties])][: keep - above.size]
            entries = start + np.concatenate([above, lowest])
        chosen.append(entries)
        sizes.append(entries.size)
    kept = np.concatenate(chosen) if chosen else np.empty(0, np.int64)
    starts = np.concatenate([[0], np.cumsum(sizes)])
    largest = csr_array((matrix.data[kept], matrix.indices[kept], starts), shape=matrix.shape, dtype=np.float32)
    largest.sort_indices()
    return largest
