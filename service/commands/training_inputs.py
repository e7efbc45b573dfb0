"""What training starts from: features out of Feast as they were at several moments, and what was bought after each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from index.artefact import open_artefact
from index.catalogue import read_catalogue
from index.inputs import TrainingInputs
from index.item_table import COLUMNS, NIGHTLY
from service.commands.querying import ask
from service.commands.terminal import CommandFault
from service.commands.weeks import WEEK, cutoffs, data_window, nights
from service.commands.workspace import Workspace, person_keys
from service.recommender.actions import stored_actions
from service.recommender.arrays import Floats
from service.recommender.consent import Purpose
from service.recommender.stored import StoredActions
from service.tables.generation import Generation
from service.tables.known_customers import customer_ids

PERSON_VIEW = "person_actions"
NIGHTLY_VIEWS = ("item_popularity", "item_price")
ITEM_VIEWS = (*NIGHTLY_VIEWS, "item_rhythm", "item_circumstances", "item_bought_together")
"""What is learned from as of every cutoff, and some of it as of every night between; all else is wanted as of now."""
JOINED_AT_ONCE = 6
"""Moments whose features are joined in one go: fewer joins take less time, and more memory."""
ACTION_COLUMNS = (
    "item_id", "type", "count", "first_at", "last_at", "last_price", "faded_30", "faded_90", "faded_365",
)

_LABELS = """
WITH bought AS (
    SELECT
        'c:' || customer_id AS person_key, item_id, occurred_at, channel, quantity, amount,
        coalesce(basket_id, strftime(occurred_at, '%Y-%m-%d')) AS basket
    FROM read_parquet($files)
    WHERE type = 'PURCHASE' AND customer_id IS NOT NULL AND occurred_at >= $after AND occurred_at < $until
), baskets AS (
    SELECT person_key, basket, epoch_us(min(occurred_at)) // 1000000 AS "at", min(channel) AS channel
    FROM bought GROUP BY person_key, basket
)
SELECT
    person_key, item_id, "at", any_value(baskets.channel) AS channel,
    CAST(sum(amount) / nullif(sum(quantity), 0) AS DOUBLE) AS price
