"""What somebody else's ids, cursors, tokens and names are good for: nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.acceptance.hostile import CURSOR, FORBIDDEN, INVALID, NOBODY

OWNER, THIEF = "k1", "k2"


@dataclass(frozen=True)
class Loot:
    """What the owner was given, in the hands of the thief."""

    customer: str
    shelf: str
    home: str
    home_cursor: str
    shelf_cursor: str
    cursor: str
    recommendation: str
    token: str
    slate: str
    event: str
    name: str = OWNER


@dataclass(frozen=True)
class Theft:
    """A query about one piece of loot, as one who has no right to it; the codes, or the data, that answer it."""

    name: str
    who: str
    query: str
    of: str
    codes: str = ""
    data: Mapping[str, Any] | None = None

    def __str__(self) -> str:
        return f"{self.name}, as {self.who}"


NODE = "query($x: ID!) { node(id: $x) { id ... on Customer { customerId } ... on Shelf { key items { nodes { position } } } } }"
NODES = "query($x: ID!) { nodes(ids: [$x]) { id } }"
FEED = "query($x: String!) { viewer { recommendations(after: $x) { nodes { position } } } }"
HOME = "query($x: String!) { viewer { home(after: $x) { slateId } } }"
TRENDING = "query($x: String!) { trending(after: $x) { nodes { position } } }"
CUSTOMER = "query($x: String!) { customer(customerId: $x) { customerId features { name value } } }"
ENTITY = 'query($x: String!) { _entities(representations: [{ __typename: "Customer", customerId: $x }]) { ... on Customer { customerId } } }'
CONSENTS = """mutation($x: String!) { setConsents(input: { customerId: $x, grants: [], withdrawals: [EMAIL], wording: "no" }) {
  viewer { customerId } userErrors { code } } }"""
FEEDBACK = """mutation($x: String!) { giveFeedback(input: { customerId: $x, kind: HIDE_ITEM, itemId: "tea-1" }) {
  viewer { customerId } userErrors { code } } }"""
FORGET = "mutation($x: ID!) { giveFeedback(input: { kind: FORGET_ACTION, eventId: $x }) { userErrors { code } } }"
HIDE = "mutation($x: String!) { giveFeedback(input: { kind: LESS_LIKE_THIS, token: $x }) { userErrors { code } } }"
WHO = (THIEF, "visitor", "service", "nobody")


def everybody(name: str, query: str, of: str, codes: str = "", data: Mapping[str, Any] | None = None) -> list[Theft]:
    return [Theft(name, who, query, of, codes, data) for who in WHO]


THEFTS = [
    *everybody("the customer", NODE, "customer", data={"node": None}),
    *everybody("a shelf", NODE, "shelf", data={"node": None}),
    *everybody("the home page", NODE, "home", data={"node": None}),
    *everybody("a recommendation", NODE, "recommendation", data={"node": None}),
    *everybody("a slate", NODES, "slate", data={"nodes": [None]}),
    *everybody("an event", NODES, "event", data={"nodes": [None]}),
    *everybody("a list's cursor", FEED, "cursor", CURSOR),
    *everybody("a home page's cursor", HOME, "home_cursor", CURSOR),
    *everybody("a shelf's cursor", FEED, "shelf_cursor", CURSOR),
    *everybody("a cursor for everybody's list", TRENDING, "cursor", CURSOR),
    *everybody("a token for a cursor", FEED, "token", CURSOR),
    *everybody("a slate for a cursor", FEED, "slate", CURSOR),
    Theft("a customer by name", THIEF, CUSTOMER, "name", FORBIDDEN),
    Theft("a customer by name", "service", CUSTOMER, "name", FORBIDDEN),
    Theft("a customer by name", "visitor", CUSTOMER, "name", NOBODY),
    Theft("a customer by name", "nobody", CUSTOMER, "name", NOBODY),
    *(Theft("consents of a customer", who, CONSENTS, "name", FORBIDDEN if who in {THIEF, "service"} else NOBODY) for who in WHO),
    *(Theft("feedback of a customer", who, FEEDBACK, "name", FORBIDDEN if who in {THIEF, "service"} else NOBODY) for who in WHO),
    Theft("an event to forget", THIEF, FORGET, "event", data={"giveFeedback": {"userErrors": [{"code": "UNKNOWN_EVENT"}]}}),
    Theft("a showing to judge", THIEF, HIDE, "token", data={"giveFeedback": {"userErrors": [{"code": "TOKEN_INVALID"}]}}),
    Theft("everything of a customer", THIEF, "query($x: String) { viewer { customerId(of: $x) } }", "name", INVALID),
]
FORGED_IDS = ["", "=", "Q3VzdG9tZXI6", "Q3VzdG9tZXI6YzprMQ==", "../../k1", "Q" * 10_000, "\x00", "Customer:c:k1", "🍵", "' OR 1=1 --"]
FORGED_CURSORS = ["", "0", "MTA=", "e30", "a" * 5_000, "\x00", "null", "-1", "🍵", "a.b.c", "' OR 1=1 --"]
