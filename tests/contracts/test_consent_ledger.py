"""What every consent ledger keeps to."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from service.adapters.sql_consents import SqlConsentLedger
from service.recommender.consent import Decision, Purpose, granted
from service.recommender.errors import InvalidArgument
from service.recommender.person import Person
from service.recommender.ports import ConsentLedger
from tests.conftest import DATABASES
from tests.fakes import START, FakeConsentLedger

ALICE = Person.customer("alice")
EMAIL, PUSH, MEASURE = Purpose.EMAIL, Purpose.PUSH, Purpose.MEASURE


@pytest.fixture(params=["fake", *DATABASES])
def ledger(request) -> ConsentLedger:
    if request.param == "fake":
        return FakeConsentLedger()
    return SqlConsentLedger(request.getfixturevalue(f"{request.param}_engine"))


def decide(purpose: Purpose, given: bool, day: int = 0, source: str = "page") -> Decision:  # noqa: FBT001
    return Decision(purpose, given, START + timedelta(days=day), source, "May we?")


def test_nothing_is_granted_to_begin_with(ledger):
    assert ledger.decisions(ALICE) == ()
    ledger.record(ALICE, [])
    assert ledger.decisions(ALICE) == ()


def test_lines_are_kept_whole_and_in_the_order_of_recording(ledger):
    lines = (decide(EMAIL, True, 2), decide(PUSH, True, 2), decide(EMAIL, False, 1))
    ledger.record(ALICE, lines[:2])
    ledger.record(ALICE, lines[2:])
    assert ledger.decisions(ALICE) == lines
    assert granted(ledger.decisions(ALICE)) == {PUSH}


def test_decisions_are_of_one_person_alone(ledger):
    ledger.record(ALICE, [decide(EMAIL, True)])
    assert ledger.decisions(Person.visitor("alice")) == ()


def test_of_many_people_those_are_told_who_grant_a_purpose(ledger):
    bob, carol, nobody, visitor = (*map(Person.customer, ("bob", "carol", "nobody")), Person.visitor("alice"))
    ledger.record(ALICE, [decide(EMAIL, True), decide(PUSH, True)])
    ledger.record(bob, [decide(EMAIL, True), decide(PUSH, True)])
    ledger.record(bob, [decide(EMAIL, False, 1)])
    ledger.record(carol, [decide(EMAIL, False), decide(EMAIL, True, 1)])
    ledger.record(visitor, [decide(PUSH, True)])
    people = [ALICE, bob, nobody, visitor]
    assert ledger.granting(people, EMAIL) == {ALICE}
    assert ledger.granting([*people, carol], EMAIL) == {ALICE, carol}
    assert ledger.granting(people, PUSH) == {ALICE, bob, visitor}
    assert ledger.granting(people, MEASURE) == ledger.granting([], EMAIL) == frozenset()


def test_all_or_none(ledger):
    torn = Decision(PUSH, True, START, "page", "half\ud800")
    with pytest.raises(InvalidArgument):
        ledger.record(ALICE, [decide(EMAIL, True), torn])
    assert ledger.decisions(ALICE) == ()


def test_an_import_grants_once_and_says_from_where(ledger):
    grants = {"alice": frozenset({EMAIL, PUSH}), "bob": frozenset()}
    assert ledger.import_grants(grants, START) == 2
    assert ledger.import_grants(grants, START + timedelta(days=1)) == 0
    lines = ledger.decisions(ALICE)
    assert granted(lines) == {EMAIL, PUSH}
    assert {(line.source, line.decided_at) for line in lines} == {("import", START)}


def test_an_imported_grant_that_is_no_longer_listed_ends(ledger):
    ledger.import_grants({"alice": frozenset({EMAIL, PUSH}), "bob": frozenset({EMAIL})}, START)
    assert ledger.import_grants({"alice": frozenset({PUSH})}, START + timedelta(days=1)) == 1
    assert granted(ledger.decisions(ALICE)) == {PUSH}
    assert granted(ledger.decisions(Person.customer("bob"))) == {EMAIL}, "who is not named keeps what they have"
    assert ledger.import_grants({"alice": frozenset({EMAIL, PUSH})}, START + timedelta(days=2)) == 1
    assert granted(ledger.decisions(ALICE)) == {EMAIL, PUSH}


def test_an_import_leaves_alone_what_the_person_decided_here(ledger):
    ledger.import_grants({"alice": frozenset({EMAIL})}, START)
    ledger.record(ALICE, [decide(EMAIL, False, 1), decide(MEASURE, True, 1)])
    assert ledger.import_grants({"alice": frozenset({EMAIL, PUSH})}, START + timedelta(days=2)) == 1
    assert granted(ledger.decisions(ALICE)) == {MEASURE, PUSH}
    assert ledger.import_grants({}, START + timedelta(days=3)) == 0
    assert ledger.import_grants({"alice": frozenset()}, START + timedelta(days=3)) == 1
    assert granted(ledger.decisions(ALICE)) == {MEASURE}


def test_all_who_grant_a_purpose_are_found(ledger):
    ledger.import_grants({"alice": frozenset({EMAIL, PUSH}), "bob": frozenset({EMAIL})}, START)
    ledger.record(ALICE, [decide(EMAIL, False, 1)])
    ledger.record(Person.visitor("carol"), [decide(EMAIL, True)])
    assert ledger.granted_to(EMAIL) == {"c:bob", "v:carol"}
    assert ledger.granted_to(PUSH) == {"c:alice"}
    assert ledger.granted_to(Purpose.THIRD_PARTY) == frozenset()


def test_an_import_is_about_customers_and_leaves_visitors_alone(ledger):
    ledger.record(Person.visitor("alice"), [decide(EMAIL, True)])
    ledger.import_grants({"alice": frozenset({PUSH})}, START)
    assert granted(ledger.decisions(Person.visitor("alice"))) == {EMAIL}
    assert granted(ledger.decisions(ALICE)) == {PUSH}


def test_an_import_of_more_customers_than_one_transaction_takes(ledger):
    grants = {f"customer-{number}": frozenset({EMAIL}) for number in range(4_500)}
    assert ledger.import_grants(grants, START) == 4_500
    assert ledger.import_grants(grants, START) == 0
    assert granted(ledger.decisions(Person.customer("customer-4499"))) == {EMAIL}


steps = st.lists(
    st.tuples(st.just("person"), st.sampled_from(Purpose), st.booleans())
    | st.tuples(st.just("import"), st.frozensets(st.sampled_from(Purpose)), st.none()),
    max_size=12,
)
example = count()


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=steps)
def test_the_persons_own_word_holds_and_else_the_last_import(ledger, steps):
    name = f"run-{next(example)}"
    own: dict[Purpose, bool] = {}
    imported: frozenset[Purpose] = frozenset()
    for day, (who, what, given_) in enumerate(steps):
        if who == "person":
            own[what] = given_
            ledger.record(Person.customer(name), [decide(what, given_, day)])
        else:
            imported = what
            ledger.import_grants({name: what}, START + timedelta(days=day))
    expected = {purpose for purpose in Purpose if own.get(purpose, purpose in imported)}
    assert granted(ledger.decisions(Person.customer(name))) == expected
