"""A small shop on Feast, computed and materialised once for all tests of the adapters."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from service.adapters.feast_repository import FeastRepository
from tests.feature_repo.shop_tables import AS_OF, ShopTables, bought, days_ago, did

EARLIER = AS_OF - timedelta(days=7)
SHOP = ShopTables(
    [
        bought("ann", "milk", days_ago(9), basket="1"),
        bought("ann", "bread", days_ago(2), basket="2", amount="2.50"),
        did("ann", "CLICK", "banner", days_ago(1)),
        bought("bob", "milk", days_ago(3), basket="3"),
    ],
    customers=[
        {"customer_id": "ann", "region": "Kanto", "age_band": "35-44"}, {"customer_id": "bob"},
        {"customer_id": "cyd", "language": "ja"},
    ],
    segments=[{"segment": "vip", "customer_id": "ann"}],
)


def open_shop(folder: Path, online: str = "sqlite", registry: str | None = None) -> FeastRepository:
    """Compute, apply and materialise two snapshots."""
    SHOP.compute(folder, [EARLIER, AS_OF], through_sequence=40)
    repository = FeastRepository(folder, online, registry)
    repository.apply()
    repository.materialise(AS_OF)
    return repository
