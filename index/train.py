"""Training, from features to a new version: embedding, placement, ranker, card. It publishes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from scipy.sparse import csr_array

from index.artefact import (
    ACTION_SCALE,
    ANSWER_SCALE,
    ITEM_FEATURES,
    MODEL_CARD,
    RANKER,
    RANKER_FACTS,
    VECTORS,
    new_version,
    write_artefact,
)
from index.card import model_card
from index.catalogue import read_catalogue
from index.examples import Examples, sampled_people
from index.inputs import TrainingInputs
from index.item_table import align_table
from index.learning import TrainingSettings, learn_embedding, weekly_examples
from index.manifest import Manifest
from index.moments import Moment, people_at
from index.quality import REHEARSED, compare
from index.ranker import TrainedRanker, fit_ranker
from index.segment_learning import segment
from index.segmentation import SEGMENTS, to_text
from index.text_features import text_features
from service.recommender.catalogue import Catalogue, ItemKind
from service.recommender.embedding import Embedding
from service.recommender.ranking_features import FEATURE_NAMES

Progress = Callable[[str, float], None]


def train(
    inputs: TrainingInputs, root: Path, *, now: datetime, settings: TrainingSettings | None = None,
    progress: Progress = lambda _stage, _done: None,
) -> Manifest:
    """Train a version and write it, wholly or not at all; its indexes are built afterwards.

    A run that is killed leaves nothing but a staging folder, which the next one removes.

    Parameters
    ----------
    inputs : features as of several moments, and what was bought after
    root : folder of all versions
    now : the present, aware; names the version
    settings : the usual ones where left out
    progress : told the stage and how much of it is done, in [0, 1]

    Raises
    ------
    TrainingImpossible
        If the inputs do not belong together.
    """
    settings = settings or TrainingSettings()
    progress("embedding", 0.0)
    catalogue = read_catalogue(inputs.items, inputs.catalogue_version)
    people = people_at(inputs, inputs.newest, catalogue)
    text = text_features(catalogue)
    progress("embedding", 0.5)
    embedding = learn_embedding(people.values(), catalogue, text, settings.embedding)
    progress("embedding", 1.0)
    ranker, quality, learned_from = _learn_order(inputs, catalogue, text, settings, progress)
    progress("artefact", 0.0)
    manifest = Manifest(
        version=new_version(root, now),
        created_at=now.astimezone(UTC).isoformat(),
        dimension=embedding.dimension,
        items={kind.value: int(catalogue.of_kind(kind).size) for kind in ItemKind},
        catalogue_version=inputs.catalogue_version,
        training_window=(inputs.data_window[0].isoformat(), inputs.data_window[1].isoformat()),
        feature_names=FEATURE_NAMES if ranker else (),
        seed=settings.embedding.seed,
        quality=quality,
    )
    card = model_card(manifest, ranker.importance if ranker else {}, len(people), learned_from)
    table = align_table(inputs.item_features[inputs.newest], catalogue, int(inputs.newest.timestamp()))

    def write(folder: Path) -> None:
        _write_embedding(folder, embedding)
        pq.write_table(table, folder / ITEM_FEATURES, compression="zstd")
        (folder / MODEL_CARD).write_text(card, encoding="utf-8")
        if inputs.shoppers:
            newest, seed = int(inputs.newest.timestamp()), settings.embedding.seed
            segments = segment(inputs.shoppers, catalogue, seed, inputs.people[inputs.newest], newest)
            (folder / SEGMENTS).write_text(to_text(segments), encoding="utf-8")
        if ranker:
            (folder / RANKER).write_text(ranker.text, encoding="utf-8")
            facts = {"feature_names": FEATURE_NAMES, "importance": ranker.importance}
            (folder / RANKER_FACTS).write_text(json.dumps(facts, indent=2), encoding="utf-8")

    written = write_artefact(root, manifest, write)
    progress("artefact", 1.0)
    return written


def _learn_order(
    inputs: TrainingInputs, catalogue: Catalogue, text: csr_array, settings: TrainingSettings, progress: Progress,
) -> tuple[TrainedRanker | None, Mapping[str, Mapping[str, float]], int]:
    """Fit the ranker on all weeks, after a fit on some before the newest has shown how good it is on that."""
    weeks: list[Examples] = []
    newest: Moment | None = None
    progress("examples", 0.0)
    for done, (then, of_week) in enumerate(weekly_examples(inputs, catalogue, text, settings), start=1):
        newest = then
        weeks += [of_week] if of_week else []
        progress("examples", done / len(inputs.cutoffs))
    if not weeks or newest is None:
        return None, {}, 0
    progress("ranker", 0.0)
    quality: Mapping[str, Mapping[str, float]] = {}
    if len(weeks) > 1:
        rehearsal = fit_ranker(Examples.joined(weeks[-1 - REHEARSED : -1]), settings.ranker)
        progress("ranker", 0.4)
        people = sampled_people(newest, settings.ranker.people_per_cutoff, settings.ranker.seed)
        quality = compare(newest, people, rehearsal)
    progress("ranker", 0.6)
    everything = Examples.joined(weeks)
    ranker = fit_ranker(everything, settings.ranker)
    progress("ranker", 1.0)
    return ranker, quality, int(everything.groups.size)


def _write_embedding(folder: Path, embedding: Embedding) -> None:
    np.save(folder / VECTORS, embedding.vectors, allow_pickle=False)
    np.save(folder / ACTION_SCALE, embedding.action_scale, allow_pickle=False)
    np.save(folder / ANSWER_SCALE, embedding.answer_scale, allow_pickle=False)
