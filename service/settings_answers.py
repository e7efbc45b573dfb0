"""The settings of how long an answer waits for a store, before it is made without."""

from __future__ import annotations

from pydantic import BaseModel, Field


class Answers(BaseModel, extra="forbid", frozen=True):
    """What an answer waits for."""

    database_ms: int = Field(
        50, ge=5, le=10_000, description="Milliseconds that an answer waits for PostgreSQL; for SQLite twice as long",
    )
    features_ms: int = Field(
        50, ge=5, le=10_000, description="Milliseconds that an answer waits for the online feature store",
    )

    @property
    def database_seconds(self) -> float:
        """The same in seconds."""
        return self.database_ms / 1000

    @property
    def features_seconds(self) -> float:
        """The same in seconds."""
        return self.features_ms / 1000
