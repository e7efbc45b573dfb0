"""What a customer is, as the shop knows it: region, household, bands, language, its own groups."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

BANDS = ((18, "0-17"), (25, "18-24"), (35, "25-34"), (45, "35-44"), (55, "45-54"), (65, "55-64"), (200, "65+"))
"""An age below the number falls into the band."""
OF_AGE = 18


def age(birth_date: ir.DateColumn, as_of: ir.TimestampColumn) -> ir.IntegerColumn:
    """Whole years between a birth date and a moment's UTC day."""
    had_birthday = (as_of.month() * 100 + as_of.day()) >= (birth_date.month() * 100 + birth_date.day())
    return as_of.year() - birth_date.year() - had_birthday.ifelse(0, 1)


def age_band(years: ir.IntegerColumn) -> ir.StringColumn:
    """Name the band of an age; null for none."""
    return ibis.cases(*[(years < below, band) for below, band in BANDS])


def person_traits(customers: ir.Table, as_of: ir.Table) -> ir.Table:
    """Describe each customer.

    The birth date itself is no feature; where the shop gives no age band it makes one.

    Parameters
    ----------
    customers : person_key, birth_date, region, household, income_band, age_band, language
    as_of : as_of

    Returns
    -------
    as_of, person_key, region, household, income_band, age_band, language
    """
    told = customers.cross_join(as_of)
    return told.select(
        "as_of",
        "person_key",
        "region",
        "household",
        "income_band",
        "language",
        age_band=ibis.coalesce(told.age_band, age_band(age(told.birth_date, told.as_of))),
    )


def person_segments(segments: ir.Table, as_of: ir.Table) -> ir.Table:
    """Collect the groups that the shop put each customer in.

    Parameters
    ----------
    segments : segment, person_key
    as_of : as_of

    Returns
    -------
    as_of, person_key, shop_segments
        In ascending order.
    """
    groups = segments.group_by("person_key").aggregate(
        shop_segments=segments.segment.collect(order_by=segments.segment, distinct=True),
    )
    return groups.cross_join(as_of).select("as_of", "person_key", "shop_segments")
