"""What the demo's shop window shows: titles, prices, stock, and what it keeps to itself."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from service.demo import wording
from service.demo.brands import UNBRANDED, name_brands
from service.demo.sizes import readable_size

if TYPE_CHECKING:
    import duckdb

    Database = duckdb.DuckDBPyConnection

SHOUTING = re.compile(r"FRZN|REFRGRATD|DRNKS|\bMISC\b|BKD|[A-Z]{5,}")
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")

THEIRS = "SELECT product_id FROM products WHERE product_category = $category"
TELLING = (
    "VITAMIN|ANALGES|ANTI-ACID|LAXATIV|HEMORR|INCONTIN|PREGNAN|CONTRACEP|PROPHYL|DENTURE|SINUS|COLD AND FLU|COUGH|SLEEPING"
    "|CIGAR|TOBACCO|SNUFF|SMOKING|FEM[. ]|KOSHER|ETHNIC (HAIR|SKIN)|NUT SUPP"
    "|SUPPLEM|DIET CN?TRL|MEDICAT|AGE RESTRICTED (DVD|SPHE)|INFANT FORMULA|RX |HEARING AID|READING GLASSES"
)


def rows(database: Database, query: str, **values: str) -> list[Any]:
    return database.execute(query, values or None).fetchall()


def test_every_product_of_the_source_and_of_its_receipts_is_an_item(tables: Database, source: Database) -> None:
    every = "SELECT product_id FROM products UNION SELECT product_id FROM transactions"
    theirs = {str(product) for (product,) in rows(source, every)}
    ours = [item for (item,) in rows(tables, "SELECT item_id FROM items WHERE kind = 'PRODUCT'")]
    assert len(ours) == len(theirs)
    assert set(ours) == theirs


def test_titles_tell_products_apart(tables: Database) -> None:
    titles = rows(tables, "SELECT title, title_ja FROM items WHERE kind = 'PRODUCT'")
    assert len({title for title, _ in titles}) == len(titles)
    japanese = [title for _, title in titles if title]
    assert len(set(japanese)) == len(japanese)
    shown = rows(tables, "SELECT title, title_ja FROM items WHERE kind = 'PRODUCT' AND in_stock")
    assert [title for title, _ in shown if SHOUTING.search(title)] == []
    assert [title for title, ja in shown if not ja or not JAPANESE.search(ja)] == []


def test_few_titles_need_a_high_number(tables: Database) -> None:
    plain, shown = rows(
        tables,
        "SELECT count(*) FILTER (WHERE title NOT LIKE '%(No. %'), count(*) FROM items WHERE kind = 'PRODUCT' AND in_stock",
    )[0]
    assert plain / shown > 0.4


@pytest.mark.parametrize(
    ("product", "title", "title_ja", "category"),
    [
        ("1029743", "Hearth & Field White Milk, 1 gal", "牛乳", "Grocery > Milk & Cream > White Milk"),
        ("1082185", "Bananas", "バナナ", "Fresh Produce > Tropical Fruit > Bananas"),
    ],
)
def test_best_sellers_read_like_a_shelf_label(
    tables: Database, product: str, title: str, title_ja: str, category: str
) -> None:
    found = tables.execute(
        "SELECT title, title_ja, category FROM items WHERE item_id = $id", {"id": product}
    ).fetchall()
    assert found[0][0] == title
    assert title_ja in found[0][1]
    assert found[0][2] == category


def test_no_price_is_above_its_list_price_and_some_are_below(tables: Database) -> None:
    assert rows(tables, "SELECT count(*) FROM items WHERE price > list_price OR price <= 0") == [(0,)]
    assert rows(tables, "SELECT count(*) FROM items WHERE price IS NOT NULL AND currency <> 'USD'") == [(0,)]
    ((share,),) = rows(
        tables, "SELECT avg(CAST(price < list_price AS INT)) FROM items WHERE kind = 'PRODUCT' AND in_stock"
    )
    assert 0.10 < share < 0.25


def test_price_is_the_median_of_the_last_week(tables: Database, source: Database) -> None:
    ((product, selling, shelf),) = rows(
        source,
        """
        SELECT product_id, median(sales_value / quantity), median((sales_value + retail_disc + coupon_match_disc) / quantity)
        FROM transactions WHERE quantity > 0 AND sales_value > 0 AND transaction_timestamp > TIMESTAMP '2017-12-25 04:01:20'
        GROUP BY product_id ORDER BY count(*) DESC LIMIT 1
        """,
    )
    ((price, list_price),) = rows(
        tables, "SELECT price, list_price FROM items WHERE item_id = $product", product=str(product)
    )
    assert float(price) == pytest.approx(selling, abs=0.006)
    assert float(list_price) == pytest.approx(max(shelf, selling), abs=0.006)


def test_stock_is_what_sold_lately_and_is_goods(tables: Database) -> None:
    ((stock,),) = rows(tables, "SELECT count(*) FROM items WHERE kind = 'PRODUCT' AND in_stock")
    assert 25_000 < stock < 40_000
    assert rows(tables, "SELECT count(*) FROM items WHERE in_stock AND kind = 'PRODUCT' AND price IS NULL") == [(0,)]
    served = "SELECT count(*) FROM items WHERE in_stock AND (category LIKE 'Fuel%' OR category LIKE '%Coupons%')"
    assert rows(tables, served) == [(0,)]


@pytest.mark.parametrize(
    "category",
    ["FAMILY PLANNING", "FEMININE HYGIENE", "VITAMINS", "CIGARETTES", "ANALGESICS", "ADULT INCONTINENCE"],
)
def test_what_reveals_too_much_is_sensitive(tables: Database, source: Database, category: str) -> None:
    ids = {str(i) for (i,) in rows(source, THEIRS, category=category)}
    marked = {item for (item,) in rows(tables, "SELECT item_id FROM items WHERE sensitive")}
    assert ids
    assert ids <= marked


def test_every_sensitive_name_exists_in_the_source(source: Database) -> None:
    marked = wording.words("sensitive")
    categories = {name for (name,) in rows(source, "SELECT DISTINCT product_category FROM products")}
    types = {name for (name,) in rows(source, "SELECT DISTINCT product_type FROM products")}
    assert {name for names in marked["categories"].values() for name in names} <= categories
    assert {name for names in marked["types"].values() for name in names} <= types


def test_no_type_with_a_telling_name_is_forgotten(tables: Database, source: Database) -> None:
    telling = rows(source, "SELECT product_id FROM products WHERE regexp_matches(product_type, $words)", words=TELLING)
    marked = {item for (item,) in rows(tables, "SELECT item_id FROM items WHERE sensitive")}
    assert len(telling) > 2_000
    assert {str(product) for (product,) in telling} <= marked


def test_ordinary_goods_are_not_sensitive(tables: Database) -> None:
    for category in ("Grocery > Cheese", "Grocery > Beer & Ale", "Fresh Produce > Apples", "Grocery > Cat Food", "Grocery > Pasta Sauce"):
        assert rows(
            tables, "SELECT bool_or(sensitive) FROM items WHERE category LIKE $path", path=f"{category} > %"
        ) == [(False,)]


def test_every_category_has_a_name_in_both_languages(source: Database) -> None:
    categories = rows(source, "SELECT DISTINCT product_category FROM products WHERE product_category IS NOT NULL")
    for (raw,) in categories:
        named = wording.category(raw)
        assert named.ja is not None
        assert JAPANESE.search(named.ja)
        assert not JAPANESE.search(named.en)


def test_brands_are_made_up_one_for_each_manufacturer() -> None:
    names = name_brands(range(1, 6_500), seed=7)
    assert len(set(names.values())) == len(names) == 6_498
    assert UNBRANDED not in names
    assert name_brands(range(1, 6_500), seed=7) == names
    assert name_brands(range(1, 6_500), seed=8) != names
    with pytest.raises(ValueError, match="add words"):
        name_brands(range(9_000), seed=7)


def test_a_brand_is_marked_as_made_up(tables: Database) -> None:
    assert rows(tables, "SELECT count(*) FROM items WHERE brand IS NOT NULL AND made_up NOT LIKE '%brand%'") == [(0,)]
    assert rows(tables, "SELECT count(*) FROM items WHERE brand IS NOT NULL AND made_up IS NULL") == [(0,)]


@pytest.mark.parametrize(
    ("raw", "english", "japanese"),
    [
        ("16 OZ", "16 oz", "16オンス"),
        ("1/2 GAL", "1/2 gal", "1/2ガロン"),
        ("GAL", "1 gal", "1ガロン"),
        ("P    10 OZ", "10 oz", "10オンス"),
        ("054700 7 OZ", "7 oz", "7オンス"),
        ("4 PK", "4-pack", "4個パック"),
        ("1 1/2 LB", "1 1/2 lb", "1 1/2ポンド"),
    ],
)
def test_sizes_read_like_a_label(raw: str, english: str, japanese: str) -> None:
    assert readable_size(raw) == (english, japanese)


def test_a_case_says_how_many_of_what() -> None:
    size = readable_size("12 PK/12 OZ")
    assert size is not None
    assert re.fullmatch(r"12 \W 12 oz", size[0])


@pytest.mark.parametrize("raw", [None, "", "CTN", "SCAN KPC", "LARGE"])
def test_a_size_that_says_nothing_is_left_out(raw: str | None) -> None:
    assert readable_size(raw) is None


def test_contents_are_samples_tied_to_categories_that_products_have(tables: Database) -> None:
    contents = rows(tables, "SELECT item_id, category, tags, form, sample, title_ja FROM items WHERE kind = 'CONTENT'")
    assert len(contents) >= 120
    paths = {
        " > ".join(category.split(" > ")[:2])
        for (category,) in rows(
            tables, "SELECT DISTINCT category FROM items WHERE kind = 'PRODUCT' AND category IS NOT NULL"
        )
    }
    for _, category, tags, form, sample, title_ja in contents:
        assert {category, *(tag for tag in tags if tag != form)} <= paths
        assert tags[0] == form
        assert sample == "yes"
        assert title_ja


def test_contents_appear_over_the_year_and_some_are_new(tables: Database) -> None:
    ((oldest, newest),) = rows(
        tables,
        """
        SELECT date_diff('day', min(available_from), TIMESTAMPTZ '2026-07-15 16:30:00+00'),
               date_diff('day', max(available_from), TIMESTAMPTZ '2026-07-15 16:30:00+00')
        FROM items WHERE kind = 'CONTENT'
        """,
    )
    assert 300 < oldest <= 366
    assert 1 <= newest <= 7


def test_dictionaries_hold_no_duplicate_keys() -> None:
    for path in wording.WORDS.glob("*.json"):
        json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_unique)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    assert len(found) == len(pairs)
    return found
