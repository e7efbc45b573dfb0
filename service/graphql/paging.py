"""The four arguments that every list pages by, forwards and backwards, as Relay names them."""

from __future__ import annotations

from typing import Annotated

import strawberry

from service.graphql.arguments import filled, given
from service.graphql.info import Info
from service.recommender.errors import InvalidArgument
from service.recommender.paging import Window

First = Annotated[int | None, strawberry.argument(description="How many from the front, at most 100.")]
After = Annotated[str | None, strawberry.argument(
    description="A cursor to go on behind; without any cursor the list is new.",
)]
Last = Annotated[int | None, strawberry.argument(
    description="How many from the end, at most 100, instead of `first`; they come in the order of the list.",
)]
Before = Annotated[str | None, strawberry.argument(
    description="A cursor to stop before; with `last`, to go back from.",
)]


def window(
    info: Info, default: int, first: int | None, after: str | None, last: int | None, before: str | None,
) -> Window:
    """Read which page is asked for; `default` is its size where neither `first` nor `last` is given.

    Raises
    ------
    InvalidArgument
        If both are: they contradict each other.
    """
    ends = given(after), given(before)
    size = given(last)
    if size is None:
        return Window(filled(first, default), *ends)
    if info.says("first"):
        raise InvalidArgument("Give `first` to page forwards or `last` to page backwards, not both.")
    return Window(size, *ends, backwards=True)
