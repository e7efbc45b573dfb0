"""Amounts of money."""

from __future__ import annotations

from decimal import Decimal

import strawberry
from strawberry import federation

from service.graphql.scalars import amount_in


@federation.type(shareable=True, description="An amount in a currency.")
class Money:
    """An amount in a currency."""

    amount: Decimal = strawberry.field(description='Exact: "12.50".')
    currency: str = strawberry.field(description='ISO 4217: "JPY", "USD".')


def money(amount: Decimal | None, currency: str | None) -> Money | None:
    """Make an amount; None where either part is missing."""
    if amount is None or currency is None:
        return None
    return Money(amount=amount_in(currency, amount), currency=currency)
