"""Bodies, encodings, methods and variables that are no GraphQL over HTTP, or too much of it."""

from __future__ import annotations

import gzip
import json
import zlib

from tests.acceptance.hostile import BAD, INPUT, INVALID, NOT_HELD, TOO_COMPLEX, UNPARSED, Attack, asks, sends

VIEWER = '{"query": "{ viewer { id } }"}'
IDS = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
FILTER = "query($filter: ItemFilter) { viewer { recommendations(filter: $filter) { slateId } } }"
FIRST = "query($first: Int) { trending(first: $first) { slateId } }"
EVENTS = "mutation($events: [EventInput!]!) { recordEvents(input: { events: $events }) { accepted } }"
FORM = "multipart/form-data; boundary=x"
UPLOAD = '--x\r\nContent-Disposition: form-data; name="operations"\r\n\r\n' + VIEWER + "\r\n--x--\r\n"
HASH = '{"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "' + "0" * 64 + '"}}}'

BODIES = [
    *(sends(f"the body {body[:24]!r}", BAD, body) for body in (
        b"", b"null", b"1", b"true", b'"text"', b"{}", b"[]", b"{", b"nonsense", b'{"query": null}', b'{"query": 1}',
        b'{"query": ["{ viewer { id } }"]}', b'{"query": {"a": 1}}', b'{"query": "{ viewer { id } }", "variables": 1}',
        b'{"query": "{ viewer { id } }", "variables": "{}"}', b'{"query": "{ viewer { id } }", "operationName": {}}',
        b'{"query": "{ viewer { id } }", "extensions": []}', b'{"query": "{ viewer { id } }"} trailing', b"\x00" * 1_000,
        b"\xff\xfe{}", b'{"query": "\xc3\x28"}', b"\xef\xbb\xbf" + VIEWER.encode(),
    )),
    sends("a body in UTF-16", BAD, VIEWER.encode("utf-16")),
    sends("a body in UTF-7", BAD, '{"query": "+AHs- viewer"'),
    sends("half a surrogate pair", BAD, '{"query": "{ viewer { id } }", "variables": {"a": "\\ud800"}}'),
    sends("not a number", BAD, '{"query": "{ viewer { id } }", "variables": {"a": NaN}}'),
    sends("infinity", BAD, '{"query": "{ viewer { id } }", "variables": {"a": -Infinity}}'),
    sends("a number of 100000 digits", BAD, '{"query": "{ viewer { id } }", "variables": {"a": ' + "9" * 100_000 + "}}"),
    sends("100000 lists in each other", BAD, '{"query": "{ viewer { id } }", "variables": {"a": ' + "[" * 100_000),
    sends("100000 objects in each other", BAD, '{"a": ' * 100_000),
    sends("a key 100000 times", TOO_COMPLEX, '{"query": "{ viewer { id } }", "variables": {'
          + ",".join(f'"a{one}": 1' for one in range(60_000)) + "}}"),
    sends("a body of 2 MiB", BAD, " " * (2 << 20)),
    sends("a query text of a megabyte", BAD, '{"query": "' + "a" * 1_000_000 + '"}'),
    sends("a batch", BAD, f"[{VIEWER}, {VIEWER}]"),
    sends("a batch of 10000", BAD, "[" + ",".join([VIEWER] * 10_000) + "]"),
    sends("a batch of batches", BAD, "[[" + VIEWER + "]]"),
    sends("a hash of nothing", NOT_HELD, HASH),
    sends("a hash that is another's", BAD, HASH.replace("{", '{"query": "{ viewer { id } }", ', 1)),
    sends("a hash that is none", NOT_HELD, HASH.replace("0" * 64, "../../etc/passwd")),
]
ENCODINGS = [
    *(sends(f"the media type {media!r}", BAD, VIEWER, content_type=media) for media in (
        "text/plain", "application/jsonx", "application/graphql", "application/x-www-form-urlencoded", "", "application/xml",
        "application/json; charset=utf-16", FORM, ";;;", "application/json" * 500,
    )),
    sends("an upload", BAD, UPLOAD, content_type=FORM),
    sends("a gzip bomb", BAD, gzip.compress(b" " * (64 << 20)), content_encoding="gzip"),
    sends("deflated", BAD, zlib.compress(VIEWER.encode()), content_encoding="deflate"),
    sends("an encoding that is none", BAD, VIEWER, content_encoding="br, gzip, br"),
    sends("an answer nobody makes", BAD, VIEWER, accept="image/png"),
    sends("a thousand media types", BAD, VIEWER, accept=", ".join(["a/b;q=0.1"] * 1_000)),
]
METHODS = [
    *(sends(f"the method {method}", BAD, VIEWER, method=method) for method in ("PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "LINK")),
    sends("GET without a query", BAD, "", method="GET"),
    sends("GET of a mutation", BAD, "", method="GET", apollo_require_preflight="1",
          target="/graphql?query=mutation%7BsetConsents(input:%7Bgrants:%5B%5D,withdrawals:%5B%5D,wording:%22x%22%7D)%7BuserErrors%7Bcode%7D%7D%7D"),
    sends("GET with broken variables", BAD, "", method="GET", apollo_require_preflight="1", target="/graphql?query=%7Bviewer%7Bid%7D%7D&variables=%7B"),
    sends("GET of bytes that are no text", f"{BAD} {UNPARSED}", "", method="GET", apollo_require_preflight="1", target="/graphql?query=%ff%fe%00"),
]
VARIABLES = [
    asks("20000 ids", TOO_COMPLEX, IDS, {"ids": ["a"] * 20_000}),
    asks("101 ids", INPUT, IDS, {"ids": ["a"] * 101}),
    asks("lists for ids", INPUT, IDS, {"ids": [[]] * 100}),
    asks("50 lists in each other", TOO_COMPLEX, IDS, {"ids": json.loads("[" * 50 + "]" * 50)}),
    asks("a text of a hundred thousand letters", TOO_COMPLEX, FILTER, {"filter": {"category": "x" * 100_000}}),
    asks("5000 keys of nothing", TOO_COMPLEX, FILTER, {"filter": {f"key{one}": 1 for one in range(5_000)}}),
    asks("900 keys of nothing", INPUT, FILTER, {"filter": {f"key{one}": 1 for one in range(900)}}),
    asks("a price of a thousand digits", INPUT, FILTER, {"filter": {"priceFrom": "9" * 1_000}}),
    asks("a price that is no number", INPUT, FILTER, {"filter": {"priceFrom": "NaN"}}),
    asks("a page of a number beyond numbers", INPUT, FIRST, {"first": 10**300}),
    asks("a page of half a thing", INPUT, FIRST, {"first": 0.5}),
    asks("a page of an object", INPUT, FIRST, {"first": {"toString": 1}}),
    asks("5000 events", TOO_COMPLEX, EVENTS, {"events": [{"eventId": "e", "type": "VIEW"}] * 5_000}),
    asks("501 events", INPUT, EVENTS, {"events": [{"eventId": "e", "type": "VIEW", "occurredAt": "2026-01-01T00:00:00Z"}] * 501}),
    asks("an event at no time", INPUT, EVENTS, {"events": [{"eventId": "e", "type": "VIEW", "occurredAt": "+275760-09-13"}]}),
    asks("a variable nobody declared", INVALID, "{ trending(first: $first) { slateId } }", {"first": 1}),
    asks("a variable of no type", INVALID, "query($a: Nope!) { viewer { id } }", {"a": 1}),
]

ATTACKS: list[Attack] = [*BODIES, *ENCODINGS, *METHODS, *VARIABLES]
