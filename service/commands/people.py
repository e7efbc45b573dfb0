"""A group of commands that are told of whom: what was typed in vain is not repeated, since it may name somebody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperGroup

USAGE = (
    "This is not how it is called (what was typed is not repeated here, since it may name somebody). A customer's id "
    "is one argument: it stands in quotes where it has spaces, and behind -- where it begins with a dash."
)


class OfPeople(TyperGroup):
    """Refuses a wrong call in words of its own; whoever reads the log of a job learns of nobody."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read what stands before the command's name."""
        if not args:
            return super().parse_args(ctx, args)  # which shows the help
        with _unquoted(ctx):
            return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Find the command, read its arguments, and run it."""
        with _unquoted(ctx):
            return super().invoke(ctx)


@contextmanager
def _unquoted(ctx: Any) -> Iterator[None]:
    try:
        yield
    except typer.TyperException:
        ctx.fail(USAGE)
