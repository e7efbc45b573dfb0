"""Ten pages of one order, whatever happens meanwhile; a cursor serves its owner alone, whole, and for half an hour."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import pytest

from service.adapters.system_clock import SystemClock
from tests.acceptance.running import Server
from tests.acceptance.test_next_answer import event, record

pytestmark = pytest.mark.demo

SEED, PAGES, SIZE = 20264, 10, 20
PAGE = """
query ($first: Int, $after: String, $last: Int, $before: String) { viewer {
recommendations(first: $first, after: $after, last: $last, before: $before) {
  slateId
  edges { cursor node { position token item { itemId } } }
  pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
} } }
"""
HIDE = "mutation ($input: FeedbackInput!) { giveFeedback(input: $input) { userErrors { code } } }"
SHELVES = "{ viewer { home { pageInfo { endCursor } shelves { id items(first: 12) { pageInfo { endCursor } } } } } }"
SHELF = """
query ($id: ID!, $after: String) { node(id: $id) { ... on Shelf { items(first: 12, after: $after) {
  edges { node { position item { itemId } } } pageInfo { endCursor hasNextPage }
} } } }
"""
SHOWN = "id key title reason { code text evidence { kind eventId } } items(first: 48) { edges { node { item { itemId } } } }"
HEADINGS = f"{{ viewer {{ home {{ shelves {{ {SHOWN} }} }} }} }}"
HEADING = f"query ($id: ID!) {{ node(id: $id) {{ ... on Shelf {{ {SHOWN} }} }} }}"
Page = Mapping[str, Any]


def page_of(server: Server, household: str | None, first: int, after: str | None = None) -> Page:
    return server.ask(PAGE, household, {"first": first, "after": after})["viewer"]["recommendations"]


def pages(
    server: Server, household: str, first: int, between: Callable[[Page], object] = lambda _: None,
) -> Iterator[Page]:
    """Pages of one list to its end."""
    page = page_of(server, household, first)
    yield page
    while page["pageInfo"]["hasNextPage"]:
        between(page)
        page = page_of(server, household, first, page["pageInfo"]["endCursor"])
        yield page


def ids(found: Sequence[Page]) -> list[str]:
    return [edge["node"]["item"]["itemId"] for page in found for edge in page["edges"]]


@pytest.fixture(scope="module")
def households(server: Server) -> Sequence[str]:
    return server.households(SEED)


@pytest.fixture(scope="module")
def cursor(server: Server, households: Sequence[str]) -> str:
    return str(page_of(server, households[0], SIZE)["pageInfo"]["endCursor"])


def test_ten_pages_repeat_nothing_and_keep_one_order_while_events_arrive(server, households):
    household = households[1]
    frozen = ids(list(pages(server, household, 100)))

    def act(page: Page) -> None:
        """Buy the first of the page, look at the second, and let a neighbour buy the third."""
        (first, second, third), now = page["edges"][:3], SystemClock().now()
        for who, kind, edge in ((household, "PURCHASE", first), (household, "VIEW", second), (households[2], "PURCHASE", third)):
            item_id, token = edge["node"]["item"]["itemId"], edge["node"]["token"]
            sent = event(kind, item_id, f"{kind}-{edge['cursor']}"[:128], now)
            assert record(server, who, sent | ({"token": token} if who == household else {}))["accepted"] == 1

    found = list(pages(server, household, SIZE, act))[:PAGES]
    assert [len(page["edges"]) for page in found] == [SIZE] * PAGES
    assert len(set(ids(found))) == PAGES * SIZE
    assert ids(found) == frozen[: PAGES * SIZE]
    positions = [edge["node"]["position"] for page in found for edge in page["edges"]]
    assert positions == list(range(1, PAGES * SIZE + 1))
    assert len({page["slateId"] for page in found}) == 1
    assert [page["pageInfo"]["hasPreviousPage"] for page in found] == [False] + [True] * (PAGES - 1)
    assert ids(list(pages(server, household, SIZE)))[: PAGES * SIZE] != frozen[: PAGES * SIZE]


def test_what_is_hidden_meanwhile_is_left_out_and_the_page_is_filled_from_further_down(server, households):
    household = households[3]
    frozen = ids(list(pages(server, household, 100)))
    hidden = frozen[SIZE + 2]
    first = page_of(server, household, SIZE)
    for undo in (False, True):
        asked = {"kind": "HIDE_ITEM", "itemId": hidden, "undo": undo}
        assert server.ask(HIDE, household, {"input": asked})["giveFeedback"]["userErrors"] == []
        second = page_of(server, household, SIZE, first["pageInfo"]["endCursor"])
        without = [one for one in frozen if undo or one != hidden]
        assert ids([first, second]) == without[: 2 * SIZE]


def test_any_cursor_goes_on_behind_its_own_item(server, households):
    household = households[0]
    page = page_of(server, household, SIZE)
    for place in (0, 7, 18):
        after = page_of(server, household, SIZE, page["edges"][place]["cursor"])
        assert ids([after])[: SIZE - place - 1] == ids([page])[place + 1 :]


def test_ten_pages_are_walked_back_as_they_were_walked_forth(server, households):
    household = households[7]
    forth = [page for page, _ in zip(pages(server, household, SIZE), range(PAGES), strict=False)]
    back = [forth[-1]]
    while back[-1]["pageInfo"]["hasPreviousPage"]:
        variables = {"last": SIZE, "before": back[-1]["pageInfo"]["startCursor"]}
        back.append(server.ask(PAGE, household, variables)["viewer"]["recommendations"])
    assert len(back) == PAGES
    assert ids(list(reversed(back))) == ids(forth)
    assert [page["pageInfo"] for page in reversed(back)] == [page["pageInfo"] for page in forth]


def test_a_shelf_is_paged_by_itself(server, households):
    household = households[0]
    for shelf in server.ask(SHELVES, household)["viewer"]["home"]["shelves"]:
        found, after, more = [], None, True
        while more:
            items = server.ask(SHELF, household, {"id": shelf["id"], "after": after})["node"]["items"]
            found += [edge["node"] for edge in items["edges"]]
            after, more = items["pageInfo"]["endCursor"], items["pageInfo"]["hasNextPage"]
        assert [one["position"] for one in found] == list(range(1, len(found) + 1))
        assert len({one["item"]["itemId"] for one in found}) == len(found)


def test_another_replica_goes_on_where_the_first_stopped(server, replica, households):
    household = households[4]
    first, *rest = list(pages(server, household, SIZE))
    cursor = first["pageInfo"]["endCursor"]

    def has_it() -> bool:  # slates are written behind: the first page never waits for the disk
        return "errors" not in replica.post(PAGE, household, {"first": SIZE, "after": cursor})

    replica.wait_until(has_it)
    found = [page_of(replica, household, SIZE, cursor)]
    for page in rest:
        assert ids(found[-1:]) == ids([page])
        if page["pageInfo"]["hasNextPage"]:
            found.append(page_of(replica, household, SIZE, found[-1]["pageInfo"]["endCursor"]))
    assert len(found) == len(rest)


def test_another_replica_shows_a_shelf_as_the_first_did(server, replica, households):
    household = households[6]
    for shelf in server.ask(HEADINGS, household)["viewer"]["home"]["shelves"]:

        def found(shelf_id: str = shelf["id"]) -> Any:
            return replica.ask(HEADING, household, {"id": shelf_id})["node"]

        replica.wait_until(found)
        assert found() == shelf


def test_a_foreign_cursor_is_refused(server, households, cursor):
    for other in (households[5], None):
        assert server.refusal(PAGE, other, {"after": cursor}) == "INVALID_CURSOR"
    visitor = {"X-Konomi-Visitor": "somebody"}
    answer = server.post(PAGE, variables={"after": cursor}, headers=visitor)
    assert answer["errors"][0]["extensions"]["code"] == "INVALID_CURSOR"
    assert page_of(server, households[0], SIZE, cursor)["edges"]


def test_whatever_is_changed_about_a_cursor_it_is_refused(server, households, cursor):
    swapped = [cursor[:at] + ("A" if cursor[at] != "A" else "B") + cursor[at + 1 :] for at in range(0, len(cursor) - 1, 3)]
    torn = [cursor[:at] for at in (1, 8, len(cursor) // 2, len(cursor) - 2)]
    odd = ["", " ", "x", cursor + cursor, cursor + "AAAA", "A" * 1025, "A" * 20_000, "漢字", "=", "\x00", cursor[::-1]]
    for forged in (*swapped, *torn, *odd):
        assert server.refusal(PAGE, households[0], {"after": forged}) == "INVALID_CURSOR", forged[:60]


def test_a_token_is_no_cursor_and_a_cursor_no_token(server, households, cursor):
    edge = page_of(server, households[0], 1)["edges"][0]
    assert server.refusal(PAGE, households[0], {"after": edge["node"]["token"]}) == "INVALID_CURSOR"
    sent = event("VIEW", edge["node"]["item"]["itemId"], "cursor-as-token", SystemClock().now()) | {"token": cursor}
    assert [one["code"] for one in record(server, households[0], sent)["userErrors"]] == ["TOKEN_INVALID"]


def test_a_cursor_of_another_list_is_refused(server, households):
    home = server.ask(SHELVES, households[0])["viewer"]["home"]
    assert server.refusal(PAGE, households[0], {"after": home["pageInfo"]["endCursor"]}) == "INVALID_CURSOR"
    own, other = home["shelves"][:2]
    variables = {"id": own["id"], "after": other["items"]["pageInfo"]["endCursor"]}
    assert server.refusal(SHELF, households[0], variables) == "INVALID_CURSOR"


@pytest.mark.parametrize("first", [-1, 101, 2**31 - 1])
def test_a_page_has_at_most_a_hundred(server, households, first):
    assert server.refusal(PAGE, households[0], {"first": first}) == "BAD_USER_INPUT"
