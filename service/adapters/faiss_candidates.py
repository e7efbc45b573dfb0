"""Nearest neighbours out of FAISS."""

from __future__ import annotations

import faiss
import numpy as np

from index.search import search
from service.recommender.arrays import Floats, Ints
from service.recommender.errors import IndexUnavailable


class FaissCandidates:
    """A `CandidateSource` on one index of an artefact.

    Parameters
    ----------
    index : its ids are rows of the artefact
    rows_of_index : int64, shape (n_rows_of_artefact,)
        Row of the catalogue for each row of the artefact; -1 where the shop has that item no longer.
    """

    def __init__(self, index: faiss.Index, rows_of_index: Ints) -> None:
        self._index = index
        self._rows = np.append(rows_of_index, -1)  # so that FAISS' -1 for "no more" stays -1

    def neighbours(self, vectors: Floats, size: int) -> tuple[Ints, Floats]:
        """Find the `size` items nearest to each vector; see `CandidateSource`."""
        if vectors.ndim != 2 or vectors.shape[1] != self._index.d:  # noqa: PLR2004
            raise IndexUnavailable(f"The index has {self._index.d} dimensions; vectors of shape {vectors.shape} came.")
        try:
            ids, scores = search(self._index, vectors, size)
        except (RuntimeError, ValueError) as error:
            raise IndexUnavailable(f"FAISS could not search: {error}") from error
        return self._rows[ids], scores
