from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import faiss
import numpy as np
import pytest

from index.build import build_index
from service.adapters.faiss_candidates import FaissCandidates
from service.recommender.catalogue import ItemKind
from service.recommender.errors import IndexUnavailable

VECTORS = np.eye(6, dtype=np.float32) * np.arange(6, 0, -1, dtype=np.float32)[:, None]


def index() -> faiss.Index:
    return build_index(ItemKind.PRODUCT, np.arange(6), VECTORS, VECTORS).index


def test_rows_are_those_of_the_catalogue_and_an_item_that_is_gone_is_none() -> None:
    source = FaissCandidates(index(), np.array([50, -1, 52, 53, 54, 55]))
    rows, _ = source.neighbours(np.ones((1, 6), np.float32), 4)
    np.testing.assert_array_equal(rows, [[50, -1, 52, 53]])


@pytest.mark.parametrize("shape", [(1, 5), (6,), (1, 1, 6)])
def test_vectors_of_another_shape_are_the_index_being_unavailable(shape: tuple[int, ...]) -> None:
    with pytest.raises(IndexUnavailable, match="6 dimensions"):
        FaissCandidates(index(), np.arange(6)).neighbours(np.ones(shape, np.float32), 3)


def test_a_failure_inside_faiss_is_the_index_being_unavailable() -> None:
    untrained = faiss.IndexIDMap2(faiss.IndexIVFFlat(faiss.IndexFlatIP(6), 6, 2, faiss.METRIC_INNER_PRODUCT))
    untrained.ntotal = 6
    with pytest.raises(IndexUnavailable, match="FAISS could not search"):
        FaissCandidates(untrained, np.arange(6)).neighbours(np.ones((1, 6), np.float32), 3)


def test_many_threads_search_one_index_at_once() -> None:
    source = FaissCandidates(index(), np.arange(6))
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: source.neighbours(np.eye(6, dtype=np.float32)[n % 6][None], 1)[0][0, 0], range(400)))
    assert found == [n % 6 for n in range(400)]
