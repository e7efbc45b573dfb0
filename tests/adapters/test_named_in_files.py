"""Who is named in the files of trained versions: found wherever text stands, and never by chance among numbers."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from service.adapters.named_in_files import Artefacts
from service.recommender.errors import FeaturesUnavailable
from service.recommender.person import Person

ONE, OTHER = Person.customer("1"), Person.customer("2")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    version = tmp_path / "v1"
    version.mkdir()
    by_chance = np.frombuffer(b'....c:1"....c:1"', np.float32)
    np.save(version / "vectors.npy", by_chance)
    (version / "product.faiss").write_bytes(by_chance.tobytes())
    return tmp_path


def test_numbers_that_look_like_a_short_key_name_nobody(folder: Path):
    assert Artefacts(folder).kept([ONE]) == []
    assert Artefacts(folder).erase([ONE]) == 0


@pytest.mark.parametrize("name", ["segments.json", "ranker.txt"])
def test_a_key_that_stands_in_a_text_is_found(folder: Path, name: str):
    (folder / "v1" / name).write_text(json.dumps({"c:1": 3, "c:12": 4}))
    assert Artefacts(folder).kept([ONE]) == [{"file": f"v1/{name}"}]
    assert Artefacts(folder).kept([OTHER]) == []
    with pytest.raises(FeaturesUnavailable, match="1 files of trained versions"):
        Artefacts(folder).erase([ONE])


def test_a_key_in_a_table_is_found(folder: Path):
    pq.write_table(pa.table({"anything": ["c:1"], "item_id": ["2"]}), folder / "v1" / "item_features.parquet")
    assert Artefacts(folder).kept([ONE]) == [{"file": "v1/item_features.parquet"}]
    assert Artefacts(folder).kept([OTHER]) == []


def test_an_array_of_texts_is_no_array_of_numbers(folder: Path):
    np.save(folder / "v1" / "people.npy", np.array(["c:a-customer-of-ours"]).astype("S"))
    assert Artefacts(folder).kept([Person.customer("a-customer-of-ours")]) == [{"file": "v1/people.npy"}]
