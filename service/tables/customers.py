"""The customers table: people whom the shop knows, and what each has granted."""

from __future__ import annotations

from typing import Final

from service.recommender.consent import Purpose
from service.tables.columns import DATE, ID, NAMES, TEXT, TIME, columns
from service.tables.rules import Rule, literal, told
from service.tables.table import Table

_PURPOSES: Final = ", ".join(literal(purpose.value) for purpose in Purpose)

CUSTOMERS: Final = Table(
    name="customers",
    identifier="customer_id",
    columns=(
        *columns(ID, "customer_id", required=True),
        *columns(DATE, "birth_date anniversary"),
        *columns(TEXT, "gender region language household income_band age_band time_zone"),
        *columns(TIME, "signed_up_at"),
        *columns(TEXT, "email phone"),
        *columns(NAMES, "consents"),
    ),
    rules=(
        Rule("UNKNOWN_ZONE", "zone_is_unknown", told("time_zone", "; it must be an IANA name such as Asia/Tokyo.")),
        # A list with a name that we do not know is not understood, so nothing of it may be taken for granted.
        Rule(
            "UNKNOWN_PURPOSE",
            f"NOT list_has_all([{_PURPOSES}], consents)",
            told("consents", f"; its names must be among {', '.join(Purpose)}."),
        ),
    ),
    lookups={"zone_is_unknown": "time_zone NOT IN (SELECT zone FROM zones)"},
    defaults={"time_zone": "coalesce(time_zone, getvariable('default_time_zone'))"},
)
