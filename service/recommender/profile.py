"""A person as the recommender sees them: what they did, as arrays over the catalogue's rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from service.recommender.actions import (
    NO_ACTIONS,
    TYPES,
    ActionKey,
    Actions,
    stored_actions,
    with_recent,
    without_forgotten,
)
from service.recommender.arrays import Floats, Ints
from service.recommender.catalogue import Catalogue
from service.recommender.consent import NOTHING, Purpose
from service.recommender.events import Impression, RecentAction
from service.recommender.feedback import NO_RESTRICTIONS, ForgottenAction, Restrictions
from service.recommender.impressions import NO_IMPRESSIONS, TAKEN_UP, Impressions, gather, tiredness
from service.recommender.person import Person
from service.recommender.stored import StoredProfile

_TAKEN_UP = np.array([kind in TAKEN_UP for kind in TYPES])


@dataclass(frozen=True)
class Profile:
    """What may be used of a person for this request; empty for nobody."""

    person: Person | None = None
    purposes: frozenset[Purpose] = NOTHING
    actions: Actions = NO_ACTIONS
    traits: Mapping[str, object] = field(default_factory=dict)
    restrictions: Restrictions = NO_RESTRICTIONS
    topics: tuple[str, ...] = ()
    """What they searched for, or looked at elsewhere, newest first."""
    impressions: Impressions = NO_IMPRESSIONS

    @property
    def is_empty(self) -> bool:
        """Whether nothing about the person was read."""
        return not self.purposes or self.person is None

    @property
    def is_cold(self) -> bool:
        """Whether there is no action to go by."""
        return len(self.actions) == 0

    def tired_of(self, now: int) -> tuple[Ints, Floats]:
        """Rows that they were shown in vain, ascending, and how tired they are of each, in (0, 1]."""
        taken = self.actions.keep(_TAKEN_UP[self.actions.type])
        return tiredness(self.impressions, taken.item, taken.last_at, now)

    def without(self, gone: Collection[ActionKey]) -> Profile:
        """The same person, had they not done some of it (each action with all its repetitions)."""
        return replace(self, actions=self.actions.without(gone))


NOBODY = Profile()


def assemble(
    person: Person, purposes: frozenset[Purpose], stored: StoredProfile, restrictions: Restrictions,
    catalogue: Catalogue, shown: Sequence[Impression] = (), spent: frozenset[str] = frozenset(),
) -> Profile:
    """Put stored features, recent actions and showings, and standing feedback together into a profile."""
    actions = stored_actions(stored.actions, catalogue)
    actions = without_forgotten(actions, restrictions.forgotten, catalogue)
    recent = [
        action
        for action in stored.recent
        if action.sequence > stored.through_sequence and not _is_forgotten(action, restrictions.forgotten)
    ]
    return Profile(
        person=person,
        purposes=purposes,
        actions=with_recent(actions, recent, catalogue),
        traits=stored.traits,
        restrictions=restrictions,
        topics=_topics(recent),
        impressions=gather(stored.impressions, shown, purposes, catalogue, spent),
    )


def _topics(recent: Sequence[RecentAction]) -> tuple[str, ...]:
    newest_first = sorted(recent, key=lambda one: (one.occurred_at, one.sequence), reverse=True)
    return tuple(dict.fromkeys(action.topic for action in newest_first if action.topic))


def _is_forgotten(action: RecentAction, forgotten: tuple[ForgottenAction, ...]) -> bool:
    return any(
        action.type is gone.type and action.item_id == gone.item_id and action.occurred_at <= gone.through
        for gone in forgotten
    )
