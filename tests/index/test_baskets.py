"""What is learned to be foreseen: any basket of a week, by a person who may have bought since the week began."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from index.baskets import draw_one_each, read_baskets
from index.catalogue import read_catalogue
from index.examples import BASKETS_A_WEEK, examples_of
from index.moments import moment
from service.recommender.consent import Purpose
from service.recommender.embedding import Embedding
from service.recommender.events import EventType, RecentAction
from service.recommender.feedback import NO_RESTRICTIONS
from service.recommender.person import Person
from service.recommender.profile import assemble
from service.recommender.stored import StoredActions, StoredProfile
from tests.index.clustered_inputs import DAY, item, items_table, training_inputs

AT = datetime(2026, 2, 2, tzinfo=UTC)
BEGUN = int(AT.timestamp())
SHOP = [item("milk"), item("bread"), item("tea"), item("test kit", sensitive=True)]


def lines(*bought: tuple[str, str, int, float | None]) -> pa.Table:
    rows = [
        {"person_key": person, "item_id": what, "at": BEGUN + hour * 3_600, "channel": "WEB", "price": price}
        for person, what, hour, price in bought
    ]
    schema = pa.schema([
        ("person_key", pa.string()), ("item_id", pa.string()), ("at", pa.int64()), ("channel", pa.string()),
        ("price", pa.float64()),
    ])
    return pa.Table.from_pylist(rows, schema)


@pytest.fixture(scope="module")
def catalogue():
    return read_catalogue(items_table(SHOP), "1")


def test_lines_become_baskets_oldest_first(catalogue) -> None:
    found = read_baskets(lines(
        ("c:1", "tea", 50, None), ("c:1", "milk", 2, 1.5), ("c:2", "bread", 9, 2.0), ("c:1", "bread", 2, 2.5),
    ), catalogue)
    assert [(one.at - BEGUN, [catalogue.item_ids[row] for row in one.rows]) for one in found["c:1"]] == [
        (7_200, sorted(["milk", "bread"], key=catalogue.row_of.get)), (180_000, ["tea"]),
    ]
    first, second = found["c:1"]
    assert dict(zip((catalogue.item_ids[row] for row in first.rows), first.prices, strict=True)) == {
        "milk": 1.5, "bread": 2.5,
    }
    assert (second.prices, second.channel, len(found["c:2"])) == ((None,), "WEB", 1)


def test_what_is_sensitive_or_gone_is_not_to_be_foreseen(catalogue) -> None:
    found = read_baskets(lines(
        ("c:1", "test kit", 2, 9.0), ("c:2", "test kit", 2, 9.0), ("c:2", "milk", 2, 1.5), ("c:3", "gone", 1, 1.0),
    ), catalogue)
    assert {key: [one.rows.tolist() for one in baskets] for key, baskets in found.items()} == {
        "c:2": [[catalogue.row_of["milk"]]],
    }
    assert read_baskets(None, catalogue) == {} == read_baskets(lines(), catalogue)


def test_any_basket_of_the_week_may_be_drawn_and_always_the_same(catalogue) -> None:
    baskets = read_baskets(lines(*((f"c:{n}", "milk", hour, 1.0) for n in range(60) for hour in (1, 40, 90))), catalogue)
    drawn = draw_one_each(baskets, AT)
    assert sorted(set(drawn.values())) == [0, 1, 2]
    assert drawn == draw_one_each(dict(reversed(baskets.items())), AT)
    assert drawn != draw_one_each(baskets, AT + timedelta(days=7))


def test_what_was_bought_since_the_features_is_known_as_serving_knows_it(catalogue) -> None:
    """Three baskets a person, two weeks of stored features: training sees what a request at that time would see."""
    inputs = replace(training_inputs(), items=items_table(SHOP))
    stored = StoredActions(["milk"], ["PURCHASE"], [2], [BEGUN - 9 * DAY], [BEGUN - 2 * DAY], [1.0])
    bought = [(what, hour, price) for what, hour, price in (("milk", 5, 1.2), ("tea", 30, None), ("bread", 60, 2.0))]
    keys = [f"c:{n}" for n in range(40)]
    inputs = replace(
        inputs,
        people={at: [(key, stored) for key in keys[:39]] for at in inputs.people} | {AT: [(k, stored) for k in keys[:39]]},
        item_features=dict(inputs.item_features) | {AT: inputs.item_features[inputs.newest].slice(0, 0)},
        labels={AT: lines(*((key, *line) for key in keys for line in bought))},
    )
    size = len(catalogue)
    nowhere = Embedding(np.zeros((size, 1), np.float32), *np.zeros((2, size), np.float32))
    then = moment(inputs, AT, catalogue, nowhere)
    place = {BEGUN + hour * 3_600: number for number, (_, hour, _) in enumerate(bought)}
    seen = set()
    for key in keys:
        before = bought[: place[then.baskets[key].at]]
        seen.add((len(before), key == keys[39]))
        recent = [
            RecentAction(n + 1, str(n), EventType.PURCHASE, what, AT + timedelta(hours=hour), price)
            for n, (what, hour, price) in enumerate(before)
        ]
        profile = StoredProfile(stored if key != keys[39] else StoredActions(), recent=recent)
        served = assemble(
            Person.of_key(key), frozenset({Purpose.PERSONALISE_CONTENT}), profile, NO_RESTRICTIONS, catalogue,
        ).actions
        if not len(served):
            assert key not in then.people
            continue
        for name in ("item", "type", "count", "first_at", "last_at", "last_price", "faded"):
            np.testing.assert_array_equal(getattr(then.people[key], name), getattr(served, name))
    assert {number for number, _ in seen} == {0, 1, 2}


def test_every_basket_of_a_week_has_its_turn_once(catalogue) -> None:
    baskets = read_baskets(lines(
        *((f"c:{n}", "milk", hour, 1.0) for n in range(9) for hour in range(0, 60, 20 if n % 3 else 10)),
    ), catalogue)
    turns = [draw_one_each(baskets, AT, turn) for turn in range(7)]
    for key, of_person in baskets.items():
        assert sorted(turn[key] for turn in turns if key in turn) == list(range(len(of_person)))
    assert turns[6] == {}


def test_people_teach_with_several_baskets_of_a_week_each_as_they_were_then(catalogue) -> None:
    """One with two baskets and one with five: the one teaches twice, the other no more than `BASKETS_A_WEEK` times."""
    stored = StoredActions(["milk"], ["PURCHASE"], [2], [BEGUN - 9 * DAY], [BEGUN - 2 * DAY], [1.0])
    inputs = training_inputs()
    hours = {"c:1": (5, 30), "c:2": (1, 20, 40, 60, 80)}
    inputs = replace(
        inputs, items=items_table(SHOP), people={at: [(key, stored) for key in hours] for at in (*inputs.people, AT)},
        item_features=dict(inputs.item_features) | {AT: inputs.item_features[inputs.newest].slice(0, 0)},
        labels={AT: lines(*((key, "milk", hour, 1.0) for key, those in hours.items() for hour in those))},
    )
    size = len(catalogue)
    nowhere = Embedding(np.ones((size, 1), np.float32), *np.ones((2, size), np.float32))
    then = moment(inputs, AT, catalogue, nowhere)
    for turn in range(BASKETS_A_WEEK):
        for key, basket in then.drawn(turn).baskets.items():
            earlier = sum(BEGUN + hour * 3_600 < basket.at for hour in hours[key])
            assert then.drawn(turn).people[key].count.sum() == 2 + len({(BEGUN + h * 3_600) // DAY for h in hours[key][:earlier]})
    found = examples_of(then, most_people=2, negatives=1.0, seed=7)
    newcomers = 1
    assert found.groups.size == 2 + BASKETS_A_WEEK + newcomers
