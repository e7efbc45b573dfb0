"""Scalars: exact decimals as strings, times with a zone, JSON without surprises."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import NewType

import strawberry
from strawberry.types.scalar import ScalarDefinition

from service.recommender.errors import InvalidArgument

MOST_DIGITS = 14
LONGEST_NUMBER = 40
WITHOUT_CENTS = frozenset({"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV",
                           "XAF", "XOF", "XPF"})
"""Currencies whose amounts are whole numbers (ISO 4217)."""

Json = NewType("Json", object)
"""A value of objects, lists, strings, numbers, booleans and null."""


def read_decimal(value: object) -> Decimal:
    """Read a decimal out of a string, or of a number as it was written.

    Raises
    ------
    InvalidArgument
        If it is no finite number of at most 14 digits before the point.

    >>> read_decimal("12.50"), read_decimal(3)
    (Decimal('12.50'), Decimal('3'))
    """
    text = str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
    try:
        number = Decimal(text) if 0 < len(text) <= LONGEST_NUMBER and "_" not in text else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number.adjusted() >= MOST_DIGITS:
        raise InvalidArgument(
            f'A Decimal is a string such as "12.50", of at most {MOST_DIGITS} digits before the point.'
        )
    return number


@lru_cache(8_192)
def amount_in(currency: str, amount: Decimal) -> Decimal:
    """Write an amount as its currency does: two places, or none; more only where there are more.

    >>> str(amount_in("USD", Decimal("2.5000"))), str(amount_in("JPY", Decimal("250.0000")))
    ('2.50', '250')
    """
    rounded = amount.quantize(Decimal(1) if currency in WITHOUT_CENTS else Decimal("0.01"))
    return rounded if rounded == amount else amount.normalize()


def read_moment(value: object) -> datetime:
    """Read a time in ISO 8601 with its zone.

    Raises
    ------
    InvalidArgument
        If it is none, or names no zone.
    """
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise InvalidArgument('A DateTime is ISO 8601 with a zone, such as "2026-03-02T18:30:00+09:00".')
    return moment


def read_day(value: object) -> date:
    """Read a calendar day in ISO 8601.

    Raises
    ------
    InvalidArgument
        If it is none.
    """
    try:
        if isinstance(value, str):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise InvalidArgument('A Date is ISO 8601, such as "2026-03-02".')


def plain(value: object) -> Json:
    """Turn any value into JSON: times become ISO 8601, numbers that JSON does not know become null.

    >>> plain({"a": (1, float("nan"), Decimal("2.5"))})
    {'a': [1, None, '2.5']}
    """
    return Json(_plain(value))


def _plain(value: object) -> object:
    match value:
        case None | bool() | str() | int():
            return value
        case float():
            return value if math.isfinite(value) else None
        case Mapping():
            return {str(key): _plain(one) for key, one in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_plain(one) for one in value]
        case _:
            return _plain_of_vendor(value)


def _plain_of_vendor(value: object) -> object:
    """Turn what JSON has no word for into what comes nearest."""
    if isinstance(value, date):
        return value.isoformat()
    to_list = getattr(value, "tolist", None)  # of an array, or of one of its numbers
    return _plain(to_list()) if callable(to_list) else str(value)


SCALARS: dict[object, ScalarDefinition] = {
    Decimal: strawberry.scalar(
        name="Decimal", description='An exact decimal number, as a string: "12.50".', serialize=str,
        parse_value=read_decimal,
    ),
    datetime: strawberry.scalar(
        name="DateTime", description='A time in ISO 8601 with its zone: "2026-03-02T09:30:00+00:00".',
        serialize=datetime.isoformat, parse_value=read_moment,
    ),
    date: strawberry.scalar(
        name="Date", description='A calendar day in ISO 8601: "2026-03-02".', serialize=date.isoformat,
        parse_value=read_day,
    ),
    Json: strawberry.scalar(
        name="JSON", description="Any value of JSON.", serialize=lambda value: value, parse_value=plain,
    ),
}
