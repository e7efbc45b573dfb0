"""Budgets: a client that spends more than it has waits; what it did not use comes back; nobody pays for another."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from service.adapters.jwt_identity import DevelopmentIssuer
from service.graphql.budgets import MOST_CLIENTS, Allowance, Budgets, Throttled
from service.graphql.guard import QueryTooComplex
from service.graphql.prices import WORK
from service.graphql.services import Services
from service.recommender.identity import ANONYMOUS, Identity
from service.recommender.person import Person
from tests.fakes import FakeClock
from tests.graphql.conftest import Client, client_of

SMALL = Allowance(operation=1_000, at_once=1_000, per_second=100, shared=2)
ANN, CRM = Identity(Person.customer("ann")), Identity(service="crm")
FEED = "{ viewer { recommendations(first: 1) { slateId } } }"
COST = 3 + WORK["Customer.recommendations"]


def visitor(name: str) -> Identity:
    return Identity(Person.visitor(name))


def spend(budgets: Budgets, identity: Identity, amount: int, *, client: str = "here", now: float = 0) -> None:
    budgets.purse(client, identity, now).admit(amount)


def test_a_budget_flows_back_as_time_passes() -> None:
    budgets = Budgets(SMALL)
    spend(budgets, ANN, 1_000)
    with pytest.raises(Throttled) as refused:
        spend(budgets, ANN, 250)
    assert refused.value.retry_after == 3
    assert "3 s" in str(refused.value)
    with pytest.raises(Throttled):
        spend(budgets, ANN, 250, now=2.4)
    spend(budgets, ANN, 250, now=2.5)
    spend(budgets, ANN, 1_000, now=1_000)
    with pytest.raises(Throttled):
        spend(budgets, ANN, 1, now=1_000)


def test_a_refusal_takes_nothing() -> None:
    budgets = Budgets(SMALL)
    spend(budgets, ANN, 500)
    with pytest.raises(Throttled):
        spend(budgets, ANN, 501)
    spend(budgets, ANN, 500)


def test_what_was_not_used_comes_back_and_what_was_owed_is_paid_first() -> None:
    budgets = Budgets(SMALL)
    purse = budgets.purse("here", ANN, 0)
    purse.admit(1_000)
    purse.pay(200 - 1_000)
    spend(budgets, ANN, 800)
    budgets.purse("here", ANN, 0).pay(300)
    with pytest.raises(Throttled) as refused:
        budgets.purse("here", ANN, 0)
    assert refused.value.retry_after == 3
    assert budgets.purse("here", ANN, 3)


def test_an_operation_that_nobody_could_ever_pay_is_no_question_of_waiting() -> None:
    with pytest.raises(QueryTooComplex, match="costs 1001; at most 1000"):
        spend(Budgets(SMALL), ANN, 1_001)


def test_a_clock_that_is_put_back_takes_nothing() -> None:
    budgets = Budgets(SMALL)
    spend(budgets, ANN, 500, now=100)
    spend(budgets, ANN, 500, now=50)


@pytest.mark.parametrize("identity", [CRM, ANONYMOUS])
def test_services_and_addresses_stand_for_many(identity: Identity) -> None:
    budgets = Budgets(SMALL)
    spend(budgets, identity, 1_000)
    spend(budgets, identity, 1_000)
    with pytest.raises(Throttled):
        spend(budgets, identity, 1)


def test_each_client_has_its_own() -> None:
    budgets = Budgets(SMALL)
    spend(budgets, ANN, 1_000, client="customer:ann")
    spend(budgets, Identity(Person.customer("bob")), 1_000, client="customer:bob")
    spend(budgets, visitor("v"), 1_000, client="from:192.0.2.1")
    spend(budgets, visitor("w"), 1_000, client="from:192.0.2.1")
    spend(budgets, visitor("v"), 1_000, client="from:192.0.2.2")


def test_who_makes_up_visitors_pays_from_one_address() -> None:
    budgets = Budgets(SMALL)
    spend(budgets, visitor("v0"), 1_000)
    with pytest.raises(Throttled):
        spend(budgets, visitor("v0"), 1)
    spend(budgets, visitor("v1"), 1_000)
    with pytest.raises(Throttled):
        spend(budgets, visitor("v2"), 1)


def test_budgets_of_those_who_went_are_let_go() -> None:
    budgets = Budgets(SMALL)
    for number in range(MOST_CLIENTS + 1_000):
        spend(budgets, ANN, 1, client=str(number))
    assert len(budgets._budgets) == MOST_CLIENTS


def throttling(services: Services, issuer: DevelopmentIssuer, feeds: float) -> Client:
    """A client that can pay so many feeds, and the reading of one document besides."""
    at_once = int(COST * feeds) + len(FEED)
    allowance = Allowance(operation=at_once, at_once=at_once, per_second=COST, shared=1)
    return client_of(replace(services, budgets=Budgets(allowance)), issuer)


def test_a_client_without_budget_is_told_when_to_come_again(
    services: Services, issuer: DevelopmentIssuer, clock: FakeClock,
) -> None:
    client = throttling(services, issuer, 2)
    headers = {"Authorization": f"Bearer {issuer.token(Person.customer('3'))}"}
    assert client.ask(FEED, customer="3")
    assert client.ask(FEED, customer="3")
    answer = client.http.post("/graphql", json={"query": FEED}, headers=headers)
    (error,) = answer.json()["errors"]
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert error["extensions"]["code"] == "THROTTLED"
    assert "data" not in answer.json()
    assert client.ask(FEED, customer="4"), "another customer's budget is another"
    clock.advance(timedelta(seconds=1))
    assert client.ask(FEED, customer="3")


def test_refused_documents_are_paid_for_too(services: Services, issuer: DevelopmentIssuer) -> None:
    client, codes = throttling(services, issuer, 2), []
    while "THROTTLED" not in codes:
        codes.append(client.refused(f"{{ nothing{len(codes)}{'x' * 200} }}", customer="3")[0])
        assert len(codes) < 100
    assert set(codes[:-1]) == {"GRAPHQL_VALIDATION_FAILED"}
