"""Who looks at the page, in which language, and whether personalised: all of it stands in the address."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from starlette.requests import Request

from service.console.desk import Desk
from service.console.language import choose_language

LONGEST = 64
"""An id longer than this is cut where it is told back."""


@dataclass(frozen=True)
class Visit:
    """One look at the page.

    `household` is one that may be looked at, or None for everybody's page; `unknown` is what was asked for in vain.
    """

    language: str
    household: str | None = None
    profiling: bool = True
    unknown: str | None = None

    @property
    def personal(self) -> bool:
        """Whether anything about a household may be read."""
        return self.household is not None and self.profiling

    def address(self, **changes: object) -> str:
        """Address of this visit with something changed, for example `language="ja"`."""
        visit = replace(self, **changes)  # type: ignore[arg-type]
        query = {
            **({"household": visit.household} if visit.household is not None else {}),
            **({} if visit.profiling else {"profiling": "off"}),
            "lang": visit.language,
        }
        return f"/?{urlencode(query)}"


def read_visit(request: Request, desk: Desk) -> Visit:
    """Read a visit from a request's address."""
    asked = request.query_params
    language = choose_language(request, desk.languages)
    profiling = asked.get("profiling") != "off"
    household = asked.get("household", "").strip()
    if not household or desk.households is None or desk.token_for is None:
        return Visit(language, profiling=profiling)
    if household not in desk.households:
        return Visit(language, profiling=profiling, unknown=household[:LONGEST])
    return Visit(language, household, profiling=profiling)
