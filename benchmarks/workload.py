"""What is asked: the requests of each kind, and what an answer must hold for its time to count."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count, cycle
from typing import Any

from benchmarks.errors import AnswerFault
from benchmarks.load import Answer, Request
from benchmarks.naive import QUERY

OURS, PEERS = "/graphql", "/graphql/"
EVENTS_PER_CALL = 100
OK = 200

ITEM = "item { ... on Node { id } itemId title ... on Product { price { amount currency } } }"
NODE = f"position {ITEM} reasons(first: %d) {{ code text share }}"
FEED = f"query Feed {{ viewer {{ recommendations(first: 20) {{ nodes {{ {NODE % 2} }} }} }} }}"
FOR_EVERYBODY = (
    f"query Everybody {{ viewer {{ recommendations(first: 20, profiling: false) {{ nodes {{ {NODE % 2} }} }} }} }}"
)
HOME = (
    f"query Home {{ viewer {{ home(first: 6) {{ hero {{ {NODE % 1} }} shelves {{ key title "
    f"items(first: 12) {{ nodes {{ {NODE % 1} }} }} }} }} }} }}"
)
RECORD = (
    "mutation Record($input: RecordEventsInput!) "
    "{ recordEvents(input: $input) { accepted duplicates userErrors { field code message } } }"
)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of request.

    Parameters
    ----------
    name : how the report calls it
    requests : endless; each next one is of another person
    items : how many items (or accepted events) the data of an answer hold
    """

    name: str
    requests: Iterator[Request]
    items: Callable[[Mapping[str, Any]], int]

    def check(self, answer: Answer) -> int:
        """Hold an answer against what was asked.

        Returns
        -------
        How many items it holds.

        Raises
        ------
        AnswerFault
            If it was refused, carries errors, or holds nothing.
        """
        body = json.loads(answer.body) if answer.status == OK else {}
        if "data" not in body or "errors" in body or body["data"] is None:
            raise AnswerFault(f"{self.name}: HTTP {answer.status}: {answer.body[:500]}")
        held = self.items(body["data"])
        if held == 0:
            raise AnswerFault(f"{self.name}: an answer without any item: {answer.body[:500]}")
        return held


def konomi_kinds(
    askers: Sequence[str], recorders: Sequence[str], item_ids: Sequence[str], now: datetime,
) -> Sequence[Kind]:
    """Make the kinds of requests to konomi, the feed first and home second.

    Parameters
    ----------
    askers : bearer tokens of those who are shown something
    recorders : bearer tokens of those who do something; others, so that no list grows harder from block to block
    item_ids : items that the recorded events view
    now : aware; when the events happen
    """

    def asked(query: str) -> Iterator[Request]:
        body = json.dumps({"query": query})
        return (Request(OURS, body, bearer(token)) for token in cycle(askers))

    return (
        Kind("feed", asked(FEED), lambda data: len(data["viewer"]["recommendations"]["nodes"])),
        Kind("home", asked(HOME), _items_of_home),
        Kind("feed, not profiled", asked(FOR_EVERYBODY), lambda data: len(data["viewer"]["recommendations"]["nodes"])),
        Kind(
            f"record {EVENTS_PER_CALL} events", _records(recorders, item_ids, now),
            lambda data: int(data["recordEvents"]["accepted"]),
        ),
    )


def peer_feed(customers: Sequence[int]) -> Kind:
    """Make the peer's one kind of request, for customers by their numbers."""
    bodies = [json.dumps({"query": QUERY, "variables": {"id": f"c{number}"}}) for number in customers]
    return Kind("feed", (Request(PEERS, body) for body in cycle(bodies)), lambda data: len(data["feed"]))


def _records(tokens: Sequence[str], item_ids: Sequence[str], now: datetime) -> Iterator[Request]:
    items, at = cycle(item_ids), now.isoformat()
    for call, token in zip(count(), cycle(tokens)):
        events = [
            {"eventId": f"bench-{at}-{call}-{place}", "type": "VIEW", "itemId": next(items), "occurredAt": at}
            for place in range(EVENTS_PER_CALL)
        ]
        body = json.dumps({"query": RECORD, "variables": {"input": {"events": events}}})
        yield Request(OURS, body, bearer(token))


def bearer(token: str) -> Mapping[str, str]:
    """Give the headers of a request of whoever has a token."""
    return {"Authorization": f"Bearer {token}"}


def _items_of_home(data: Mapping[str, Any]) -> int:
    home = data["viewer"]["home"]
    return (home["hero"] is not None) + sum(len(shelf["items"]["nodes"]) for shelf in home["shelves"])
