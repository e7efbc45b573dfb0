"""Shops that konomi has not seen, and is not tuned to: what it recommends beats what people had most often."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.acceptance.running import konomi, succeed
from tests.unseen_shops import SHOPS

BASELINE = "own-most-frequent-filled"


@pytest.mark.parametrize(("shop", "size"), [("kiosk", {"people": 150}), ("browsed", {"people": 120, "weeks": 26})])
def test_the_same_code_beats_own_most_frequent_filled_up(shop: str, size: dict[str, int], tmp_path: Path):
    data = SHOPS[shop](tmp_path / "data", **size)
    words = ["evaluate", "--data", data, "--k", "10", "--models", f"konomi,{BASELINE}", "--json"]
    told = json.loads(succeed(konomi(tmp_path / "state", *words)))
    ours, theirs = told["models"]["konomi"], told["models"][BASELINE]
    assert told["data"]["asked"] > 0.8 * size["people"]
    assert ours["recall@10"] > theirs["recall@10"]
    assert ours["ndcg@10"] > theirs["ndcg@10"]
    assert not (tmp_path / "state" / "tables").exists()
