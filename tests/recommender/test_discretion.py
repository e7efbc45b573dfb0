"""Discretion: whatever the shop, the person and the page, nothing sensitive is shown, told or remembered out of place."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from service.recommender.catalogue import ItemKind
from service.recommender.decision import assess, decide
from service.recommender.discretion import category_of_page, is_sensitive_topic
from service.recommender.events import Event, EventType, Impression, RecentAction
from service.recommender.explanation import explain
from service.recommender.feedback import NO_RESTRICTIONS
from service.recommender.home import compose
from service.recommender.identity import Identity, Scope
from service.recommender.person import Person
from service.recommender.profile import assemble
from service.recommender.question import Intent, ItemFilter, PageContext, RelatedIntent
from service.recommender.related import found_by_title, related_to, trending_now
from service.recommender.stored import StoredActions, StoredImpressions, StoredProfile
from service.recommender.wording import ItemTitles
from tests.fakes import START, FakeClock
from tests.recommender.odd_shops import DAY, NOW, PURPOSES, SOMEBODY, asked, bent, live, the_shop, with_texts
from tests.small_recommender import small_recommender

SHOP = the_shop()
SIZE, IDS, PATHS = len(SHOP.catalogue), SHOP.catalogue.item_ids, SHOP.catalogue.paths
kinds = st.sampled_from(["PURCHASE", "VIEW", "CLICK", "LIKE", "ADD_TO_CART", "SHARE"])
acts = st.lists(st.tuples(kinds, st.integers(0, 120), st.integers(0, 60)), max_size=12, unique_by=lambda one: one[:2])
pages = st.one_of(
    st.just({}), st.builds(lambda code: {"filter": ItemFilter(category=PATHS[code])}, st.integers(1, len(PATHS) - 1)),
    st.builds(lambda row: {"context": PageContext(item_id=IDS[row])}, st.integers(0, 120)),
)


@st.composite
def shops(draw):
    """A shop of which some items, or all of some categories, are sensitive."""
    items = draw(st.sets(st.integers(0, 130), max_size=60))
    codes = draw(st.sets(st.integers(1, len(PATHS) - 1), max_size=6))
    every = np.isin(np.arange(SIZE), list(items)) | np.isin(SHOP.catalogue.path, list(codes))
    return bent(SHOP, sensitive=every & (SHOP.catalogue.kind == 0))


def person(shop, stored, recent):
    at = [NOW - DAY * days for _, _, days in stored]
    kept = StoredActions([IDS[row] for _, row, _ in stored], [kind for kind, *_ in stored], [2] * len(at), at, at,
                         [2.5] * len(at))
    later = [
        RecentAction(number, f"e{number}", EventType(kind), IDS[row], START - timedelta(hours=days), 1.0, PATHS[SHOP.catalogue.path[row]])
        for number, (kind, row, days) in enumerate(recent, start=1)
    ]
    shown = [Impression(IDS[row], START) for _, row, _ in stored]
    seen = StoredImpressions([IDS[row] for _, row, _ in recent], [1] * len(recent), [1] * len(recent), [NOW] * len(recent))
    return assemble(SOMEBODY, PURPOSES, StoredProfile(kept, later, impressions=seen), NO_RESTRICTIONS, shop.catalogue, shown)


def named(reasons):
    """Rows that reasons name, in evidence or words."""
    for reason in reasons:
        yield from (one.row for one in reason.evidence if one.row is not None)
        for value in reason.message.values.values():
            yield from value.rows if isinstance(value, ItemTitles) else ()


def all_tactful(shop, rows, question):
    rows = np.array(list(rows), np.int64)
    here = np.isin(shop.catalogue.path[rows], category_of_page(shop.catalogue, question))
    return not (shop.catalogue.discreet[rows] & ~here).any()


@given(shops(), acts, acts, pages)
@hypothesis_settings(max_examples=25)
def test_no_list_and_no_reason_is_tactless(shop, stored, recent, page):
    profile = person(shop, stored, recent)
    shown = [*profile.actions.item, *profile.impressions.item, *profile.impressions.recent]
    assert not shop.catalogue.sensitive[np.array(shown, np.int64)].any()
    for kind, intent in [*((ItemKind.PRODUCT, one) for one in Intent), (ItemKind.CONTENT, Intent.FOR_YOU), (ItemKind.AD, Intent.FOR_YOU)]:
        question = asked(kind=kind, intent=intent, **page)
        ranking = decide(question, profile, shop, live())
        assert all_tactful(shop, ranking.rows, question)
        rows = ranking.rows[:8].tolist()
        for row, reasons in zip(rows, explain(ranking, rows, live().zone), strict=True):
            assert all_tactful(shop, [one for one in named(reasons) if one != row], question)
            assert not any(shop.catalogue.sensitive[gone] for one in reasons for _, gone in one.actions)


@given(shops(), acts, acts)
@hypothesis_settings(max_examples=15)
def test_no_shelf_starts_from_something_sensitive(shop, stored, recent):
    profile, question = person(shop, stored, recent), asked(placement="home")
    plan = compose(question, profile, profile, shop, live())
    rows = [row for shelf in plan.shelves for row in shelf.ranking.rows.tolist()] + (plan.hero.rows.tolist() if plan.hero else [])
    told = list(named([shelf.reason for shelf in plan.shelves]))
    titled = [row for shelf in plan.shelves for one in shelf.title.values.values() for row in one.rows]
    assert all_tactful(shop, [*rows, *told, *titled], question)


@given(shops(), st.integers(0, 120), st.sampled_from(RelatedIntent), pages)
@hypothesis_settings(max_examples=25)
def test_lists_of_everybody_are_tactful(shop, row, intent, page):
    question = asked(**page)
    for ranking, said in (
        related_to(IDS[row], intent, question, shop, live()), trending_now(question, shop, live()),
        found_by_title(SHOP.catalogue.texts.title[row].split()[0], list(ItemKind), question, shop, live()),
    ):
        assert all_tactful(shop, ranking.rows, question)
        told = {one for reasons in said.values() for one in named(reasons)}
        assert all_tactful(shop, told - {row}, question)


def test_an_ad_of_something_sensitive_is_as_discreet_as_that():
    ad = SHOP.catalogue.row_of["a0"]
    promoted = int(SHOP.catalogue.row_of[SHOP.catalogue.texts.promotes[ad][0]])
    shop = bent(SHOP, sensitive=np.arange(SIZE) == promoted)
    question = asked(kind=ItemKind.AD)
    profile = person(SHOP, [("PURCHASE", promoted + 20, 3)], [])
    assert ad in assess(question, profile, SHOP, live()).candidates.rows
    assert ad not in assess(question, profile, shop, live()).candidates.rows
    there = asked(kind=ItemKind.AD, filter=ItemFilter(category=PATHS[SHOP.catalogue.path[ad]]))
    assert ad in assess(there, profile, shop, live()).candidates.rows


TEA = PATHS[SHOP.catalogue.path[0]]


@pytest.mark.parametrize(("topic", "sensitive"), [(TEA, True), ("Tea", True), ("Drinks", False), ("Coffee", False), ("zzz", False)])
def test_a_topic_is_sensitive_where_most_of_it_is(topic, sensitive):
    shop = bent(SHOP, sensitive=SHOP.catalogue.path == SHOP.catalogue.path[0])
    assert is_sensitive_topic(topic, shop.catalogue, shop.titles) == sensitive


def test_words_are_sensitive_where_most_of_what_they_find_is():
    odd = [f"Plum {row}" if row < 6 else title for row, title in enumerate(SHOP.catalogue.texts.title)]
    few = bent(with_texts(SHOP, title=odd), sensitive=np.arange(SIZE) < 2)
    most = replace(few, catalogue=replace(few.catalogue, sensitive=np.arange(SIZE) < 4))
    assert not is_sensitive_topic("plum", few.catalogue, few.titles)
    assert is_sensitive_topic("plum", most.catalogue, most.titles)
    assert not is_sensitive_topic("plum", most.catalogue)


def test_what_was_looked_for_among_sensitive_things_brings_nothing():
    shop = bent(SHOP, sensitive=(SHOP.catalogue.path == SHOP.catalogue.path[0]) & (np.arange(SIZE) >= 100))
    profile = replace(person(SHOP, [("PURCHASE", 45, 3)], []), topics=(TEA,))
    looked = set(assess(asked(), profile, SHOP, live()).candidates.rows.tolist())
    discreet = set(assess(asked(), profile, shop, live()).candidates.rows.tolist())
    unasked = set(assess(asked(), replace(profile, topics=()), shop, live()).candidates.rows.tolist())
    assert discreet == unasked < looked


def test_nothing_sensitive_is_put_where_features_are_read():
    served = small_recommender(FakeClock(), snapshot=bent(SHOP, sensitive=np.arange(SIZE) % 20 == 0))
    who = Person.customer("3")
    events = [
        {"item_id": "p20"}, {"item_id": "p21"}, {"topic": TEA}, {"topic": "Drinks"}, {"item_id": "p21", "topic": "Tea"},
    ]
    served.recorder.record(
        Identity(who, scopes=frozenset({Scope.EVENTS_WRITE})),
        [Event(f"e{number}", who, EventType.VIEW, START, **about) for number, about in enumerate(events)],
    )
    served.recorder.project([who])
    pushed = [(one.item_id, one.topic) for one in served.features.pushed[who] if one.event_id.startswith("e")]
    assert pushed == [("p21", None), ("", "Drinks")]
