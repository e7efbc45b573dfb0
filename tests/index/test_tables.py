from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from index.catalogue import read_catalogue
from index.errors import TrainingImpossible
from index.inputs import TrainingInputs
from index.item_table import COLUMNS, NIGHTLY, align_table, read_item_features, renewed
from service.recommender.catalogue import EVER, FOREVER, ItemKind
from tests.index.clustered_inputs import NEWEST, item, items_table, training_inputs

DAY = datetime(2026, 1, 2, tzinfo=UTC)
FEATURES = pa.table({
    "item_id": ["gone", "b", "a"],
    "buyers_7": [1, 2, None], "buyers_28": [1, 4, 3], "buyers_91": [1, 8, 3], "trend": [0.0, 0.5, None],
    "discount_share": [0.0, 0.25, 0.0], "repeat_rate": [0.0, 0.5, None], "price_median": [1.0, 2.5, None],
    "price_week": [1.0, 2.4, None], "discount_share_week": [0.0, 0.5, None], "repeat_gap": [1.0, None, 9.0],
    "first_sold_at": [1, 1_700_000_000, None],
    "buyers_1": [0, 1, None], "buyers_3": [0, 2, 1], "daypart_lift": [[0.5] * 6, [0.1 * n for n in range(6)], None],
    "weekday_lift": [[0.5] * 7, None, [0.0, 0.0, 0.0, 0.0, 0.0, 0.7, 0.9]],
    "channel_lift": [None, [0.2] * 6, [0.3] * 5],
    "together_item_ids": [["a"], ["a", "gone", "b"], None], "together_weights": [[0.1], [0.2, 0.9, 0.3], None],
})


def catalogue_of(*ids: str):
    return read_catalogue(items_table([item(one) for one in ids]), "1")


def test_every_column_of_an_item_arrives() -> None:
    catalogue = read_catalogue(items_table([
        item("p", title="Milk", titles=[("ja", "牛乳")], brand="B", category=["Fresh", "Milk"], tags=["t"],
             price=Decimal("1.5"), list_price=Decimal(2), currency="EUR", in_stock=None, sensitive=True,
             attributes=[("size", "1 l")]),
        item("c", "CONTENT", available_from=DAY),
        item("ad", "AD", promotes=["p"], available_from=DAY, starts_at=datetime(2026, 1, 5, tzinfo=UTC),
             ends_at=datetime(2026, 2, 1, tzinfo=UTC), bid=Decimal("0.25"), segments=["vip"], in_stock=False),
    ]), "7")
    assert (catalogue.version, list(catalogue.item_ids)) == ("7", ["p", "c", "ad"])
    assert [catalogue.kind_of(row) for row in range(3)] == list(ItemKind)
    assert (catalogue.title(0, "ja"), catalogue.texts.category[0], catalogue.texts.tags[0]) == (
        "牛乳", ("Fresh", "Milk"), ("t",))
    assert catalogue.texts.attributes[0] == {"size": "1 l"}
    np.testing.assert_array_equal(catalogue.price, np.float32([1.5, np.nan, np.nan]))
    np.testing.assert_array_equal(catalogue.in_stock, [True, True, False])
    np.testing.assert_array_equal(catalogue.sensitive, [True, False, False])
    first, last = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp()), int(datetime(2026, 2, 1, tzinfo=UTC).timestamp())
    np.testing.assert_array_equal(catalogue.available_from, [EVER, int(DAY.timestamp()), first])
    np.testing.assert_array_equal(catalogue.available_until, [FOREVER, FOREVER, last])
    assert (catalogue.texts.promotes[2], catalogue.segments[2], catalogue.bid[2]) == (("p",), ("vip",), 0.25)


