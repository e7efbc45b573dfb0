"""Who took what, when and in which basket, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from service.recommender.arrays import Floats, Ints

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Interactions:
    """One entry a person, basket and item; sorted by person, time, basket and item.

    Attributes
    ----------
    person, item : int64, shape (n,)
        Numbers below `n_people` and `n_items`.
    at : int64, shape (n,)
        Epoch seconds.
    basket : int64, shape (n,)
        Number of the order; one basket is one person's.
    quantity : float32, shape (n,)
    """

    person: Ints
    item: Ints
    at: Ints
    basket: Ints
    quantity: Floats
    n_people: int
    n_items: int

    @classmethod
    def of(
        cls, person: Ints, item: Ints, at: Ints, basket: Ints, quantity: Floats | None = None, *,
        n_people: int | None = None, n_items: int | None = None,
    ) -> Interactions:
        """Sort, and join equal items of one basket: the earliest time, the sum of quantities.

        >>> one = Interactions.of(*(np.array(x) for x in ([1, 0, 1], [5, 2, 5], [9, 4, 8], [3, 1, 3])))
        >>> one.person, one.item, one.at, one.quantity
        (array([0, 1]), array([2, 5]), array([4, 8]), array([1., 2.], dtype=float32))
        """
        counted = np.ones(person.size, np.float32) if quantity is None else quantity.astype(np.float32)
        order = np.lexsort((at, item, basket, person))
        person, item, at, basket, counted = person[order], item[order], at[order], basket[order], counted[order]
        is_first = np.ones(person.size, np.bool_)
        is_first[1:] = (np.diff(person) != 0) | (np.diff(basket) != 0) | (np.diff(item) != 0)
        first = np.flatnonzero(is_first)
        summed = np.add.reduceat(counted, first).astype(np.float32) if first.size else counted
        person, item, at, basket = person[first], item[first], at[first], basket[first]
        order = np.lexsort((item, basket, at, person))
        return cls(
            person[order].astype(np.int64), item[order].astype(np.int64), at[order].astype(np.int64),
            basket[order].astype(np.int64), summed[order],
            n_people=_size(person, n_people), n_items=_size(item, n_items),
        )

    def __len__(self) -> int:
        return int(self.person.size)

    def keep(self, chosen: Mask | Ints) -> Interactions:
        """Those of a mask, or of rows in their order, alone; people and items keep their numbers."""
        return Interactions(
            self.person[chosen], self.item[chosen], self.at[chosen], self.basket[chosen], self.quantity[chosen],
            self.n_people, self.n_items,
        )

    def before(self, moment: int) -> Interactions:
        """What happened before a moment."""
        return self.keep(self.at < moment)

    def is_before(self, people: Ints, moments: Ints) -> Mask:
        """Whether each entry is before its person's moment; those of people who have none are. People are distinct."""
        until = np.full(self.n_people, np.iinfo(np.int64).max)
        until[people] = moments
        return np.asarray(self.at < until[self.person], np.bool_)

    def ends_before(self, people: Ints, moments: Ints) -> Ints:
        """Where distinct people's entries before their moments end, shape of both; they start at `starts[people]`."""
        sizes = np.bincount(self.person[self.is_before(people, moments)], minlength=self.n_people)
        return np.asarray(self.starts[people] + sizes[people], np.int64)

    def first_of_each(self, labels: Ints) -> Interactions:
        """The first entry of each person and label, such as `basket`: orders, at the time of their first line."""
        order = np.lexsort((labels, self.person))
        is_first = np.ones(order.size, np.bool_)
        is_first[1:] = (np.diff(self.person[order]) != 0) | (np.diff(labels[order]) != 0)
        return self.keep(np.sort(order[is_first]))

    @cached_property
    def starts(self) -> Ints:
        """Where each person's entries start, shape (n_people + 1,); the last one is the end."""
        return np.searchsorted(self.person, np.arange(self.n_people + 1)).astype(np.int64)

    @cached_property
    def popularity(self) -> Floats:
        """How often each item was taken, shape (n_items,)."""
        return np.bincount(self.item, minlength=self.n_items).astype(np.float32)

    def matrix(self, weights: Floats | None = None) -> csr_array:
        """Sum of the weights (1 where left out) by person and item, float32, shape (n_people, n_items)."""
        return summed(self.person, self.item, weights, (self.n_people, self.n_items))

    @cached_property
    def took(self) -> csr_array:
        """Who took what at all: 1 by person and item, float32, shape (n_people, n_items)."""
        matrix = self.matrix()
        matrix.data[:] = 1
        return matrix


def summed(row: Ints, item: Ints, weights: Floats | None, shape: tuple[int, int]) -> csr_array:
    """Sum of the weights (1 where left out) by row and item, float32."""
    data = np.ones(row.size, np.float32) if weights is None else weights.astype(np.float32)
    matrix = csr_array((data, (row, item)), shape=shape, dtype=np.float32)
    matrix.sum_duplicates()
    return matrix


def _size(numbers: Ints, given: int | None) -> int:
    return given if given is not None else int(numbers.max(initial=-1)) + 1
