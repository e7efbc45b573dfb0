"""The storefront: one page, rendered here, which works without scripts for looking and with them for acting."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route

from service.console.assets import MOUNT, Assets
from service.console.desk import Desk
from service.console.documents import DOCUMENTS, Asked
from service.console.home import load_home
from service.console.rendering import page
from service.console.visit import Visit, read_visit
from service.console.words import words_in

__all__ = ["Desk", "storefront_routes"]

SUGGESTIONS = 50
SPOKEN = ("act", "moves", "why", "graphql", "fault")
"""Sections of the texts that the scripts need."""
SENT = ("shelf", "record", "feedback")
"""Documents that the scripts send."""


def storefront_routes(desk: Desk) -> list[Route | Mount]:
    """List the routes of the storefront: the page, the households to choose from, and the files of all pages."""
    storefront = _Storefront(desk)
    routes: list[Route | Mount] = [Route("/", storefront.show), Mount(MOUNT, Assets())]
    if desk.households is not None:
        routes.append(Route("/households", storefront.suggest))
    return routes


@dataclass(frozen=True)
class _Storefront:
    desk: Desk

    async def show(self, request: Request) -> Response:
        visit = read_visit(request, self.desk)
        if "surprise" in request.query_params and self.desk.households:
            return RedirectResponse(visit.address(household=secrets.choice(self.desk.households)), 303)
        words = words_in(visit.language)
        token = self._token(visit)
        home = await load_home(self.desk, visit, token, words)
        return page(
            "storefront.html",
            visit.language,
            404 if visit.unknown else 200,
            desk=self.desk,
            visit=visit,
            home=home,
            token=token,
            headers=_headers(token, visit.language),
            facts=self.desk.facts(visit.language),
            shelf_query=lambda shelf: Asked("shelf", {"id": shelf.id}),
            segments_query=Asked("segments", {}),
            spoken={"words": words.section(*SPOKEN), "documents": {name: DOCUMENTS[name] for name in SENT}},
        )

    async def suggest(self, request: Request) -> Response:
        """Answer the first households whose id begins with what was typed."""
        prefix = request.query_params.get("prefix", "")
        found = [household for household in self.desk.households or () if household.startswith(prefix)]
        return JSONResponse(found[:SUGGESTIONS], headers={"Cache-Control": "no-store"})

    def _token(self, visit: Visit) -> str | None:
        if visit.household is None or self.desk.token_for is None:
            return None
        return self.desk.token_for(visit.household)


def _headers(token: str | None, language: str) -> dict[str, str]:
    """Headers with which a browser asks the very same as this page did."""
    return {**({"Authorization": f"Bearer {token}"} if token else {}), "Accept-Language": language}
