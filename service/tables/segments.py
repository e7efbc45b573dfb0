"""The segments table: groups that the shop already has, one row a member."""

from __future__ import annotations

from typing import Final

from service.tables.columns import ID, TEXT, columns
from service.tables.table import Table

SEGMENTS: Final = Table(
    name="segments",
    identifier="segment",
    columns=(*columns(ID, "segment customer_id", required=True), *columns(TEXT, "title_en title_ja")),
    rules=(),
)
