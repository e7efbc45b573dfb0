"""features.py as a data engineer reads it: tagged, described in both languages, and true to what is computed."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.feature_repo.shop_tables import ShopTables

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning:ibis", "ignore:On demand feature view is an experimental:RuntimeWarning",
)
FOLDER = Path("feature_repo")
PURPOSES = {"PERSONALISE_CONTENT", "PERSONALISE_ADS", "TRAIN_MODELS", "OCCASIONS", "NONE"}


@pytest.fixture(scope="module")
def definitions():
    from feature_repo import features  # noqa: PLC0415 - imports Feast

    return list(vars(features).values())


@pytest.fixture(scope="module")
def views(definitions):
    from feast import FeatureView  # noqa: PLC0415

    return [one for one in definitions if isinstance(one, FeatureView)]


@pytest.fixture(scope="module")
def birthdays(definitions):
    from feast import OnDemandFeatureView  # noqa: PLC0415

    (view,) = (one for one in definitions if isinstance(one, OnDemandFeatureView))
    return view.feature_transformation.udf


def test_everything_is_tagged_and_described_in_both_languages(definitions, views):
    from feast import FeatureService, OnDemandFeatureView  # noqa: PLC0415

    for one in definitions:
        if isinstance(one, (FeatureService, OnDemandFeatureView)):
            assert one.tags["purpose"] in PURPOSES
    for view in views:
        assert set(view.tags["purpose"].split()) <= PURPOSES
        assert view.tags["sensitive"] == "no"
        for described in (view, *view.features):
            assert described.tags["description_en"].isascii(), described.name
            assert not described.tags["description_ja"].isascii(), described.name


def test_feature_names_are_unique_over_all_views(views):
    names = [field.name for view in views if view.online for field in view.features]
    assert len(names) == len(set(names))


def test_the_computed_files_have_exactly_the_declared_columns(views, tmp_path):
    from feast.types import Array, Bool, Float32, Float64, Int64, String  # noqa: PLC0415

    arrow = {String: pa.string(), Int64: pa.int64(), Float32: pa.float32(), Float64: pa.float64(), Bool: pa.bool_()}
    data = ShopTables().compute(tmp_path)
    assert {path.stem for path in data.glob("*.parquet")} == {view.name for view in views}
    for view in views:
        schema = pq.read_schema(data / f"{view.name}.parquet")
        declared = {
            field.name: pa.list_(arrow[field.dtype.base_type]) if isinstance(field.dtype, Array) else arrow[field.dtype]
            for field in view.features
        }
        found = {name: _plain(schema.field(name).type) for name in schema.names}
        key = "item_id" if view.name.startswith("item") else "person_key"
        assert found == {**declared, key: pa.string(), "event_timestamp": pa.timestamp("us", "UTC")}


def _plain(kind: pa.DataType) -> pa.DataType:
    return pa.list_(kind.value_type) if pa.types.is_list(kind) else kind


def test_feast_reads_one_file_and_ignores_the_rest():
    ignored = set((FOLDER / ".feastignore").read_text().split())
    others = {path.name for path in FOLDER.iterdir() if path.is_dir() or path.suffix == ".py"} - {"__pycache__"}
    assert others - ignored == {"features.py"}


@pytest.mark.parametrize(
    ("birth_date", "today", "told", "expected"),
    [
        ("2008-03-02", "2026-03-01", "", ("0-17", True, 1)),
        ("2008-03-02", "2026-03-02", "", ("18-24", False, 0)),
        ("2008-03-02", "2026-03-03", "45-54", ("45-54", False, 364)),
        ("2004-02-29", "2026-02-27", "", ("18-24", False, 1)),
        ("2004-02-29", "2028-02-28", "", ("18-24", False, 1)),
        ("1930-12-31", "2026-01-01", None, ("65+", False, 364)),
        ("", "2026-01-01", "25-34", ("25-34", False, -1)),
        ("soon", "2026-01-01", None, ("", False, -1)),
    ],
)
def test_birthdays(birthdays, birth_date, today, told, expected):
    answer = birthdays({"birth_date": birth_date, "today": today, "age_band": told})
    assert (answer["age_band_today"], answer["is_minor_today"], answer["days_to_birthday"]) == expected


@given(born=st.dates(date(1900, 1, 1), date(2020, 1, 1)), today=st.dates(date(2020, 1, 2), date(2100, 1, 1)))
def test_the_next_birthday_is_within_a_year_and_on_the_day(birthdays, born, today):
    days = birthdays({"birth_date": born.isoformat(), "today": today.isoformat(), "age_band": ""})["days_to_birthday"]
    following = today + timedelta(days=days)
    assert 0 <= days <= 366
    assert (following.month, following.day) in {(born.month, born.day), (2, 28)}


def test_features_of_items_hold_until_the_next_are_computed_and_hardly_longer(views):
    """Feast pairs each moment asked for with every earlier one that still holds, and training asks for many."""
    from service.commands.training_inputs import ITEM_VIEWS, NIGHTLY_VIEWS  # noqa: PLC0415
    from service.commands.weeks import DAY, WEEK  # noqa: PLC0415

    holds = {view.name: view.ttl for view in views}
    for name in ITEM_VIEWS:
        between = DAY if name in NIGHTLY_VIEWS else WEEK
        assert between < holds[name] <= 2 * between
