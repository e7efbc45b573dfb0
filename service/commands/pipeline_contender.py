"""The whole pipeline as evaluation's contender: features computed as of a moment, models trained on them, `decide`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from index.catalogue import read_catalogue
from index.inputs import TrainingInputs
from index.item_table import COLUMNS
from index.learning import TrainingSettings, learn_embedding, learn_ranker
from index.moments import moment, people_at
from index.ranker import RankerSettings
from index.text_features import text_features
from service.adapters.lightgbm_ranker import LightgbmRanker
from service.commands.training_inputs import ACTION_COLUMNS, ITEM_VIEWS, PERSON_VIEW, WEEK, WEEKS, labels
from service.commands.workspace import Workspace
from service.evaluation.interactions import Interactions
from service.evaluation.occasions import Allowed, Occasions
from service.recommender.catalogue import Catalogue, ItemKind
from service.recommender.consent import Purpose
from service.recommender.decision import arrange, assess
from service.recommender.embedding import Embedding
from service.recommender.events import EventType, RecentAction
from service.recommender.feedback import NO_RESTRICTIONS
from service.recommender.live import Live
from service.recommender.person import Person
from service.recommender.ports import Ints, StoredActions, StoredProfile
from service.recommender.profile import Profile, assemble
from service.recommender.question import Question
from service.recommender.snapshot import Snapshot

REFIT_AFTER = timedelta(days=28)
"""A ranker serves the time groups of four weeks; embeddings and features are those of each group's first day."""
_HISTORY = """
COPY (SELECT * FROM read_parquet($files) WHERE source IS DISTINCT FROM 'simulated' AND customer_id IS NOT NULL)
TO $out (FORMAT parquet, COMPRESSION zstd)
"""


@dataclass(frozen=True)
class _Served:
    """What a server would hold on the first day of a time group."""

    snapshot: Snapshot
    people: Mapping[str, StoredActions]
    as_of: datetime


