"""What the page shows of each recommended item, out of the GraphQL answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from service.console.artwork import Artwork, draw
from service.console.money import written

PICTOGRAMS = {"Product": "basket", "Content": "reading", "Ad": "ad"}
"""What stands for an item of a category that has no pictogram, by kind."""
WORTH_A_BADGE = 5
"""Percent; smaller discounts are told by the struck-out price alone."""
FORMS = frozenset({"recipe", "guide", "season"})


@dataclass(frozen=True)
class Card:
    """One recommended item."""

    recommendation: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The recommendation's own id."""
        return str(self.recommendation["id"])

    @property
    def token(self) -> str:
        """What goes back with every event about this showing."""
        return str(self.recommendation["token"])

    @property
    def position(self) -> int:
        """Place in its slate, from 1."""
        return int(self.recommendation["position"])

    @property
    def explores(self) -> bool:
        """Whether it was chosen to learn."""
        return bool(self.recommendation["exploration"])

    @property
    def item(self) -> Mapping[str, Any]:
        """The item as the contract describes it."""
        found: Mapping[str, Any] = self.recommendation["item"]
        return found

    @property
    def kind(self) -> str:
        """Product, Content or Ad."""
        return str(self.item["__typename"])

    @property
    def aisle(self) -> str:
        """The second level of its category path: department and type say too little and too much."""
        return next(iter([*self.item["category"][1:2], *self.item["category"][:1]]), "")

    @property
    def form(self) -> str:
        """What a content is: recipe, guide, season or, where its tags do not say, article."""
        return next((tag for tag in self.item["tags"] if tag in FORMS), "article")

    @property
    def artwork(self) -> Artwork:
        """Its drawn picture."""
        return draw(self.item["category"], self.item["itemId"], PICTOGRAMS[self.kind])

    @property
    def brand(self) -> str:
        """Its brand; empty where it has none, or where its title begins with it."""
        brand = str(self.item.get("brand") or "")
        return "" if self.item["title"].startswith(brand) else brand

    @property
    def amount(self) -> str:
        """Its price as the contract's decimal; empty where it has none."""
        return str((self.item.get("price") or {"amount": ""})["amount"])

    @property
    def price(self) -> str | None:
        """What it costs now."""
        money = self.item.get("price")
        return written(money) if money else None

    @property
    def list_price(self) -> str | None:
        """What it costs without the discount; None where there is none."""
        money = self.item.get("listPrice")
        return written(money) if money and self.discount else None

    @property
    def discount(self) -> int | None:
        """The discount in whole percent; None below one."""
        return round((self.item.get("discountRate") or 0) * 100) or None

    @property
    def bargain(self) -> bool:
        """Whether the discount is worth a badge."""
        return (self.discount or 0) >= WORTH_A_BADGE

    @property
    def reasons(self) -> list[Mapping[str, Any]]:
        """Why it is here, most telling first."""
        return list(self.recommendation["reasons"])


@dataclass(frozen=True)
class Shelf:
    """A titled row of cards."""

    id: str
    key: str
    title: str
    reason: str
    cards: tuple[Card, ...]

    @classmethod
    def of(cls, node: Mapping[str, Any]) -> Shelf:
        """Read a shelf of the answer; one whose items failed has no cards."""
        items = node["items"] or {"nodes": []}
        return cls(
            id=node["id"],
            key=node["key"],
            title=node["title"],
            reason=(node["reason"] or {}).get("text", ""),
            cards=tuple(Card(recommendation) for recommendation in items["nodes"]),
        )
