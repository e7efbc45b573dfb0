"""Turns templates into pages that can load nothing from elsewhere and run nothing that is not a file of ours."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from service.console.assets import asset
from service.console.days import written_day
from service.console.words import words_in

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-store",
    "Vary": "Accept-Language",
}

_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_environment.globals["asset"] = asset
_environment.filters["day"] = written_day


def page(template: str, language: str, status: int = 200, **values: object) -> HTMLResponse:
    """Render a template, in which `words` are the texts of that language."""
    words = words_in(language)
    html = _environment.get_template(template).render(words=words, language=words.language, **values)
    return HTMLResponse(html, status, {**HEADERS, "Content-Language": words.language})
