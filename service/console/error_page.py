"""What a browser sees where there is no page to show."""

from __future__ import annotations

from starlette.responses import Response

from service.console.rendering import page
from service.console.words import LANGUAGES, words_in

RETRY_SECONDS = 5
NOT_READY = 503


def error_page(status: int, language: str) -> Response:
    """Answer a page that says what happened and what to do next, in the language asked for and below it the others."""
    words = words_in(language)
    key = f"error.{status}" if f"error.{status}" in words else "error.other"
    others = [words_in(other) for other in LANGUAGES if other != words.language]
    retry = RETRY_SECONDS if status == NOT_READY else None
    response = page("error.html", language, status, code=status, key=key, others=others, retry=retry)
    if retry:
        response.headers["Retry-After"] = str(retry)
    return response
