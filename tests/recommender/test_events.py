"""Events: each refusal by its code and field, and nothing that comes in breaks the check itself."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.recommender.events import Event, EventType, refuse
from service.recommender.person import Person
from tests.fakes import START

GOOD = Event("e1", Person.customer("3"), EventType.PURCHASE, START, "p1", quantity=Decimal(1), amount=Decimal(2))


def wrong(**changed):
    known = changed.pop("known", True)
    found = refuse(replace(GOOD, **changed), now=START, item_is_known=known)
    return found and found[:2]


def test_a_good_event_is_taken():
    assert wrong() is None


@pytest.mark.parametrize(("changed", "refusal"), [
    ({"event_id": ""}, ("eventId", "INVALID")),
    ({"event_id": "é" * 65}, ("eventId", "INVALID")),
    ({"event_id": "é" * 64}, None),
    ({"person": Person.customer("")}, ("customerId", "INVALID")),
    ({"person": Person.customer("x" * 129)}, ("customerId", "INVALID")),
    ({"occurred_at": START + timedelta(minutes=5)}, None),
    ({"occurred_at": START + timedelta(minutes=5, seconds=1)}, ("occurredAt", "IN_FUTURE")),
    ({"occurred_at": START - timedelta(days=30)}, None),
    ({"occurred_at": START - timedelta(days=30, seconds=1)}, ("occurredAt", "TOO_OLD")),
    ({"known": False}, ("itemId", "UNKNOWN_ITEM")),
    ({"item_id": None}, ("itemId", "INVALID")),
    ({"item_id": None, "topic": "cooking"}, None),
    ({"type": EventType.SEARCH}, ("text", "INVALID")),
    ({"type": EventType.SEARCH, "text": " "}, ("text", "INVALID")),
    ({"type": EventType.SEARCH, "text": "tea"}, None),
    ({"type": EventType.RATE}, ("value", "INVALID")),
    ({"type": EventType.RATE, "value": Decimal(6)}, ("value", "INVALID")),
    ({"type": EventType.RATE, "value": Decimal("NaN")}, ("value", "INVALID")),
    ({"type": EventType.RATE, "value": Decimal(5)}, None),
    ({"value": Decimal("sNaN")}, ("value", "INVALID")),
    ({"value": Decimal("Infinity")}, ("value", "INVALID")),
    ({"text": "x" * 4_001}, ("text", "INVALID")),
    ({"topic": "x" * 4_001}, ("topic", "INVALID")),
    ({"basket_id": "x" * 129}, ("basketId", "INVALID")),
    ({"quantity": Decimal(-1)}, ("quantity", "INVALID")),
    ({"amount": Decimal("NaN")}, ("amount", "INVALID")),
    ({"discount": Decimal(10) ** 14}, ("discount", "INVALID")),
    ({"text": "a\0b"}, ("text", "INVALID")),
    ({"event_id": "\ud800"}, ("eventId", "INVALID")),
])
def test_each_rule_by_itself(changed, refusal):
    assert wrong(**changed) == refusal


words = st.one_of(st.none(), st.text(st.characters(), max_size=20))
numbers = st.one_of(st.none(), st.decimals())


@given(words, words, words, numbers, numbers, st.sampled_from(EventType))
def test_whatever_comes_in_is_judged(event_id, text, topic, value, amount, kind):
    found = refuse(replace(GOOD, event_id=event_id or "", text=text, topic=topic, value=value, amount=amount, type=kind),
                   now=START, item_is_known=True)
    assert found is None or all(found)
