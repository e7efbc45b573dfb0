"""The pages' files: style sheet, scripts, pictograms, GraphiQL; from this package, never from elsewhere."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(__file__).parent / "static"
MOUNT = "/static"


@cache
def asset(name: str) -> str:
    """Address of a file, with its content's digest in it, so that a browser may keep it for a year."""
    return f"{MOUNT}/{name}?v={_digest(name)}"


class Assets(StaticFiles):
    """The files, with an ETag each; those asked for by the digest of their present content stay a year in caches."""

    def __init__(self) -> None:
        super().__init__(directory=FOLDER)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Answer a file, or 304 where the browser has it."""
        response = await super().get_response(path, scope)
        kept = scope["query_string"].decode("latin-1") == f"v={_digest(path)}" if response.status_code < 400 else False  # noqa: PLR2004
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if kept else "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


@cache
def _digest(name: str) -> str:
    return sha256((FOLDER / name).read_bytes()).hexdigest()[:16]
