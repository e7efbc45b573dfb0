"""The settings of how much clients may have worked out for them."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, Field, model_validator


class Limits(BaseModel, extra="forbid", frozen=True):
    """What clients may have worked out for them, in units of about one field of an answer (ten microseconds)."""

    operation: int = Field(
        50_000, ge=100, le=1_000_000, description="Most that one operation may cost, a unit being about one field",
    )
    at_once: int = Field(500_000, ge=100, description="Most that one client can have saved up in its budget")
    per_second: int = Field(10_000, ge=1, description="What flows back to the budget of one client each second")
    shared: int = Field(
        20, ge=1, description="Services, and addresses without a token, have budgets so many times as large",
    )

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.operation > self.at_once:
            raise ValueError("at_once is less than operation, so that such an operation could never be paid for")
        return self
