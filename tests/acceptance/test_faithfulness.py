"""The deletion test on the demo shop: what is cited matters, evidence is minimal, and places are exact."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from service.composition import Konomi, compose
from service.recommender.catalogue import ItemKind
from service.recommender.decision import Ranking, decide
from service.recommender.explanation import explain, positions_without
from service.recommender.person import Person
from service.recommender.profile import Profile
from service.recommender.question import Intent
from service.settings import load_settings
from service.tables.store import TableStore
from tests.deletion import Deletions, evidence

pytestmark = pytest.mark.demo

HOUSEHOLDS, REPLAYED, SEED = 25, 4, 20263
LISTS = (
    (ItemKind.PRODUCT, Intent.FOR_YOU), (ItemKind.PRODUCT, Intent.DISCOVER), (ItemKind.PRODUCT, Intent.ON_SALE),
    (ItemKind.CONTENT, Intent.FOR_YOU), (ItemKind.AD, Intent.FOR_YOU),
)


@dataclass(frozen=True)
class Case:
    """One list of one household."""

    profile: Profile
    ranking: Ranking


@pytest.fixture(scope="module")
def served(demo_copy: Path) -> Iterator[Konomi]:
    settings = {"STATE__DIR": str(demo_copy), "SHOP__TIME_ZONE": "America/New_York", "SHOP__CURRENCY": "USD"}
    konomi = compose(load_settings({f"KONOMI_{name}": value for name, value in settings.items()}))
    yield konomi
    konomi.slates.close()


@pytest.fixture(scope="module")
def cases(served: Konomi, demo_copy: Path) -> list[Case]:
    recommender = served.services.recommender
    now = TableStore(demo_copy / "tables").current()
    ids = sorted(pq.read_table(now.customers, columns=["customer_id"])["customer_id"].to_pylist())
    chosen = np.random.default_rng(SEED).choice(len(ids), HOUSEHOLDS, replace=False)
    found = []
    for index in chosen.tolist():
        visit = recommender.open(Person.customer(ids[index]))
        for kind, intent in LISTS:
            question, profile = recommender.question(kind=kind, intent=intent), visit.of_kind(kind)
            found.append(Case(profile, decide(question, profile, recommender.snapshot, recommender.live)))
    return found


def test_what_is_cited_matters_more_than_as_much_of_anything_else(served, cases):
    found = Deletions(np.random.default_rng(SEED))
    for case in cases:
        found.weigh(case.ranking, case.profile, served.services.recommender.live)
    assert found.cited > HOUSEHOLDS * len(LISTS)
    assert found.rate >= 0.95, found.lost


def test_evidence_is_minimal_and_places_are_exact(served, cases):
    recommender, exact, several = served.services.recommender, 0, 0
    for case in cases[: REPLAYED * len(LISTS)]:
        question = case.ranking.assessed.question

        def replay(other: Profile, question=question) -> list[int]:
            return decide(question, other, recommender.snapshot, recommender.live).rows.tolist()

        told = list(evidence(case.ranking, case.ranking.rows[:20].tolist(), recommender.live))
        for row, cited in told[:2]:
            (place,) = positions_without(replay, case.profile, [(row, cited)])
            then = replay(case.profile.without(cited))[:200]
            assert place == (then.index(row) + 1 if row in then else None)
            exact += 1
        for row, cited in told:
            assert len(cited) <= 3
            parts = [(row, frozenset(part)) for size in range(1, len(cited)) for part in combinations(sorted(cited), size)]
            if parts and positions_without(replay, case.profile, [(row, cited)]) == [None]:
                assert None not in positions_without(replay, case.profile, parts)
            several += bool(parts)
    assert exact
    assert several


def test_shares_sum_to_one_and_what_is_not_personal_says_so(served, cases):
    for case in cases:
        rows = case.ranking.rows[:20].tolist()
        for row, reasons in zip(rows, explain(case.ranking, rows, served.services.recommender.zone), strict=True):
            assert sum(one.share for one in reasons) == pytest.approx(1, abs=1e-6)
            said = any(one.code == "NOT_PERSONALISED" for one in reasons)
            targeted = bool(case.ranking.assessed.snapshot.catalogue.segments[row])
            assert said == (not targeted and not any(one.is_personal for one in reasons))
