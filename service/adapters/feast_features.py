"""The online feature store, through Feast."""

from __future__ import annotations

import math
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from service.adapters.feast_import import import_feast
from service.adapters.feast_repository import PUSHED, FeastRepository
from service.adapters.feast_values import (
    plain,
    recent_actions,
    recent_columns,
    stored_actions,
    stored_impressions,
    traits,
)
from service.recommender.consent import Purpose
from service.recommender.errors import FeaturesUnavailable
from service.recommender.events import RecentAction
from service.recommender.person import Person
from service.recommender.ports import Clock
from service.recommender.stored import NamedFeature, StoredProfile

if TYPE_CHECKING:
    from feast import FeatureView

    from service.adapters.feast_online import OnlineViews

SERVICES: dict[Purpose, tuple[str, ...]] = {
    Purpose.PERSONALISE_CONTENT: ("ranker_personalise_content", "recent_personalise_content"),
    Purpose.PERSONALISE_ADS: ("ads_personalise_ads",),
}
"""Feature services by the purpose that opens them; a purpose not named here opens none."""
ACTIONS = "person_actions"
IMPRESSIONS = {"person_impressions": "shown", "person_ad_impressions": "ad_shown"}
"""Views of what was shown, and how the names of their features begin."""


class FeastFeatures:
    """`FeatureSource` on Feast.

    Parameters
    ----------
    repository : an applied repository
    clock : tells which rows are past their time to live, which Feast itself would serve on
    wait_s : after how many seconds the store is given up
    """

    def __init__(self, repository: FeastRepository, clock: Clock, wait_s: float = 0.05) -> None:
        self._repository = repository
        self._clock = clock
        self._wait_s = wait_s
        self._pushing = threading.Lock()

    def read(self, person: Person, purposes: frozenset[Purpose]) -> StoredProfile:
        """Read what the granted purposes open, and nothing else; see `FeatureSource.read`."""
        found = {view.name: (written_at, row) for _, view, written_at, row in self._rows(person, purposes)}
        shown = {prefix: found.pop(view) for view, prefix in IMPRESSIONS.items() if view in found}
        rows = {view: row for view, (_, row) in found.items()}
        recent, actions = rows.pop(PUSHED, {}), rows.get(ACTIONS, {})
        through = plain(actions["through_sequence"]) if actions else None
        return StoredProfile(
            actions=stored_actions(actions),
            recent=recent_actions(recent),
            through_sequence=through if isinstance(through, int) else 0,
            traits={name: value for row in rows.values() for name, value in traits(row).items()},
            impressions=stored_impressions(shown),
        )

    def push_recent(self, actions: Mapping[Person, Sequence[RecentAction]]) -> None:
        """Replace people's recent actions; see `FeatureSource.push_recent`."""
        view = self._repository.views[PUSHED]
        named = {person.key: own for person, own in actions.items()}
        with self._pushing:
            # Of two calls at once, the one that read the log later must win, whichever writes last.
            rows = zip(named.items(), self._online.read_many(view, list(named)), strict=True)
            newer = {key: recent_columns(own) for (key, own), (_, row) in rows if not _goes_further(row, own)}
            self._online.write(view, newer, self._clock.now())

    def forget(self, people: Collection[Person]) -> None:
        """Delete people's rows of every view; see `FeatureSource.forget`."""
        with self._pushing:
            for person in people:
                self._online.erase(person.key)

    def describe(self, person: Person, purposes: frozenset[Purpose]) -> Sequence[NamedFeature]:
        """Name every feature that the granted purposes open; see `FeatureSource.describe`."""
        return [
            NamedFeature(
                name=field.name,
                view=view.name,
                value=_jsonable(plain(row[field.name])),
                purpose=purpose,
                updated_at=written_at,
                descriptions={language: field.tags[f"description_{language}"] for language in ("en", "ja")},
            )
            for purpose, view, written_at, row in self._rows(person, purposes)
            for field in view.features
            if field.name in row
        ]

    @cached_property
    def _online(self) -> OnlineViews:
        import_feast()
        from service.adapters.feast_online import OnlineViews  # noqa: PLC0415 - its imports are Feast's

        return OnlineViews(self._repository.config, self._wait_s)

    @cached_property
    def _opened(self) -> Mapping[Purpose, tuple[FeatureView, ...]]:
        try:
            views, services = self._repository.views, self._repository.services
        except FileNotFoundError as error:
            raise FeaturesUnavailable("No features have been computed yet; run konomi features.") from error
        return {
            purpose: tuple(views[view] for service in names for view in services[service])
            for purpose, names in SERVICES.items()
        }

    def _rows(
        self, person: Person, purposes: frozenset[Purpose],
    ) -> Iterator[tuple[Purpose, FeatureView, datetime, Mapping[str, Any]]]:
        opened = {
            view.name: (purpose, view)
            for purpose in reversed(SERVICES)
            if purpose in purposes
            for view in self._opened[purpose]
            # Nothing but recent actions is ever stored of a visitor.
            if person.is_customer or view.name == PUSHED
        }
        if not opened:
            return
        now, rows = self._clock.now(), self._online.read([view for _, view in opened.values()], person.key)
        for (purpose, view), (written_at, row) in zip(opened.values(), rows, strict=True):
            if written_at is not None and not _is_stale(view, now - written_at):
                yield purpose, view, written_at, row


def _goes_further(row: Mapping[str, Any], actions: Sequence[RecentAction]) -> bool:
    sequences = row["recent_sequence"].int64_list_val.val if row else ()
    return bool(actions and sequences and sequences[-1] > actions[-1].sequence)


def _is_stale(view: FeatureView, age: timedelta) -> bool:
    return view.ttl is not None and age > view.ttl


def _jsonable(value: object) -> object:
    if isinstance(value, tuple):
        return [_jsonable(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value
