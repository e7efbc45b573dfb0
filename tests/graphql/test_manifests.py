"""Files of documents, as people and tools write them."""

from __future__ import annotations

import json

import pytest

from service.graphql.manifests import read_manifests
from service.graphql.persisted import digest
from service.recommender.errors import InvalidArgument

QUERY = "query Who { viewer { id } }"
TWO = """\
# What the app asks.
query Home { viewer { id ...Names hidden { ... on Product { brand } } } }
mutation Erase { a }
fragment Names on Customer { customerId __typename }
fragment Unused on Customer { id }
"""
PLAIN = """\
query Home {
  viewer {
    id
    ...Names
    hidden {
      ... on Product {
        brand
      }
    }
  }
}

fragment Names on Customer {
  customerId
  __typename
}"""
WITH_TYPENAME = """\
query Home {
  viewer {
    id
    ...Names
    hidden {
      ... on Product {
        brand
        __typename
      }
      __typename
    }
    __typename
  }
}

fragment Names on Customer {
  customerId
  __typename
}"""


def test_a_manifest_counts_by_its_ids_and_by_hash():
    apollo = {"format": "apollo-persisted-query-manifest", "version": 1,
              "operations": [{"id": "a1", "name": "Who", "type": "query", "body": QUERY}]}
    relay = {"0123456789abcdef0123456789abcdef": QUERY}
    for manifest, name in [(apollo, "a1"), (relay, "0123456789abcdef0123456789abcdef")]:
        assert read_manifests({"m.json": json.dumps(manifest)}) == {name: QUERY, digest(QUERY): QUERY}


def test_a_file_stands_for_what_clients_make_of_it():
    found = read_manifests({"app.graphql": TWO})
    assert all(digest(text) == key for key, text in found.items())
    assert set(found.values()) == {
        TWO, TWO.strip(),
        PLAIN, WITH_TYPENAME, "mutation Erase {\n  a\n}",
    }


def test_fragments_serve_all_files_and_are_nothing_by_themselves():
    parts = {"name.gql": "fragment Name on Customer { ...Id customerId }", "id.graphql": "fragment Id on Customer { id }"}
    assert read_manifests(parts) == {}
    found = read_manifests({**parts, "who.graphql": "query Who { viewer { ...Name } }"})
    printed = min(found.values(), key=len)
    assert printed.endswith("fragment Id on Customer {\n  id\n}\n\nfragment Name on Customer {\n  ...Id\n  customerId\n}")
    assert "query Who { viewer { ...Name } }" not in found.values(), "without its fragments it is no document"


def test_fragments_that_spread_each_other_end():
    found = read_manifests({"a.graphql": "{ viewer { ...A } } fragment A on Customer { ...B } fragment B on Customer { ...A }"})
    assert found


@pytest.mark.parametrize(("files", "told"), [
    ({"a.graphql": "query {"}, "a.graphql: Syntax Error"), ({"a.json": "{"}, "a.json: no JSON"),
    ({"a.json": "[]"}, "a.json: no manifest"), ({"a.json": "{}"}, "a.json: no manifest"),
    ({"a.json": '{"id": 1}'}, "a.json: no manifest"), ({"a.json": '{"": "{ a }"}'}, "a.json: no manifest"),
    ({"a.json": json.dumps({"x" * 300: "{ a }"})}, "at most 256 characters"),
    ({"a.json": '{"format": "apollo-persisted-query-manifest", "operations": [{"id": "1"}]}'}, "a.json: no manifest"),
    ({"a.json": '{"format": "apollo-persisted-query-manifest", "operations": 1}'}, "a.json: no manifest"),
    ({"a.graphql": "{ viewer { ...Gone } }"}, "a.graphql: the fragment Gone is in none"),
    ({"a.json": '{"1": "{ a }"}', "b.json": '{"1": "{ b }"}'}, "b.json: the id '1' means two documents"),
])
def test_what_is_neither_is_told_with_its_file(files, told):
    with pytest.raises(InvalidArgument, match="^" + told if told.startswith(("a.", "b.")) else told):
        read_manifests(files)
