"""A visitor who became a customer: what they did counts for the customer, from the next feature run, and once."""

from __future__ import annotations

from tests.feature_repo.shop_tables import ShopTables, bought, days_ago, did

LINKS = [{"visitor_id": "v1", "customer_id": "ann", "through": days_ago(2)}]


def visited(visitor_id: str, event_id: str, item_id: str, days: float, kind: str = "VIEW") -> dict:
    return {**did("", kind, item_id, days_ago(days)), "customer_id": None, "visitor_id": visitor_id, "event_id": event_id}


def actions(tables: ShopTables, folder) -> dict[str, dict[tuple[str, str], int]]:
    rows = tables.view("person_actions", folder)
    return {
        key: {(kind, item): count for kind, item, count in zip(row["type"], row["item_id"], row["count"], strict=True)}
        for key, row in rows.items()
        if row["type"]
    }


def test_what_a_visitor_did_until_the_link_is_the_customers(tmp_path):
    events = [
        {**bought("ann", "milk", days_ago(9)), "event_id": "own"}, visited("v1", "a", "bread", 5), visited("v1", "b", "oat", 1),
        visited("v2", "c", "oat", 5), visited("v1", "d", "milk", 2),
    ]
    found = actions(ShopTables(events, links=LINKS), tmp_path)
    assert found == {"c:ann": {("PURCHASE", "milk"): 1, ("VIEW", "bread"): 1, ("VIEW", "milk"): 1}}


def test_an_event_that_the_log_wrote_anew_counts_once(tmp_path):
    events = [visited("v1", "a", "bread", 5, "PURCHASE"), {**did("ann", "PURCHASE", "bread", days_ago(5)), "event_id": "a"}]
    tables = ShopTables(events, links=LINKS)
    assert actions(tables, tmp_path / "a") == {"c:ann": {("PURCHASE", "bread"): 1}}
    assert tables.view("item_popularity", tmp_path / "b")["bread"]["buyers_28"] == 1, "they are one person"


def test_events_of_the_same_id_of_others_are_others(tmp_path):
    events = [visited("v1", "a", "bread", 5), {**did("bob", "VIEW", "oat", days_ago(5)), "event_id": "a"},
              {**did("ann", "VIEW", "milk", days_ago(5)), "event_id": None}]
    assert actions(ShopTables(events, links=LINKS), tmp_path) == {
        "c:ann": {("VIEW", "bread"): 1, ("VIEW", "milk"): 1}, "c:bob": {("VIEW", "oat"): 1},
    }


def test_what_was_shown_to_the_visitor_tires_the_customer(tmp_path):
    events = [visited("v1", str(number), "bread", 3 + number, "IMPRESSION") for number in range(3)]
    row = ShopTables(events, links=LINKS).view("person_impressions", tmp_path)["c:ann"]
    assert (row["shown_item_id"], row["shown_count"]) == (["bread"], [3])


def test_what_the_customer_forbade_counts_nowhere_whoever_they_were(tmp_path):
    forgotten = [{"person_key": "c:ann", "type": "VIEW", "item_id": "bread", "through": days_ago(4)}]
    events = [visited("v1", "a", "bread", 5), visited("v1", "b", "oat", 5)]
    assert actions(ShopTables(events, links=LINKS, forgotten=forgotten), tmp_path) == {"c:ann": {("VIEW", "oat"): 1}}
