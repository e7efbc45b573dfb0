"""Broken input by the command line: every row's reason is told, nothing good is lost, exit codes say what came of it."""

from __future__ import annotations

import csv
import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from service.tables.store import TableStore
from tests.acceptance.running import konomi

Row = Mapping[str, object]
LONG = "x" * 200
ITEM = {"item_id": "tea", "kind": "PRODUCT", "title": "Green tea", "price": "2.50", "currency": "USD"}
AD = {"item_id": "ad", "kind": "AD", "title": "Tea!", "advertiser": "Leaf", "payer": "Leaf", "campaign_id": "spring"}
CUSTOMER = {"customer_id": "ann", "time_zone": "Asia/Tokyo", "birth_date": "1990-02-28"}
EVENT = {"customer_id": "ann", "type": "VIEW", "item_id": "tea", "occurred_at": "2026-02-01T10:00:00Z"}
SEGMENT = {"segment": "vip", "customer_id": "ann", "title_en": "Regulars"}
OFFER = {"code": "TEN", "title_en": "Ten percent", "discount_rate": "0.1"}

BROKEN: Mapping[str, tuple[Row, Sequence[tuple[Row, str, str]]]] = {
    "items": (ITEM, [
        ({"item_id": "a", "kind": "GADGET"}, "UNKNOWN_KIND", "GADGET"),
        ({"item_id": "b", "price": "-1"}, "NEGATIVE_NUMBER", "-1"),
        ({"item_id": LONG}, "ID_TOO_LONG", "128 bytes"),
        ({"item_id": "茶" * 67}, "ID_TOO_LONG", "128 bytes"),
        ({"item_id": ""}, "MISSING_VALUE", "item_id"),
        ({"item_id": "c", "title": ""}, "MISSING_VALUE", "title"),
        ({"item_id": "d", "currency": ""}, "MISSING_VALUE", "currency"),
        ({"item_id": "e", "price": "two"}, "INVALID_NUMBER", "two"),
        ({"item_id": "f", "url": "javascript:alert(1)"}, "INVALID_URL", "javascript"),
        ({"item_id": "g", "kind": "AD"}, "MISSING_VALUE", "advertiser"),
    ]),
    "customers": (CUSTOMER, [
        ({"customer_id": "bob", "time_zone": "Mars/Olympus"}, "UNKNOWN_ZONE", "Mars/Olympus"),
        ({"customer_id": "cid", "birth_date": "1990-02-30"}, "INVALID_DATE", "1990-02-30"),
        ({"customer_id": "dan", "consents": "EVERYTHING"}, "UNKNOWN_PURPOSE", "EVERYTHING"),
        ({"customer_id": LONG}, "ID_TOO_LONG", "128 bytes"),
        ({"customer_id": ""}, "MISSING_VALUE", "customer_id"),
    ]),
    "events": (EVENT, [
        ({"item_id": "never-heard-of"}, "UNKNOWN_ITEM", "never-heard-of"),
        ({"occurred_at": "2999-01-01T00:00:00Z"}, "IN_FUTURE", "2999"),
        ({"occurred_at": "yesterday"}, "INVALID_TIME", "yesterday"),
        ({"type": "STOLEN"}, "UNKNOWN_TYPE", "STOLEN"),
        ({"type": "PURCHASE", "amount": "-3"}, "NEGATIVE_NUMBER", "-3"),
        ({"type": "RATE", "value": "6"}, "OUT_OF_RANGE", "6"),
        ({"customer_id": LONG}, "ID_TOO_LONG", "128 bytes"),
        ({"customer_id": ""}, "NO_PERSON", "visitor_id"),
        ({"item_id": ""}, "NO_SUBJECT", "item_id"),
        ({"channel": "PIGEON"}, "UNKNOWN_CHANNEL", "PIGEON"),
    ]),
    "segments": (SEGMENT, [
        ({"segment": ""}, "MISSING_VALUE", "segment"),
        ({"segment": LONG}, "ID_TOO_LONG", "128 bytes"),
        ({"customer_id": ""}, "MISSING_VALUE", "customer_id"),
    ]),
    "offers": (OFFER, [
        ({"code": "A", "discount_rate": "1.5"}, "OUT_OF_RANGE", "1.5"),
        ({"code": "B", "occasion": "FULL_MOON"}, "UNKNOWN_OCCASION", "FULL_MOON"),
        ({"code": "C", "discount_rate": "a lot"}, "INVALID_NUMBER", "a lot"),
        ({"code": ""}, "MISSING_VALUE", "code"),
    ]),
}
COUNTS = {table: len(cases) for table, (_, cases) in BROKEN.items()}


