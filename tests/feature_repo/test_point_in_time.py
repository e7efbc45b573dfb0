"""What happens at or after a moment changes nothing as of that moment."""

from __future__ import annotations

from datetime import timedelta
from itertools import count

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.feature_repo.shop_tables import AS_OF, ShopTables, bought, days_ago, did, rows_of

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning:ibis")

PAST = [
    bought("ann", item, days_ago(day), basket=f"{day}", amount=f"{day}.5", discount="0.5")
    for day in (1, 4, 8, 15, 22, 50)
    for item in ("milk", "bread", "oat")
] + [did("bob", "CLICK", "banner", days_ago(2)), did("bob", "COUPON_REDEEM", None, days_ago(3), offer_code="A")]

runs = count()
future = st.builds(
    lambda kind, customer, item, later, basket: {
        **bought(customer, item, AS_OF + timedelta(seconds=later), basket=basket, amount="7"), "type": kind, "offer_code": "Z",
    },
    kind=st.sampled_from(["PURCHASE", "VIEW", "CLICK", "COUPON_REDEEM", "LIKE"]),
    customer=st.sampled_from(["ann", "bob"]),
    item=st.sampled_from(["milk", "bread", "oat", "banner"]),
    later=st.floats(0, 86_400 * 30),
    # Some fall into a basket that was begun before the moment.
    basket=st.sampled_from(["1", "4", "later"]),
)


def views(data, as_of=AS_OF):
    return {
        path.stem: sorted(
            (repr(row) for row in pq.read_table(path).to_pylist() if row["event_timestamp"] == as_of),
        )
        for path in data.glob("*.parquet")
    }


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    return views(ShopTables(PAST).compute(tmp_path_factory.mktemp("past")))


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(planted=st.lists(future, min_size=1, max_size=6))
def test_planting_events_at_or_after_the_moment_changes_nothing(told, tmp_path, planted):
    assert views(ShopTables([*PAST, *planted]).compute(tmp_path / f"{next(runs)}")) == told


def test_a_snapshot_is_the_same_alone_and_among_others(told, tmp_path):
    data = ShopTables(PAST).compute(tmp_path, as_of=[AS_OF - timedelta(days=7), AS_OF])
    assert views(data) == told
    earlier = rows_of(data, "person_rfm", "person_key", AS_OF - timedelta(days=7))
    assert earlier["c:ann"]["frequency"] == 4


def test_the_last_microsecond_before_counts_and_the_moment_itself_does_not(tmp_path):
    data = ShopTables([
        bought("ann", "milk", AS_OF - timedelta(microseconds=1), basket="1"), bought("bob", "milk", AS_OF, basket="2"),
    ]).compute(tmp_path)
    found = rows_of(data, "person_rfm", "person_key")
    assert (found["c:ann"]["frequency"], found["c:bob"]["frequency"]) == (1, None)
