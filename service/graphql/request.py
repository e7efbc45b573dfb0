"""GraphQL over HTTP: how an operation is read out of a request."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request

from service.graphql.execution import Operation
from service.graphql.limits import MOST_NAME_CHARACTERS, BadRequest, check_query, read_body, read_json
from service.recommender.errors import CallerFault


class PersistedQueryNotFound(CallerFault):
    """A hash in place of a query; clients answer by sending the query itself."""

    code = "PERSISTED_QUERY_NOT_FOUND"


async def read_operation(request: Request) -> Operation:
    """Read the operation of a GET or POST request.

    Raises
    ------
    BadRequest
        If the request is not GraphQL over HTTP; the text says what is wrong.
    PersistedQueryNotFound
        If it names its query by a hash alone.
    """
    if request.method == "GET":
        return _operation(_of_url(request), queries_only=True)
    media, _, _ = request.headers.get("content-type", "").partition(";")
    if media.strip().lower() != "application/json":
        raise BadRequest("Send the operation as JSON, with Content-Type: application/json.", 415)
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise BadRequest("Send the body as it is, without Content-Encoding.", 415)
    said = read_json(await read_body(request), "The body")
    if isinstance(said, list):
        raise BadRequest("Send one operation at a time; a list of them is not taken.")
    if not isinstance(said, dict):
        raise BadRequest('The body is a JSON object: {"query": "…", "variables": {…}}.')
    return _operation(said, queries_only=False)


def _of_url(request: Request) -> dict[str, object]:
    said: dict[str, object] = dict(request.query_params)
    for name in ("variables", "extensions"):
        if text := request.query_params.get(name):
            said[name] = read_json(text, name)
    return said


def _operation(said: Mapping[str, object], *, queries_only: bool) -> Operation:
    query, variables, name = said.get("query"), said.get("variables") or None, said.get("operationName") or None
    extensions = said.get("extensions") or {}
    if not isinstance(extensions, dict):
        raise BadRequest("extensions is a JSON object.")
    if query is None and "persistedQuery" in extensions:
        raise PersistedQueryNotFound("PersistedQueryNotFound")
    if not isinstance(query, str):
        raise BadRequest("query is missing; it is the GraphQL document, as a string.")
    if variables is not None and not isinstance(variables, dict):
        raise BadRequest("variables is a JSON object.")
    if name is not None and not (isinstance(name, str) and len(name) <= MOST_NAME_CHARACTERS):
        raise BadRequest(f"operationName is a string of at most {MOST_NAME_CHARACTERS} characters.")
    return Operation(check_query(query), variables, name, queries_only)
