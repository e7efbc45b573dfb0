"""Segments over GraphQL: told with a true reason, and never so that a few people can be singled out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from index.segment_learning import segment
from index.segmentation import Shoppers
from service.graphql.services import Services
from service.recommender.consent import Purpose
from service.recommender.identity import Scope
from service.recommender.person import Person
from service.recommender.segment_sizes import SMALLEST, SegmentSizes
from service.recommender.segmentation import Segmentation
from service.recommender.snapshot import Snapshot
from service.recommender.stored import StoredProfile
from tests.fakes import FakeClock
from tests.graphql.conftest import Client, client_of
from tests.small_recommender import SmallRecommender, small_recommender

ASKED = "query($id: String!) { customer(customerId: $id) { segments { key title size because } } }"
ADS = '{ viewer { ads(placement: "%s", first: 20) { nodes { item { itemId } } } } }'
TITLES = {"vip": {"en": "Best customers"}, "club": {"en": "Club"}}


def population(size: int, seed: int = 3) -> list[dict[str, Any]]:
    """Customers of all sorts, some kinds of them rare."""
    draw = np.random.default_rng(seed)
    rows = []
    for number in range(size):
        orders, gap = int(draw.integers(1, 40)), float(draw.uniform(2, 20))
        rows.append({
            "person_key": f"c:of-{number}", "recency_days": int(draw.choice([2, 9, 40, 200], p=[0.5, 0.3, 0.15, 0.05])), "frequency": orders,
            "frequency_91": int(draw.integers(0, 20)), "monetary_91": float(draw.uniform(0, 900)),
            "mean_basket_value": float(draw.uniform(5, 90)), "mean_gap_days": gap, "first_order_at": 0,
            "last_order_at": int(orders * gap * 86_400), "discounted_share": float(draw.beta(2, 6)),
            "age_band": str(draw.choice(["25-34", "35-44", "45-54", "75+"], p=[0.5, 0.27, 0.2, 0.03])),
            "region": str(draw.choice(["North", "South", "Castle"], p=[0.6, 0.38, 0.02])),
            "household": "1" if number % 40 else "7", "income_band": "x" if number < size - 20 else None,
            "categories": [f"Shop > {draw.choice(['Tea', 'Soap', 'Cheese'])}"], "category_shares": [0.8],
            "shop_segments": [key for key, part in (("vip", 0.3), ("few", 0.05), ("most", 0.9)) if draw.random() < part],
        })
    return rows


def learnt(rows: list[dict[str, Any]], snapshot: Snapshot) -> Segmentation:
    table = pa.Table.from_pylist(rows).drop_columns(["shop_segments"])
    for agreed in ("learn", "profile"):
        table = table.append_column(agreed, pa.array([True] * len(rows)))
    by_shop = Counter(key for row in rows for key in row["shop_segments"])
    return segment(Shoppers(table, by_shop, len(rows)), snapshot.catalogue, 7)


@contextmanager
def opened(
    services: Services, shop: SmallRecommender, clock: FakeClock, segmentation: Segmentation, issuer: Any, **snapshot: Any,
) -> Iterator[tuple[Client, SmallRecommender]]:
    """The same shop with other segments."""
    other = small_recommender(clock, snapshot=replace(shop.snapshot, segmentation=segmentation, **snapshot))
    yield client_of(replace(
        services, recommender=other.recommender, recorder=other.recorder, consents=other.consents, feedback=other.feedback,
        events=other.log, features=other.features, known=lambda _: True, shop_titles=lambda: TITLES,
    ), issuer), other


def settle(shop: SmallRecommender, rows: list[dict[str, Any]]) -> None:
    for number, row in enumerate(rows):
        person = Person.customer(f"of-{number}")
        shop.features.stored[person] = StoredProfile(traits=row)
        shop.grant(person, frozenset({Purpose.PERSONALISE_CONTENT, Purpose.PERSONALISE_ADS}))


def told(client: Client, size: int) -> list[dict[str, dict[str, Any]]]:
    """What each of a population is told, by key."""
    answers = (client.ask(ASKED, {"id": f"of-{n}"}, scopes=(Scope.CUSTOMERS_READ,)) for n in range(size))
    return [{one["key"]: one for one in answer["customer"]["segments"]} for answer in answers]


def test_nobody_is_singled_out_by_a_segment_nor_by_being_in_none(services, shop, clock, issuer):
    rows = population(300)
    with opened(services, shop, clock, learnt(rows, shop.snapshot), issuer) as (client, other):
        settle(other, rows)
        seen = told(client, len(rows))
    # Whoever is in a segment of a family, or in none of it that is told, is one of many.
    families: dict[str, Counter[str | None]] = defaultdict(Counter)
    names = {key.split(".")[0] if "." in key else key for person in seen for key in person}
    for name in names:
        families[name].update(next((key for key in person if key.split(".")[0] == name), None) for person in seen)
    assert {"lifecycle", "rfm", "age", "region", "vip", "taste"} <= names
    for name, groups in families.items():
        assert min(groups.values()) >= SMALLEST, (name, groups)
    assert not any(key in person for person in seen for key in ("region.Castle", "age.75+", "household.7", "few", "most"))
    # Of these only the many could be told, and not to be one of them would tell who the few are: none is told.
    assert names.isdisjoint({"household", "income"})
    counted = Counter(key for person in seen for key in person)
    assert counted == {key: one["size"] for person in seen for key, one in person.items()}


@pytest.mark.parametrize("size", [1, 20, 49])
def test_a_shop_of_fewer_than_fifty_customers_has_no_segments(services, shop, clock, issuer, size):
    rows = [{**row, "shop_segments": ["vip", "few", "most"]} for row in population(size)]
    with opened(services, shop, clock, learnt(rows, shop.snapshot), issuer) as (client, other):
        settle(other, rows)
        assert all(person == {} for person in told(client, size))


def test_what_is_said_is_about_the_person_and_in_their_language(services, shop, clock, issuer):
    rows = population(300)
    rows[0] |= {"mean_basket_value": 89.5, "region": "North"}
    with opened(services, shop, clock, learnt(rows, shop.snapshot), issuer) as (client, other):
        settle(other, rows)
        mine = told(client, 1)[0]
        asked = '{ customer(customerId: "of-0") { segments { key title(locale: "ja") because(locale: "ja") } } }'
        found = client.ask(asked, scopes=(Scope.CUSTOMERS_READ,))["customer"]["segments"]
        japanese = {one["key"]: one for one in found}
    assert "89.50 USD" in mine["value.high"]["because"]
    assert mine["region.North"]["because"] == "By what you, or the shop, told us: North."
    assert japanese["region.North"]["title"] == "North地方"
    assert "89.50 USD" in japanese["value.high"]["because"]
    assert set(mine) == set(japanese)


def ads_seen(client: Client, customer: str) -> set[str]:
    """Ads that a customer is shown anywhere, whatever they ask for."""
    found = {node["item"]["itemId"] for node in client.ask(ADS % "home", customer=customer)["viewer"]["ads"]["nodes"]}
    for narrow in ("", 'filter: { category: "Tea" }', 'filter: { tags: ["everyday"] }', "filter: { onSale: false }",
                   "filter: { priceTo: 5 }", 'context: { query: "tea" }', "intent: DISCOVER", "diversity: 1"):
        asked = "{ viewer { recommendations(kind: AD, first: 60%s) { nodes { item { itemId } } } } }" % (narrow and f", {narrow}")
        found |= {node["item"]["itemId"] for node in client.ask(asked, customer=customer)["viewer"]["recommendations"]["nodes"]}
    return found


@pytest.mark.parametrize(("wanted", "sizes", "shown"), [
    (("vip",), {"vip": 50}, True), (("vip",), {"vip": 49}, False), (("vip",), {"vip": 951}, False),
    (("vip",), {"vip": 950}, True), (("vip",), {}, False), (("vip", "club"), {"vip": 3, "club": 800}, False),
    (("vip", "club"), {"vip": 77, "club": 3}, True), (("few", "tiny"), {"few": 30, "tiny": 30}, False),
    (("age.35-44",), {}, True), (("age.45-54",), {}, False), (("region.Castle",), {}, False),
])
def test_an_ad_reaches_only_segments_of_many(services, shop, clock, issuer, wanted, sizes, shown):
    catalogue = shop.snapshot.catalogue
    rows = catalogue.rows_of(["a3"])
    targets = [wanted if row == rows[0] else () for row in range(len(catalogue))]
    by_rule = {"age.35-44": 120, "age.45-54": 300, "region.Castle": 3}
    segmentation = Segmentation(sizes=SegmentSizes(1_000, by_rule, 1_000, sizes))
    with opened(services, shop, clock, segmentation, issuer, catalogue=replace(catalogue, segments=targets)) as (client, other):
        person = Person.customer("3")
        stored = other.features.stored[person]
        traits = {**stored.traits, "shop_segments": ["vip", "few", "tiny"], "region": "Castle"}
        other.features.stored[person] = replace(stored, traits=traits)
        seen = ads_seen(client, "3")
        assert ("a3" in seen) is shown
        assert seen - {"a3"}


def test_without_consent_to_ads_no_segment_is_targeted(services, shop, clock, issuer):
    catalogue = shop.snapshot.catalogue
    (row,) = catalogue.rows_of(["a3"])
    targets = [("vip",) if at == row else () for at in range(len(catalogue))]
    segmentation = Segmentation(sizes=SegmentSizes(1_000, {}, 1_000, {"vip": 500}))
    with opened(services, shop, clock, segmentation, issuer, catalogue=replace(catalogue, segments=targets)) as (client, other):
        assert "a3" in ads_seen(client, "3")
        person = Person.customer("new")
        other.purchases(person, [("p1", 3, 4)])
        other.grant(person, frozenset({Purpose.PERSONALISE_CONTENT}))
        assert "a3" not in ads_seen(client, "new")


def test_a_targeted_ad_says_for_whom_it_is_meant(services, shop, clock, issuer):
    catalogue = shop.snapshot.catalogue
    (row,) = catalogue.rows_of(["a3"])
    targets = [("vip", "age.35-44", "few") if at == row else () for at in range(len(catalogue))]
    segmentation = Segmentation(sizes=SegmentSizes(1_000, {"age.35-44": 120}, 1_000, {"vip": 500, "few": 30}))
    asked = """{ viewer { recommendations(kind: AD, first: 60) { nodes { item { itemId } reasons {
        code evidence { kind segment { key title size because } } } } } } }"""
    with opened(services, shop, clock, segmentation, issuer, catalogue=replace(catalogue, segments=targets)) as (client, _):
        nodes = client.ask(asked, customer="3")["viewer"]["recommendations"]["nodes"]
    said = {node["item"]["itemId"]: node["reasons"][0] for node in nodes}
    vip = {"key": "vip", "title": "Best customers", "size": 500, "because": "The shop put you into this group."}
    assert said["a3"] == {"code": "SPONSORED", "evidence": [
        {"kind": "CAMPAIGN", "segment": None}, {"kind": "SEGMENT", "segment": vip},
    ]}
    assert all(one["evidence"] == [{"kind": "CAMPAIGN", "segment": None}] for ad, one in said.items() if ad != "a3")


def test_what_is_stored_of_a_person_names_no_small_segment_either(services, shop, clock, issuer):
    segmentation = Segmentation(sizes=SegmentSizes(1_000, {}, 1_000, {"vip": 500, "few": 30, "most": 990}))
    with opened(services, shop, clock, segmentation, issuer) as (client, other):
        person = Person.customer("3")
        stored = other.features.stored[person]
        other.features.stored[person] = replace(stored, traits={**stored.traits, "shop_segments": ("vip", "few", "most", "gone")})
        found = client.ask("{ viewer { features { name value } } }", customer="3")["viewer"]["features"]
    values = {one["name"]: one["value"] for one in found}
    assert values["shop_segments"] == ["vip"]
    assert values["age_band"] == "35-44"
