"""Access and erasure over GraphQL: for oneself, and for services with the scope; over the real stores."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine

from service.adapters.feast_repository import FeastRepository
from service.adapters.jwt_identity import DevelopmentIssuer
from service.adapters.sql_audit import SqlAuditLog
from service.adapters.sql_consents import SqlConsentLedger
from service.adapters.sql_event_log import SqlEventLog
from service.adapters.sql_feedback import SqlFeedbackStore
from service.adapters.sql_tombstones import protect
from service.adapters.sql_visitor_links import SqlVisitorLinks
from service.graphql.services import Services
from service.privacy import rights_of
from service.recommender.audit import first_broken
from service.recommender.consent import Purpose
from service.recommender.identity import Scope
from service.recommender.person import Person
from service.recommender.visit import Reception
from service.settings import State, load_settings
from service.tables.store import TableStore
from tests.graphql.conftest import Client, client_of
from tests.small_recommender import SmallRecommender

ERASE = "mutation { eraseMe(input: {confirm: %s}) { receipt { id completedAt steps { store done removed } } userErrors { field code } } }"
RECEIPT = "query ($id: ID!) { erasureReceipt(id: $id) { id completedAt steps { store done removed } } }"
SERVICE = 'mutation { eraseCustomer(input: {customerId: "3", confirm: true}) { receipt { id } userErrors { code } } }'
RECORD = """mutation ($at: DateTime!) { recordEvents(input: {events: [{eventId: "late", type: VIEW, occurredAt: $at, itemId: "p1"}]}) {
  accepted userErrors { field code } } }"""
CONSENT = """mutation { setConsents(input: {grants: [PERSONALISE_CONTENT], withdrawals: [], wording: "May we?"}) {
  consents { purpose granted } userErrors { code } } }"""


@pytest.fixture
def kept(engine: Engine) -> Engine:
    return protect(engine, b"a key for tests alone")


@pytest.fixture
def own(shop: SmallRecommender, services: Services, kept: Engine, tmp_path: Path) -> Services:
    """The small shop with its people in a real database."""
    ledger, log, feedback = SqlConsentLedger(kept), SqlEventLog(kept), SqlFeedbackStore(kept)
    links = SqlVisitorLinks(kept)
    three = Person.customer("3")
    log.append([event for _, event in shop.log.after(0, 10**6) if event.person == three], shop.clock.now())
    ledger.record(three, shop.consents.decisions(three))
    reception = shop.recommender.reception
    shop.recommender.reception = Reception(reception.features, ledger, feedback, log, reception.showings, reception.zone)
    settings = load_settings({}).model_copy(update={"state": State(dir=tmp_path)})
    told = rights_of(
        settings, kept, FeastRepository(tmp_path / "features"), TableStore(tmp_path / "tables"), shop.recommender, lambda _: None,
    )
    recorder = replace(shop.recorder, log=log, consents=ledger, feedback=feedback, links=links, erased=told.eraser.book)
    return replace(services, recorder=recorder, consents=ledger, feedback=feedback, events=log, rights=told)


@pytest.fixture
def own_client(own: Services, issuer: DevelopmentIssuer) -> Client:
    return client_of(own, issuer)


def test_a_person_is_told_everything(own_client: Client):
    data = own_client.ask("{ viewer { data } }", customer="3")["viewer"]["data"]
    assert data["customerId"] == "3"
    purposes = {one["purpose"]: one for one in data["purposes"]}
    assert set(purposes) == set(Purpose)
    assert (purposes["MEASURE"]["granted"], purposes["MEASURE"]["wording"]) == (True, "May we?")
    assert purposes["THIRD_PARTY"] == {"purpose": "THIRD_PARTY", "granted": False}
    assert {one["name"] for one in data["inferences"]} >= {"age_band", "frequency_91"}
    assert all(one["because_ja"] and one["because_en"] for one in data["segments"])
    assert len(data["kept"]["events"]) > 20
    assert {event["person_key"] for event in data["kept"]["events"]} == {"c:3"}
    json.dumps(data)


@pytest.mark.parametrize(("who", "code"), [
    ({"scopes": (Scope.CUSTOMERS_READ,)}, "FORBIDDEN"), ({"scopes": (Scope.CUSTOMERS_READ, Scope.PRIVACY_READ)}, None),
])
def test_services_need_the_scope(own_client: Client, who, code):
    said = own_client.send('{ customer(customerId: "3") { data } }', **who)
    if code is None:
        assert said["data"]["customer"]["data"]["customerId"] == "3"
    else:
        assert said["errors"][0]["extensions"]["code"] == code


def test_nobody_in_particular_has_no_data(own_client: Client):
    assert own_client.ask("{ viewer { data } }") == {"viewer": {"data": None}}


def test_without_confirming_nothing_happens(own_client: Client):
    said = own_client.ask(ERASE % "false", customer="3")["eraseMe"]
    assert said == {"receipt": None, "userErrors": [{"field": ["input", "confirm"], "code": "INVALID"}]}
    assert own_client.ask("{ viewer { data } }", customer="3")["viewer"]["data"]["kept"]["events"]


def test_an_erasure_is_felt_at_once_and_proved_by_its_receipt(own: Services, own_client: Client, shop: SmallRecommender):
    listed = "{ viewer { recommendations(first: 1) { profiled } } }"
    assert own_client.ask(listed, customer="3")["viewer"]["recommendations"]["profiled"]
    receipt = own_client.ask(ERASE % "true", customer="3")["eraseMe"]["receipt"]
    done = {step["store"]: step for step in receipt["steps"]}
    assert done["events"]["done"]
    assert done["events"]["removed"] > 20
    assert done["consents"]["removed"] == 6
    assert not own_client.ask(listed, customer="3")["viewer"]["recommendations"]["profiled"]
    assert own.the_rights.eraser.go_on() == 0
    found = own_client.ask(RECEIPT, {"id": receipt["id"]})["erasureReceipt"]
    assert found["completedAt"] is not None
    assert all(step["done"] for step in found["steps"])
    assert {"shop tables", "online features", "offline features", "artefacts", "slates"} <= {step["store"] for step in found["steps"]}
    assert own_client.ask(RECEIPT, {"id": "another"}) == {"erasureReceipt": None}
    late = own_client.ask(RECORD, {"at": shop.clock.now().isoformat()}, customer="3")["recordEvents"]
    assert late == {"accepted": 0, "userErrors": [{"field": ["input", "events", "0", "customerId"], "code": "NOT_ALLOWED"}]}
    assert sum(own.the_rights.verify(own_identity(), Person.customer("3")).values()) == 0


def own_identity():
    from service.recommender.identity import Identity  # noqa: PLC0415

    return Identity(service="tests", scopes=frozenset(Scope))


def test_whoever_consents_anew_begins_anew(own_client: Client, shop: SmallRecommender):
    own_client.ask(ERASE % "true", customer="3")
    said = own_client.ask(CONSENT, customer="3")["setConsents"]
    assert {"purpose": "PERSONALISE_CONTENT", "granted": True} in said["consents"]
    at = shop.clock.now()
    old = own_client.ask(RECORD, {"at": at.isoformat()}, customer="3")["recordEvents"]
    assert old["accepted"] == 0  # done before they came back


def test_a_service_cannot_bring_anybody_back(own_client: Client):
    own_client.ask(ERASE % "true", customer="3")
    by_service = CONSENT.replace("grants:", 'customerId: "3", grants:')
    assert own_client.refused(by_service, scopes=(Scope.CUSTOMERS_WRITE,))[0] == "FORBIDDEN"


def test_services_erase_with_the_scope_alone(own_client: Client):
    assert own_client.refused(SERVICE, scopes=(Scope.CUSTOMERS_WRITE,))[0] == "FORBIDDEN"
    assert own_client.refused(SERVICE, customer="3")[0] == "FORBIDDEN"
    assert own_client.refused(ERASE % "true")[0] == "UNAUTHENTICATED"
    assert own_client.ask(SERVICE, scopes=(Scope.PRIVACY_ERASE,))["eraseCustomer"]["userErrors"] == []


def test_all_of_it_is_on_record_and_no_line_can_be_changed(own_client: Client, kept: Engine):
    own_client.ask("{ viewer { data } }", customer="3")
    own_client.ask(SERVICE, scopes=(Scope.PRIVACY_ERASE,))
    lines = list(SqlAuditLog(kept).lines())
    assert [(line.action, line.actor) for line in lines] == [("TOLD", "the person"), ("ERASURE_ASKED", "service:crm")]
    assert lines[0].subject == lines[1].subject != ""
    assert first_broken(lines) is None
    assert first_broken([replace(lines[0], actor="somebody else"), lines[1]]) == lines[0].sequence
    assert first_broken([lines[0], replace(lines[1], at=lines[0].at)]) in {None, lines[1].sequence}
    three = [*lines, *lines[1:]]
    assert first_broken(three) == lines[1].sequence  # a line that stands twice
