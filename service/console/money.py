"""Amounts of money as a shop writes them."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

SYMBOLS = {"USD": "$", "JPY": "¥", "EUR": "€", "GBP": "£"}
WHOLE = frozenset({"JPY", "KRW"})
"""Currencies without a minor unit."""


def written(money: Mapping[str, str]) -> str:
    """Write an amount with its currency.

    >>> written({"amount": "1234.5000", "currency": "USD"})
    '$1,234.50'
    >>> written({"amount": "398", "currency": "JPY"})
    '¥398'
    >>> written({"amount": "7.5", "currency": "CHF"})
    '7.50 CHF'
    """
    currency = money["currency"]
    amount = f"{Decimal(money['amount']):,.{0 if currency in WHOLE else 2}f}"
    symbol = SYMBOLS.get(currency)
    return f"{symbol}{amount}" if symbol else f"{amount} {currency}"
