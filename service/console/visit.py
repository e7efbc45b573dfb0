"""Who looks at the page, in which language, whether personalised: all in the address but for the browser's own wish."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from starlette.requests import Request

from service.console.desk import Desk
from service.console.language import choose_language

PRIVACY_HEADER = "Sec-GPC"
LONGEST = 64
"""An id longer than this is cut where it is told back."""


@dataclass(frozen=True)
class Visit:
    """One look at the page.

    `household` is one that may be looked at, or None for everybody's page; `unknown` is what was asked for in vain.
    `privacy_control` is what the browser's Global Privacy Control says.
    """

    language: str
    household: str | None = None
    profiling: bool = True
    unknown: str | None = None
    privacy_control: str | None = None

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
    anybody = Visit(language, profiling=profiling, privacy_control=request.headers.get(PRIVACY_HEADER))
    if not household or desk.households is None or desk.token_for is None:
        return anybody
    if household not in desk.households:
        return replace(anybody, unknown=household[:LONGEST])
    return replace(anybody, household=household)
