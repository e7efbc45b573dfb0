"""Eligibility: what may be shown at all, now, here, to this person."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from service.recommender.arrays import Ints
from service.recommender.catalogue import Catalogue
from service.recommender.discretion import tactful
from service.recommender.feedback import Restrictions
from service.recommender.question import Question

Mask = npt.NDArray[np.bool_]


def servable(catalogue: Catalogue, rows: Ints, now: int) -> Mask:
    """Which items are in stock and within their dates (an ad: within its flight)."""
    return (
        catalogue.in_stock[rows] & (catalogue.available_from[rows] <= now) & (now < catalogue.available_until[rows])
    )


def eligible(catalogue: Catalogue, rows: Ints, question: Question, restrictions: Restrictions) -> Mask:
    """Which items may stand in the list that is asked for.

    Sensitive items are recommended only to someone who is in that very category now, by the filter or the page.
    """
    mask = servable(catalogue, rows, question.now) & within(catalogue, rows, question)
    mask &= tactful(catalogue, rows, question)
    if restrictions.hidden:
        hidden = catalogue.rows_of(list(restrictions.hidden))
        mask &= ~np.isin(rows, hidden)
    return mask


def within(catalogue: Catalogue, rows: Ints, question: Question) -> Mask:
    """Which items pass the filter, and are not on the page already."""
    asked, mask = question.filter, np.ones(rows.size, np.bool_)
    if asked.category is not None:
        mask &= np.isin(catalogue.path[rows], catalogue.paths_under(asked.category))
    if asked.brand:
        wanted = {name.casefold() for name in asked.brand}
        mask &= np.fromiter(((catalogue.texts.brand[r] or "").casefold() in wanted for r in rows), np.bool_, rows.size)
    if asked.tags:
        tags = set(asked.tags)
        mask &= np.fromiter((not tags.isdisjoint(catalogue.texts.tags[r]) for r in rows), np.bool_, rows.size)
    price = catalogue.price[rows]
    if asked.price_from is not None:
        mask &= price >= asked.price_from
    if asked.price_to is not None:
        mask &= price <= asked.price_to
    if asked.on_sale is not None:
        mask &= (catalogue.discount_rate[rows] > 0) == asked.on_sale
    out = [*asked.exclude_item_ids, *question.context.cart_item_ids]
    if question.context.item_id:
        out.append(question.context.item_id)
    if out:
        mask &= ~np.isin(rows, catalogue.rows_of(out))
    return mask
