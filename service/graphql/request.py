"""GraphQL over HTTP: how an operation is read out of a request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request

from service.graphql.limits import MOST_NAME_CHARACTERS, BadRequest, check_query, read_body, read_json
from service.graphql.negotiation import JSON
from service.graphql.persisted import Named

ID_PARAMETERS = ("documentId", "doc_id", "id")
"""Where clients put the id of a trusted document: the specification's draft, and Relay's two habits."""
_VERSION = 1


@dataclass(frozen=True, slots=True)
class Sent:
    """What a request asks for."""

    document: Named
    variables: Mapping[str, object] | None
    operation_name: str | None
    queries_only: bool


async def read_operation(request: Request) -> Sent:
    """Read the operation of a GET or POST request.

    Raises
    ------
    BadRequest
        If the request is not GraphQL over HTTP; the text says what is wrong.
    """
    if request.method == "GET":
        return operation_of(_of_url(request), queries_only=True)
    _check_media_type(request.headers.get("content-type", ""))
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise BadRequest("Send the body as it is, without Content-Encoding.", 415)
    said = read_json(await read_body(request), "The body")
    if isinstance(said, list):
        raise BadRequest("Send one operation at a time; a list of them is not taken.")
    if not isinstance(said, dict):
        raise BadRequest('The body is a JSON object: {"query": "…", "variables": {…}}.')
    return operation_of(said)


def _check_media_type(content_type: str) -> None:
    """Take JSON alone: a browser sends that to another origin only after it asked whether it may."""
    media, *parameters = (part.strip().lower() for part in content_type.split(";"))
    charsets = [one.removeprefix("charset=").strip('"') for one in parameters if one.startswith("charset=")]
    if media != JSON or any(charset not in {"utf-8", "utf8"} for charset in charsets):
        raise BadRequest("Send the operation as JSON in UTF-8, with Content-Type: application/json.", 415)


def _of_url(request: Request) -> dict[str, object]:
    said: dict[str, object] = {}
    for name, text in request.query_params.multi_items():
        if name in said:
            raise BadRequest("The address has a parameter twice.")
        said[name] = read_json(text, name) if name in {"variables", "extensions"} and text else text or None
    return said


def operation_of(said: Mapping[str, object], *, queries_only: bool = False) -> Sent:
    """Read the operation out of a body, or out of a message of a WebSocket.

    Raises
    ------
    BadRequest
    """
    extensions = _object(said, "extensions") or {}
    query = said.get("query")
    if query is not None and not isinstance(query, str):
        raise BadRequest("query is the GraphQL document, as a string.")
    document = Named(None if query is None else check_query(query), _document_id(said, extensions))
    if document.document_id is not None and not query:
        document = Named(None, document.document_id)
    return Sent(document, _object(said, "variables"), _text(said, "operationName") or None, queries_only)


def _document_id(said: Mapping[str, object], extensions: Mapping[str, object]) -> str | None:
    """Read the id of a document, or the hash of a persisted query."""
    persisted = _object(extensions, "persistedQuery")
    if persisted is not None:
        if persisted.get("version") != _VERSION or not _text(persisted, "sha256Hash"):
            raise BadRequest('extensions.persistedQuery is {"version": 1, "sha256Hash": "…"}.')
        return _text(persisted, "sha256Hash")
    given = next((name for name in ID_PARAMETERS if said.get(name) is not None), None)
    return (_text(said, given) or "").removeprefix("sha256:") or None if given is not None else None


def _object(said: Mapping[str, object], name: str) -> dict[str, object] | None:
    value = said.get(name)
    if value is not None and not isinstance(value, dict):
        raise BadRequest(f"{name} is a JSON object.")
    return value


def _text(said: Mapping[str, object], name: str) -> str | None:
    value = said.get(name)
    if value is not None and not (isinstance(value, str) and len(value) <= MOST_NAME_CHARACTERS):
        raise BadRequest(f"{name} is a string of at most {MOST_NAME_CHARACTERS} characters.")
    return value
