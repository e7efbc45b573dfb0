"""Receipts and redeemed coupons as events, one row a line."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from service.demo.columns import EVENTS, TIME
from service.demo.shift import Shift, wall_clock

if TYPE_CHECKING:
    import duckdb

LINES = """
    SELECT basket_id || '-' || row_number() OVER (PARTITION BY basket_id ORDER BY transactions.file_row_number)
               AS event_id,
           CAST(household_id AS VARCHAR) AS customer_id, 'PURCHASE' AS type, CAST(product_id AS VARCHAR) AS item_id,
           transaction_timestamp AS occurred_at,
           CAST(CASE WHEN product_type LIKE 'GASOLINE%' THEN quantity / 1000 ELSE quantity END AS DECIMAL(18, 4))
               AS quantity,
           CAST(sales_value AS DECIMAL(18, 4)) AS amount,
           CAST(retail_disc + coupon_disc + coupon_match_disc AS DECIMAL(18, 4)) AS discount,
           CAST(NULL AS VARCHAR) AS offer_code, 'STORE' AS channel, CAST(basket_id AS VARCHAR) AS basket_id
    FROM transactions LEFT JOIN products USING (product_id)
    ORDER BY household_id, transaction_timestamp, basket_id, transactions.file_row_number
"""
BASKETS = """
    SELECT household_id, basket_id, max(transaction_timestamp) AS paid_at, sum(coupon_disc) AS coupon_disc
    FROM transactions GROUP BY ALL ORDER BY ALL
"""
REDEMPTIONS = """
    WITH matches AS (
        SELECT r.file_row_number AS line, b.basket_id, b.paid_at,
               EXISTS (FROM transactions t JOIN coupons c USING (product_id)
                       WHERE t.basket_id = b.basket_id AND c.coupon_upc = r.coupon_upc
                         AND c.campaign_id = r.campaign_id) AS has_product,
               b.coupon_disc > 0 AS has_coupon
        FROM coupon_redemptions r
        JOIN basket_days b ON b.household_id = r.household_id AND b.day = CAST(r.redemption_date AS DATE)
    ), best AS (
        SELECT line, arg_min({'basket_id': basket_id, 'paid_at': paid_at},
                             (NOT has_product, NOT has_coupon, paid_at, basket_id)) AS basket
        FROM matches GROUP BY line
    )
    SELECT file_row_number AS line, household_id, campaign_id, coupon_upc, CAST(redemption_date AS DATE) AS day,
           best.basket.basket_id, best.basket.paid_at
    FROM coupon_redemptions LEFT JOIN best ON best.line = file_row_number
    ORDER BY household_id, line
"""


def last_event(source: duckdb.DuckDBPyConnection) -> datetime:
    """Return the instant of the source's last transaction.

    The source's clock is UTC: the shop falls quiet at 8 to 10 h, an hour earlier in summer than in winter, and closes
    on Christmas Eve at 23 h, which is 18 h in New York.
    """
    latest: datetime
    ((latest,),) = source.sql("SELECT max(transaction_timestamp) FROM transactions").fetchall()
    return latest.replace(tzinfo=UTC)


def purchase_events(source: duckdb.DuckDBPyConnection, shift: Shift) -> pa.Table:
    """Turn every transaction line into a PURCHASE, sorted by household and time.

    The amount is the line's sales value; the discount is all that was taken off: the shop's own, the coupon's, and
    the shop's match of it. A line's id is its basket and its place in it, so the same line keeps its id whatever the
    shift. Petrol is counted in gallons (the source counts thousandths).
    """
    lines = source.sql(LINES).to_arrow_table()
    place = lines.schema.get_field_index("occurred_at")
    moved = shift.moved_all(lines["occurred_at"].to_numpy())
    return lines.set_column(place, "occurred_at", _as_time(moved)).cast(EVENTS)


def redemption_events(source: duckdb.DuckDBPyConnection, shift: Shift) -> pa.Table:
    """Turn every redeemed coupon into a COUPON_REDEEM.

    The source tells the day. The hour is that of the household's basket of that day, by preference one that has a
    product of the coupon, then one that has any coupon; noon where there is no basket.
    """
    baskets = source.sql(BASKETS).to_arrow_table()
    days = wall_clock(baskets["paid_at"].to_numpy()).astype("datetime64[D]")
    source.register("basket_days", baskets.append_column("day", pa.array(days)))
    rows = source.sql(REDEMPTIONS).fetchall()
    source.unregister("basket_days")
    noon = np.timedelta64(12, "h")
    moments = [
        shift.moved(datetime.replace(paid_at, tzinfo=UTC)) if paid_at else shift.day(day) + noon.item()
        for *_, day, _, paid_at in rows
    ]
    return pa.table(
        {
            "event_id": [f"redeemed-{line}" for line, *_ in rows],
            "customer_id": [str(household) for _, household, *_ in rows],
            "type": ["COUPON_REDEEM"] * len(rows),
            "item_id": pa.nulls(len(rows), pa.string()),
            "occurred_at": pa.array(moments, TIME),
            "quantity": pa.nulls(len(rows)),
            "amount": pa.nulls(len(rows)),
            "discount": pa.nulls(len(rows)),
            "offer_code": [offer_code(campaign, upc) for _, _, campaign, upc, *_ in rows],
            "channel": ["STORE"] * len(rows),
            "basket_id": [str(basket) if basket else None for *_, basket, _ in rows],
        }
    ).cast(EVENTS)


def offer_code(campaign: int, coupon: int) -> str:
    """Name the offer that a coupon of one campaign is; coupons come again in later campaigns."""
    return f"C{campaign}-{coupon}"


def _as_time(moments: np.ndarray) -> pa.Array:
    return pa.array(moments).cast(TIME)
