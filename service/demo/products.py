"""The source's products as items: readable titles, a category path, stock, and what reveals too much marked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from service.demo import wording
from service.demo.brands import Brand, name_brands, own_brand
from service.demo.sizes import readable_size

if TYPE_CHECKING:
    import duckdb

    from service.demo.prices import Price

CURRENCY = "USD"
STOCK_WEEKS = 8
"""A product that nobody bought for longer counts as discontinued."""
LOOSE_POUNDS = 10
"""Fresh produce in larger weights is a carton of the supply chain, not what a customer carries home."""


class Path(NamedTuple):
    """A category path in both languages."""

    en: str
    ja: str


@dataclass(frozen=True)
class Product:
    """One row of the source, with what the shop window needs to know of it."""

    product_id: int
    manufacturer_id: int | None
    department: str | None
    category: str | None
    type: str | None
    size: tuple[str, str] | None
    brand: Brand | None
    sales: int
    price: Price | None
    is_sensitive: bool
    is_goods: bool

    @property
    def in_stock(self) -> bool:
        """Whether it is goods, and was bought in the last weeks."""
        return self.is_goods and self.price is not None and self.price.weeks_since < STOCK_WEEKS


def read_products(source: duckdb.DuckDBPyConnection, prices: Mapping[int, Price], seed: int) -> list[Product]:
    """Read every product of the source, and those that only its transactions know, best sold first."""
    rows = source.sql(
        """
        WITH sales AS (SELECT product_id, count(*) AS lines FROM transactions GROUP BY 1)
        SELECT product_id, manufacturer_id, department, brand = 'Private', product_category, product_type,
               package_size, coalesce(lines, 0) AS lines
        FROM products FULL JOIN sales USING (product_id)
        ORDER BY lines DESC, product_id
        """
    ).fetchall()
    brands = name_brands((row[1] for row in rows if row[1] is not None and not row[3]), seed)
    own = own_brand()
    return [
        Product(
            product_id=product_id,
            manufacturer_id=manufacturer,
            department=department,
            category=category,
            type=product_type,
            size=_shelf_size(department, size),
            brand=own if is_own else brands.get(manufacturer),
            sales=lines,
            price=prices.get(product_id),
            is_sensitive=_is_sensitive(department, category, product_type),
            is_goods=_is_goods(department, category, product_type),
        )
        for product_id, manufacturer, department, is_own, category, product_type, size, lines in rows
    ]


def product_items(products: list[Product]) -> Iterator[dict[str, Any]]:
    """Yield one row of the items table for each product.

    The source names no varieties: products of one brand, type and size are told apart by a number, the best sold
    without one.
    """
    seen: dict[str, int] = {}
    for product in products:
        english, japanese = titles(product)
        path = category_path(product.department, product.category, product.type)
        price = product.price
        yield {
            "item_id": str(product.product_id),
            "kind": "PRODUCT",
            "title": _numbered(english, "en", seen),
            "title_ja": _numbered(japanese, "ja", seen) if japanese else None,
            "brand": product.brand.en if product.brand else None,
            "brand_ja": product.brand.ja if product.brand else None,
            "language": "en",
            "category": path.en if path else None,
            "category_ja": path.ja if path else None,
            "tags": [],
            "price": price.selling if price else None,
            "list_price": price.shelf if price else None,
            "currency": CURRENCY if price else None,
            "in_stock": product.in_stock,
            "sensitive": product.is_sensitive,
            "size": product.size[0] if product.size else None,
            "made_up": "brand" if product.brand else None,
        }


def titles(product: Product) -> tuple[str, str | None]:
    """Compose a product's title in English and, where the dictionaries reach, in Japanese, without its number."""
    if product.category is None or product.type is None:
        kind = wording.Named(wording.spelled_out(product.type or "") or "Unlisted Product", None)
    else:
        kind = wording.product_kind(product.category, product.type)
    english, japanese = kind
    if product.brand:
        english = f"{product.brand.en} {english}"
        japanese = f"{product.brand.ja} {japanese}" if japanese else None
    if product.size:
        english = f"{english}, {product.size[0]}"
        japanese = f"{japanese} {product.size[1]}" if japanese else None
    return english, japanese


@cache
def category_path(department: str | None, category: str | None, product_type: str | None = None) -> Path | None:
    """Return the readable path Department > Category > Type, as deep as the source says."""
    if department is None:
        return None
    parts = [wording.department(department)]
    if category is not None:
        parts.append(wording.category(category))
        if product_type is not None:
            named = wording.product_type(category, product_type)
            parts.append(wording.Named(named.en, named.ja or named.en))
    return Path(" > ".join(part.en for part in parts), " > ".join(part.ja or part.en for part in parts))


def _numbered(title: str, language: str, seen: dict[str, int]) -> str:
    key = f"{language}:{title}"
    seen[key] = seen.get(key, 0) + 1
    return title if seen[key] == 1 else f"{title} (No. {seen[key]})"


def _shelf_size(department: str | None, raw: str | None) -> tuple[str, str] | None:
    size = readable_size(raw)
    if size and department == "PRODUCE" and size[0].endswith(" lb") and "/" not in size[0]:
        pounds = Decimal(size[0].removesuffix(" lb").split()[-1])
        return None if pounds > LOOSE_POUNDS else size
    return size


@cache
def _is_sensitive(department: str | None, category: str | None, product_type: str | None) -> bool:
    marked = wording.words("sensitive")
    return (
        department in marked["departments"]
        or any(category in names for names in marked["categories"].values())
        or any(product_type in names for names in marked["types"].values())
    )


@cache
def _is_goods(department: str | None, category: str | None, product_type: str | None) -> bool:
    service = wording.words("not_goods")
    return (
        department is not None
        and category is not None
        and product_type is not None
        and department not in service["departments"]
        and category not in service["categories"]
        and product_type not in service["types"]
    )
