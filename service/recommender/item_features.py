"""What is known of every item apart from any person, as of the last feature run: popularity, rhythm, company."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from service.recommender.arrays import Floats, Ints
from service.recommender.circumstances import CHANNELS, DAYPARTS, WEEKDAYS

COMPANY = 20
"""How many co-purchased items are kept for an item."""


@dataclass(frozen=True, slots=True)
class ItemFeatures:
    """Arrays of shape (n_items,), aligned to the catalogue's rows; items never sold have zeros and NaN."""

    buyers_1: Floats
    """People who bought it within a day."""
    buyers_3: Floats
    buyers_7: Floats
    """People who bought it within 7 days."""
    buyers_28: Floats
    buyers_91: Floats
    trend: Floats
    """log of the week's rate of buyers over the quarter's."""
    price_median: Floats
    """Median unit price paid within 28 days; NaN where not sold."""
    discount_share: Floats
    """Part of its sales within 28 days that were discounted, in [0, 1]."""
    price_week: Floats
    """Median unit price paid within 7 days; NaN where not sold."""
    discount_share_week: Floats
    """Part of its sales within 7 days that were discounted; NaN where not sold."""
    repeat_gap: Floats
    """Median days between two purchases by the same person; NaN where nobody came back."""
    repeat_rate: Floats
    """Part of its buyers who bought it at least twice."""
    first_sold_at: Ints
    """Epoch seconds; the largest int64 where it was never sold."""
    daypart_lift: Floats
    """Log of its share of purchases in each part of the day over that of all items, shape (n_items, DAYPARTS)."""
    weekday_lift: Floats
    """The same by day of the week from Monday, shape (n_items, WEEKDAYS)."""
    channel_lift: Floats
    """The same by channel, shape (n_items, len(CHANNELS))."""
    together: Ints
    """Rows of the items most bought with it, shape (n_items, COMPANY), best first; -1 where there are fewer."""
    together_weight: Floats
    """Weight of each of those, in [0, 1]; 0 where there are fewer."""

    @classmethod
    def unsold(cls, size: int) -> ItemFeatures:
        """Features of items of which nothing is known."""
        zeros, nothing = np.zeros(size, np.float32), np.full(size, np.nan, np.float32)
        return cls(
            buyers_1=zeros,
            buyers_3=zeros,
            buyers_7=zeros,
            buyers_28=zeros,
            buyers_91=zeros,
            trend=zeros,
            price_median=nothing,
            discount_share=zeros,
            price_week=nothing,
            discount_share_week=nothing,
            repeat_gap=nothing,
            repeat_rate=zeros,
            first_sold_at=np.full(size, np.iinfo(np.int64).max, np.int64),
            daypart_lift=np.zeros((size, DAYPARTS), np.float32),
            weekday_lift=np.zeros((size, WEEKDAYS), np.float32),
            channel_lift=np.zeros((size, len(CHANNELS)), np.float32),
            together=np.full((size, COMPANY), -1, np.int64),
            together_weight=np.zeros((size, COMPANY), np.float32),
        )