FROM bought JOIN baskets USING (person_key, basket)
GROUP BY person_key, basket, "at", item_id
ORDER BY person_key, "at", item_id
"""


def views_at(moments: Sequence[datetime], nights: Sequence[datetime]) -> dict[str, list[datetime]]:
    """Tell by view what it is computed as of: each moment, and what changes nightly the nights between, too."""
    return {
        **{view: [*moments] for view in (PERSON_VIEW, *ITEM_VIEWS)},
        **{view: [*moments, *nights] for view in NIGHTLY_VIEWS},
    }


def training_inputs(workspace: Workspace, newest: datetime) -> TrainingInputs:
    """Gather the inputs from the features computed as of `newest` and the cutoffs.

    Only customers who granted TRAIN_MODELS are learnt from.

    Raises
    ------
    CommandFault
        If features have not been computed, or nobody agreed.
    """
    generation = workspace.generation()
    items = pq.read_table(generation.items)
    people = _consenting(workspace, generation)
    moments = [*cutoffs(generation), newest]
    window = data_window(generation)
    if window is None:
        raise CommandFault("The shop has no events yet; import its events, then train.")
    features = dict(_item_features(workspace, "items_train_models", items["item_id"].to_pylist(), moments, COLUMNS))
    return TrainingInputs(
        items=items,
        people=_people(workspace, people, moments),
        item_features=features,
        nightly=dict(_item_features(
            workspace, "items_nightly_train_models", _sold(features), nights(moments[:-1]), NIGHTLY,
        )),
        time_zone=workspace.settings.shop.time_zone,
        labels={moment: _labels(generation, people, moment) for moment in moments[:-1]},
        newest=newest,
        catalogue_version=generation.version,
        data_window=window,
    )


def _consenting(workspace: Workspace, generation: Generation) -> list[str]:
    granted = workspace.consents.granted_to(Purpose.TRAIN_MODELS)
    people = [key for key in person_keys(customer_ids(generation)) if key in granted]
    if not people:
        raise CommandFault("No customer granted TRAIN_MODELS, so there is nobody to learn from.")
    return people


def _people(
    workspace: Workspace, people: Sequence[str], moments: Sequence[datetime],
) -> Mapping[datetime, Sequence[tuple[str, StoredActions]]]:
    rows = pa.table({
        "person_key": pa.array([key for _ in moments for key in people]),
        "event_timestamp": pa.array([m for m in moments for _ in people], pa.timestamp("us", tz="UTC")),
    })
    found = workspace.repository.historical("actions_train_models", rows)
    return {moment: stored_people(rows_as_of(found, moment)) for moment in moments}


def rows_as_of(features: pa.Table, moment: datetime) -> pa.Table:
    """Those rows of a table whose `event_timestamp` is a moment."""
    stamps = features["event_timestamp"]
    return features.filter(pc.equal(stamps, pa.scalar(moment, stamps.type)))


def stored_people(actions: pa.Table) -> list[tuple[str, StoredActions]]:
    """Person key and stored actions of everybody who did anything, out of the rows of one moment."""
    columns = [actions["person_key"].to_pylist(), *(_lists(actions[name]) for name in ACTION_COLUMNS)]
    return [(key, StoredActions(*values)) for key, *values in zip(*columns, strict=True) if values[0]]


def _lists(column: pa.ChunkedArray) -> list[Sequence[Any]]:
    """The list of each row; one of numbers is a view, since Python objects of all of them take seconds to make."""
    lists = column.combine_chunks()
    values, ends = lists.values, lists.offsets.to_numpy()
    are_numbers = pa.types.is_integer(values.type) or pa.types.is_floating(values.type)
    told = memoryview(values.to_numpy(zero_copy_only=False)) if are_numbers else values.to_pylist()
    return [told[begin:end] for begin, end in pairwise(ends)]


def query_vectors(workspace: Workspace, newest: datetime, version: str, size: int = 400) -> Floats:
    """Vectors of a sample of consenting people, with which an index is measured.

    Returns
    -------
    float32, shape (n_people, dimension)
    """
    generation, artefact = workspace.generation(), open_artefact(workspace.artefacts, version)
    catalogue = read_catalogue(pq.read_table(generation.items), generation.version)
    rows_of = artefact.item_features()["item_id"].to_pylist()
    at = {item_id: row for row, item_id in enumerate(rows_of)}
    place = np.fromiter((at.get(item_id, -1) for item_id in catalogue.item_ids), np.int64, len(catalogue))
    people = _consenting(workspace, generation)
    sample = people[:: max(1, len(people) // size)][:size]
    vectors = []
    for _, stored in _people(workspace, sample, [newest]).get(newest, ()):
        actions = stored_actions(stored, catalogue)
        rows = place[actions.item]
        there = rows >= 0
        vectors.append(artefact.embedding.person_vector(rows[there], actions.interest_weight[there]))
    return np.stack(vectors) if vectors else np.zeros((0, artefact.embedding.dimension), np.float32)


def _item_features(
    workspace: Workspace, service: str, ids: Sequence[str], moments: Sequence[datetime], columns: Sequence[str],
) -> Iterator[tuple[datetime, pa.Table]]:
    for begin in range(0, len(moments), JOINED_AT_ONCE):
        some = moments[begin : begin + JOINED_AT_ONCE]
        rows = pa.table({
            "item_id": pa.array([one for _ in some for one in ids], pa.string()),
            "event_timestamp": pa.array([at for at in some for _ in ids], pa.timestamp("us", tz="UTC")),
        })
        table = workspace.repository.historical(service, rows)
        for moment in some:
            yield moment, rows_as_of(table, moment).select(["item_id", *columns])


def _sold(features: Mapping[datetime, pa.Table]) -> list[str]:
    """Items that sold within the quarter before any of the moments: of no others do nights tell anything."""
    return sorted({
        one for table in features.values()
        for one in table.filter(pc.greater(table["buyers_91"], 0))["item_id"].to_pylist()
    })


def labels(events: Sequence[Path], moment: datetime) -> pa.Table:
    """Find everybody's baskets of the week after a moment; see `TrainingInputs.labels`."""
    return ask(_LABELS, {"files": list(map(str, events)), "after": moment, "until": moment + WEEK})


def _labels(generation: Generation, people: Sequence[str], moment: datetime) -> pa.Table:
    bought = labels(generation.events, moment)
    return bought.filter(pc.is_in(bought["person_key"], pa.array(people)))
