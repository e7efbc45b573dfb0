"""Customers as segments are made of them, how many are in each, and what a version keeps of it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa

from index.artefact import Artefact
from index.errors import ArtefactCorrupt
from service.recommender.segment_sizes import SegmentSizes
from service.recommender.segmentation import NO_SEGMENTATION, Segmentation
from service.recommender.segments import belongings
from service.recommender.traits import Traits

SEGMENTS = "segments.json"
_BATCH = 2_000


@dataclass(frozen=True)
class Shoppers:
    """A shop's customers, as far as each agreed.

    Attributes
    ----------
    traits : a row for each: `person_key`, the features that segments are made by, as the service will read them, and
        whether they may be learnt from (`learn`) and profiled (`profile`)
    by_shop : customers in each segment that the shop brought
    customers : of the shop
    """

    traits: pa.Table
    by_shop: Mapping[str, int]
    customers: int

    def who(self, agreed: str) -> Iterator[Traits]:
        """Features of those who agreed to be learnt from (`learn`), or to be profiled (`profile`)."""
        for _, person in self.keyed(agreed):
            yield person

    def keyed(self, agreed: str) -> Iterator[tuple[str, Traits]]:
        """Person key and features of the same."""
        there = self.traits.filter(self.traits[agreed]).drop_columns(["learn", "profile"])
        for batch in there.to_batches(max_chunksize=_BATCH):
            for row in batch.to_pylist():
                yield row.pop("person_key"), Traits(row)


def count(shoppers: Shoppers, segmentation: Segmentation) -> SegmentSizes:
    """Count the people of every segment that may be told.

    Of konomi's own those are counted who may be profiled, for nobody else is in one; of the shop's, its customers.
    """
    sizes: Counter[str] = Counter()
    people = 0
    for person in shoppers.who("profile"):
        people += 1
        sizes.update(one.key for one in belongings(person.values, segmentation))
    return SegmentSizes(people, dict(sizes), shoppers.customers, shoppers.by_shop).published()


def to_text(segmentation: Segmentation) -> str:
    """Write as JSON, equal ones as equal bytes."""
    return json.dumps(segmentation.as_json(), sort_keys=True, ensure_ascii=False, indent=1) + "\n"


def read_segmentation(artefact: Artefact) -> Segmentation:
    """Read what an artefact knows of segments; a version from before there was such a file knows nothing.

    Raises
    ------
    ArtefactCorrupt
        If the file is something else.
    """
    if SEGMENTS not in artefact.manifest.files:
        return NO_SEGMENTATION
    path = artefact.path(SEGMENTS)
    try:
        return Segmentation.of_json(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise ArtefactCorrupt(f"{path} cannot be read ({error}); train or fetch this version again.") from error
