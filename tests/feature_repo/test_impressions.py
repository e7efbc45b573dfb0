"""What was shown and ignored: counted since it was last taken up, products and ads apart, nothing sensitive."""

from __future__ import annotations

import pytest

from tests.feature_repo.shop_tables import ShopTables, days_ago, did

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:ibis")


def shown(item_id: str, *days: float):
    return [did("ann", "IMPRESSION", item_id, days_ago(day)) for day in days]


def of_ann(events, folder, view="person_impressions", prefix="shown"):
    row = ShopTables(events).view(view, folder)["c:ann"]
    columns = [row[f"{prefix}_{name}"] or [] for name in ("item_id", "count", "days", "at")]
    return {item_id: (count, days, at) for item_id, count, days, at in zip(*columns, strict=True)}


def test_showings_and_their_days_are_counted(tmp_path):
    found = of_ann([*shown("milk", 5.2, 5.1, 3.5, 1.5), *shown("bread", 2.5)], tmp_path)
    assert found == {
        "milk": (4, 3, int(days_ago(1.5).timestamp())), "bread": (1, 1, int(days_ago(2.5).timestamp())),
    }
    assert list(found) == ["milk", "bread"]


@pytest.mark.parametrize("kind", ["VIEW", "CLICK", "ADD_TO_CART", "PURCHASE", "LIKE", "SHARE"])
def test_whoever_takes_it_up_begins_anew(tmp_path, kind):
    found = of_ann([*shown("milk", 5, 4, 1), did("ann", kind, "milk", days_ago(3))], tmp_path)
    assert found["milk"][:2] == (1, 1)


@pytest.mark.parametrize("kind", ["DISLIKE", "QUESTION", "RATE"])
def test_not_every_action_takes_it_up(tmp_path, kind):
    found = of_ann([*shown("milk", 5, 4, 1), did("ann", kind, "milk", days_ago(3))], tmp_path)
    assert found["milk"][:2] == (3, 3)


def test_what_is_taken_up_at_last_is_not_ignored(tmp_path):
    taken = did("ann", "CLICK", "milk", days_ago(1))
    assert of_ann([*shown("milk", 5, 4, 1), taken, did("bob", "CLICK", "bread", days_ago(1))], tmp_path) == {}


def test_what_lies_long_back_or_ahead_does_not_count(tmp_path):
    assert of_ann(shown("milk", 61, 59, 0, -1), tmp_path)["milk"][:2] == (1, 1)


def test_ads_are_counted_apart_and_sensitive_items_nowhere(tmp_path):
    events = [*shown("milk", 2), *shown("banner", 3, 2), *shown("wine", 2)]
    assert list(of_ann(events, tmp_path / "content")) == ["milk"]
    ads = of_ann(events, tmp_path / "ads", "person_ad_impressions", "ad_shown")
    assert ads == {"banner": (2, 2, int(days_ago(2).timestamp()))}
