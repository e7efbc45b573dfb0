"""A snapshot out of what is published: the shop's items, and the artefact's models aligned to them."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from index.artefact import RANKER_FACTS, Artefact
from index.catalogue import read_catalogue
from index.errors import ArtefactError
from index.item_table import read_item_features
from index.search import open_index
from index.segmentation import read_segmentation
from index.store import ArtefactStore
from service.adapters.faiss_candidates import FaissCandidates
from service.adapters.lightgbm_ranker import LightgbmRanker
from service.recommender.arrays import Ints
from service.recommender.catalogue import Catalogue, ItemKind
from service.recommender.embedding import Embedding
from service.recommender.errors import RankerUnavailable
from service.recommender.item_features import ItemFeatures
from service.recommender.ports import CandidateSource, Ranker
from service.recommender.segment_sizes import SegmentSizes
from service.recommender.snapshot import Snapshot

log = logging.getLogger("konomi")


def load_snapshot(
    items: Path, catalogue_version: str, artefacts: ArtefactStore, version: str | None, *,
    counted: SegmentSizes | None, facts: Mapping[str, str],
) -> Snapshot:
    """Read a snapshot, verify it and warm it up.

    Parameters
    ----------
    items : canonical items
    artefacts : where versions are published
    version : the one to serve; None serves the catalogue by popularity of nothing, until something is published
    counted : people in each segment, where they were counted anew since the version was trained
    facts : what must be said about the data, by language

    Raises
    ------
    ArtefactCorrupt, ArtefactMissing
        If the version cannot be served.
    """
    catalogue = read_catalogue(pq.read_table(items), catalogue_version)
    if version is None:
        return _untrained(catalogue, facts)
    artefact = artefacts.open(version)
    features = artefact.item_features()
    rows = catalogue.rows_of(features["item_id"].to_pylist())
    ranker, weights = _ranker(artefact)
    segmentation = read_segmentation(artefact)
    snapshot = Snapshot(
        catalogue=catalogue,
        items=read_item_features(features, catalogue),
        embedding=_aligned(artefact.embedding, rows, len(catalogue)),
        neighbours=_neighbours(artefact, rows),
        ranker=ranker,
        versions={"index": version, "catalogue": catalogue_version, "model": version if ranker else "recency"},
        segmentation=segmentation.sized(counted) if counted else segmentation,
        parameter_weights=weights,
        facts=facts,
    )
    snapshot.warm()
    return snapshot


def empty_snapshot() -> Snapshot:
    """Nothing to serve, before the first import."""
    return _untrained(Catalogue.empty(), {})


def _untrained(catalogue: Catalogue, facts: Mapping[str, str]) -> Snapshot:
    size = len(catalogue)
    nothing = Embedding(np.zeros((size, 1), np.float32), np.zeros(size, np.float32), np.zeros(size, np.float32))
    snapshot = Snapshot(catalogue, ItemFeatures.unsold(size), nothing, {}, None, {"catalogue": catalogue.version},
                        facts=facts)
    snapshot.warm()
    return snapshot


def _aligned(embedding: Embedding, rows: Ints, size: int) -> Embedding:
    """Bring the artefact's rows into the catalogue's order; the mapped file itself where they are the same."""
    if rows.size == size and np.array_equal(rows, np.arange(size)):
        return Embedding(*map(np.asarray, (embedding.vectors, embedding.action_scale, embedding.answer_scale)))
    there = rows >= 0
    vectors = np.zeros((size, embedding.dimension), np.float32)
    vectors[rows[there]] = embedding.vectors[there]
    scales = []
    for scale in (embedding.action_scale, embedding.answer_scale):
        aligned = np.zeros(size, np.float32)
        aligned[rows[there]] = scale[there]
        scales.append(aligned)
    return Embedding(vectors, *scales)


def _neighbours(artefact: Artefact, rows: Ints) -> dict[ItemKind, CandidateSource]:
    found: dict[ItemKind, CandidateSource] = {}
    for kind in ItemKind:
        if kind.value in artefact.manifest.indexes:
            found[kind] = FaissCandidates(open_index(artefact, kind), rows)
    return found


def _ranker(artefact: Artefact) -> tuple[Ranker | None, Mapping[str, float]]:
    """The trained ranker; None where there is none that fits this code, which then falls back to recency."""
    try:
        ranker = LightgbmRanker(artefact.ranker_text())
        importance = json.loads(artefact.path(RANKER_FACTS).read_text(encoding="utf-8"))["importance"]
    except (ArtefactError, RankerUnavailable, KeyError, ValueError) as error:
        log.warning("The ranker of version %s cannot be used: %s", artefact.version, error)
        return None, {}
    total = sum(importance.values()) or 1.0
    return ranker, {name: value / total for name, value in importance.items()}
