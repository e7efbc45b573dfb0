"""Apollo's own composition makes one graph of this service and a catalogue service, and its planner asks us what we answer."""

from __future__ import annotations

from typing import Any

import pytest

from service.recommender.identity import Scope
from tests.acceptance.running import Server
from tests.clients.conftest import HERE, Run

FEDERATION = HERE / "federation"
CATALOGUES = ("catalogue.graphql", "relay_catalogue.graphql")
QUERY = """{ productsOf(brand: "any") { edges { node {
  title ingredients discountRate related(first: 2) { nodes { position item { itemId title } } }
} } } }"""
FETCHED = "{ trending(first: 5) { nodes { item { __typename itemId } } } }"


def catalogue(name: str) -> str:
    return (FEDERATION / name).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def subgraph(server: Server) -> str:
    """The schema as a router reads it out of the running server."""
    router = {"authorization": f"Bearer {server.service_token(Scope.SCHEMA_READ)}"}
    return str(server.ask("{ _service { sdl } }", headers=router)["_service"]["sdl"])


@pytest.fixture(scope="module")
def composed(subgraph: str, run: Run) -> dict[str, Any]:
    return {name: run("federation/compose.js", {"konomi": subgraph, "catalogue": catalogue(name)}) for name in CATALOGUES}


@pytest.mark.parametrize("name", CATALOGUES)
def test_it_composes_with_a_catalogue_without_errors_or_hints(composed: dict[str, Any], name: str) -> None:
    assert composed[name]["errors"] == []
    assert composed[name]["hints"] == []
    assert composed[name]["supergraph"]


@pytest.mark.parametrize("name", CATALOGUES)
def test_clients_of_the_supergraph_have_all_queries_but_those_of_routers(composed: dict[str, Any], name: str) -> None:
    kept = {"viewer", "customer", "item", "trending", "search", "transparency", "productsOf"}
    assert kept <= set(composed[name]["queries"])
    assert {"node", "nodes", "_service", "_entities"}.isdisjoint(composed[name]["queries"])
    assert {"recordEvents", "setConsents", "giveFeedback", "linkVisitor"} <= set(composed[name]["mutations"])
    assert composed[name]["subscriptions"] == ["recommendationsUpdated"]


@pytest.mark.parametrize(("promised", "broken", "code"), [
    ("title: String! @shareable", "title: String!", "shareable"),
    ("amount: Decimal!", "amount: Float!", "incompatible"),
])
def test_composition_sees_what_does_not_fit(subgraph: str, run: Run, promised: str, broken: str, code: str) -> None:
    other = catalogue("catalogue.graphql")
    assert promised in other
    found = run("federation/compose.js", {"konomi": subgraph, "catalogue": other.replace(promised, broken)})
    assert any(code in error for error in found["errors"])


@pytest.mark.parametrize(("name", "common"), [("catalogue.graphql", "itemId"), ("relay_catalogue.graphql", "id")])
def test_what_a_router_sends_is_answered(
    server: Server, composed: dict[str, Any], run: Run, name: str, common: str,
) -> None:
    plan = run("federation/plan.js", {"supergraph": composed[name]["supergraph"], "query": QUERY})
    catalogue_fetch, ours = plan["node"]["nodes"]
    assert catalogue_fetch["serviceName"] == "catalogue"
    assert ours["node"]["serviceName"] == "konomi"
    shown = [node["item"]["itemId"] for node in server.ask(FETCHED)["trending"]["nodes"]]
    known = {one["itemId"]: one for one in server.ask(
        "query($ids: [_Any!]!) { _entities(representations: $ids) { ... on Product { __typename id itemId } } }",
        variables={"ids": [{"__typename": "Product", "itemId": item_id} for item_id in shown]},
    )["_entities"]}
    (key,) = (part["name"] for part in ours["node"]["requires"][0]["selections"] if part["name"] != "__typename")
    assert key == common
    representations = [{"__typename": "Product", key: known[item_id][key]} for item_id in shown]
    found = server.ask(ours["node"]["operation"], variables={"representations": representations})["_entities"]
    assert len(found) == len(shown) == 5
    assert all(set(one) == {"discountRate", "related"} for one in found)
    assert any(one["related"]["nodes"] for one in found)
