"""How a customer answers to ads and coupons; used for ads alone."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from feature_repo.transformations.history import DAY, before
from feature_repo.transformations.traits import OF_AGE, age

WINDOW_DAYS = 182
MOST = 50


def person_ads(events: ir.Table, as_of: ir.Table, items: ir.Table, customers: ir.Table) -> ir.Table:
    """Collect each customer's coupon redemptions and clicked campaigns of the last `WINDOW_DAYS`.

    Parameters
    ----------
    events : as `history.of_customers` gives them
    as_of : as_of
    items : item_id, campaign_id
    customers : person_key, birth_date

    Returns
    -------
    as_of, person_key, coupon_redemptions, redeemed_offers, ad_clicks, responded_campaigns, is_minor
        Arrays in ascending order of their codes, at most `MOST`; `is_minor` is null where no birth date is known.
    """
    late = before(events, as_of)
    late = late.filter(late["at"] >= late.moment - WINDOW_DAYS * DAY)
    redeemed = late.filter(late.type == "COUPON_REDEEM")
    clicked = late.filter(late.type == "CLICK").join(items.filter(items.campaign_id.notnull()), "item_id")
    keys = ["as_of", "person_key"]
    coupons = redeemed.group_by(keys).aggregate(
        coupon_redemptions=redeemed.count(),
        redeemed_offers=redeemed.offer_code.collect(
            where=redeemed.offer_code.notnull(), order_by=redeemed.offer_code, distinct=True,
        )[:MOST],
    )
    campaigns = clicked.group_by(keys).aggregate(
        ad_clicks=clicked.count(),
        responded_campaigns=clicked.campaign_id.collect(order_by=clicked.campaign_id, distinct=True)[:MOST],
    )
    everybody = customers.select("person_key", "birth_date").cross_join(as_of).select(*keys, "birth_date")
    joined = everybody.left_join(coupons, keys).left_join(campaigns, keys)
    return joined.select(
        *keys,
        "redeemed_offers",
        "responded_campaigns",
        coupon_redemptions=ibis.coalesce(joined.coupon_redemptions, ibis.literal(0, "int64")),
        ad_clicks=ibis.coalesce(joined.ad_clicks, ibis.literal(0, "int64")),
        is_minor=age(joined.birth_date, joined.as_of) < OF_AGE,
    )
