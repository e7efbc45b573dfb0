"""`Sec-GPC: 1`: the browser says so with each request, and each is answered accordingly."""

from __future__ import annotations

from service.adapters.jwt_identity import DevelopmentIssuer
from service.graphql.in_process import execute
from service.graphql.services import Services
from service.recommender.person import Person
from tests.coroutines import awaited
from tests.graphql.conftest import Client

ASKED = '{ viewer { ads(placement: "home") { profiled } recommendations(first: 1) { profiled } consents { purpose granted } } }'


def test_the_header_switches_off_profiled_ads_and_changes_no_consent(client: Client, issuer: DevelopmentIssuer):
    def seen(**headers: str) -> tuple[bool, bool, bool]:
        bearer = {"Authorization": f"Bearer {issuer.token(Person.customer('3'))}", **headers}
        viewer = client.http.post("/graphql", json={"query": ASKED}, headers=bearer).json()["data"]["viewer"]
        told = {one["purpose"]: one["granted"] for one in viewer["consents"]}
        return viewer["ads"]["profiled"], viewer["recommendations"]["profiled"], told["PERSONALISE_ADS"]

    assert seen() == (True, True, True)
    assert seen(**{"Sec-GPC": "1"}) == (False, True, True)
    assert seen(**{"Sec-GPC": "0"}) == (True, True, True)
    assert seen() == (True, True, True)


def test_a_page_that_is_rendered_here_passes_it_on(services: Services, issuer: DevelopmentIssuer):
    token = issuer.token(Person.customer("3"))
    for said, profiled in ((None, True), ("1", False)):
        viewer = awaited(execute(services, ASKED, token=token, privacy_control=said))["data"]["viewer"]
        assert viewer["ads"]["profiled"] is profiled
