"""The live log as canonical Arrow, on its way into history."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from sqlalchemy import Engine, bindparam, select

from service.adapters.sql_database import reader
from service.adapters.sql_faults import faults_as
from service.adapters.sql_tables import events
from service.recommender.errors import EventsUnavailable
from service.recommender.person import Person

MONEY = pa.decimal128(18, 4)
TEXT_COLUMNS = ("text", "message_id", "offer_code", "in_reply_to", "channel", "basket_id", "token", "source")
SCHEMA = pa.schema(
    [
        *((name, pa.string()) for name in ("event_id", "customer_id", "visitor_id", "type", "item_id", "topic")),
        ("occurred_at", pa.timestamp("us", tz="UTC")),
        *((name, MONEY) for name in ("quantity", "amount", "discount")),
        ("value", pa.float64()),
        *((name, pa.string()) for name in TEXT_COLUMNS),
        ("attributes", pa.map_(pa.string(), pa.string())),
    ]
)
"""The canonical events of the shop's tables."""

_PAGE = (
    select(*events.c)
    .where(events.c.sequence > bindparam("after"), events.c.mark.is_(None))
    .order_by(events.c.sequence)
    .limit(bindparam("limit"))
)


@dataclass(frozen=True, slots=True)
class ExportedEvents:
    """A stretch of the log, in log order; the next one begins after `through_sequence`."""

    table: pa.Table
    through_sequence: int


def export_events(engine: Engine, after_sequence: int, limit: int) -> ExportedEvents:
    """Read the first `limit` events that count after a sequence, as canonical events.

    Returns
    -------
    An empty table and the same sequence where there are no more.

    Raises
    ------
    EventsUnavailable
    """
    with faults_as(EventsUnavailable), reader(engine).connect() as connection:
        rows = connection.execute(_PAGE, {"after": after_sequence, "limit": limit}).all()
    if not rows:
        return ExportedEvents(SCHEMA.empty_table(), after_sequence)
    columns: dict[str, Sequence[Any]] = dict(zip(events.c.keys(), zip(*rows, strict=True), strict=True))
    people = [Person.of_key(key) for key in columns["person_key"]]
    columns["customer_id"] = [person.id if person.is_customer else None for person in people]
    columns["visitor_id"] = [None if person.is_customer else person.id for person in people]
    columns["value"] = [None if value is None else float(value) for value in columns["value"]]
    columns["attributes"] = [None] * len(rows)
    arrays = [pa.array(columns[field.name], field.type) for field in SCHEMA]
    return ExportedEvents(pa.Table.from_arrays(arrays, schema=SCHEMA), columns["sequence"][-1])
