"""Which pages of other origins may call: Starlette's CORS, whose refusals are JSON here as everything else is."""

from __future__ import annotations

from collections.abc import Sequence

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from service.graphql.caller import VISITOR_HEADER
from service.graphql.errors import fault_body
from service.recommender.error_codes import ErrorCode

ASKED = ("accept", "authorization", "content-type", VISITOR_HEADER)
TOLD = ("ETag", "Retry-After")


class AllowedOrigins(CORSMiddleware):
    """Answer to browsers which pages may call; credentials that a browser sends by itself are never asked for."""

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        super().__init__(
            app, allow_origins=origins, allow_methods=["GET", "POST"], allow_headers=ASKED, expose_headers=TOLD,
            max_age=600,
        )

    def preflight_response(self, request_headers: Headers) -> Response:
        """Answer whether a page may call."""
        answer = super().preflight_response(request_headers)
        if answer.status_code < 400:  # noqa: PLR2004 - the first status of a refusal
            return answer
        why = "This origin, method or header is not allowed."
        return JSONResponse(fault_body(why, ErrorCode.BAD_REQUEST), answer.status_code, {"Vary": "Origin"})
