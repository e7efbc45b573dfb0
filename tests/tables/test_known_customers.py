from __future__ import annotations

import pytest

from service.tables import known_customers
from service.tables.known_customers import KnownCustomers
from tests.tables.shops import CUSTOMER, EVENT, ITEM


@pytest.fixture
def reads(monkeypatch):
    """Versions of the generations whose customers are read."""
    versions, read = [], known_customers.customer_ids
    monkeypatch.setattr(
        known_customers, "customer_ids", lambda generation: versions.append(generation.version) or read(generation),
    )
    return versions


def test_before_the_first_import_nobody_is_known(shop):
    customers = KnownCustomers(shop.store)
    assert not customers.knows("ann")
    assert not customers.ids()


def test_a_generation_is_read_once_for_whoever_asks_and_the_next_one_anew(shop, reads):
    shop.csv(items=[ITEM], customers=[CUSTOMER], events=[EVENT]).bring()
    customers = KnownCustomers(shop.store)
    assert CUSTOMER["customer_id"] in customers.ids()
    assert customers.knows(CUSTOMER["customer_id"])
    assert not customers.knows("zoe")
    shop.csv(customers=[CUSTOMER | {"customer_id": "zoe"}]).bring()
    assert customers.knows("zoe")
    assert set(customers.ids()) == {CUSTOMER["customer_id"], "zoe"}
    assert len(reads) == len(set(reads)) == 2
