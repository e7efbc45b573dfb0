"""Features of a measured shop as they were at any moment, computed out of what its customers had done by then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
    rows_as_of,
    stored_people,
    views_at,
)
from service.commands.weeks import WEEK, WEEKS, nights
from service.commands.workspace import Workspace
from service.recommender.stored import StoredActions

_HISTORY = """
SELECT * FROM read_parquet($files) WHERE source IS DISTINCT FROM 'simulated' AND customer_id IS NOT NULL
"""


@dataclass(frozen=True)
class _AsOf:
    """Features as of one moment, and of the items as of the six nights after it."""

    people: Sequence[tuple[str, StoredActions]]
    items: pa.Table
    nights: Mapping[datetime, pa.Table]


class PastFeatures:
    """What would have been learned from, had training been run at some moment of the past.

    Everything that real customers did counts: nobody's consent is asked, since nothing of it outlives the measurement.
    One training and the next share all weeks but one, which are computed once.

    Parameters
    ----------
    workspace : whose tables are measured
    scratch : folder for the features; each computation replaces the files of the one before

    Attributes
    ----------
    items : the whole catalogue, canonical
    """

    def __init__(self, workspace: Workspace, scratch: Path) -> None:
        self._generation, self._scratch = workspace.generation(), scratch
        self._zone = workspace.settings.shop.time_zone
        self._known: dict[datetime, _AsOf] = {}
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
        moments = [*cutoffs, now]
        self._learn_about(moments)
        known = self._known
        return TrainingInputs(
            items=self.items,
            people={at: known[at].people for at in moments},
            item_features={at: known[at].items for at in moments},
            nightly={night: table for at in moments for night, table in known[at].nights.items()},
            time_zone=self._zone,
            labels={at: labels([self._history], at) for at in cutoffs},
            newest=now,
            catalogue_version=self._generation.version,
            data_window=(moments[0], now),
        )

    def _learn_about(self, moments: Sequence[datetime]) -> None:
        """Compute what is not known yet of some moments; forget what a later training would not go back to."""
        from feature_repo.compute import compute  # noqa: PLC0415 - Ibis takes a second to import
        from feature_repo.preparation import FORGOTTEN, ShopFiles  # noqa: PLC0415

        oldest, newest = min(moments[-1] - WEEKS * WEEK, moments[0]), moments[-1]
        self._known = {at: features for at, features in self._known.items() if oldest <= at <= newest}
        if not (wanted := [at for at in moments if at not in self._known]):
            return
        generation = self._generation
        files = ShopFiles([self._history], generation.items, generation.customers, None, FORGOTTEN.empty_table())
        views = views_at(wanted, nights(wanted))
        compute(files, views, self._scratch, through_sequence=0, time_zone=self._zone)
        computed = {view: pq.read_table(self._scratch / f"{view}.parquet") for view in views}
        for at in wanted:
            self._known[at] = _AsOf(
                people=stored_people(rows_as_of(computed[PERSON_VIEW], at)),
                items=_item_features(computed, at, ITEM_VIEWS, COLUMNS),
                nights={night: _item_features(computed, night, NIGHTLY_VIEWS, NIGHTLY) for night in nights([at])},
            )


def _item_features(
    computed: Mapping[str, pa.Table], at: datetime, views: Sequence[str], names: Sequence[str],
) -> pa.Table:
    first, *others = views
    joined = " ".join(f"FULL JOIN {view} USING (item_id)" for view in others)
    columns = ", ".join(("item_id", *names))
    there = {view: rows_as_of(computed[view], at).drop_columns(["event_timestamp"]) for view in views}
    return ask(f"SELECT {columns} FROM {first} {joined}", **there)  # noqa: S608 - our own names