def write(folder: Path, tables: Mapping[str, Sequence[Row]]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for table, rows in tables.items():
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)))
            writer.writeheader()
            writer.writerows(rows)
    return folder


def mixed(form: str, folder: Path) -> Path:
    """Every broken row between two good ones of its table."""
    rows: dict[str, list[Row]] = {
        table: [good, *({**good, **broken} for broken, _, _ in cases)] for table, (good, cases) in BROKEN.items()
    }
    rows["items"].append(AD)
    rows["customers"].append({"customer_id": "zoe"})
    rows["events"].append({**EVENT, "customer_id": "zoe"})
    write(folder, rows)
    if form == "parquet":
        for table, of_table in rows.items():
            names = list(dict.fromkeys(name for row in of_table for name in row))
            text = {name: [str(row[name]) if row.get(name) else None for row in of_table] for name in names}
            pq.write_table(pa.table({name: pa.array(column, pa.string()) for name, column in text.items()}),
                           folder / f"{table}.parquet")
            (folder / f"{table}.csv").unlink()
    return folder


def report(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """The one JSON object on stdout."""
    told = json.loads(done.stdout)
    assert isinstance(told, dict)
    return told


def refused(state: Path) -> list[dict[str, Any]]:
    return pq.read_table(state / "rejected.parquet").to_pylist()


def rows_of(state: Path, table: str) -> list[dict[str, Any]]:
    generation = TableStore(state / "tables").current()
    files = generation.events if table == "events" else [generation.tables[table]]
    return [row for path in files for row in pq.read_table(path).to_pylist()]


@pytest.fixture(scope="module", params=["csv", "parquet"])
def imported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    root = tmp_path_factory.mktemp(request.param)
    return root / "state", konomi(root / "state", "import", mixed(request.param, root / "shop"), "--json")


def test_rows_are_refused_and_the_import_is_done(imported):
    _, done = imported
    assert done.returncode == 0, done.stderr
    told = report(done)
    assert told["rejected"] == sum(COUNTS.values())
    assert {table: sum(one["rejected"].values()) for table, one in told["tables"].items()} == COUNTS


@pytest.mark.parametrize("table", BROKEN)
def test_every_broken_row_has_its_reason_and_a_sentence_that_shows_the_value(imported, table):
    state, _ = imported
    found = [row for row in refused(state) if row["table"] == table]
    told = [(row["row"], row["reason"]) for row in found]
    assert told == [(number, code) for number, (_, code, _) in enumerate(BROKEN[table][1], start=2)]
    for row, (_, _, shown) in zip(found, BROKEN[table][1], strict=True):
        assert shown in row["sentence"]
        assert json.loads(row["raw"])
        assert row["file"].startswith(table)


def test_nothing_good_is_lost(imported):
    state, _ = imported
    assert {row["item_id"] for row in rows_of(state, "items")} == {"tea", "ad"}
    assert {row["customer_id"] for row in rows_of(state, "customers")} == {"ann", "zoe"}
    assert sorted(row["customer_id"] for row in rows_of(state, "events")) == ["ann", "zoe"]
    assert [(row["segment"], row["customer_id"]) for row in rows_of(state, "segments")] == [("vip", "ann")]
    assert [row["code"] for row in rows_of(state, "offers")] == ["TEN"]


def test_strict_exits_with_one_and_still_tells_everything(tmp_path):
    done = konomi(tmp_path / "state", "import", mixed("csv", tmp_path / "shop"), "--strict", "--json")
    assert done.returncode == 1
    assert report(done)["rejected"] == sum(COUNTS.values())
    assert len(refused(tmp_path / "state")) == sum(COUNTS.values())


def test_whole_files_that_cannot_be_read_leave_the_others_standing(tmp_path):
    """An empty file, another encoding, a lacking column, no Parquet at all: each is told, the items are there."""
    shop = write(tmp_path / "shop", {"items": [ITEM, AD]})
    (shop / "customers.csv").write_bytes(b"")
    (shop / "events.csv").write_text("customer_id,type,item_id\nann,VIEW,tea\nann,VIEW,ad\n", encoding="utf-8")
    (shop / "segments.csv").write_bytes("segment,customer_id\nvip,ann\n".encode("utf-16"))
    (shop / "offers.parquet").write_bytes(b"PAR1 this is none PAR1")
    done = konomi(tmp_path / "state", "import", shop, "--json")
    assert done.returncode == 0, done.stderr
    told = report(done)
    assert told["tables"]["items"]["accepted"] == 2
    assert told["tables"]["events"]["rejected"] == {"MISSING_COLUMN": 2}
    assert told["tables"]["segments"]["rejected"] == {"WRONG_ENCODING": 1}
    assert sum(told["tables"]["offers"]["rejected"].values()) == 1
    assert any("customers.csv is empty" in warning for warning in told["warnings"])
    assert {row["item_id"] for row in rows_of(tmp_path / "state", "items")} == {"tea", "ad"}


def test_lines_in_another_encoding_are_refused_alone(tmp_path):
    shop = write(tmp_path / "shop", {"items": [ITEM]})
    with (shop / "items.csv").open("ab") as file:
        file.write("cha,PRODUCT,お茶,1.00,USD\r\n".encode("shift-jis"))
        file.write(b"mate,PRODUCT,Mate,1.00,USD\r\n")
    done = konomi(tmp_path / "state", "import", shop, "--json")
    assert done.returncode == 0, done.stderr
    assert [(row["row"], row["reason"]) for row in refused(tmp_path / "state")] == [(2, "WRONG_ENCODING")]
    assert {row["item_id"] for row in rows_of(tmp_path / "state", "items")} == {"tea", "mate"}


def test_importing_again_adds_nothing_and_mended_rows_come_in(tmp_path):
    state, shop = tmp_path / "state", mixed("csv", tmp_path / "shop")
    first = report(konomi(state, "import", shop, "--json"))
    again = report(konomi(state, "import", shop, "--json"))
    assert again["version"] == first["version"]
    assert not again["changed"]
    assert len(rows_of(state, "events")) == 2
    write(shop, {"items": [ITEM, AD, {**ITEM, "item_id": "a"}]})
    assert report(konomi(state, "import", shop, "--json"))["changed"]
    assert {row["item_id"] for row in rows_of(state, "items")} == {"tea", "ad", "a"}


@pytest.mark.parametrize("make", ["nothing", "empty", "file", "no_items"])
def test_what_is_no_shop_at_all_is_said_in_one_line(tmp_path, make):
    source = tmp_path / "shop"
    if make == "file":
        source.write_text("item_id\n", encoding="utf-8")
    elif make == "no_items":
        write(source, {"customers": [CUSTOMER]})
    elif make == "empty":
        source.mkdir()
    done = konomi(tmp_path / "state", "import", source)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    told = [line for line in done.stderr.splitlines() if line.startswith("konomi:")]
    assert len(told) == 1
    assert str(source) in told[0]
    assert not (tmp_path / "state" / "tables" / "current.json").exists()
