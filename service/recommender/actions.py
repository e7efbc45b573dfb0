"""What a person did, as arrays over the catalogue's rows."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from service.recommender.arrays import Floats, Ints
from service.recommender.catalogue import Catalogue
from service.recommender.events import DAY, INTEREST_WEIGHT, EventType, RecentAction
from service.recommender.feedback import ForgottenAction
from service.recommender.stored import StoredActions

TYPES: tuple[EventType, ...] = tuple(EventType)
CODE: dict[str, int] = {kind.value: code for code, kind in enumerate(TYPES)}
PURCHASE = CODE[EventType.PURCHASE]
FADES_IN_DAYS = np.array([30.0, 90.0, 365.0], np.float32)
"""In which one repetition of an action fades to 1/e: a month, a quarter, a year."""
_WEIGHT = np.array([INTEREST_WEIGHT.get(kind, 0.0) for kind in TYPES], np.float32)

_Scalar = TypeVar("_Scalar", bound=np.generic)

ActionKey = tuple[EventType, int]
"""An action of a person: what they did, and the row of the item."""


@dataclass(frozen=True)
class Actions:
    """A person's actions: parallel arrays of shape (n_actions,), one entry per type and item.

    `type` holds codes of `TYPES`; `first_at` and `last_at` are epoch seconds; `last_price` is NaN where there is none.
    `faded`, shape (n_actions, 3), is the sum of exp(-days/τ) over the repetitions, in days before `last_at`, for each τ
    of `FADES_IN_DAYS`.
    """

    item: Ints
    type: npt.NDArray[np.int8]
    count: Floats
    first_at: Ints
    last_at: Ints
    last_price: Floats
    faded: Floats

    def __len__(self) -> int:
        return int(self.item.size)

    def keep(self, which: npt.NDArray[np.bool_] | Ints) -> Actions:
        """Those of a mask, or at some places, alone."""
        return Actions(
            self.item[which], self.type[which], self.count[which], self.first_at[which], self.last_at[which],
            self.last_price[which], self.faded[which],
        )

    def without(self, gone: Collection[ActionKey]) -> Actions:
        """All but some, each gone with all its repetitions."""
        mask = np.ones(len(self), np.bool_)
        for kind, row in gone:
            mask &= (self.item != row) | (self.type != CODE[kind])
        return self.keep(mask)

    @cached_property
    def purchases(self) -> Actions:
        """Purchases alone, ordered by row of the item, so that they can be searched."""
        bought = self.keep(self.type == PURCHASE)
        return bought.keep(np.argsort(bought.item, kind="stable"))

    @cached_property
    def interest_weight(self) -> Floats:
        """How strongly each action moves the person's vector, shape (n_actions,)."""
        return _WEIGHT[self.type]

    def key(self, index: int) -> ActionKey:
        """Name one action."""
        return TYPES[int(self.type[index])], int(self.item[index])


NO_ACTIONS = Actions(
    np.empty(0, np.int64), np.empty(0, np.int8), np.empty(0, np.float32), np.empty(0, np.int64), np.empty(0, np.int64),
    np.empty(0, np.float32), np.empty((0, FADES_IN_DAYS.size), np.float32),
)
_NEVER_DONE = np.zeros(FADES_IN_DAYS.size, np.float32)


def stored_actions(stored: StoredActions, catalogue: Catalogue) -> Actions:
    """Read a person's stored actions into arrays over the catalogue.

    Items that the shop no longer has, and sensitive ones, are left out: they are part of no profile. Serving and
    training call this very function.
    """
    if not stored.item_id:
        return NO_ACTIONS
    rows = catalogue.rows_of(stored.item_id)
    count = np.asarray(stored.count, np.float32)
    first_at, last_at = np.asarray(stored.first_at, np.int64), np.asarray(stored.last_at, np.int64)
    sums = stored.faded_30, stored.faded_90, stored.faded_365
    actions = Actions(
        rows,
        np.fromiter((CODE[kind] for kind in stored.type), np.int8, rows.size),
        count, first_at, last_at,
        np.asarray(stored.last_price, np.float32),
        np.array(sums, np.float32).T if all(sums) else evenly_faded(count, first_at, last_at),
    )
    actions = actions.keep(rows >= 0)
    return actions.keep(~catalogue.sensitive[actions.item])


