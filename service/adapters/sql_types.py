"""Column types that mean the same on every database: instants, exact decimals, storable text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal

from sqlalchemy import BigInteger, Integer, String
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
PLACES = 4
UNITS = 10**PLACES
MOST_UNITS = 10**18 - 1
"""What decimal128(18, 4) of the canonical tables holds, in ten-thousandths."""

SEQUENCE = BigInteger().with_variant(Integer, "sqlite")
"""A growing key; SQLite's AUTOINCREMENT exists on INTEGER alone."""


class Instant(TypeDecorator[datetime]):
    """An aware time, kept as microseconds since 1970 in UTC: exact and ordered alike on SQLite and PostgreSQL."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Write microseconds.

        Raises
        ------
        ValueError
            If the time has no zone.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"The time {value.isoformat()} has no zone; send an aware one.")
        return (value - EPOCH) // MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Read an aware time in UTC."""
        return None if value is None else EPOCH + value * MICROSECOND


class Exact(TypeDecorator[Decimal]):
    """A decimal of 18 digits, 4 after the point, kept as ten-thousandths in a whole number: SQL sums stay exact."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Write ten-thousandths, half to even.

        Raises
        ------
        ValueError
            If it is not finite or has more than 14 digits before the point.
        """
        if value is None:
            return None
        if not value.is_finite() or value.adjusted() >= 18 - PLACES:
            raise ValueError(f"The number {value} is out of range; at most 14 digits before the point.")
        units = int(value.scaleb(PLACES).to_integral_value(ROUND_HALF_EVEN))
        if abs(units) > MOST_UNITS:
            raise ValueError(f"The number {value} is out of range; at most 14 digits before the point.")
        return units

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        """Read a decimal of four places."""
        return None if value is None else Decimal(value).scaleb(-PLACES)


class Words(TypeDecorator[str]):
    """Text that every database can hold: no NUL character, no half of a surrogate pair."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Pass text on.

        Raises
        ------
        ValueError
            If a database could not hold it.
        """
        if value is None or (value.isascii() and "\x00" not in value):
            return value
        if "\x00" in value:
            raise ValueError("A text holds the character NUL (U+0000); leave it out.")
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise ValueError("A text holds half of a surrogate pair; send valid Unicode.") from error
        return value
