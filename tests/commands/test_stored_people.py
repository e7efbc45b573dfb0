"""Stored actions out of the columns of a table: those of each person, and of nobody else."""

from __future__ import annotations

import pyarrow as pa
import pytest

from service.commands.training_inputs import ACTION_COLUMNS, stored_people
from service.recommender.actions import stored_actions
from service.recommender.stored import StoredActions
from tests.recommender.odd_shops import the_shop

SHOP = the_shop()

BOUGHT = {
    "item_id": ["p1", "p2"], "type": ["PURCHASE", "VIEW"], "count": [3, 1], "first_at": [5, 7], "last_at": [9, 7],
    "last_price": [2.5, None], "faded_30": [2.0, 1.0], "faded_90": [2.5, 1.0], "faded_365": [2.75, 1.0],
}
LOOKED = {
    "item_id": ["p3"], "type": ["VIEW"], "count": [2], "first_at": [1], "last_at": [4],
    "last_price": [None], "faded_30": [1.5], "faded_90": [1.75], "faded_365": [2.0],
}
NOTHING = dict.fromkeys(BOUGHT)
OF_AN_EARLIER_RELEASE = {**LOOKED, "faded_30": None, "faded_90": None, "faded_365": None}


@pytest.mark.parametrize("chunks", [1, 4])
def test_everybody_who_did_anything_has_what_they_did(chunks: int) -> None:
    rows = [
        {"person_key": f"c:{number}", **row}
        for number, row in enumerate([NOTHING, BOUGHT, NOTHING, LOOKED, OF_AN_EARLIER_RELEASE])
    ]
    whole = pa.Table.from_pylist(rows)
    size = -(-len(rows) // chunks)
    found = dict(stored_people(pa.concat_tables([whole.slice(begin, size) for begin in range(0, len(rows), size)])))
    assert list(found) == ["c:1", "c:3", "c:4"]
    for row in (row for row in rows if row["person_key"] in found):
        told = StoredActions(*(row[name] or () for name in ACTION_COLUMNS))
        as_read, expected = stored_actions(found[row["person_key"]], SHOP.catalogue), stored_actions(told, SHOP.catalogue)
        for name in expected.__dataclass_fields__:
            column = getattr(expected, name)
            assert column.size
            assert getattr(as_read, name).tobytes() == column.tobytes()
