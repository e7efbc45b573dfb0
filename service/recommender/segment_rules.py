"""Segments by rule: what was told, how lately, how often and for how much somebody buys, and what is to be expected."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from service.recommender.lifetime import expected_purchases, probability_alive
from service.recommender.segmentation import Segmentation
from service.recommender.traits import Traits
from service.recommender.wording import Days, Message, Times

NEW_WITHIN_DAYS = 35
LATE, GONE = 3.0, 6.0
"""Times the usual gap after which somebody is missed, and after which they count as gone."""
LATE_AT_LEAST, GONE_AT_LEAST = 14.0, 56.0
"""Days before which nobody is told either, however often they came."""
_OTHERS = 2.0
"""Gaps' worth of everybody's rhythm that a customer's own has to outweigh."""
OFTEN = 13
"""Orders within 91 days from which somebody shops often: one a week."""
SEEKS_DISCOUNTS = 0.5
LIKELY, UNLIKELY = 0.8, 0.3
"""Probabilities of coming again."""
SOON_DAYS = 28
MANY, SOME = 4.0, 1.0
"""Orders expected within `SOON_DAYS`."""


@dataclass(frozen=True, slots=True)
class Belonging:
    """A segment that somebody belongs to by rule; `because` says what about them put them there."""

    key: str
    title: Message
    because: Message


def by_told(person: Traits) -> Iterator[Belonging]:
    """Age band, region, household and income, as the customer or the shop told them."""
    for family, trait, slot in (("age", "age_band", "band"), ("region", "region", "region"),
                                ("household", "household", "household"), ("income", "income_band", "band")):
        value = person.text(trait)
        if value:
            yield Belonging(f"{family}.{value}", Message(f"segment.{family}", {slot: value}),
                            Message("segment_because.trait", {"value": value}))


def by_lifecycle(person: Traits, everybody: Segmentation) -> Iterator[Belonging]:
    """New, active, at risk or lapsed, by the customer's own rhythm; of a short history everybody's counts too."""
    recency = person.number("recency_days")
    if recency is None:
        return
    spans = person.days_with_the_shop()
    if spans is not None and spans[1] <= NEW_WITHIN_DAYS:
        yield _named("lifecycle.new", {"days": NEW_WITHIN_DAYS})
        return
    usual = usual_gap(person, everybody)
    late, gone = max(LATE * usual, LATE_AT_LEAST), max(GONE * usual, GONE_AT_LEAST)
    stage = "active" if recency <= late else "at_risk" if recency <= gone else "lapsed"
    yield _named(f"lifecycle.{stage}", {
        "recency": Days(round(recency)), "gap": Days(max(round(usual), 1)),
        "orders": Times(round(person.number("frequency_91") or 0)),
    })


def usual_gap(person: Traits, everybody: Segmentation) -> float:
    """Days between orders to be expected of somebody: their own mean, drawn to everybody's while it rests on few."""
    own, orders = person.number("mean_gap_days"), person.number("frequency")
    if own is None:
        return everybody.usual_gap_days
    gaps = max((orders or 2) - 1, 1)
    return (gaps * own + _OTHERS * everybody.usual_gap_days) / (gaps + _OTHERS)


def by_frequency(person: Traits) -> Iterator[Belonging]:
    """Whether they order once a week or less."""
    orders = person.number("frequency_91")
    if orders:
        key = "frequency.often" if orders >= OFTEN else "frequency.sometimes"
        yield Belonging(key, Message(f"segment.{key}"), Message("segment_because.frequency", {
            "orders": Times(round(orders)),
        }))


def by_spending(person: Traits, everybody: Segmentation, currency: str) -> Iterator[Belonging]:
    """Large baskets and small ones, the upper and the lower fifth; and who buys mostly what is reduced."""
    value = person.number("mean_basket_value")
    level = everybody.quintiles.level("mean_basket_value", value)
    if value is not None and level in {1, 5}:
        key = "value.high" if level == 5 else "value.low"  # noqa: PLR2004 - the upper fifth
        yield Belonging(key, Message(f"segment.{key}"), Message(f"segment_because.{key}", {
            "amount": _money(value, currency),
        }))
    share = person.number("discounted_share")
    if share is not None and share >= SEEKS_DISCOUNTS:
        yield _named("discount.seeker", {"percent": round(100 * share)})


def by_rfm(person: Traits, everybody: Segmentation, currency: str) -> Iterator[Belonging]:
    """Recency, frequency and money in fifths, under one of six names."""
    recency, orders = person.number("recency_days"), person.number("frequency_91")
    spent, fifths = person.number("monetary_91"), everybody.quintiles
    late, often, much = (
        fifths.level(name, value)
        for name, value in (("recency_days", recency), ("frequency_91", orders), ("monetary_91", spent))
    )
    if late is None or often is None or much is None:
        return
    lately = 6 - late
    key = f"rfm.{rfm_name(lately, (often + much) / 2)}"
    yield Belonging(key, Message(f"segment.{key}"), Message("segment_because.rfm", {
        "recency": Days(round(recency or 0)), "orders": Times(round(orders or 0)),
        "amount": _money(spent or 0.0, currency), "r": lately, "f": often, "m": much,
    }))


def rfm_name(lately: int, worth: float) -> str:
    """Name a place among the fifths: 5 is the most lately, and the most often and most spent.

    >>> [rfm_name(5, 4.5), rfm_name(3, 4), rfm_name(5, 1), rfm_name(3, 2), rfm_name(1, 5), rfm_name(1, 1)]
    ['champions', 'loyal', 'promising', 'attention', 'missed', 'quiet']
    """
    if lately >= 4:  # noqa: PLR2004 - the two upper fifths
        return "champions" if worth >= 4 else "loyal" if worth >= 3 else "promising"  # noqa: PLR2004
    if lately == 3:  # noqa: PLR2004 - the middle
        return "loyal" if worth >= 4 else "attention"  # noqa: PLR2004
    return "missed" if worth >= 4 else "quiet"  # noqa: PLR2004


def by_lifetime(person: Traits, everybody: Segmentation) -> Iterator[Belonging]:
    """How probable it is that they come again, and how often soon; of one order the model knows neither."""
    spans, orders = person.days_with_the_shop(), person.number("frequency")
    if everybody.lifetime is None or spans is None or orders is None or orders < 2:  # noqa: PLR2004 - came again
        return
    repeats, recency, age = np.array([orders - 1]), np.array([spans[0]]), np.array([spans[1]])
    alive = float(probability_alive(everybody.lifetime, repeats, recency, age)[0])
    stage = "likely" if alive >= LIKELY else "doubtful" if alive >= UNLIKELY else "unlikely"
    # Certainty is nothing that one may claim of a person.
    percent = min(max(round(100 * alive), 1), 99)
    yield Belonging(f"alive.{stage}", Message(f"segment.alive.{stage}"), Message("segment_because.alive", {
        "orders": Times(round(orders)), "days": Days(round(spans[1] - spans[0])), "percent": percent,
    }))
    soon = float(expected_purchases(everybody.lifetime, SOON_DAYS, repeats, recency, age)[0])
    often = "many" if soon >= MANY else "some" if soon >= SOME else "few"
    yield Belonging(f"expected.{often}", Message(f"segment.expected.{often}"), Message("segment_because.expected", {
        "count": f"{soon:.1f}", "days": SOON_DAYS,
    }))


def _named(key: str, values: dict[str, object]) -> Belonging:
    return Belonging(key, Message(f"segment.{key}"), Message(f"segment_because.{key}", values))


def _money(value: float, currency: str) -> str:
    return f"{value:.2f} {currency}".strip()
