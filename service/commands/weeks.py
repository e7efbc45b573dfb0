"""The weeks before the end of the data, which are learned from, and the nights in them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from service.commands.querying import ask
from service.commands.terminal import CommandFault
from service.tables.generation import Generation

WEEK, DAY = timedelta(days=7), timedelta(days=1)
FEWEST_WEEKS, WEEKS = 4, 8
"""Weekly cutoffs before the end of the data; baskets of the week after each are what the ranker learns to foresee."""


def cutoffs(generation: Generation) -> list[datetime]:
    """Moments to compute features as of; after each lies at least a whole week of purchases."""
    window = data_window(generation, "type = 'PURCHASE'")
    if window is None:
        raise CommandFault("The shop has no purchases yet; import its events, then train.")
    last = window[1].replace(microsecond=0)  # features are computed as of whole seconds
    return weekly(window[0], last)


def weekly(first: datetime, last: datetime) -> list[datetime]:
    """Weekly cutoffs between the first purchase and the last, oldest first.

    A young shop learns from fewer weeks, so that before the oldest there lie as many as after it.
    """
    weeks = min(WEEKS, max(FEWEST_WEEKS, (last - first) // WEEK // 2))
    return [last - week * WEEK for week in range(weeks, 0, -1)]


def nights(cutoffs: Sequence[datetime]) -> list[datetime]:
    """The six nights after each cutoff."""
    return [cutoff + day * DAY for cutoff in cutoffs for day in range(1, WEEK // DAY)]


def data_window(generation: Generation, which: str = "true") -> tuple[datetime, datetime] | None:
    """Times of the first and the last event, or of some of them; None where there is none."""
    columns = "epoch_us(min(occurred_at)) AS first, epoch_us(max(occurred_at)) AS last"
    query = f"SELECT {columns} FROM read_parquet($files) WHERE {which}"  # noqa: S608 - our own words
    found = ask(query, {"files": list(map(str, generation.events))})
    first, last = found["first"][0].as_py(), found["last"][0].as_py()
    if first is None or last is None:
        return None
    epoch = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
    return epoch + timedelta(microseconds=first), epoch + timedelta(microseconds=last)
