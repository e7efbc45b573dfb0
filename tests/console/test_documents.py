"""The page asks only for what the service's schema has."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from graphql import build_schema, parse, print_ast, validate

import service.graphql
from service.console.documents import DOCUMENTS, Asked

SCHEMA = build_schema((Path(service.graphql.__file__).parent / "schema.graphql").read_text(), assume_valid_sdl=True)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_document_is_valid(name):
    assert validate(SCHEMA, parse(DOCUMENTS[name])) == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_document_is_written_as_a_formatter_would(name):
    assert DOCUMENTS[name].strip() == print_ast(parse(DOCUMENTS[name])).strip()


def test_graphiql_gets_query_variables_and_headers_where_no_server_sees_them():
    link = urlsplit(Asked("shelf", {"id": "棚 & 1"}).graphiql({"Authorization": "Bearer x"}))
    assert (link.path, link.query) == ("/graphql", "")
    asked = parse_qs(link.fragment)
    assert asked["query"] == [DOCUMENTS["shelf"].strip()]
    assert json.loads(asked["variables"][0]) == {"id": "棚 & 1"}
    assert json.loads(asked["headers"][0]) == {"Authorization": "Bearer x"}
