"""While the heaviest that is permitted is worked out, others are answered."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from threading import Event
from typing import Any

import pytest

from service.adapters.jwt_identity import DevelopmentIssuer
from service.graphql import loaders
from service.graphql.budgets import Allowance
from service.graphql.caller import Caller
from service.graphql.execution import Operation, execute
from service.graphql.services import THREADS, Services
from service.recommender.person import Person
from service.recommender.pipeline import Recommender
from service.recommender.visit import Visit
from tests.coroutines import awaited
from tests.graphql.test_guard_loop import ITEM

PLACES = "reasons(first: 2) { code text share positionWithout evidence { kind day count eventId item { title } } }"
HONEST = "{ viewer { customerId recommendations(first: 3) { nodes { position } } } }"
HEAVIEST: Mapping[str, str] = {
    "where a list's items would stand": f"{{ viewer {{ recommendations(first: 70) {{ nodes {{ {PLACES} }} }} }} }}",
    "a home page with everything": f"""{{ viewer {{ home {{ hero {{ {PLACES} }}
      shelves {{ key title reason {{ text }} items(first: 12) {{ nodes {{ position token {ITEM} {PLACES} }} }} }} }} }} }}""",
    "home pages": "{ viewer { " + " ".join(f'h{n}: home(placement: "p{n}") {{ slateId }}' for n in range(12)) + " } }",
    "lists": "{ viewer { " + " ".join(f'l{n}: recommendations(placement: "p{n}", first: 100) {{ slateId }}' for n in range(20)) + " } }",
    "what is like what trends": "{ trending(first: 100) { nodes { item { ... on Product { related(first: 100) { slateId } } } } } }",
}


def caller(issuer: DevelopmentIssuer, customer: str) -> Caller:
    return Caller.with_token(issuer.token(Person.customer(customer)), "en")


@pytest.mark.parametrize("kind", HEAVIEST)
def test_an_honest_request_is_answered_before_the_heaviest(services: Services, issuer: DevelopmentIssuer, kind: str) -> None:
    async def both() -> tuple[bool, dict[str, Any], dict[str, Any]]:
        heavy = asyncio.ensure_future(execute(services, Operation(HEAVIEST[kind]), caller(issuer, "3")))
        for _ in range(5):
            await asyncio.sleep(0)  # it is under way
        honest = await execute(services, Operation(HONEST), caller(issuer, "5"))
        return heavy.done(), honest, await heavy

    awaited(execute(services, Operation(HONEST), caller(issuer, "5")))  # what is read at first is read
    was_done, honest, heavy = awaited(both())
    assert honest["data"]["viewer"]["customerId"] == "5"
    assert "errors" not in heavy, heavy["errors"]
    assert Allowance().operation / 4 < heavy["extensions"]["cost"]["requested"] <= Allowance().operation
    assert not was_done


def test_however_many_have_lists_made_again_the_others_are_answered(
    services: Services, issuer: DevelopmentIssuer, monkeypatch: pytest.MonkeyPatch,
) -> None:
    made, begun = Event(), Event()

    def waiting(_: object, asked: Sequence[object]) -> Sequence[int | None]:
        begun.set()
        made.wait()
        return [None] * len(asked)

    async def all_of_them() -> tuple[dict[str, Any], list[dict[str, Any]]]:
        query = Operation(HEAVIEST["where a list's items would stand"])
        heavy = [asyncio.ensure_future(execute(services, query, caller(issuer, str(one)))) for one in range(1, 2 * THREADS)]
        assert await asyncio.to_thread(begun.wait, 60)
        try:
            honest = await asyncio.wait_for(execute(services, Operation(HONEST), caller(issuer, "5")), timeout=60)
        finally:
            made.set()
        return honest, list(await asyncio.gather(*heavy))

    monkeypatch.setattr(loaders, "_positions_of", waiting)
    honest, heavy = awaited(all_of_them())
    assert honest["data"]["viewer"]["customerId"] == "5"
    assert all("errors" not in one for one in heavy)


def test_however_many_lists_one_asks_for_the_others_are_answered(
    services: Services, issuer: DevelopmentIssuer, monkeypatch: pytest.MonkeyPatch,
) -> None:
    others_are_answered, begun = Event(), Event()
    home = Recommender.home

    def waiting(recommender: Recommender, visit: Visit, *asked: Any) -> Any:
        if visit.person == Person.customer("3"):
            begun.set()
            others_are_answered.wait()
        return home(recommender, visit, *asked)

    async def both() -> tuple[dict[str, Any], dict[str, Any]]:
        heavy = asyncio.ensure_future(execute(services, Operation(HEAVIEST["home pages"]), caller(issuer, "3")))
        assert await asyncio.to_thread(begun.wait, 60)
        try:
            honest = await asyncio.wait_for(execute(services, Operation(HONEST), caller(issuer, "5")), timeout=60)
        finally:
            others_are_answered.set()
        return honest, await heavy

    monkeypatch.setattr(Recommender, "home", waiting)
    honest, heavy = awaited(both())
    assert honest["data"]["viewer"]["customerId"] == "5"
    assert "errors" not in heavy, heavy["errors"]
