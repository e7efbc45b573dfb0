"""Which part of a list is asked for: some places from the front or from the end, between two cursors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from service.recommender.arrays import Ints
from service.recommender.errors import InvalidArgument
from service.recommender.question import MOST_ITEMS


@dataclass(frozen=True, slots=True)
class Window:
    """A page as clients ask for it: at most `size` places behind the cursor `after` and before the cursor `before`.

    They are the first of those places, or, `backwards`, the last of them; the order is the list's in both cases.
    """

    size: int
    after: str | None = None
    before: str | None = None
    backwards: bool = False

    def check(self, most: int = MOST_ITEMS) -> None:
        """Hold the size against its bounds.

        Raises
        ------
        InvalidArgument
            If it lies outside 0 to `most`.
        """
        check_size(self.size, most, "last" if self.backwards else "first")

    @property
    def goes_on(self) -> bool:
        """Whether it is cut from a list that was given before."""
        return self.after is not None or self.before is not None

    def between(self, after: int = 0, before: int | None = None) -> Places:
        """The same page, by the positions that its cursors name."""
        return Places(self.size, after, before, backwards=self.backwards)


@dataclass(frozen=True, slots=True)
class Places:
    """A page by positions, which count from 1: what lies behind `after` and before `before`."""

    size: int
    after: int = 0
    before: int | None = None
    backwards: bool = False

    def among(self, there: Ints) -> tuple[Ints, bool, bool]:
        """Choose among positions, which ascend; whether there are others behind the page, and before it.

        >>> Places(2, after=3).among(np.array([1, 2, 5, 7, 8]))
        (array([5, 7]), True, True)
        >>> Places(2, before=5, backwards=True).among(np.array([1, 2, 5]))
        (array([1, 2]), True, False)
        """
        start = int(np.searchsorted(there, self.after, side="right"))
        end = there.size if self.before is None else max(start, int(np.searchsorted(there, self.before)))
        if self.backwards:
            start = max(start, end - self.size)
        else:
            end = min(end, start + self.size)
        return there[start:end], end < there.size, start > 0


def check_size(size: int, most: int = MOST_ITEMS, name: str = "first") -> int:
    """Hold the size of a page or of a short list against its bounds.

    Raises
    ------
    InvalidArgument
        If it lies outside 0 to `most`.
    """
    if not 0 <= size <= most:
        raise InvalidArgument(f"{name} is {size}; a page has 0 to {most} items.")
    return size
