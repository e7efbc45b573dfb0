"""Features of a measured shop as they were at any moment, computed out of what its customers had done by then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from index.inputs import TrainingInputs
from index.item_table import COLUMNS, NIGHTLY
from service.commands.querying import ask, write_answer
from service.commands.training_inputs import (
    ITEM_VIEWS,
    NIGHTLY_VIEWS,
    PERSON_VIEW,
    labels,
    nights,
    rows_as_of,
    stored_people,
)
from service.commands.workspace import Workspace

_HISTORY = """
SELECT * FROM read_parquet($files) WHERE source IS DISTINCT FROM 'simulated' AND customer_id IS NOT NULL
"""


class PastFeatures:
    """What would have been learned from, had training been run at some moment of the past.

    Everything that real customers did counts: nobody's consent is asked, since nothing of it outlives the measurement.

    Parameters
    ----------
    workspace : whose tables are measured
    scratch : folder for the features; each computation replaces the one before

    Attributes
    ----------
    items : the whole catalogue, canonical
    """

    def __init__(self, workspace: Workspace, scratch: Path) -> None:
        self._generation, self._scratch = workspace.generation(), scratch
        self._zone = workspace.settings.shop.time_zone
        self.items = pq.read_table(self._generation.items)
        self._history = scratch / "history.parquet"
        write_answer(self._history, _HISTORY, {"files": list(map(str, self._generation.events))})

    def inputs(self, now: datetime, cutoffs: Sequence[datetime]) -> TrainingInputs:
        """Compute features as of a moment and of some before it, and find what was bought in the week after each.

        Parameters
        ----------
        now : aware, in whole seconds; nothing that happened later is part of the features, but for those of the
            nights of the week after it, each of which knows what had happened by then
        cutoffs : each at least a week before `now`; none where nothing is to be learned from baskets
        """
        from feature_repo.compute import compute  # noqa: PLC0415 - Ibis takes a second to import
        from feature_repo.preparation import FORGOTTEN, ShopFiles  # noqa: PLC0415

        moments, generation = [*cutoffs, now], self._generation
        files = ShopFiles([self._history], generation.items, generation.customers, None, FORGOTTEN.empty_table())
        wanted = dict.fromkeys((PERSON_VIEW, *ITEM_VIEWS), moments)
        wanted |= {view: [*moments, *nights(moments)] for view in NIGHTLY_VIEWS}
        compute(files, wanted, self._scratch, through_sequence=0, time_zone=self._zone)
        return TrainingInputs(
            items=self.items,
            people={at: stored_people(self._as_of(PERSON_VIEW, at)) for at in moments},
            item_features={at: self._item_features(at, ITEM_VIEWS, COLUMNS) for at in moments},
            nightly={at: self._item_features(at, NIGHTLY_VIEWS, NIGHTLY) for at in nights(moments)},
            time_zone=self._zone,
            labels={at: labels([self._history], at) for at in cutoffs},
            newest=now,
            catalogue_version=generation.version,
            data_window=(moments[0], now),
        )

    def _item_features(self, at: datetime, views: Sequence[str], names: Sequence[str]) -> pa.Table:
        first, *others = views
        joined = " ".join(f"FULL JOIN {view} USING (item_id)" for view in others)
        columns = ", ".join(("item_id", *names))
        there = {view: self._as_of(view, at).drop_columns(["event_timestamp"]) for view in views}
        return ask(f"SELECT {columns} FROM {first} {joined}", **there)  # noqa: S608 - our own names

    def _as_of(self, view: str, at: datetime) -> pa.Table:
        return rows_as_of(pq.read_table(self._scratch / f"{view}.parquet"), at)
