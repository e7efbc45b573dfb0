"""The fault table: what counts as answered, and that the page tells of every fault that there is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.faults import IN_TIME_MS, Row, missing_parts
from benchmarks.load import Answer, Outcome
from tests.acceptance.faulting import FAULTS

PAGE = (Path(__file__).parents[2] / "docs" / "reliability.md").read_text(encoding="utf-8")
SQLITE = ("SQLite full", "SQLite held by another writer")
ITEM = {"item": {"itemId": "tea"}}


def shelf(*nodes: object, lacks: str | None = None) -> dict[str, object]:
    return {"key": "for_you", "items": {"degraded": [{"part": lacks}] if lacks else [], "nodes": list(nodes)}}


def body(*shelves: object, hero: object = ITEM, lacks: str | None = None, **more: object) -> str:
    home = {"profiled": True, "degraded": [{"part": lacks}] if lacks else [], "hero": hero, "shelves": shelves}
    return json.dumps({"data": {"viewer": {"home": home}}, **more})


WHOLE = body(shelf(ITEM), shelf(ITEM))


@pytest.mark.parametrize(("text", "parts"), [
    (WHOLE, []),
    (body(shelf(ITEM), shelf(ITEM), lacks="CONSENTS"), ["CONSENTS"]),
    (body(shelf(ITEM), shelf(lacks="EVENTS"), lacks="SLATES"), ["EVENTS", "SLATES"]),
    (body(shelf(ITEM), shelf()), None),
    (body(shelf(ITEM)), None),
    (body(shelf(ITEM), shelf(ITEM), hero=None), None),
    (body(shelf(ITEM), shelf(ITEM), errors=[{"message": "no"}]), None),
    (json.dumps({"errors": [{"message": "no"}]}), None),
])
def test_a_page_is_whole_or_no_answer(text, parts):
    assert missing_parts(200, text) == parts
    assert missing_parts(503, text) is None


def test_a_row_counts_what_was_answered_in_time_and_what_it_lacked():
    row = Row("database dead", recovery=1.24)
    lacking = body(shelf(ITEM), shelf(ITEM), lacks="CONSENTS")
    row.count(Outcome(1.0, [Answer(10.0, 200, lacking), Answer(IN_TIME_MS + 1, 200, WHOLE), Answer(30.0, 500, WHOLE), Answer(20.0, 200, lacking)]))
    told = row.told()
    assert told.startswith("| database dead | 75.0 % | 50.0 % | 25 ms | 251 ms | CONSENTS 50 %, ")
    assert told.endswith(" | 1.2 s |")
    assert "no answer 25 %" in told


@pytest.mark.parametrize("fault", [*FAULTS, *SQLITE])
def test_the_page_tells_of_every_fault(fault):
    assert f"| {fault} |" in PAGE
