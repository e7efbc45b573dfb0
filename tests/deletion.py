"""The deletion test: without what a reason cites an item must fall further than without as much of anything else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from service.recommender.actions import ActionKey
from service.recommender.decision import Ranking
from service.recommender.explanation import explain
from service.recommender.live import Live
from service.recommender.person_view import PersonView
from service.recommender.profile import Profile


@dataclass
class Deletions:
    """How often what was cited mattered more."""

    draw: np.random.Generator
    cited: int = 0
    held: int = 0
    lost: list[tuple[object, ...]] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Part of the cases in which it did."""
        return self.held / self.cited

    def weigh(self, ranking: Ranking, profile: Profile, live: Live, items: int = 20) -> None:
        """Take the evidence of each reason of the first items away, and then as many other actions, drawn at random."""
        rows = ranking.rows[:items].tolist()
        keys = [profile.actions.key(index) for index in range(len(profile.actions))]
        for row, cited in evidence(ranking, rows, live):
            others = [key for key in keys if key not in cited]
            if len(others) < len(cited):
                continue
            drawn = {others[index] for index in self.draw.choice(len(others), len(cited), replace=False)}
            fall, chance = (fall_without(ranking, profile, row, gone) for gone in (cited, drawn))
            self.cited += 1
            self.held += fall > chance
            if fall <= chance:
                self.lost.append((ranking.assessed.question.kind, ranking.assessed.question.intent, row, fall, chance))


def evidence(ranking: Ranking, rows: list[int], live: Live) -> Iterator[tuple[int, frozenset[ActionKey]]]:
    """Pairs of an item and what one of its reasons cites."""
    for row, reasons in zip(rows, explain(ranking, rows, live.zone), strict=True):
        yield from ((row, reason.actions) for reason in reasons if reason.actions)


def fall_without(ranking: Ranking, profile: Profile, row: int, gone: frozenset[ActionKey] | set[ActionKey]) -> float:
    """Fall of an item's ranking score, both scores computed from the beginning."""
    one, rows = ranking.assessed, np.array([row])

    def score(actions: object) -> float:
        person = PersonView(actions, one.question.now, one.snapshot.catalogue, one.snapshot.items, one.snapshot.embedding)
        return float(one.scorer.scores(one.scorer.features(person, rows))[0])

    return score(profile.actions) - score(profile.actions.without(gone))
