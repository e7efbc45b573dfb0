"""What is recorded: batches by both routes, and purchases whose effect the next feed must tell of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count, cycle, islice
from typing import Any

from benchmarks.errors import AnswerFault
from benchmarks.load import Answer, Request
from benchmarks.workload import EVENTS_PER_CALL, OK, OURS, RECORD, bearer

LINES = "/events"
FEED_WITH_EVIDENCE = (
    "query Feed { viewer { recommendations(first: 20) "
    "{ nodes { item { itemId } reasons(first: 10) { evidence { eventId } } } } } }"
)
CONSENT = (
    "mutation Consent($input: SetConsentsInput!) { setConsents(input: $input) { userErrors { field code message } } }"
)
SEARCH = 'query Search { search(query: "a", first: 1) { nodes { item { itemId } } } }'


@dataclass(frozen=True, slots=True)
class Route:
    """One way to bring events.

    Parameters
    ----------
    name : how the report calls it
    requests : endless; each brings 100 events that were never sent before
    accepted : how many events the body of an answer says were accepted
    """

    name: str
    requests: Iterator[Request]
    accepted: Callable[[Any], int]

    def check(self, answer: Answer) -> None:
        """Hold an answer against what was sent.

        Raises
        ------
        AnswerFault
            If not all events were accepted.
        """
        if answer.status != OK or self.accepted(json.loads(answer.body)) != EVENTS_PER_CALL:
            raise AnswerFault(f"{self.name}: HTTP {answer.status}: {answer.body[:500]}")


def routes(service: str, customer_ids: Sequence[str], item_ids: Sequence[str], now: datetime) -> Sequence[Route]:
    """Make both routes.

    Parameters
    ----------
    service : bearer token of a service that may record for anybody
    customer_ids, item_ids : who views what, in turn
    now : aware; when it happens
    """
    headers, at = {"Authorization": f"Bearer {service}"}, now.isoformat()
    viewed = zip(count(), cycle(customer_ids), cycle(item_ids))

    def batch() -> list[dict[str, str]]:
        return [
            {"eventId": f"bench-{at}-{number}", "customerId": person, "type": "VIEW", "itemId": item, "occurredAt": at}
            for number, person, item in islice(viewed, EVENTS_PER_CALL)
        ]

    def lines() -> Request:
        return Request(LINES, "\n".join(json.dumps(one) for one in batch()), headers)

    def mutation() -> Request:
        return Request(OURS, json.dumps({"query": RECORD, "variables": {"input": {"events": batch()}}}), headers)

    return (
        Route("POST /events", iter(lines, None), lambda body: int(body["accepted"])),
        Route("recordEvents", iter(mutation, None), lambda body: int(body["data"]["recordEvents"]["accepted"])),
    )


def searching() -> Request:
    """Ask for what a server makes behind its first requests."""
    return Request(OURS, json.dumps({"query": SEARCH}))


def consenting(token: str) -> Request:
    """Let a customer be shown what is theirs."""
    given = {"grants": ["PERSONALISE_CONTENT"], "withdrawals": [], "wording": "Yes."}
    return Request(OURS, json.dumps({"query": CONSENT, "variables": {"input": given}}), bearer(token))


def feeding(token: str) -> Request:
    """Ask for a customer's feed, and the events that its reasons rest on."""
    return Request(OURS, json.dumps({"query": FEED_WITH_EVIDENCE}), bearer(token))


def buying(token: str, item_id: str, event_id: str, now: datetime) -> Request:
    """Let a customer buy an item."""
    event = {
        "eventId": event_id, "type": "PURCHASE", "itemId": item_id, "occurredAt": now.isoformat(), "quantity": "1",
        "amount": "2.50", "basketId": event_id,
    }
    return Request(OURS, json.dumps({"query": RECORD, "variables": {"input": {"events": [event]}}}), bearer(token))
