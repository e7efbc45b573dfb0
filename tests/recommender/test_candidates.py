"""Candidates: each source finds what it is for, and a row keeps the marks of all that found it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.recommender.candidates import OWN, Source, best, generate, merge, on_sale_for, on_topic, own
from service.recommender.catalogue import ItemKind
from tests.recommender.odd_shops import NOW, somebody, the_shop, view, without_categories

SHOP = the_shop()
BUYER = view(somebody(("PURCHASE", 3, 2, 4), ("PURCHASE", 43, 200, 1), ("PURCHASE", 24, 2, 1)), SHOP)
found = st.lists(st.tuples(st.sampled_from(list(Source)), st.lists(st.integers(0, 30), max_size=9)), max_size=9)


@given(found)
def test_rows_are_distinct_and_keep_every_mark(entries):
    both = merge([(source, np.array(rows, np.int64)) for source, rows in entries])
    assert both.rows.tolist() == sorted({row for _, rows in entries for row in rows})
    for source in Source:
        expected = {row for one, rows in entries if one is source for row in rows}
        assert set(both.rows[both.of(source)].tolist()) == expected


@pytest.mark.parametrize("source", Source)
def test_only_the_sources_that_are_asked_for_answer(source):
    candidates = generate(BUYER, SHOP, ItemKind.PRODUCT, trending=np.array([7]), topics=("tea",), sources=source)
    assert candidates.rows.size
    assert set(candidates.sources.tolist()) == {int(source)}


def test_own_purchases_come_by_how_often_and_how_lately():
    assert own(BUYER).tolist() == [3, 24, 43]
    many = view(somebody(*(("PURCHASE", row) for row in range(450))), SHOP)
    assert own(many).size == OWN


@given(st.lists(st.integers(0, 6), max_size=30), st.integers(1, 12))
def test_the_best_are_those_that_sorting_all_puts_first(weights, size):
    weight = np.array(weights, np.float32)
    assert best(weight, size).tolist() == np.argsort(-weight, kind="stable")[:size].tolist()


def test_on_sale_is_what_is_reduced_where_the_person_buys():
    rows = on_sale_for(BUYER, SHOP)
    assert (SHOP.catalogue.discount_rate[rows] > 0).all()
    assert np.isin(SHOP.catalogue.path[rows], SHOP.catalogue.path[[3, 43, 24]]).all()
    assert on_sale_for(BUYER, without_categories(SHOP)).size


@pytest.mark.parametrize("topics", [(), ("",), (" > ",), ("no such thing",), ("\x00",)])
def test_a_topic_of_nothing_finds_nothing(topics):
    assert on_topic(SHOP, topics).size == 0


def test_a_topic_is_a_category_or_words():
    assert {SHOP.catalogue.texts.category[row][-1] for row in on_topic(SHOP, ("tea",))} == {"Tea"}
    assert on_topic(SHOP, ("Tea 20",)).tolist() == [row for row in on_topic(SHOP, ("Tea 20",)) if "Tea 20" in SHOP.catalogue.texts.title[row]]


@pytest.mark.parametrize("kind", ItemKind)
def test_candidates_of_nobody_are_of_the_kind_and_have_come_in(kind):
    nobody = view(somebody(), SHOP)
    candidates = generate(nobody, SHOP, kind)
    assert {SHOP.catalogue.kind_of(row) for row in candidates.rows} == {kind}
    assert not candidates.of(Source.NEIGHBOUR).any()
    assert (SHOP.first_seen[candidates.rows[candidates.of(Source.NEW)]] <= NOW).all()
