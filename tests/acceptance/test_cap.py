"""Of 200 concurrent requests of one person, sent to several processes, exactly three answers contain a campaign."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import httpx2
import pytest

from service.recommender.showings import MOST_OF_CAMPAIGN
from tests.acceptance.running import PATIENCE_SECONDS, Server
from tests.acceptance.village import Village
from tests.coroutines import awaited
from tests.stores import Stores

REQUESTS, WHO = 200, "k3"
ADS = '{ viewer { ads(placement: "home", first: 2) { degraded { part } nodes { item { ... on Ad { campaignId } } } } } }'


@pytest.fixture
def state(village: Village, stores: Stores, tmp_path: Path) -> Path:
    return stores.copy(village.state, tmp_path / "state")


async def answers(servers: Sequence[Server], token: str) -> list[dict]:
    """Send all at once, each over a connection of its own, in turns to each server."""
    async with httpx2.AsyncClient(
        limits=httpx2.Limits(max_connections=REQUESTS), timeout=PATIENCE_SECONDS, trust_env=False,
        headers={"authorization": f"Bearer {token}"},
    ) as http:
        asked = [http.post(f"{servers[n % len(servers)].url}/graphql", json={"query": ADS}) for n in range(REQUESTS)]
        return [answer.json() for answer in await asyncio.gather(*asked)]


def test_exactly_three_answers_contain_a_campaign(state: Path) -> None:
    with Server(state) as one, Server(state) as other:
        said = awaited(answers([one, other], one.token(WHO)))
    pages = [answer["data"]["viewer"]["ads"] for answer in said if "errors" not in answer]
    assert len(pages) == REQUESTS
    held = Counter(campaign for page in pages for campaign in {node["item"]["campaignId"] for node in page["nodes"]})
    assert held
    assert set(held.values()) == {MOST_OF_CAMPAIGN}, held
