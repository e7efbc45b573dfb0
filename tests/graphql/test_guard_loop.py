"""What the guard lets through never holds the loop for long, however much of its bounds is used."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from graphql import get_introspection_query

from service.graphql.caller import Caller
from service.graphql.execution import Operation, execute
from service.graphql.services import Services
from tests.coroutines import awaited
from tests.effort import Effort
from tests.fakes import START

PRODUCT = "... on Product { id brand price { amount currency } listPrice { amount currency } discountRate inStock }"
ITEM = f"item {{ __typename itemId title description url imageUrl category tags {PRODUCT} }}"
EVENT = {
    "type": "PURCHASE", "itemId": "p1", "occurredAt": START.isoformat(), "quantity": "1", "amount": "2.50", "discount": "0",
    "value": 3, "text": "fine", "topic": "tea", "basketId": "b", "messageId": "m", "offerCode": "o", "channel": "WEB",
}
FEED = "recommendations(first: 100)"
MOST_CALLS = 300_000
"""That the loop's thread may make at a stretch: less than a tenth of a second."""


def aliased(name: str, times: int = 48) -> str:
    return " ".join(f"a{one}: {name}" for one in range(times))


LARGEST: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "a whole list": (f"{{ viewer {{ {FEED} {{ nodes {{ id position token exploration {ITEM} reasons {{ code text share }} }} }} }} }}", {}),
    "one field of a list, many times": (f"{{ viewer {{ {FEED} {{ nodes {{ {aliased('position')} }} }} }} }}", {}),
    "ids of a list, many times": (f"{{ viewer {{ {FEED} {{ nodes {{ {aliased('id')} }} }} }} }}", {}),
    "prices of a list, many times": (
        f"{{ trending(first: 100) {{ nodes {{ item {{ ... on Product {{ {aliased('price { amount currency }', 18)} }} }} }} }} }}", {},
    ),
    "tokens of a list, many times": (f"{{ viewer {{ {FEED} {{ nodes {{ {aliased('token', 17)} }} }} }} }}", {}),
    "a home page": (
        f"{{ viewer {{ home {{ shelves {{ title items {{ nodes {{ id token {ITEM} reasons {{ code text share }} }} }} }} }} }} }}", {},
    ),
    "five hundred events": (
        "mutation($events: [EventInput!]!) { recordEvents(input: { events: $events }) { accepted userErrors { code } } }",
        {"events": [{**EVENT, "eventId": str(one)} for one in range(500)]},
    ),
    "a thousand ids": ("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ["a"] * 1_000}),
    "a thousand keys of nothing": (
        "query($filter: ItemFilter) { viewer { recommendations(filter: $filter) { slateId } } }",
        {"filter": {f"key{one}": 1 for one in range(1_000)}},
    ),
    "what contents are about, many times": (
        f"{{ viewer {{ recommendations(kind: CONTENT, first: 100) {{ nodes {{ item {{ ... on Content {{ {aliased('about(first: 1) { id }', 16)} }} }} }} }} }} }}",
        {},
    ),
    "how lists come about, many times": (f"{{ {aliased('transparency { summary parameters { name meaning weight } }', 20)} }}", {}),
    "the schema": (get_introspection_query(), {}),
    "the schema and a list": (f"{{ __schema {{ types {{ name fields {{ name }} }} }} viewer {{ {FEED} {{ slateId }} }} }}", {}),
}


async def longest_hold(services: Services, operation: Operation) -> tuple[int, dict[str, object]]:
    """The most calls that the loop's thread makes between two looks at what else there is to do."""
    holds: list[int] = []
    effort = Effort()

    async def look() -> None:
        while True:
            before = effort.calls
            await asyncio.sleep(0)
            holds.append(effort.calls - before)

    looking = asyncio.ensure_future(look())
    effort.start()
    try:
        await asyncio.sleep(0)
        body = await execute(services, operation, Caller(visitor="tab-1"))
        await asyncio.sleep(0)
    finally:
        effort.stop()
    looking.cancel()
    return max(holds), body


@pytest.mark.parametrize("kind", LARGEST)
def test_nothing_holds_the_loop_for_a_tenth_of_a_second(services: Services, kind: str) -> None:
    query, variables = LARGEST[kind]
    hold, body = awaited(longest_hold(replace(services, introspection=True), Operation(query, variables)))
    codes = {error["extensions"]["code"] for error in body.get("errors", ())}  # type: ignore[attr-defined,index]
    assert codes <= {"BAD_USER_INPUT"}, body
    assert hold < MOST_CALLS
