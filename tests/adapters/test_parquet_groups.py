"""Row groups: whatever lies in them, and however they are written, the rows found are those of the whole file."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from service.adapters.parquet_groups import OWNER, RowGroups

PEOPLE = ["", "1", "10", "2", "Ann", "ann", "zoë", "佐藤", "\U0001f600", None]


@pytest.fixture
def table() -> pa.Table:
    draw = np.random.default_rng(4)
    owners = sorted((PEOPLE[place] for place in draw.integers(len(PEOPLE), size=200)), key=lambda one: (one is None, one))
    return pa.table({OWNER: pa.array(owners, pa.string()), "number": np.arange(200), "even": np.arange(200) % 2 == 0})


def written(folder: Path, table: pa.Table, **options: object) -> list[Path]:
    paths = [folder / "a.parquet", folder / "b.parquet"]
    for path, part in zip(paths, (table.slice(0, 150), table.slice(150)), strict=True):
        pq.write_table(part, path, **{"row_group_size": 7, **options})
    return paths


@pytest.mark.parametrize("options", [{}, {"write_statistics": False}, {"row_group_size": 1}, {"row_group_size": 1_000}])
@pytest.mark.parametrize("is_sorted", [True, False])
def test_everybodys_rows_are_found(tmp_path, table, options, is_sorted):
    if not is_sorted:
        table = table.take(np.random.default_rng(5).permutation(table.num_rows))
    groups = RowGroups(written(tmp_path, table, **options))
    for owner in [*PEOPLE[:-1], "nobody"]:
        theirs = ds.field(OWNER) == owner
        found = groups.read(["number"], owner, theirs & ds.field("even"), disowned=False)
        assert Counter(found["number"].to_pylist()) == Counter(table.filter(theirs & ds.field("even"))["number"].to_pylist())
    found = groups.read(["number"], None, ds.field(OWNER).is_null(), disowned=True)
    assert Counter(found["number"].to_pylist()) == Counter(table.filter(ds.field(OWNER).is_null())["number"].to_pylist())


def test_other_peoples_groups_are_not_read(tmp_path, table):
    paths = written(tmp_path, table, row_group_size=50)
    groups = RowGroups(paths)
    first = table[OWNER][0].as_py()
    paths[1].unlink()
    assert groups.read(["number"], first, ds.field(OWNER) == first, disowned=False).num_rows
    with pytest.raises(FileNotFoundError):
        groups.read(["number"], None, ds.field(OWNER).is_null(), disowned=True)


def test_without_files_there_is_nothing():
    assert RowGroups([]).read(["number"], "ann", ds.field(OWNER) == "ann", disowned=True).num_rows == 0
