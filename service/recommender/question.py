"""What is asked of the recommender: plain values, so that a slate can repeat the question on any replica."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from service.recommender.catalogue import ItemKind
from service.recommender.circumstances import Circumstances, channel_of, circumstances
from service.recommender.errors import InvalidArgument

MOST_QUERY_CHARACTERS = 1_000
MOST_ITEMS = 100
"""How many items a page, and how many ids a list argument, may have."""


class Intent(StrEnum):
    """What a list is for."""

    FOR_YOU = "FOR_YOU"
    BUY_AGAIN = "BUY_AGAIN"
    ON_SALE = "ON_SALE"
    NEW_FOR_YOU = "NEW_FOR_YOU"
    DISCOVER = "DISCOVER"
    BECAUSE_YOU_BOUGHT = "BECAUSE_YOU_BOUGHT"


class RelatedIntent(StrEnum):
    """How items belong together."""

    SIMILAR = "SIMILAR"
    BOUGHT_TOGETHER = "BOUGHT_TOGETHER"
    COMPLEMENT = "COMPLEMENT"


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """What the list may contain; an empty filter lets everything through."""

    category: str | None = None
    brand: tuple[str, ...] = ()
    price_from: float | None = None
    price_to: float | None = None
    on_sale: bool | None = None
    tags: tuple[str, ...] = ()
    exclude_item_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PageContext:
    """What the page knows and the service does not."""

    cart_item_ids: tuple[str, ...] = ()
    item_id: str | None = None
    query: str | None = None
    device: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """One list that is asked for.

    `now` is epoch seconds when it was asked, so that a replay sees the same day; `anchor_item_id` is the purchase that
    a BECAUSE_YOU_BOUGHT list starts from.
    """

    kind: ItemKind = ItemKind.PRODUCT
    intent: Intent = Intent.FOR_YOU
    placement: str = "default"
    now: int = 0
    filter: ItemFilter = ItemFilter()
    context: PageContext = PageContext()
    anchor_item_id: str | None = None
    diversity: float | None = None

    def __post_init__(self) -> None:
        if self.diversity is not None and not 0 <= self.diversity <= 1:
            raise InvalidArgument(f"diversity is {self.diversity}; it goes from 0 (relevance) to 1 (variety).")
        if not 1 <= len(self.placement) <= 64:  # noqa: PLR2004 - bytes of a label, said in the message
            raise InvalidArgument("placement is a name of 1 to 64 characters.")
        asked = self.filter
        if asked.price_from is not None and asked.price_to is not None and asked.price_from > asked.price_to:
            raise InvalidArgument("filter.priceFrom lies above filter.priceTo; swap them.")
        lists = {"filter.brand": asked.brand, "filter.tags": asked.tags,
                 "filter.excludeItemIds": asked.exclude_item_ids,
                 "context.cartItemIds": self.context.cart_item_ids}
        if len(self.context.query or "") > MOST_QUERY_CHARACTERS:
            raise InvalidArgument(f"context.query has more than {MOST_QUERY_CHARACTERS} characters; shorten it.")
        for name, given in lists.items():
            if len(given) > MOST_ITEMS:
                raise InvalidArgument(f"{name} has {len(given)} entries; at most {MOST_ITEMS} are taken.")

    @property
    def moment(self) -> datetime:
        """When it was asked, aware, in UTC."""
        return datetime.fromtimestamp(self.now, UTC)

    @property
    def wants_variety(self) -> bool:
        """Whether much of one kind in a row is unwanted: not where one kind is asked for, nor of ads, which are few."""
        narrow = self.filter
        about = (narrow.category, narrow.brand, narrow.tags, self.context.query)
        narrows = any(about) or self.intent is Intent.BECAUSE_YOU_BOUGHT or self.kind is ItemKind.AD
        return self.diversity != 0 and not narrows

    def circumstances(self, zone: ZoneInfo) -> Circumstances:
        """When by the shop's clock, and by which channel, it was asked."""
        return circumstances(self.now, zone, channel_of(self.context.device))

    def as_json(self) -> dict[str, object]:
        """Plain values that `of_json` reads back."""
        plain: dict[str, object] = {name: getattr(self, name) for name in _NAMES[Question]}
        for part in ("filter", "context"):
            inner = plain[part]
            plain[part] = {name: getattr(inner, name) for name in _NAMES[type(inner)]}
        return plain

    @classmethod
    def of_json(cls, values: Mapping[str, object]) -> Question:
        """Read back what `as_json` wrote.

        >>> asked = Question(filter=ItemFilter(brand=("Hearth",)), now=17)
        >>> Question.of_json(asked.as_json()) == asked
        True
        """
        rest: dict[str, object] = {name: values[name] for name in (f.name for f in fields(cls)) if name in values}
        for name, kind in (("filter", ItemFilter), ("context", PageContext)):
            given = values[name]
            if isinstance(given, Mapping):
                plain: dict[str, Any] = {k: tuple(v) if isinstance(v, list | tuple) else v for k, v in given.items()}
                rest[name] = kind(**plain)
        return cls(**{**rest, "kind": ItemKind(str(rest["kind"])), "intent": Intent(str(rest["intent"]))})  # type: ignore[arg-type]


_NAMES: dict[type, list[str]] = {
    kind: [one.name for one in fields(kind)] for kind in (Question, ItemFilter, PageContext)
}
