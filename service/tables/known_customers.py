"""Which customers the shop knows."""

from __future__ import annotations

from collections.abc import Collection

import pyarrow.parquet as pq

from service.tables.generation import Generation
from service.tables.store import TableStore


def customer_ids(generation: Generation) -> list[str]:
    """Ids of all customers of a generation."""
    ids: list[str] = pq.read_table(generation.customers, columns=["customer_id"])["customer_id"].to_pylist()
    return ids


class KnownCustomers:
    """Customers of the tables as they stand, read once a generation; nobody before the first import.

    Parameters
    ----------
    store : the shop's tables
    """

    def __init__(self, store: TableStore) -> None:
        self._store = store
        self._read: tuple[str, dict[str, None]] = "", {}

    def knows(self, customer_id: str) -> bool:
        """Tell whether there is such a customer."""
        return customer_id in self._current()

    def ids(self) -> Collection[str]:
        """Ids of all of them."""
        return self._current().keys()

    def _current(self) -> dict[str, None]:
        now = self._store.current()
        if now is None:
            return {}
        version, known = self._read
        if version != now.version:
            known = dict.fromkeys(customer_ids(now))
            self._read = now.version, known
        return known
