"""When a store is down the answer comes from what is left, and says so."""

from __future__ import annotations

import pytest

from service.recommender.errors import ConsentsUnavailable, EventsUnavailable, FeaturesUnavailable
from tests.graphql.conftest import Client
from tests.small_recommender import SmallRecommender

ASKED = """{ viewer { segments { key } features { name } consents { granted } hidden { itemId }
  recommendations(first: 5) { profiled degraded { part effect } nodes { reasons { code evidence { eventId } } } }
  home { hero { position } shelves { key } degraded { part } } } }"""


def _fails(monkeypatch: pytest.MonkeyPatch, owner: object, fault: type[Exception], *names: str) -> None:
    def down(*_: object, **__: object) -> None:
        raise fault("10.0.0.7 did not answer")

    for name in names:
        monkeypatch.setattr(owner, name, down)


def test_without_features_the_list_comes_from_the_log(
    client: Client, shop: SmallRecommender, monkeypatch: pytest.MonkeyPatch,
) -> None:
    _fails(monkeypatch, shop.features, FeaturesUnavailable, "read", "describe")
    viewer = client.ask(ASKED, customer="3")["viewer"]
    assert viewer["segments"] is None
    assert viewer["features"] is None
    assert len(viewer["consents"]) == 7
    assert viewer["recommendations"]["degraded"] == [{
        "part": "FEATURES", "effect": "Your features could not be read; the list is the same for everybody.",
    }]
    assert len(viewer["recommendations"]["nodes"]) == 5
    assert viewer["home"]["hero"]
    assert viewer["home"]["shelves"]


def test_without_consents_nobody_is_profiled(
    client: Client, shop: SmallRecommender, monkeypatch: pytest.MonkeyPatch,
) -> None:
    _fails(monkeypatch, shop.consents, ConsentsUnavailable, "decisions")
    viewer = client.ask(ASKED, customer="3")["viewer"]
    assert [viewer[name] for name in ("segments", "features", "consents")] == [None] * 3
    assert viewer["recommendations"]["profiled"] is False
    assert [one["part"] for one in viewer["recommendations"]["degraded"]] == ["CONSENTS"]
    assert [one["part"] for one in viewer["home"]["degraded"]] == ["CONSENTS"]
    assert not shop.features.reads


def test_without_the_log_evidence_stands_without_its_event(
    client: Client, shop: SmallRecommender, monkeypatch: pytest.MonkeyPatch,
) -> None:
    _fails(monkeypatch, shop.log, EventsUnavailable, "latest")
    _fails(monkeypatch, shop.feedback, EventsUnavailable, "restrictions")
    viewer = client.ask(ASKED, customer="3")["viewer"]
    assert viewer["hidden"] is None
    assert [one["part"] for one in viewer["recommendations"]["degraded"]] == ["EVENTS"]
    evidence = [one for node in viewer["recommendations"]["nodes"] for why in node["reasons"] for one in why["evidence"]]
    assert evidence
    assert all(one["eventId"] is None for one in evidence)
