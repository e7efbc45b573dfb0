"""Customers as segments are made of them: their features out of Feast, as far as each agreed."""

from __future__ import annotations

import json
from collections import Counter
from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq

from index.errors import ArtefactError
from index.segmentation import Shoppers, count, read_segmentation
from service.commands.terminal import CommandFault
from service.commands.workspace import Workspace, person_keys, write_whole
from service.recommender.consent import Purpose
from service.tables.known_customers import customer_ids

FEATURES = "segments_personalise_content"


def shoppers(workspace: Workspace, as_of: datetime) -> Shoppers:
    """Read the features of everybody who agreed to anything, as they were computed at a moment.

    Raises
    ------
    CommandFault
        If they were computed by a konomi that knew fewer.
    """
    if FEATURES not in workspace.repository.services:
        raise CommandFault("The features are of an older konomi; run `konomi features` first.")
    ids = customer_ids(workspace.generation())
    learn = workspace.consents.granted_to(Purpose.TRAIN_MODELS)
    profile = workspace.consents.granted_to(Purpose.PERSONALISE_CONTENT)
    keys = [key for key in person_keys(ids) if key in learn or key in profile]
    rows = pa.table({
        "person_key": pa.array(keys, pa.string()),
        "event_timestamp": pa.array([as_of] * len(keys), pa.timestamp("us", tz="UTC")),
    })
    traits = workspace.repository.historical(FEATURES, rows) if keys else rows
    of_whom = traits["person_key"].to_pylist()
    traits = traits.drop_columns(["event_timestamp"])
    traits = traits.append_column("learn", pa.array([key in learn for key in of_whom], pa.bool_()))
    traits = traits.append_column("profile", pa.array([key in profile for key in of_whom], pa.bool_()))
    return Shoppers(traits, _brought(workspace, set(ids)), len(ids))


def _brought(workspace: Workspace, customers: set[str]) -> dict[str, int]:
    path = workspace.generation().segments
    if path is None:
        return {}
    table = pq.read_table(path, columns=["segment", "customer_id"])
    pairs = table.group_by(["segment", "customer_id"]).aggregate([]).to_pylist()
    return dict(Counter(pair["segment"] for pair in pairs if pair["customer_id"] in customers))


def recount(workspace: Workspace, as_of: datetime) -> None:
    """Count the people of the published version's segments anew, since their features have changed under it.

    Without a version that can be read there is nothing to do: the next one that is trained brings its own counts.
    """
    try:
        version = workspace.published.current()
        segmentation = read_segmentation(workspace.published.open(version)) if version else None
    except ArtefactError:
        return
    if segmentation is not None:
        sizes = count(shoppers(workspace, as_of), segmentation)
        text = json.dumps({"version": version, "sizes": sizes.as_json()}, sort_keys=True, ensure_ascii=False)
        write_whole(workspace.settings.segment_sizes_file, text)
