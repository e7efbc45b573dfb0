"""Opening an index and searching it by inner product."""

from __future__ import annotations

import threading

import faiss
import numpy as np

from index.artefact import Artefact
from index.errors import ArtefactCorrupt
from service.recommender.arrays import Floats, Ints
from service.recommender.catalogue import ItemKind

_of_this_thread = threading.local()


def open_index(artefact: Artefact, kind: ItemKind) -> faiss.Index:
    """Map the index of one kind; its ids are rows of the artefact.

    Raises
    ------
    ArtefactMissing
        If the version has none.
    ArtefactCorrupt
        If it cannot be read or does not fit the manifest.
    """
    path = artefact.path(f"{kind.value.lower()}.faiss")
    entry = artefact.manifest.indexes[kind.value]
    try:
        index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC | faiss.IO_FLAG_READ_ONLY)
    except RuntimeError as error:
        raise ArtefactCorrupt(f"{path} is no FAISS index ({error}); build it again.") from error
    if index.d != artefact.manifest.dimension or index.ntotal != entry.items:
        raise ArtefactCorrupt(
            f"{path} holds {index.ntotal} vectors of {index.d} dimensions where the manifest says {entry.items} of "
            f"{artefact.manifest.dimension}; build it again."
        )
    if entry.nprobe is not None:
        faiss.extract_index_ivf(index).nprobe = entry.nprobe
    return index


def search(index: faiss.Index, vectors: Floats, size: int) -> tuple[Ints, Floats]:
    """Find the nearest items of each vector, on the calling thread alone.

    Parameters
    ----------
    vectors : float32, shape (n_queries, dimension)
    size : how many

    Returns
    -------
    ids : int64, shape (n_queries, min(size, n_items))
        Best first; -1 where an inexact index finds no more.
    retrieval_scores : float32, same shape
    """
    size = min(size, int(index.ntotal))
    if not size:
        return np.empty((len(vectors), 0), np.int64), np.empty((len(vectors), 0), np.float32)
    if not getattr(_of_this_thread, "is_single", False):
        # OpenMP counts threads per calling thread: requests run side by side, so each search keeps to its own.
        faiss.omp_set_num_threads(1)
        _of_this_thread.is_single = True
    scores, ids = index.search(np.ascontiguousarray(vectors, dtype=np.float32), size)
    return ids, scores
