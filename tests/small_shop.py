"""A small shop whose structure is obvious: products in clear clusters, so that a test knows what belongs together.

Twenty kinds of goods in five aisles; products of one kind lie close together in the embedding, and each kind is bought
together with its neighbour in the same aisle. Customer `"3"` buys of kinds 3 and 4, and so on.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from service.recommender.arrays import Floats, Ints
from service.recommender.catalogue import EVER, FOREVER, KINDS, Catalogue, ItemKind, ItemTexts
from service.recommender.circumstances import CHANNELS, DAYPARTS, WEEKDAYS
from service.recommender.embedding import Embedding
from service.recommender.item_features import COMPANY, ItemFeatures
from service.recommender.segment_sizes import SegmentSizes
from service.recommender.segmentation import Segmentation
from service.recommender.snapshot import Snapshot
from tests.fakes import START

AISLES = {
    ("Grocery", "Drinks"): ("Tea", "Coffee", "Juice", "Water"),
    ("Grocery", "Bakery"): ("Bread", "Cake", "Biscuits", "Jam"),
    ("Fresh", "Dairy"): ("Milk", "Cheese", "Yoghurt", "Butter"),
    ("Fresh", "Produce"): ("Apples", "Carrots", "Lettuce", "Mushrooms"),
    ("Home", "Cleaning"): ("Soap", "Sponges", "Detergent", "Paper"),
}
PATHS = [(*aisle, leaf) for aisle, leaves in AISLES.items() for leaf in leaves]
IN_JAPANESE = dict(zip((path[-1] for path in PATHS), (
    "紅茶", "コーヒー", "ジュース", "水", "パン", "ケーキ", "ビスケット", "ジャム", "牛乳", "チーズ", "ヨーグルト", "バター",
    "りんご", "にんじん", "レタス", "きのこ", "石けん", "スポンジ", "洗剤", "紙",
), strict=True))
BRANDS = ("Hearth", "Morrow", "Lantern", "Quill", None)
CONTENTS, ADS, DIMENSION = 60, 24, 32
DAY = 86_400


class FakeNeighbours:
    """Nearest neighbours by looking at everything."""

    def __init__(self, embedding: Embedding, rows: Ints) -> None:
        self._rows = rows
        self._answers = embedding.vectors[rows] * embedding.answer_scale[rows, None]

    def neighbours(self, vectors: Floats, size: int) -> tuple[Ints, Floats]:
        scores = vectors @ self._answers.T
        best = np.argsort(-scores, axis=1, kind="stable")[:, :size]
        return self._rows[best], np.take_along_axis(scores, best, axis=1)


@dataclass(frozen=True)
class _Item:
    """One item before it becomes a row."""

    id: str
    kind: ItemKind
    leaf: int
    number: int


def small_snapshot(seed: int = 7, products: int = 2_000) -> Snapshot:
    """Make the shop: `products` products, 60 contents and 24 ads; everything follows from the seed."""
    draw = np.random.default_rng(seed)
    items = [
        *(_Item(f"p{n}", ItemKind.PRODUCT, n % len(PATHS), n) for n in range(products)),
        *(_Item(f"c{n}", ItemKind.CONTENT, n % len(PATHS), n) for n in range(CONTENTS)),
        *(_Item(f"a{n}", ItemKind.AD, n % len(PATHS), n) for n in range(ADS)),
    ]
    leaf = np.array([item.leaf for item in items])
    catalogue = _catalogue(items, leaf, products, draw)
    embedding = _embedding(leaf, draw)
    return Snapshot(
        catalogue=catalogue,
        items=_features(catalogue, leaf, products, draw),
        embedding=embedding,
        neighbours={kind: FakeNeighbours(embedding, catalogue.of_kind(kind)) for kind in ItemKind},
        ranker=None,
        versions={"catalogue": catalogue.version},
        segmentation=Segmentation(sizes=SegmentSizes(
            1_200, {"lifecycle.active": 900, "frequency.often": 300, "age.35-44": 120, "age.75+": 3}, 1_200, {"vip": 77},
        )),
        facts={"en": "A made-up shop.", "ja": "架空の店です。"},
    )


def _embedding(leaf: Ints, draw: np.random.Generator) -> Embedding:
    centres = draw.normal(size=(len(PATHS), DIMENSION))
    vectors = centres[leaf] + 0.35 * draw.normal(size=(leaf.size, DIMENSION))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    scale = draw.uniform(0.8, 1.2, (2, leaf.size)).astype(np.float32)
    return Embedding(vectors.astype(np.float32), scale[0], scale[1])


def _catalogue(items: list[_Item], leaf: Ints, products: int, draw: np.random.Generator) -> Catalogue:
    size = len(items)
    is_product, is_ad = np.arange(size) < products, np.arange(size) >= products + CONTENTS
    list_price = np.where(is_product, draw.integers(80, 2_000, size) / 100, np.nan)
    reduced = is_product & (draw.random(size) < 0.2)
    price = np.where(reduced, np.round(list_price * 0.75, 2), list_price)
    now = int(START.timestamp())
    available_from = np.full(size, EVER, np.int64)
    available_from[draw.random(size) < 0.05] = now - 10 * DAY
    available_from[products : products + CONTENTS] = now - DAY * draw.integers(1, 90, CONTENTS)
    available_from[is_ad] = now - 7 * DAY
    sensitive = is_product & (np.arange(size) % 200 == 199)
    return Catalogue(
        version="small-1",
        item_ids=[item.id for item in items],
        texts=_texts(items, price, list_price, products, draw),
        kind=np.array([KINDS.index(item.kind) for item in items], np.int8),
        price=price.astype(np.float32),
        list_price=list_price.astype(np.float32),
        in_stock=~is_product | (draw.random(size) > 0.02),
        available_from=available_from,
        available_until=np.where(is_ad, now + 21 * DAY, FOREVER),
        sensitive=sensitive,
        bid=np.where(is_ad, 0.2 + 0.01 * (leaf % 7), np.nan).astype(np.float32),
        daily_budget=np.where(is_ad, 50.0, np.nan).astype(np.float32),
        segments=[("vip",) if item.kind is ItemKind.AD and item.number % 8 == 7 else () for item in items],
    )


def _texts(
    items: list[_Item], price: Floats, list_price: Floats, products: int, draw: np.random.Generator,
) -> ItemTexts:
    def money(value: float) -> Decimal | None:
        return None if np.isnan(value) else Decimal(f"{value:.2f}")

    ads = [item.kind is ItemKind.AD for item in items]
    brand = [BRANDS[int(draw.integers(len(BRANDS)))] if item.kind is ItemKind.PRODUCT else None for item in items]
    word = {ItemKind.PRODUCT: "", ItemKind.CONTENT: "All about ", ItemKind.AD: "Try our "}
    return ItemTexts(
        title=[f"{word[item.kind]}{PATHS[item.leaf][-1]} {item.number}" for item in items],
        titles=[{"ja": f"{IN_JAPANESE[PATHS[item.leaf][-1]]} {item.number}"} for item in items],
        description=[f"Made for those who like {PATHS[item.leaf][-1].lower()}." for item in items],
        descriptions=[{} for _ in items],
        brand=brand,
        url=[f"https://shop.example/{item.id}" for item in items],
        image_url=[None for _ in items],
        tags=[(" > ".join(PATHS[item.leaf ^ 1]), "everyday") if item.kind is ItemKind.CONTENT else ("everyday",)
              for item in items],
        category=[PATHS[item.leaf] for item in items],
        price=[money(value) for value in price],
        list_price=[money(value) for value in list_price],
        currency=["USD" if item.kind is ItemKind.PRODUCT else None for item in items],
        advertiser=["Hearth Foods" if ad else None for ad in ads],
        payer=["Hearth Group" if ad else None for ad in ads],
        campaign_id=[f"campaign-{item.number // 2}" if ad else None for item, ad in zip(items, ads, strict=True)],
        promotes=[
            tuple(f"p{item.leaf + len(PATHS) * n}" for n in range(3)) if ad else ()
            for item, ad in zip(items, ads, strict=True)
        ],
        attributes=[{} for _ in items],
    )


def _features(catalogue: Catalogue, leaf: Ints, products: int, draw: np.random.Generator) -> ItemFeatures:
    """Popularity falls off as in any shop; each product goes with others of its kind and of the kind beside it."""
    size = len(catalogue)
    sold = np.arange(size) < products
    buyers = np.where(sold, np.floor(600 / np.sqrt(1 + draw.permutation(size))), draw.integers(0, 30, size))
    trend = np.where(sold, draw.normal(0, 0.3, size), 0)
    together = np.full((size, COMPANY), -1, np.int64)
    weight = np.zeros((size, COMPANY), np.float32)
    for kind in range(len(PATHS)):
        company = np.flatnonzero(sold & ((leaf == kind) | (leaf == kind ^ 1)))
        for row in np.flatnonzero(sold & (leaf == kind)):
            others = company[company != row]
            chosen = draw.choice(others, min(COMPANY, others.size), replace=False)
            together[row, : chosen.size] = chosen
            weight[row, : chosen.size] = np.linspace(0.6, 0.05, chosen.size)
    first_sold = np.where(sold, int(START.timestamp()) - DAY * draw.integers(61, 400, size), np.iinfo(np.int64).max)
    return ItemFeatures(
        buyers_1=np.floor(buyers / 28 * np.exp(trend)).astype(np.float32),
        buyers_3=np.floor(buyers / 9 * np.exp(trend)).astype(np.float32),
        buyers_7=np.floor(buyers / 4 * np.exp(trend)).astype(np.float32),
        buyers_28=buyers.astype(np.float32),
        buyers_91=(3 * buyers).astype(np.float32),
        trend=trend.astype(np.float32),
        price_median=catalogue.price,
        discount_share=np.where(catalogue.discount_rate > 0, 0.5, 0.1).astype(np.float32),
        price_week=np.where(trend > 0, 0.9 * catalogue.price, catalogue.price).astype(np.float32),
        discount_share_week=np.where(catalogue.discount_rate > 0, 0.8, np.nan).astype(np.float32),
        repeat_gap=np.where(sold, draw.integers(7, 60, size), np.nan).astype(np.float32),
        repeat_rate=np.where(sold, draw.uniform(0, 0.6, size), 0).astype(np.float32),
        first_sold_at=first_sold.astype(np.int64),
        daypart_lift=draw.normal(0, 0.2, (size, DAYPARTS)).astype(np.float32),
        weekday_lift=draw.normal(0, 0.2, (size, WEEKDAYS)).astype(np.float32),
        channel_lift=draw.normal(0, 0.2, (size, len(CHANNELS))).astype(np.float32),
        together=together,
        together_weight=weight,
    )


