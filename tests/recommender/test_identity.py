"""Identity: who may do what, and for whom."""

from __future__ import annotations

import pytest

from service.recommender.errors import Forbidden, InvalidArgument, Unauthenticated
from service.recommender.identity import ANONYMOUS, Identity, Scope, visitor_identity
from service.recommender.person import Person

ONE, OTHER = Person.customer("1"), Person.customer("2")
READER = Identity(service="shop", scopes=frozenset({Scope.CUSTOMERS_READ}))


@pytest.mark.parametrize(("who", "refusal"), [
    (ANONYMOUS, Unauthenticated), (visitor_identity("x"), Unauthenticated), (Identity(ONE), Forbidden),
    (Identity(service="shop"), Forbidden), (READER, Forbidden),
])
def test_a_scope_that_is_missing_is_refused(who, refusal):
    with pytest.raises(refusal, match="events:write"):
        who.require(Scope.EVENTS_WRITE)


def test_a_scope_that_is_there_is_enough():
    READER.require(Scope.CUSTOMERS_READ)
    assert READER.may_speak_for(ONE, Scope.CUSTOMERS_READ)
    assert not READER.may_speak_for(ONE, Scope.CUSTOMERS_WRITE)


def test_everybody_speaks_for_themselves_alone():
    assert Identity(ONE).may_speak_for(ONE, Scope.EVENTS_WRITE)
    assert not Identity(ONE).may_speak_for(OTHER, Scope.EVENTS_WRITE)
    assert not Identity(ONE).may_speak_for(Person.visitor("1"), Scope.EVENTS_WRITE)
    assert not ANONYMOUS.may_speak_for(ONE, Scope.EVENTS_WRITE)


@pytest.mark.parametrize("name", ["", "  ", "x" * 129, "é" * 65])
def test_a_visitor_has_a_name_that_fits(name):
    with pytest.raises(InvalidArgument, match="X-Konomi-Visitor"):
        visitor_identity(name)


def test_a_visitor_is_never_a_customer():
    assert visitor_identity(" c:1 ").person == Person.visitor("c:1")
    assert Person.of_key(Person.visitor("c:1").key) == Person.visitor("c:1")
