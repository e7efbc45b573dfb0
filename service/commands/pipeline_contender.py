"""The whole pipeline as evaluation's contender: features computed as of a moment, models trained on them, `decide`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from index.catalogue import read_catalogue
from index.learning import TrainingSettings, learn_embedding, learn_ranker
from index.moments import Moment, moment, people_at
from index.ranker import RankerSettings
from index.text_features import text_features
from service.adapters.lightgbm_ranker import LightgbmRanker
from service.commands.evaluation_features import PastFeatures
from service.commands.weeks import WEEK, weekly
from service.commands.workspace import Workspace
from service.evaluation.contender import NIGHTLY
from service.evaluation.interactions import Interactions
from service.evaluation.occasions import Allowed, Occasions
from service.evaluation.timeless import timeless
from service.recommender.arrays import Ints
from service.recommender.catalogue import ItemKind
from service.recommender.consent import Purpose
from service.recommender.decision import arrange, assess
from service.recommender.events import EventType, RecentAction
from service.recommender.feedback import NO_RESTRICTIONS
from service.recommender.live import Live
from service.recommender.person import Person
from service.recommender.profile import Profile, assemble
from service.recommender.question import Question
from service.recommender.snapshot import Snapshot
from service.recommender.stored import StoredActions, StoredProfile

RANKER_LASTS = 2 * WEEK
"""How long an order that was learned is good for: fitting it is most of the work, and it ages slowly."""


@dataclass(frozen=True)
class _Served:
    """What a server would hold: models and people as of the first day of a week, items as of last night."""

    snapshot: Snapshot
    week: Moment
    people: Mapping[str, StoredActions]

    def on(self, night: datetime) -> _Served:
        """The same week, on another day."""
        return replace(self, snapshot=replace(self.snapshot, items=self.week.items_at(int(night.timestamp()) + 1)))


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
    lasts = NIGHTLY

    def __init__(self, workspace: Workspace, item_ids: Sequence[str], scratch: Path, seed: int = 7) -> None:
        self._features = PastFeatures(workspace, scratch)
        self._zone = ZoneInfo(workspace.settings.shop.time_zone)
        self._settings = TrainingSettings(ranker=RankerSettings(seed=seed))
        self._catalogue = timeless(read_catalogue(self._features.items, workspace.generation().version))
        self._number = np.full(len(self._catalogue), -1, np.int64)
        rows = self._catalogue.rows_of(item_ids)
        self._number[rows] = np.arange(rows.size)
        self._row = rows
        self._text = text_features(self._catalogue)
        self._ranker: LightgbmRanker | None = None
        self._learned_at: datetime | None = None
        self._served: _Served
        self._trained_at: datetime | None = None
        self._lists: dict[tuple[str, int], tuple[Ints, Ints]] = {}

    def fit(self, train: Interactions, as_of: int) -> None:
        """Train on the features of a moment, once a week; on other days renew what is known of the items.

        The ranker is fitted anew once it is `RANKER_LASTS` old.
        """
        now = datetime.fromtimestamp(as_of, UTC)
        self._lists.clear()
        if self._trained_at is None or not timedelta(0) < now - self._trained_at < WEEK:
            self._served, self._trained_at = self._trained(train, now), now
        else:
            self._served = self._served.on(now)
        self._served.snapshot.warm()

    def _trained(self, train: Interactions, now: datetime) -> _Served:
        """Compute features as of a moment and embed; without a past there is nothing but popularity."""
        weeks = _weeks(train, now) if len(train) and self._is_ranker_due(now) else []
        inputs = self._features.inputs(now, weeks)
        if weeks and (learned := learn_ranker(inputs, self._catalogue, self._text, self._settings)):
            self._ranker, self._learned_at = LightgbmRanker(learned.text), now
        stored = dict(inputs.people[now])
        people = people_at(inputs, now, self._catalogue)
        embedding = learn_embedding(people.values(), self._catalogue, self._text, self._settings.embedding)
        there = moment(inputs, now, self._catalogue, embedding)
        return _Served(replace(there.snapshot, ranker=self._ranker), there, stored)

    def _is_ranker_due(self, now: datetime) -> bool:
        return self._learned_at is None or not timedelta(0) <= now - self._learned_at < RANKER_LASTS

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
            rows = np.concatenate([best, popular[: best.size + k]]) if occasions.allowed is Allowed.ALL else by_score
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
        assessed = assess(question, profile, served.snapshot, Live(self._zone))
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
            if history.at[place] >= served.week.at.timestamp()
        ]
        stored = StoredProfile(actions=served.people.get(key, StoredActions()), recent=since)
        person = Person.of_key(key)
        whole = assemble(
            person, frozenset({Purpose.PERSONALISE_CONTENT}), stored, NO_RESTRICTIONS, self._catalogue,
        )
        return replace(whole, person=None)


def _weeks(train: Interactions, now: datetime) -> list[datetime]:
    return weekly(datetime.fromtimestamp(int(train.at.min()), UTC), now)
