"""Questions: bounds, and the way to JSON and back."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.recommender.catalogue import ItemKind
from service.recommender.errors import InvalidArgument
from service.recommender.question import MOST_ITEMS, Intent, ItemFilter, PageContext, Question

texts = st.tuples() | st.lists(st.text(max_size=5), max_size=3).map(tuple)
maybe = st.none() | st.text(max_size=8)
filters = st.builds(ItemFilter, maybe, texts, st.none() | st.floats(0, 5), st.none() | st.floats(5, 9),
                    st.none() | st.booleans(), texts, texts)
questions = st.builds(
    Question, st.sampled_from(ItemKind), st.sampled_from(Intent), st.text(min_size=1, max_size=64),
    st.integers(0, 4_000_000_000), filters, st.builds(PageContext, texts, maybe, maybe, maybe), maybe,
    st.none() | st.floats(0, 1),
)


@given(questions)
def test_a_question_comes_back_from_json(question):
    assert Question.of_json(json.loads(json.dumps(question.as_json()))) == question
    assert question.moment == datetime.fromtimestamp(question.now, UTC)


def test_what_else_a_slate_keeps_is_no_part_of_its_question():
    question = Question(now=17)
    assert Question.of_json({**question.as_json(), "shelf": "new", "about": ["related"]}) == question


@pytest.mark.parametrize("asked", [
    {"diversity": -0.1}, {"diversity": 1.1}, {"diversity": float("nan")}, {"placement": ""}, {"placement": "x" * 65},
    {"filter": ItemFilter(price_from=2.0, price_to=1.0)}, {"filter": ItemFilter(brand=("x",) * (MOST_ITEMS + 1))},
    {"filter": ItemFilter(tags=("x",) * (MOST_ITEMS + 1))},
    {"context": PageContext(cart_item_ids=("x",) * (MOST_ITEMS + 1))},
])
def test_what_is_out_of_bounds_is_refused(asked):
    with pytest.raises(InvalidArgument):
        Question(**asked)


def test_the_bounds_themselves_are_taken():
    most = ("x",) * MOST_ITEMS
    Question(filter=ItemFilter(brand=most, tags=most, price_from=1.0, price_to=1.0), placement="x" * 64, diversity=1.0,
             context=PageContext(cart_item_ids=most))


@pytest.mark.parametrize(("asked", "wanted"), [
    ({}, True), ({"kind": ItemKind.CONTENT}, True), ({"diversity": 0.5}, True), ({"filter": ItemFilter(price_to=3.0)}, True),
    ({"diversity": 0.0}, False), ({"kind": ItemKind.AD}, False), ({"intent": Intent.BECAUSE_YOU_BOUGHT}, False),
    ({"filter": ItemFilter(category="Tea")}, False), ({"filter": ItemFilter(brand=("Hill",))}, False),
    ({"filter": ItemFilter(tags=("green",))}, False), ({"context": PageContext(query="tea")}, False),
])
def test_variety_is_wanted_where_nothing_of_one_kind_was_asked_for(asked, wanted):
    assert Question(**asked).wants_variety is wanted
