"""How many sockets, and how much on each, one process keeps open."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SocketBounds:
    """How much one process has open.

    Parameters
    ----------
    connections : in all
    per_client : connections of one customer or visitor; addresses and services have `shared` times as many
    operations : that run at once on one connection
    shared : see per_client
    """

    connections: int = 2_000
    per_client: int = 20
    operations: int = 20
    shared: int = 20
