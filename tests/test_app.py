"""The whole application over an empty state: it starts, says what is not ready, and answers with what there is."""

from pathlib import Path

import pytest
from starlette.testclient import TestClient
from threadpoolctl import threadpool_info, threadpool_limits

from service.app import create_app
from service.settings import Settings, load_settings
from tests.stores import Stores

HTML = {"accept": "text/html"}


@pytest.fixture
def settings(pair: str, stores: Stores, tmp_path: Path) -> Settings:
    chosen = {"STATE__DIR": str(tmp_path), "AUTH__DEVELOPMENT": "true", **stores.settings(pair)}
    return load_settings({f"KONOMI_{name}": value for name, value in chosen.items()})


@pytest.fixture
def client(settings: Settings):
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        yield client


def test_it_lives_but_is_not_ready_and_says_what_to_do(client: TestClient):
    assert client.get("/healthz").status_code == 200
    answer = client.get("/readyz")
    assert answer.status_code == 503
    missing = answer.json()["missing"]
    assert set(missing) == {"index", "features"}
    assert "konomi refresh" in missing["index"]
    assert "konomi features" in missing["features"]


def test_lists_are_empty_instead_of_broken(client: TestClient):
    query = "{ trending { nodes { position } } viewer { recommendations { profiled nodes { position } } home { hero { position } } } }"
    answer = client.post("/graphql", json={"query": query}).json()
    assert "errors" not in answer
    assert answer["data"]["trending"]["nodes"] == []
    assert answer["data"]["viewer"]["home"]["hero"] is None


def test_a_request_does_its_small_products_on_one_thread(settings: Settings):
    with threadpool_limits(2, user_api="blas"):
        create_app(settings)
        assert {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"} == {1}


def test_it_tells_its_version(client: TestClient):
    assert client.get("/.well-known/konomi").json()["code"]


def test_a_browser_gets_a_page_where_there_is_none_and_a_program_gets_json(client: TestClient):
    page = client.get("/nowhere", headers=HTML)
    assert page.status_code == 404
    assert "<html" in page.text
    assert client.get("/nowhere").json() == {"errors": [{"message": "Not Found", "extensions": {"code": "NOT_FOUND"}}]}
    wrong = client.put("/healthz")
    assert (wrong.status_code, wrong.json()["errors"][0]["extensions"]["code"]) == (405, "BAD_REQUEST")
    assert "GET" in wrong.headers["allow"]


def test_the_storefront_opens_on_an_empty_shop(client: TestClient):
    assert client.get("/", headers=HTML).status_code == 200
