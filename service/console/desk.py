"""What the storefront is handed over: the service behind it, and nothing else."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Execute = Callable[[str, dict[str, Any], str | None, str, str | None], Awaitable[Mapping[str, Any]]]
"""(query, variables, token, language, Sec-GPC) → {"data": …, "errors": …}, as the bearer of that token."""


@dataclass(frozen=True)
class Desk:
    """The service as the storefront sees it.

    `households` are the customers that a visitor may look at, and `token_for` makes a short-lived token for one of
    them; both are None where no development issuer is on, and the page then is everybody's. `facts` says, in a
    language, what must be known of the data wherever dates are shown.
    """

    execute: Execute
    households: Sequence[str] | None
    token_for: Callable[[str], str] | None
    facts: Callable[[str], str]
    languages: Sequence[str]
    graphiql: bool
