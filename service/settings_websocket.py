"""The settings of how many sockets one process keeps open."""

from __future__ import annotations

from pydantic import BaseModel, Field


class WebSockets(BaseModel, extra="forbid", frozen=True):
    """How much one process keeps open."""

    connections: int = Field(2_000, ge=1, description="Most WebSockets that one process keeps open")
    per_client: int = Field(
        20, ge=1,
        description="Most WebSockets of one customer or visitor; a service or address has LIMITS__SHARED times as many",
    )
    operations: int = Field(20, ge=1, description="Most operations that run at once on one WebSocket")
