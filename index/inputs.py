"""What training starts from; the commands fill it out of the feature store's historical features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pyarrow as pa

from index.errors import TrainingImpossible
from index.item_table import COLUMNS
from index.segmentation import Shoppers
from service.recommender.stored import StoredActions


@dataclass(frozen=True)
class TrainingInputs:
    """Features as they were at several moments, and everybody's baskets of the week after each but the newest.

    Attributes
    ----------
    items : canonical items, the whole catalogue
    people : by moment, the person key and stored actions of everybody who agreed that models learn from them
    item_features : by moment, `item_id` and the columns of `index.item_table.COLUMNS`
    labels : by moment but the newest, what everybody bought within 7 days after it, a line an item and basket:
        `person_key`, `item_id`, `at`, when the basket was begun, in epoch seconds, its `channel`, and the `price` per
        unit, null where the shop does not tell
    nightly : by nights between the cutoffs, `item_id` and `index.item_table.NIGHTLY` as they were then; a shop computes
        its features every night, so a basket was made with those of the night before it
    newest : the moment that serving starts from
    catalogue_version : what the import of `items` is called
    data_window : times of the first and the last event
    time_zone : IANA name of the shop's
    shoppers : customers to make segments of; None makes none
    """

    items: pa.Table
    people: Mapping[datetime, Sequence[tuple[str, StoredActions]]]
    item_features: Mapping[datetime, pa.Table]
    labels: Mapping[datetime, pa.Table]
    newest: datetime
    catalogue_version: str
    data_window: tuple[datetime, datetime]
    time_zone: str = "UTC"
    nightly: Mapping[datetime, pa.Table] = field(default_factory=dict)
    shoppers: Shoppers | None = None

    def __post_init__(self) -> None:
        """Refuse inputs that do not belong together.

        Raises
        ------
        TrainingImpossible
            Naming what is missing.
        """
        if not self.items.num_rows:
            raise TrainingImpossible("The shop has no items; run konomi import first.")
        moments = {*self.labels, self.newest}
        for name, given in (("people", self.people), ("item_features", self.item_features)):
            if missing := sorted(moments - set(given)):
                raise TrainingImpossible(f"{name} lacks {missing[0].isoformat()}; run konomi features first.")
        for moment in moments:
            absent = {"item_id", *COLUMNS} - set(self.item_features[moment].column_names)
            if absent:
                raise TrainingImpossible(f"item_features lacks {', '.join(sorted(absent))}; run konomi features first.")

    @property
    def cutoffs(self) -> list[datetime]:
        """Moments that have labels, oldest first."""
        return sorted(self.labels)
