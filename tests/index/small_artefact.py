"""A version of 38 items, made without training: 29 products that can be served, one that cannot, 8 contents."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import faiss
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from index.artefact import (
    ACTION_SCALE,
    ANSWER_SCALE,
    ITEM_FEATURES,
    VECTORS,
    add_files,
    new_version,
    write_artefact,
)
from index.build import build_index, indexed_rows
from index.manifest import IndexEntry, Manifest
from service.recommender.catalogue import ItemKind

DIMENSION = 12
PRODUCTS, CONTENTS = 30, 8
SIZE = PRODUCTS + CONTENTS
AT = datetime(2026, 3, 2, tzinfo=UTC)


def small_table() -> pa.Table:
    return pa.table({
        "item_id": [f"i{n}" for n in range(SIZE)],
        "kind": ["PRODUCT"] * PRODUCTS + ["CONTENT"] * CONTENTS,
        "available": [n != PRODUCTS - 1 for n in range(SIZE)],
    })


def write_small(
    root: Path, *, seed: int = 1, indexed: bool = True, left_out_of_index: int = 0, claimed: int | None = None,
    at: datetime = AT,
) -> Manifest:
    draw = np.random.default_rng(seed)
    vectors = draw.normal(size=(SIZE, DIMENSION)).astype(np.float32)
    scales = draw.uniform(0.5, 2, (2, SIZE)).astype(np.float32)
    table = small_table()

    def write(folder: Path) -> None:
        np.save(folder / VECTORS, vectors)
        np.save(folder / ACTION_SCALE, scales[0])
        np.save(folder / ANSWER_SCALE, scales[1])
        pq.write_table(table, folder / ITEM_FEATURES)

    manifest = write_artefact(root, Manifest(
        version=new_version(root, at), created_at=at.isoformat(), dimension=DIMENSION,
        items={"PRODUCT": PRODUCTS, "CONTENT": CONTENTS, "AD": 0}, catalogue_version="c1",
        training_window=("2026-01-01T00:00:00+00:00", "2026-03-01T00:00:00+00:00"), feature_names=(), seed=seed,
    ), write)
    if not indexed:
        return manifest
    entries: dict[str, IndexEntry] = {}

    def write_indexes(folder: Path) -> None:
        for kind in ItemKind:
            rows = indexed_rows(table, kind)
            kept = rows[left_out_of_index:] if kind is ItemKind.PRODUCT else rows
            built = build_index(kind, kept, vectors[kept] * scales[1][kept, None], vectors)
            entry = built.entry
            if claimed is not None and kind is ItemKind.PRODUCT:
                entry = IndexEntry(entry.file, entry.type, claimed, recall=1.0)
            entries[kind.value] = entry
            faiss.write_index(built.index, str(folder / entry.file))

    return add_files(root, manifest.version, write_indexes, entries)
