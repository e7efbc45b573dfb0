"""Building one nearest-neighbour index per kind of item, and measuring it against exact search."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import faiss
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from index.artefact import Artefact, add_files, open_artefact
from index.errors import ArtefactRefused
from index.manifest import IndexEntry
from index.search import open_index, search
from service.recommender.arrays import Floats, Ints
from service.recommender.catalogue import ItemKind

EXACT_UP_TO = 100_000
"""Vectors up to which exact search is fast enough (about 1.5 ms) to be the honest default."""
NEIGHBOURS = 100
MOST_ASKING = 500
"""About how many people recall is measured with, evenly taken from those given."""
RECALL_FLOOR = 0.95
_MARGIN = 0.01
"""How far above the floor an inexact index is tuned, since other people ask tomorrow."""
_POINTS_PER_CELL = 64
_BLOCK = 256


@dataclass(frozen=True, slots=True)
class Built:
    """An index and what is to be said of it."""

    index: faiss.Index
    entry: IndexEntry


def build_indexes(root: Path, version: str, queries: Floats) -> Mapping[str, IndexEntry]:
    """Build the index of every kind into a version that has none yet; a version that has them is left alone.

    Parameters
    ----------
    root : folder of all versions
    version : which one
    queries : float32, shape (n_people, dimension)
        Vectors of real people, with which recall is measured and an inexact index is tuned.

    Returns
    -------
    Entries by kind.

    Raises
    ------
    ArtefactMissing, ArtefactCorrupt
        If the version cannot be opened.
    """
    artefact = open_artefact(root, version)
    if artefact.manifest.indexes:
        return artefact.manifest.indexes
    items = artefact.item_features()
    built = {}
    for kind in ItemKind:
        rows = indexed_rows(items, kind)
        built[kind.value] = build_index(kind, rows, _answers(artefact, rows), queries)

    def write(folder: Path) -> None:
        for one in built.values():
            faiss.write_index(one.index, str(folder / one.entry.file))

    entries = {kind: one.entry for kind, one in built.items()}
    return add_files(root, version, write, entries).indexes


def build_index(
    kind: ItemKind, rows: Ints, answers: Floats, queries: Floats, *, exact_up_to: int = EXACT_UP_TO,
) -> Built:
    """Index the answering vectors of some rows, by inner product.

    Exact up to `exact_up_to` vectors; above, an inverted file whose probes are doubled until recall stands clear of
    the floor. Both can remove items.
    """
    file = f"{kind.value.lower()}.faiss"
    dimension = answers.shape[1]
    if rows.size <= exact_up_to:
        index = faiss.IndexIDMap2(faiss.IndexFlatIP(dimension))
        index.add_with_ids(answers, rows)
        return Built(index, IndexEntry(file, "Flat", int(rows.size), recall=1.0))
    cells = max(1, min(int(4 * math.sqrt(rows.size)), rows.size // _POINTS_PER_CELL))
    inverted = faiss.IndexIVFFlat(faiss.IndexFlatIP(dimension), dimension, cells, faiss.METRIC_INNER_PRODUCT)
    inverted.train(answers)
    index = faiss.IndexIDMap2(inverted)
    index.add_with_ids(answers, rows)
    probes = 8
    while True:
        inverted.nprobe = probes
        recall = measure_recall(index, rows, answers, queries)
        if recall >= RECALL_FLOOR + _MARGIN or probes >= cells:
            return Built(index, IndexEntry(file, f"IVF{cells},Flat", int(rows.size), probes, recall))
        probes = min(probes * 2, cells)


def verify_indexes(
    root: Path, version: str, queries: Floats, *, floor: float = RECALL_FLOOR,
) -> Mapping[str, IndexEntry]:
    """Measure every index of a version as it lies on disk, and note the recall in its manifest.

    Raises
    ------
    ArtefactRefused
        If an index is missing, or finds less than `floor` of what exact search finds.
    """
    artefact = open_artefact(root, version)
    items = artefact.item_features()
    measured = {}
    for kind in ItemKind:
        entry = artefact.manifest.indexes.get(kind.value)
        if entry is None:
            raise ArtefactRefused(f"Version {version} has no index of {kind.value} items; run konomi index build.")
        rows = indexed_rows(items, kind)
        recall = measure_recall(open_index(artefact, kind), rows, _answers(artefact, rows), queries)
        measured[kind.value] = replace(entry, recall=recall)
        if recall < floor:
            raise ArtefactRefused(
                f"The {kind.value} index of version {version} finds {recall:.3f} of what exact search finds, "
                f"below the floor of {floor:.3f}; it is not published. Build it anew."
            )
    if measured != artefact.manifest.indexes:
        add_files(root, version, lambda _: None, measured)
    return measured


def indexed_rows(items: pa.Table, kind: ItemKind) -> Ints:
    """Rows of a kind that could be served when the version was trained; what comes back is indexed the next night."""
    wanted = pc.and_(pc.equal(items["kind"], kind.value), items["available"])
    return np.flatnonzero(wanted.to_numpy()).astype(np.int64)


def measure_recall(index: faiss.Index, rows: Ints, answers: Floats, queries: Floats, size: int = NEIGHBOURS) -> float:
    """Part of the truly nearest items that an index finds, over people who have a vector at all.

    Parameters
    ----------
    rows : int64, shape (n_items,)
        Ids in the index.
    answers : float32, shape (n_items, dimension)
    queries : float32, shape (n_people, dimension)
    size : how many neighbours each person asks for

    Returns
    -------
    recall at `size`, in [0, 1]; an item that ties with the last of the exact list counts as found
    """
    asking = queries[np.abs(queries).sum(axis=1) > 0]
    asking = asking[:: max(1, len(asking) // MOST_ASKING)]
    wanted = min(size, rows.size)
    if not asking.size or not wanted:
        return 1.0
    hits = 0
    for start in range(0, len(asking), _BLOCK):
        block = asking[start : start + _BLOCK]
        exact = block @ answers.T
        last = np.partition(exact, -wanted, axis=1)[:, -wanted]
        found, _ = search(index, block, wanted)
        at = np.searchsorted(rows, found.clip(min=rows[0]))
        there = (found >= 0) & (np.take_along_axis(exact, at, axis=1) >= last[:, None] - 1e-5 * np.abs(last[:, None]))
        hits += int(there.sum())
    return hits / (len(asking) * wanted)


def _answers(artefact: Artefact, rows: Ints) -> Floats:
    embedding = artefact.embedding
    return np.ascontiguousarray(embedding.vectors[rows] * embedding.answer_scale[rows, None], dtype=np.float32)
