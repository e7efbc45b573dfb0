"""What the guard costs: the bounds, the price and the budget of the home query, for a document that is known."""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median
from typing import Any

from service.console.documents import DOCUMENTS
from service.graphql.budgets import Budgets
from service.graphql.documents import Documents
from service.graphql.guard_variables import check_variables
from service.graphql.schema import make_schema
from service.recommender.identity import ANONYMOUS

TURNS = 1_000
_SHELVES, _CARDS, _REASONS = 6, 12, 3
_REFILL_SECONDS = 1_000.0
"""Between two turns, so that the budget never ends."""


def home_guard() -> Callable[[int], None]:
    """Make what runs the guard alone on one home query after another; it is told which turn it is."""
    text, variables = DOCUMENTS["home"], {"profiling": True}
    reader = Documents(make_schema()._schema, introspection=True)  # noqa: SLF001 - Strawberry has no public way to it
    document, answer, budgets = reader.read_here(text), _answer(), Budgets()

    def guard(turn: int) -> None:
        check_variables(variables)
        cost = (reader.known(text) or document).operation(None).cost
        purse, asked = budgets.purse("customer:3", ANONYMOUS, turn * _REFILL_SECONDS), cost.requested(variables)
        purse.admit(asked)
        purse.pay(cost.actual(answer) - asked)

    return guard


def guard_milliseconds() -> float:
    """Measure the guard: the median of many home queries, in milliseconds of this thread's processor time."""
    guard, spent = home_guard(), []
    for turn in range(TURNS):
        before = time.thread_time()
        guard(turn)
        spent.append(1e3 * (time.thread_time() - before))
    return round(median(spent), 3)


def _answer() -> dict[str, Any]:
    """A home page with its shelves full."""
    item = dict.fromkeys(("__typename", "itemId", "title", "description", "category", "tags", "brand", "inStock"), "")
    price = {"amount": "", "currency": ""}
    card = {
        "id": "", "token": "", "position": 1, "exploration": False,
        "reasons": [{"code": "", "text": "", "share": 1.0}] * _REASONS,
        "item": {**item, "price": price, "listPrice": price},
    }
    shelf = {"id": "", "key": "", "title": "", "reason": {"text": ""}, "items": {"nodes": [card] * _CARDS}}
    home = {"profiled": True, "hero": card, "shelves": [shelf] * _SHELVES, "degraded": []}
    return {"viewer": {"home": home}}
