"""Quality by stage of life: told as of each person's moment, by what was known then."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from service.evaluation.breakdown import SMALLEST, groups_of
from service.evaluation.lifecycle import lifecycle_stages
from service.evaluation.protocols.given_split import masked_occasions
from service.evaluation.protocols.last_basket import last_basket
from service.evaluation.shop import Shop
from service.evaluation.trial import Trial
from service.recommender.segment_rules import NEW_WITHIN_DAYS
from service.recommender.segmentation import USUAL_GAP_DAYS
from tests.evaluation.small_trials import DAY, interactions

WEEKLY = tuple(range(0, 141, 7))
HISTORIES = {
    "lifecycle active": (*WEEKLY, 150),
    "lifecycle at risk": (*WEEKLY, 170),
    "lifecycle lapsed": (*WEEKLY, 260),
    "lifecycle new": (240, 247, 260),
}
"""Days of orders, of which the last is foreseen."""
LATE_THIRD_ORDER = (0, NEW_WITHIN_DAYS, NEW_WITHIN_DAYS + 60)


def shop(*histories: tuple[int, ...], each: int = 1):
    """Persons in the order of their histories, `each` of every one."""
    rows, basket = [], 0
    for person, days in enumerate(days for days in histories for _ in range(each)):
        for day in days:
            rows += [(person, item, day, basket) for item in (basket % 5, 5)]
            basket += 1
    return interactions(*rows)


@pytest.mark.parametrize("stage", HISTORIES)
def test_the_stage_is_that_of_the_moment_that_is_foreseen_and_not_of_the_end_of_the_data(stage):
    others = [(0, 1, 400)] * 3
    assert lifecycle_stages(last_basket(shop(HISTORIES[stage], *others)))[0] == stage


def test_of_a_short_history_everybodys_rhythm_says_when_somebody_is_missed():
    weekly, monthly = (shop(LATE_THIRD_ORDER, *[tuple(range(0, 200, gap))] * SMALLEST) for gap in (7, 30))
    assert lifecycle_stages(last_basket(weekly))[0] == "lifecycle at risk"
    assert lifecycle_stages(last_basket(monthly))[0] == "lifecycle active"
    assert 7 < USUAL_GAP_DAYS < 30


def test_what_anybody_does_later_changes_no_stage():
    """The same questions, asked of data in which everybody came again once, years afterwards."""
    known = shop(LATE_THIRD_ORDER, *HISTORIES.values(), each=SMALLEST)
    trial = last_basket(known)
    rows = list(zip(known.person, known.item, known.at // DAY, known.basket, strict=True))
    planted = interactions(*rows, *[(person, 1, 5_000, 100_000 + person) for person in range(known.n_people)])
    asked = trial.occasions
    occasions = replace(
        asked, history=planted, start=planted.starts[asked.person], end=planted.ends_before(asked.person, asked.at),
    )
    assert lifecycle_stages(replace(trial, interactions=planted, occasions=occasions)) == lifecycle_stages(trial)
    assert set(lifecycle_stages(trial)) == set(HISTORIES)


def test_groups_are_told_from_fifty_people_on():
    trial = last_basket(shop(*HISTORIES.values(), each=SMALLEST))
    groups = groups_of(trial, Shop(trial.interactions))
    for number, stage in enumerate(HISTORIES):
        assert groups[stage].nonzero()[0].tolist() == list(range(number * SMALLEST, (number + 1) * SMALLEST))
    few = last_basket(shop(*HISTORIES.values(), each=SMALLEST - 1))
    assert not any(name.startswith("lifecycle") for name in groups_of(few, Shop(few.interactions)))


def test_without_times_there_are_no_stages():
    history = interactions(*[(person, item, 0, 0) for person in range(SMALLEST) for item in (0, 1, 3)])
    occasions = masked_occasions(history, np.arange(SMALLEST), np.full(SMALLEST, 2))
    groups = groups_of(Trial("given-split", history, occasions, is_timed=False), Shop(history))
    assert groups
    assert not any(name.startswith("lifecycle") for name in groups)
