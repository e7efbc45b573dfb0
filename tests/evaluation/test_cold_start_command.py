"""`konomi evaluate --protocol cold-start` as a person calls it."""

from __future__ import annotations

import csv
import io
import json

import pytest
from rich.console import Console
from typer.testing import CliRunner

from service.cli import app
from service.commands.cold_start import as_tables
from service.evaluation.bootstrap import Interval
from service.evaluation.cold_start import ColdStart
from tests.evaluation.shop_folder import write_shop

SITUATIONS = ("new-item", "new-item-among-all", "visitor", "one-action", "demographics")


@pytest.fixture
def call(tmp_path, monkeypatch):
    monkeypatch.setenv("KONOMI_STATE__DIR", str(tmp_path / "state"))
    return lambda *words: CliRunner().invoke(app, ["evaluate", "--protocol", "cold-start", *map(str, words)])


@pytest.fixture
def folder(tmp_path):
    """Sixty people of two tastes and two regions; all agree that models learn from them."""
    shop = write_shop(tmp_path / "shop", people=60)
    with (shop / "customers.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["customer_id", "region", "consents"])
        rows.writerows([f"u{n}", ("East", "West")[n % 2], "TRAIN_MODELS|PERSONALISE_CONTENT"] for n in range(60))
    return shop


def test_every_model_is_told_in_every_situation(call, folder, tmp_path):
    result = call("--data", folder, "--k", "1,4", "--json")
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout)
    assert told["protocol"] == "cold-start"
    assert told["data"]["people"] == 60
    assert set(told["models"]) == {"random", "most-popular", "category-popular", "konomi"}
    for row in told["models"].values():
        assert set(row) == {f"{situation} recall@{k}" for situation in SITUATIONS for k in (1, 4)}
    assert set(told["gains"]) == {"most-popular", "category-popular"}
    for row in told["gains"].values():
        assert all(gain["low"] <= gain["mean"] <= gain["high"] for gain in row.values())
    assert told["models"]["konomi"]["one-action recall@4"] > told["models"]["random"]["one-action recall@4"]
    assert not (tmp_path / "state" / "tables").exists()


def test_both_tables_fit_a_terminal_and_leave_out_what_was_not_measured():
    row = {f"{situation} recall@100": 0.12345 for situation in SITUATIONS}
    models = {name: dict(row) for name in ("random", "most-popular", "category-popular", "konomi")}
    models["random"] = dict.fromkeys(row, 0.025)
    del models["most-popular"]["visitor recall@100"]
    gain = dict.fromkeys(row, Interval(0.01, -0.0025, 0.0225))
    gains = {"most-popular": dict(gain), "category-popular": dict(gain)}
    del gains["most-popular"]["visitor recall@100"]
    console = Console(width=80, record=True, file=io.StringIO())
    console.print(*as_tables(ColdStart(models, gains), {"people": 2_469, "items": 92_340}))
    lines = console.export_text().splitlines()
    assert max(map(len, lines)) <= 80
    for name, times in (("new-item-among-all recall@100", 3), ("visitor recall@100", 2)):
        recalls, higher = (line for line in lines if f" {name}" in line)
        assert recalls.count("0.1235") == times
        assert higher.count("-0.0025…+0.0225") == times - 1
        assert "4.9" in higher


@pytest.mark.parametrize("more", [("--people", 3), ("--loose",), ("--models", "konomi"), ("--k", "0")])
def test_a_call_that_makes_no_sense_is_refused(call, folder, more):
    assert call("--data", folder, *more).exit_code == 2


def test_without_a_shop_it_says_what_to_do(call):
    result = call()
    assert result.exit_code == 1
    assert "run `konomi features` first" in result.stderr