def test_item_features_follow_the_catalogue_whatever_the_order_of_the_table() -> None:
    features = read_item_features(FEATURES, catalogue_of("a", "b", "c"))
    np.testing.assert_array_equal(features.buyers_7, [0, 2, 0])
    np.testing.assert_array_equal(features.buyers_28, [3, 4, 0])
    np.testing.assert_array_equal(features.buyers_3, [1, 2, 0])
    np.testing.assert_allclose(features.daypart_lift[:, 5], [0, 0.5, 0])
    np.testing.assert_allclose(features.weekday_lift[:, 6], np.float32([0.9, 0, 0]))
    np.testing.assert_allclose(features.channel_lift[:, 0], np.float32([0, 0.2, 0]))  # a list of five is none
    np.testing.assert_array_equal(features.price_median, np.float32([np.nan, 2.5, np.nan]))
    np.testing.assert_array_equal(features.repeat_gap, np.float32([9, np.nan, np.nan]))
    never = np.iinfo(np.int64).max
    np.testing.assert_array_equal(features.first_sold_at, [never, 1_700_000_000, never])
    np.testing.assert_array_equal(features.together[1, :3], [1, 0, -1])
    np.testing.assert_allclose(features.together_weight[1, :3], [0.3, 0.2, 0])
    assert (features.together[[0, 2]] == -1).all()


def test_another_night_renews_popularity_and_prices_and_nothing_else() -> None:
    catalogue = catalogue_of("a", "b", "c")
    before = read_item_features(FEATURES, catalogue)
    night = pa.table({
        "item_id": ["a"], **{name: [9.0] for name in NIGHTLY},
    })
    after = renewed(before, night, catalogue)
    np.testing.assert_array_equal(after.buyers_1, [9, 0, 0])
    np.testing.assert_array_equal(after.price_week, np.float32([9, np.nan, np.nan]))
    for name in ("repeat_gap", "repeat_rate", "first_sold_at", "weekday_lift", "together", "together_weight"):
        np.testing.assert_array_equal(getattr(after, name), getattr(before, name))


def test_times_and_seconds_mean_the_same_first_sale() -> None:
    moment = datetime(2026, 1, 1, 12, tzinfo=UTC)
    as_time = pa.array([None, moment, None], pa.timestamp("us", tz="UTC"))
    as_seconds = pa.array([None, int(moment.timestamp()), None], pa.int64())
    read = [
        read_item_features(FEATURES.set_column(FEATURES.column_names.index("first_sold_at"), "first_sold_at", column),
                           catalogue_of("a", "b")).first_sold_at
        for column in (as_time, as_seconds)
    ]
    np.testing.assert_array_equal(*read)


def test_an_aligned_table_reads_back_as_the_same_features() -> None:
    catalogue = catalogue_of("c", "a", "b")
    aligned = align_table(FEATURES, catalogue, 0)
    assert aligned["item_id"].to_pylist() == ["c", "a", "b"]
    assert aligned.column_names == ["item_id", "kind", "available", *COLUMNS]
    before, after = (read_item_features(table, catalogue) for table in (FEATURES, aligned))
    for name in before.__slots__:
        np.testing.assert_array_equal(getattr(before, name), getattr(after, name), err_msg=name)


def test_what_is_out_of_stock_or_over_is_not_available() -> None:
    over = datetime(2026, 1, 1, tzinfo=UTC)
    catalogue = read_catalogue(items_table([
        item("a"), item("b", in_stock=False), item("c", available_until=over),
        item("d", available_from=datetime(2027, 1, 1, tzinfo=UTC)),
    ]), "1")
    assert align_table(FEATURES, catalogue, int(DAY.timestamp()))["available"].to_pylist() == [True, False, False, True]


def test_inputs_that_do_not_belong_together_are_refused_by_name() -> None:
    whole = training_inputs(weeks=1)

    def broken(**changed: object) -> TrainingInputs:
        return TrainingInputs(**{**whole.__dict__, **changed})

    with pytest.raises(TrainingImpossible, match="no items"):
        broken(items=whole.items.slice(0, 0))
    with pytest.raises(TrainingImpossible, match="people lacks 2026-03-02"):
        broken(people={at: people for at, people in whole.people.items() if at != NEWEST})
    with pytest.raises(TrainingImpossible, match="item_features lacks trend"):
        broken(item_features={at: table.drop(["trend"]) for at, table in whole.item_features.items()})
