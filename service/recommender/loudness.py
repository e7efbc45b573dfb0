"""Loudness: which of a person's actions may speak for an item, guessed cheaply; what is told is weighed afterwards."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from service.recommender.actions import PURCHASE
from service.recommender.arrays import Floats, Ints
from service.recommender.decision import Assessed
from service.recommender.events import DAY
from service.recommender.scoring import AnchorScorer, ProductScorer
from service.recommender.subjects import FADES_IN_DAYS

MOST_EVIDENCE = 3
SPEAKS_ALONE = 0.5
"""Part of what the loudest actions contribute from which the loudest is named alone."""


@dataclass(frozen=True)
class Loudness:
    """How loudly the actions of a person speak for some items.

    Parameters
    ----------
    assessed : what the items were chosen from
    rows : int64, shape (n_rows,)
    stays : whether every item stays in the list whatever the person did. Elsewhere one action speaks by itself: were
        it several, some of them might take the item out of the list as well as all do.
    """

    assessed: Assessed
    rows: Ints
    stays: bool

    def loudest(self) -> list[list[list[int]]]:
        """For each item the sets of actions that may speak loudest for it, of which the best is told; perhaps none."""
        scorer, actions = self.assessed.scorer, self.assessed.person.actions
        if not len(actions):
            return [[] for _ in self.rows]
        if isinstance(scorer, AnchorScorer):
            own = np.flatnonzero((actions.item == scorer.anchor) & (actions.type == PURCHASE)).tolist()
            company = self.assessed.snapshot.items.together
            together = set() if scorer.anchor is None else set(company[scorer.anchor].tolist())
            return [[] if row in together else [own] for row in self.rows.tolist()]  # those are said as BOUGHT_TOGETHER
        few = min(MOST_EVIDENCE, len(actions))
        best = np.argpartition(-self._parts, few - 1, axis=1)[:, :few]
        best = np.take_along_axis(best, np.argsort(-np.take_along_axis(self._parts, best, 1), axis=1, kind="stable"), 1)
        loud = np.take_along_axis(self._parts, best, 1)
        return [
            self._sets(chosen, part, most=MOST_EVIDENCE if doubted else 1)
            for chosen, part, doubted in zip(best.tolist(), loud.tolist(), self._in_doubt, strict=True)
        ]

    def quietest(self) -> list[int | None]:
        """For each item in doubt a purchase that has little to do with it, of those the most repeated.

        It moves what any purchase moves, such as the share that all others have.
        """
        actions = self.assessed.person.actions
        bought = np.flatnonzero(actions.type == PURCHASE)
        if not any(self._in_doubt) or bought.size < 2:  # noqa: PLR2004 - one that is loud and one that is not
            return [None for _ in self.rows]
        sound = np.where(actions.item[bought] != self.rows[:, None], np.abs(self._parts[:, bought]), np.inf)
        middle = np.partition(sound, bought.size // 2, axis=1)[:, bought.size // 2, None]
        at = np.argmax(np.where(sound < middle, actions.count[bought], -1), axis=1)
        return [one if doubted else None for one, doubted in zip(bought[at].tolist(), self._in_doubt, strict=True)]

    def _sets(self, chosen: list[int], part: list[float], most: int) -> list[list[int]]:
        """Put the loudest actions of an item into sets: together where they may be, else each of `most` for itself."""
        heard = [action for action, loud in zip(chosen, part, strict=True) if loud > 0]
        if part[0] >= SPEAKS_ALONE * sum(part):
            return [[action] for action in heard[:1]]
        if self.stays:
            return [heard]
        bought = self.assessed.person.actions.type == PURCHASE  # a look weighs little, and is dear to take away
        return [[action] for action in (*heard[:1], *(action for action in heard[1:most] if bought[action]))]

    @cached_property
    def _in_doubt(self) -> list[bool]:
        """Of which items loudness is but a guess at what a ranker makes of an action, and nothing louder is known."""
        is_modelled = isinstance(self.assessed.scorer, ProductScorer)
        own = np.isin(self.rows, self.assessed.person.actions.purchases.item)
        return [is_modelled and not bought for bought in own.tolist()]

    @cached_property
    def _parts(self) -> Floats:
        """How loudly each action speaks for each item: by what it is about, or by where it lies.

        Returns
        -------
        float32, shape (n_rows, n_actions)
        """
        actions, rows = self.assessed.person.actions, self.rows
        parts = self.assessed.scorer.contributions(self.assessed.person, rows)
        parts[(actions.item == rows[:, None]) & (actions.type == PURCHASE)] = 0
        parts[:, actions.interest_weight < 0] = 0  # a dislike of something unlike it is no reason that one would say
        for index, row in enumerate(rows.tolist()):
            subjects = self.assessed.snapshot.subjects.of_row(row)
            if subjects.size:
                path, faded = self._bought
                about = np.where(np.isin(path, subjects), faded, 0)
                if about.any():
                    parts[index] = about
        return parts

    @cached_property
    def _bought(self) -> tuple[Ints, Floats]:
        """Category of each action's item, and how much of a purchase it is, older ones fading."""
        actions = self.assessed.person.actions
        days = (self.assessed.question.now - actions.last_at) / DAY
        faded = np.where(actions.type == PURCHASE, actions.count * np.exp(-days / FADES_IN_DAYS), 0)
        return self.assessed.snapshot.catalogue.path[actions.item].astype(np.int64), faded.astype(np.float32)