class Pipeline:
    """`konomi`: what the service would have answered, from candidates to re-ranking.

    What the shop has in stock and on sale today says nothing of then, so everything that sold lately may be
    recommended, and no place is given away to learn in. Prices and discounts of then are in the features.

    Parameters
    ----------
    workspace : whose tables are measured
    item_ids : the shop's ids of the items that evaluation has numbered
    scratch : folder for the features
    """

    name = "konomi"

    def __init__(self, workspace: Workspace, item_ids: Sequence[str], scratch: Path, seed: int = 7) -> None:
        self._generation, self._scratch = workspace.generation(), scratch
        self._zone = workspace.settings.shop.time_zone
        self._settings = TrainingSettings(ranker=RankerSettings(seed=seed))
        self._items = pq.read_table(self._generation.items)
        self._catalogue = _timeless(read_catalogue(self._items, self._generation.version))
        self._number = np.full(len(self._catalogue), -1, np.int64)
        rows = self._catalogue.rows_of(item_ids)
        self._number[rows] = np.arange(rows.size)
        self._row = rows
        self._text = text_features(self._catalogue)
        self._ranker: LightgbmRanker | None = None
        self._fitted_at: datetime | None = None
        self._lists: dict[tuple[str, int], tuple[Ints, Ints]] = {}
        self._history = scratch / "history.parquet"
        with duckdb.connect() as connection:
            files = list(map(str, self._generation.events))
            connection.execute(_HISTORY, {"files": files, "out": str(self._history)})

    def fit(self, train: Interactions, as_of: int) -> None:
        """Compute features as of a moment and train on them; without a past there is nothing but popularity."""
        now = datetime.fromtimestamp(as_of, UTC)
        self._lists.clear()
        stale = self._fitted_at is None or now - self._fitted_at >= REFIT_AFTER
        weeks = [now - week * WEEK for week in range(WEEKS, 0, -1)] if stale and len(train) else []
        inputs = self._inputs([*weeks, now], weeks)
        if weeks:
            learned = learn_ranker(inputs, self._catalogue, self._text, self._settings)
            self._ranker, self._fitted_at = LightgbmRanker(learned.text) if learned else self._ranker, now
        stored = dict(inputs.people[now])
        there = moment(inputs, now, self._catalogue, self._embedding(inputs, now))
        snapshot = replace(there.snapshot, ranker=self._ranker)
        snapshot.warm()
        self._served = _Served(snapshot, stored, now)

    def rank(self, occasions: Occasions, k: int) -> Ints:
        """Decide for each person as of their moment."""
        ranked = np.full((len(occasions), k), -1, np.int64)
        popular = self._served.snapshot.popular(ItemKind.PRODUCT)
        for index, (key, at) in enumerate(zip(occasions.keys, occasions.at.tolist(), strict=True)):
            mine = slice(int(occasions.start[index]), int(occasions.end[index]))
            own = np.unique(occasions.history.item[mine])
            if (key, at) not in self._lists:
                self._lists[key, at] = self._decide(key, at, occasions.history, mine)
            best, by_score = self._lists[key, at]
            rows = np.concatenate([best, popular]) if occasions.allowed is Allowed.ALL else by_score
            numbers = self._number[rows]
            numbers = numbers[numbers >= 0]
            if occasions.allowed is not Allowed.ALL:
                numbers = numbers[np.isin(numbers, own) == (occasions.allowed is Allowed.OWN)]
            _, first = np.unique(numbers, return_index=True)
            numbers = numbers[np.sort(first)][:k]
            ranked[index, : numbers.size] = numbers
        return ranked

    def _decide(self, key: str, at: int, history: Interactions, mine: slice) -> tuple[Ints, Ints]:
        """One person's list as served, and all their candidates by score alone."""
        served = self._served
        profile = self._profile(key, history, mine)
        question = Question(now=at, placement="evaluation")
        assessed = assess(question, profile, served.snapshot, Live(ZoneInfo(self._zone)))
        by_score = assessed.candidates.rows[np.argsort(-assessed.ranking_scores, kind="stable")]
        return arrange(assessed, question).rows, by_score

    def _profile(self, key: str, history: Interactions, mine: slice) -> Profile:
        """What was stored on the first day of the group, and what the person did since."""
        served = self._served
        since = [
            RecentAction(
                sequence=place + 1, event_id=str(place), type=EventType.PURCHASE,
                item_id=self._catalogue.item_ids[int(self._row[history.item[place]])],
                occurred_at=datetime.fromtimestamp(int(history.at[place]), UTC),
            )
            for place in range(mine.start, mine.stop)
            if history.at[place] >= served.as_of.timestamp()
        ]
        stored = StoredProfile(actions=served.people.get(key, StoredActions()), recent=since)
        person = Person.of_key(key)
        whole = assemble(
            person, frozenset({Purpose.PERSONALISE_CONTENT}), stored, NO_RESTRICTIONS, self._catalogue,
        )
        return replace(whole, person=None)

    def _embedding(self, inputs: TrainingInputs, at: datetime) -> Embedding:
        people = people_at(inputs, at, self._catalogue)
        return learn_embedding(people.values(), self._catalogue, self._text, self._settings.embedding)

    def _inputs(self, moments: list[datetime], weeks: list[datetime]) -> TrainingInputs:
        from feature_repo.compute import compute  # noqa: PLC0415 - Ibis takes a second to import

        forgotten = pa.table({
            "person_key": pa.array([], pa.string()), "type": pa.array([], pa.string()),
            "item_id": pa.array([], pa.string()), "through": pa.array([], pa.timestamp("us", tz="UTC")),
        })
        compute(
            [self._history], self._generation.items, self._generation.customers, None, forgotten, self._scratch,
            as_of=moments, through_sequence=0, time_zone=self._zone, views=(PERSON_VIEW, *ITEM_VIEWS),
        )
        return TrainingInputs(
            items=self._items,
            people={at: self._people(at) for at in moments},
            item_features={at: self._item_features(at) for at in moments},
            labels={at: labels([self._history], at) for at in weeks},
            newest=moments[-1],
            catalogue_version=self._generation.version,
            data_window=(moments[0], moments[-1]),
        )

    def _people(self, at: datetime) -> list[tuple[str, StoredActions]]:
        there = self._as_of(PERSON_VIEW, at)
        columns = [there[name].to_pylist() for name in ACTION_COLUMNS]
        keys = there["person_key"].to_pylist()
        return [(key, StoredActions(*values)) for key, *values in zip(keys, *columns, strict=True) if values[0]]

    def _item_features(self, at: datetime) -> pa.Table:
        with duckdb.connect() as connection:
            for view in ITEM_VIEWS:
                connection.register(view, self._as_of(view, at).drop_columns(["event_timestamp"]))
            first, *others = ITEM_VIEWS
            joined = " ".join(f"FULL JOIN {view} USING (item_id)" for view in others)
            columns = ", ".join(("item_id", *COLUMNS))
            found: pa.Table = connection.sql(f"SELECT {columns} FROM {first} {joined}").to_arrow_table()  # noqa: S608
        return found

    def _as_of(self, view: str, at: datetime) -> pa.Table:
        table = pq.read_table(self._scratch / f"{view}.parquet")
        return table.filter(pc.equal(table["event_timestamp"], pa.scalar(at, table["event_timestamp"].type)))


def _timeless(catalogue: Catalogue) -> Catalogue:
    """Forget what is in stock and on sale today."""
    size = len(catalogue)
    return replace(catalogue, in_stock=np.ones(size, np.bool_), list_price=np.full(size, np.nan, np.float32))
