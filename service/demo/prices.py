"""What a product costs now, read off the last receipts."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import duckdb

SHELF_WEEKS = 8
"""Of the time before a product's last sale, what tells its shelf price."""


class Price(NamedTuple):
    """Prices of one product.

    Attributes
    ----------
    selling : USD, what one costs now
    shelf : USD, what one costs without the shop's own discounts; never below selling
    weeks_since : whole weeks between its last sale and the end of the data
    """

    selling: Decimal
    shelf: Decimal
    weeks_since: int


def read_prices(source: duckdb.DuckDBPyConnection) -> dict[int, Price]:
    """Read prices per product from the transactions.

    A unit costs sales_value / quantity; on the shelf it says (sales_value + retail_disc + coupon_match_disc) /
    quantity. What was sold in the last seven days costs the median of these days. What was not has no offer that
    anybody knows of, and costs its shelf price: the median of the eight weeks before its last sale.

    Returns
    -------
    dict
        Products that were ever sold at a price.
    """
    rows = source.execute(
        """
        WITH units AS (
            SELECT product_id, transaction_timestamp AS sold_at, sales_value / quantity AS selling,
                   (sales_value + retail_disc + coupon_match_disc) / quantity AS shelf,
                   max(transaction_timestamp) OVER () AS until,
                   max(transaction_timestamp) OVER (PARTITION BY product_id) AS last_sold
            FROM transactions WHERE quantity > 0 AND sales_value > 0
        ), medians AS (
            SELECT product_id,
                   median(selling) FILTER (WHERE sold_at > until - to_days(7)) AS this_week,
                   median(shelf) FILTER (WHERE sold_at > until - to_days(7)) AS shelf_this_week,
                   median(shelf) FILTER (WHERE sold_at > last_sold - to_days(7 * $weeks)) AS shelf,
                   CAST(floor(date_diff('hour', any_value(last_sold), any_value(until)) / 168) AS INTEGER) AS weeks
            FROM units GROUP BY product_id
        ), cents AS (
            SELECT product_id, CAST(coalesce(this_week, shelf) AS DECIMAL(18, 2)) AS selling,
                   CAST(coalesce(shelf_this_week, shelf) AS DECIMAL(18, 2)) AS shelf, weeks
            FROM medians
        )
        SELECT product_id, greatest(selling, 0.01), greatest(selling, shelf, 0.01), weeks FROM cents
        """,
        {"weeks": SHELF_WEEKS},
    ).fetchall()
    return {product: Price(selling, shelf, weeks) for product, selling, shelf, weeks in rows}