def evenly_faded(count: Floats, first_at: Ints, last_at: Ints) -> Floats:
    """`Actions.faded` of repetitions that lie evenly between the first and the last, shape (n_actions, 3).

    >>> evenly_faded(np.float32([2, 1]), np.array([0, 0]), np.array([30 * DAY, 0])).round(2)
    array([[1.37, 1.72, 1.92],
           [1.  , 1.  , 1.  ]], dtype=float32)
    """
    gap = (last_at - first_at).clip(0) / DAY / np.maximum(count - 1, 1)
    step = np.exp(-np.where(count > 1, gap, 0)[:, None] / FADES_IN_DAYS.astype(np.float64))
    steady = step > 1 - 1e-9  # all at once
    often = np.broadcast_to(count[:, None], step.shape)
    return np.where(steady, often, (1 - step**often) / np.where(steady, 1, 1 - step)).astype(np.float32)


def with_recent(actions: Actions, recent: Sequence[RecentAction], catalogue: Catalogue) -> Actions:
    """Add recent actions to stored ones; a repetition on another day counts once more, in whichever order they came."""
    seen = [(action, catalogue.row_of.get(action.item_id, -1)) for action in recent]
    done = [(action, row) for action, row in seen if row >= 0 and not catalogue.sensitive[row]]
    if not done:
        return actions
    again = np.flatnonzero(np.isin(actions.item, [row for _, row in done])).tolist()
    place = {(int(actions.type[i]), int(actions.item[i])): i for i in again}
    entries = {
        key: (
            float(actions.count[i]), int(actions.first_at[i]), int(actions.last_at[i]), float(actions.last_price[i]),
            actions.faded[i],
        )
        for key, i in place.items()
    }
    days = {key: {first // DAY, last // DAY} for key, (_, first, last, *_) in entries.items()}
    for action, row in sorted(done, key=lambda one: one[0].occurred_at):
        key, at = (CODE[action.type], row), _epoch(action.occurred_at)
        count, first, last, price, faded = entries.get(key, (0.0, at, at, np.nan, _NEVER_DONE))
        known = days.setdefault(key, set())
        repeated = at // DAY not in known
        known.add(at // DAY)
        newest = at >= last
        entries[key] = (
            count + repeated, min(first, at), max(last, at),
            action.price if newest and action.price is not None else price,
            faded * _left(at - last) + repeated if newest else faded + repeated * _left(last - at),
        )
    keys, values = list(entries), list(entries.values())
    places = np.array([place.get(key, -1) for key in keys], np.int64)
    return Actions(
        _put(actions.item, places, [key[1] for key in keys]),
        _put(actions.type, places, [key[0] for key in keys]),
        _put(actions.count, places, [value[0] for value in values]),
        _put(actions.first_at, places, [value[1] for value in values]),
        _put(actions.last_at, places, [value[2] for value in values]),
        _put(actions.last_price, places, [value[3] for value in values]),
        _put(actions.faded, places, [value[4] for value in values]),
    )


def _put(column: npt.NDArray[_Scalar], places: Ints, values: Sequence[object]) -> npt.NDArray[_Scalar]:
    """Put values where they belong, and at the end those whose place is -1."""
    told, known = np.array(values, column.dtype), places >= 0
    put = np.concatenate([column, told[~known]])
    put[places[known]] = told[known]
    return put


def _left(seconds: int) -> Floats:
    """How much is left of one repetition after a while, shape (3,)."""
    return np.asarray(np.exp(np.float32(-seconds / DAY) / FADES_IN_DAYS), np.float32)


def without_forgotten(actions: Actions, forgotten: tuple[ForgottenAction, ...], catalogue: Catalogue) -> Actions:
    """Leave out what a person forbade to count, where it was not done again since."""
    for gone in forgotten:
        same = (actions.item == catalogue.row_of.get(gone.item_id, -1)) & (actions.type == CODE[gone.type])
        actions = actions.keep(~(same & (actions.last_at <= _epoch(gone.through))))
    return actions


def _epoch(moment: datetime) -> int:
    return int(moment.timestamp())

