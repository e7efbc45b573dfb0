"""The shop's items as arrays and texts, one row an item; rows are this version's, ids are the shop's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from enum import StrEnum
from functools import cached_property
from itertools import repeat

import numpy as np
import numpy.typing as npt

SEPARATOR = " > "
FOREVER = np.iinfo(np.int64).max
EVER = np.iinfo(np.int64).min


class ItemKind(StrEnum):
    """What an item is; all three pass through one decision layer."""

    PRODUCT = "PRODUCT"
    CONTENT = "CONTENT"
    AD = "AD"


KINDS: tuple[ItemKind, ...] = tuple(ItemKind)


@dataclass(frozen=True, slots=True)
class ItemTexts:
    """What is shown of items; parallel lists, one entry per row."""

    title: Sequence[str]
    titles: Sequence[Mapping[str, str]]
    description: Sequence[str | None]
    descriptions: Sequence[Mapping[str, str]]
    brand: Sequence[str | None]
    url: Sequence[str | None]
    image_url: Sequence[str | None]
    tags: Sequence[Sequence[str]]
    category: Sequence[Sequence[str]]
    price: Sequence[Decimal | None]
    list_price: Sequence[Decimal | None]
    currency: Sequence[str | None]
    advertiser: Sequence[str | None]
    payer: Sequence[str | None]
    campaign_id: Sequence[str | None]
    promotes: Sequence[Sequence[str]]
    attributes: Sequence[Mapping[str, str]]


@dataclass(frozen=True)
class Catalogue:
    """All items of one import.

    Arrays have shape (n_items,). Times are epoch seconds; an open end is `EVER` or `FOREVER`. `bid` and `daily_budget`
    are NaN where an ad has none.
    """

    version: str
    item_ids: Sequence[str]
    texts: ItemTexts
    kind: npt.NDArray[np.int8]
    price: npt.NDArray[np.float32]
    list_price: npt.NDArray[np.float32]
    in_stock: npt.NDArray[np.bool_]
    available_from: npt.NDArray[np.int64]
    available_until: npt.NDArray[np.int64]
    sensitive: npt.NDArray[np.bool_]
    bid: npt.NDArray[np.float32]
    daily_budget: npt.NDArray[np.float32]
    segments: Sequence[Sequence[str]]

    @classmethod
    def empty(cls) -> Catalogue:
        """A shop without items, before its first import."""
        numbers, times, flags = np.empty(0, np.float32), np.empty(0, np.int64), np.empty(0, np.bool_)
        return cls(
            version="none", item_ids=(), texts=ItemTexts(*[()] * len(fields(ItemTexts))), kind=np.empty(0, np.int8),
            price=numbers, list_price=numbers, in_stock=flags, available_from=times, available_until=times,
            sensitive=flags, bid=numbers, daily_budget=numbers, segments=(),
        )

    @cached_property
    def row_of(self) -> dict[str, int]:
        """Row by the shop's item id."""
        return {item_id: row for row, item_id in enumerate(self.item_ids)}

    def __len__(self) -> int:
        return len(self.item_ids)

    def rows_of(self, item_ids: Sequence[str]) -> npt.NDArray[np.int64]:
        """Rows of ids; -1 for an id that the shop does not have."""
        return np.fromiter(map(self.row_of.get, item_ids, repeat(-1)), np.int64, len(item_ids))

    def of_kind(self, kind: ItemKind) -> npt.NDArray[np.int64]:
        """Rows of one kind, ascending."""
        return self._rows_by_kind[kind]

    @cached_property
    def _rows_by_kind(self) -> dict[ItemKind, npt.NDArray[np.int64]]:
        return {kind: np.flatnonzero(self.kind == code).astype(np.int64) for code, kind in enumerate(KINDS)}

    def kind_of(self, row: int) -> ItemKind:
        """Kind of one item."""
        return KINDS[int(self.kind[row])]

    @cached_property
    def currency(self) -> str:
        """The currency of the shop's prices; empty where nothing has a price."""
        return next(filter(None, self.texts.currency), "")

    @cached_property
    def discount_rate(self) -> npt.NDArray[np.float32]:
        """Share by which the price lies under the list price, in [0, 1); 0 where there is no discount."""
        with np.errstate(invalid="ignore", divide="ignore"):
            rate = 1 - self.price / self.list_price
        return np.where(np.isfinite(rate) & (rate > 0), rate, 0).astype(np.float32)

    @cached_property
    def discreet(self) -> npt.NDArray[np.bool_]:
        """What is shown with tact alone: sensitive items, and ads that promote one."""
        found = self.sensitive.copy()
        for row in map(int, self.of_kind(ItemKind.AD)):
            promoted = self.rows_of(self.texts.promotes[row])
            found[row] |= bool(self.sensitive[promoted[promoted >= 0]].any())
        return found

    @cached_property
    def paths(self) -> list[str]:
        """Distinct category paths in full, joined; the code of an item's path is its index here, 0 is none."""
        return ["", *sorted({SEPARATOR.join(path) for path in self.texts.category if path})]

    @cached_property
    def path(self) -> npt.NDArray[np.int32]:
        """Code of each item's full category path; 0 where it has none."""
        code = {text: index for index, text in enumerate(self.paths)}
        return np.fromiter((code[SEPARATOR.join(path)] for path in self.texts.category), np.int32, len(self))

    @cached_property
    def department(self) -> npt.NDArray[np.int32]:
        """Code of the first two levels of each item's category; 0 where it has none."""
        heads = {text: SEPARATOR.join(text.split(SEPARATOR)[:2]) for text in self.paths}
        code = {head: index for index, head in enumerate(sorted(set(heads.values())))}
        of_path = np.fromiter((code[heads[text]] for text in self.paths), np.int32, len(self.paths))
        return of_path[self.path]

    @cached_property
    def brand(self) -> npt.NDArray[np.int32]:
        """Code of each item's brand; 0 where it has none."""
        names = sorted({name for name in self.texts.brand if name})
        code = {name: index + 1 for index, name in enumerate(names)}
        return np.fromiter((code.get(name or "", 0) for name in self.texts.brand), np.int32, len(self))

    @cached_property
    def line(self) -> npt.NDArray[np.int32]:
        """Code of what an item's brand offers in its department; 0 where it has no brand."""
        brand = self.brand.astype(np.int64)
        pairs = np.where(brand > 0, brand * (int(self.department.max(initial=0)) + 1) + self.department, 0)
        _, code = np.unique(np.append(0, pairs), return_inverse=True)
        return code[1:].astype(np.int32)

    def paths_under(self, category: str) -> npt.NDArray[np.int32]:
        """Codes of a category path and all below it; letter case does not matter.

        A path may begin at any level: ``Cheese`` finds ``Grocery > Cheese > Cheddar``.
        """
        wanted = [part.strip().casefold() for part in category.split(">") if part.strip()]
        if not wanted:
            return np.empty(0, np.int32)
        size = len(wanted)
        found = [
            code for code, parts in enumerate(self._folded_paths)
            if wanted[0] in parts and any(parts[at : at + size] == wanted for at in range(len(parts) - size + 1))
        ]
        return np.asarray(found, np.int32)

    @cached_property
    def _folded_paths(self) -> list[list[str]]:
        return [text.casefold().split(SEPARATOR) for text in self.paths]

    def title(self, row: int, language: str) -> str:
        """Title in a language, else the shop's own."""
        return self.texts.titles[row].get(language) or self.texts.title[row]

    def description(self, row: int, language: str) -> str | None:
        """Description in a language, else the shop's own."""
        return self.texts.descriptions[row].get(language) or self.texts.description[row]
