"""The embeddings alone, served by the FAISS index: what candidates are worth before anything ranks them."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csr_array

from index.build import Built, build_index
from index.embedding import EmbeddingSettings, ItemEmbedding, embed
from index.search import search
from service.evaluation.best import popularity_order, rank_by
from service.evaluation.contender import WEEKLY
from service.evaluation.interactions import Interactions
from service.evaluation.occasions import Allowed, Occasions
from service.recommender.arrays import Floats, Ints
from service.recommender.catalogue import ItemKind

BLOCK = 128
ASKING = 500
"""People with whose vectors an inexact index is tuned."""


class Retrieval:
    """`konomi-retrieval`: items embedded, people folded in by addition, neighbours by inner product.

    Every item is indexed, whatever its kind. A person's vector is the sum of what each of their items adds once,
    as a purchase does when the service answers.

    Parameters
    ----------
    settings : of the embedding
    """

    name = "konomi-retrieval"
    lasts = WEEKLY

    def __init__(self, settings: EmbeddingSettings | None = None) -> None:
        self._settings = settings or EmbeddingSettings()

    def fit(self, train: Interactions, as_of: int) -> None:  # noqa: ARG002 - all of train is before it
        """Embed the items and build the index."""
        embedding = embed(train.took, self._settings)
        some = train.took[:: max(1, train.n_people // ASKING)]
        self._serve(embedding, train.popularity, folded_in(embedding, some))

    @classmethod
    def of(cls, embedding: ItemEmbedding, popularity: Floats) -> Retrieval:
        """Serve an embedding that is there already, by exact search."""
        retrieval = cls()
        retrieval._serve(embedding, popularity, np.empty((0, embedding.vectors.shape[1]), np.float32))
        return retrieval

    def _serve(self, embedding: ItemEmbedding, popularity: Floats, queries: Floats) -> None:
        self._embedding, self._popularity = embedding, popularity
        everything = np.arange(popularity.size, dtype=np.int64)
        self._built = build_index(ItemKind.PRODUCT, everything, np.ascontiguousarray(embedding.answers), queries)

    @property
    def built(self) -> Built:
        """The index and what is to be said of it."""
        return self._built

    def rank(self, occasions: Occasions, k: int) -> Ints:
        """Fold in and search; who has no vector yet gets what is popular. Own items alone are compared one by one."""
        if occasions.allowed is Allowed.OWN:
            return rank_by(self._marks, occasions, self._popularity, k)
        ranked = np.full((len(occasions), k), -1, np.int64)
        for rows in _alike_in_length(occasions):
            block = occasions.take(rows)
            vectors = folded_in(self._embedding, block.seen)
            most_seen = int(np.diff(block.seen.indptr).max(initial=0)) if block.allowed is Allowed.NEW else 0
            found, _ = search(self._built.index, vectors, k + most_seen)
            cold = np.abs(vectors).sum(axis=1) == 0
            found[cold] = popularity_order(self._popularity)[: found.shape[1]]
            ranked[rows] = _first_allowed(found, block, k)
        return ranked

    def _marks(self, block: Occasions) -> Floats:
        return np.asarray(folded_in(self._embedding, block.seen) @ self._embedding.answers.T, np.float32)


def folded_in(embedding: ItemEmbedding, items: csr_array) -> Floats:
    """Vectors of people: the sum of what their items add, float32, shape (n_rows, dimension)."""
    return np.asarray(items @ (embedding.vectors * embedding.action_scale[:, None]), np.float32)


def _alike_in_length(occasions: Occasions) -> list[Ints]:
    """Blocks of occasions with histories of like length, so that masking asks the index for few items too many."""
    order = np.argsort(np.diff(occasions.seen.indptr), kind="stable")
    return [order[start : start + BLOCK] for start in range(0, order.size, BLOCK)]


def _first_allowed(found: Ints, block: Occasions, k: int) -> Ints:
    if block.allowed is Allowed.NEW:
        row = np.repeat(np.arange(len(block)), found.shape[1])
        seen = block.contains(block.seen, row, found.ravel()).reshape(found.shape)
        found = np.take_along_axis(np.where(seen, -1, found), np.argsort(seen | (found < 0), axis=1, kind="stable"), 1)
    ranked = np.full((len(block), k), -1, np.int64)
    ranked[:, : found.shape[1]] = found[:, :k]
    return ranked
