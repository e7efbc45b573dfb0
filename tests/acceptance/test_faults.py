"""A store that fails costs quality, not availability: every page is answered, says what it lacks, and heals by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from service.adapters.sql_database import connect
from service.adapters.sql_tables import events
from tests.acceptance.faulting import FAULTS, FaultyServers
from tests.acceptance.faulty_shop import carried, home, record, says
from tests.acceptance.running import Server
from tests.acceptance.village import Village

pytestmark = [pytest.mark.demo, pytest.mark.postgres]

CUSTOMERS = ("k3", "k8")
SEED = 55
NOTHING = frozenset[str]()
PROBES = {"FEATURES": "features", "CONSENTS": "database"}


@pytest.fixture(scope="module")
def faulty() -> Iterator[FaultyServers]:
    with FaultyServers() as servers:
        yield servers


@pytest.fixture(scope="module")
def server(village: Village, faulty: FaultyServers, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    state = carried(village.state, Path(tmp_path_factory.mktemp("faults") / "state"), faulty)
    with Server(state, **faulty.settings) as serving:
        yield serving


@pytest.fixture(params=FAULTS)
def fault(request, server):
    server.wait_until(lambda: says(server, CUSTOMERS, NOTHING))
    return FAULTS[request.param]


def test_every_page_is_answered_says_what_it_lacks_and_heals_by_itself(server, faulty, fault):
    with fault.begin(faulty):
        server.wait_until(lambda: says(server, CUSTOMERS, fault.degraded))
        for customer in CUSTOMERS * 10:
            assert home(server, customer) >= fault.degraded
    server.wait_until(lambda: says(server, CUSTOMERS, NOTHING))


def test_the_probes_tell_of_it_and_send_nobody_away(server, faulty, fault):
    with fault.begin(faulty):
        server.wait_until(lambda: says(server, CUSTOMERS, fault.degraded))
        assert server.http.get("/healthz").status_code == 200
        away = {PROBES[part] for part in fault.degraded if part in PROBES}
        server.wait_until(lambda: server.http.get("/readyz").json()["degraded"].keys() == away)
        assert server.http.get("/readyz").status_code == 200
    server.wait_until(lambda: server.http.get("/readyz").json()["degraded"] == {})


def test_events_are_acknowledged_or_refused_and_taken_again_afterwards(server, faulty, fault):
    with fault.begin(faulty):
        if fault.takes_events:
            assert record(server, CUSTOMERS[0])
        else:
            server.wait_until(lambda: not record(server, CUSTOMERS[0]))
    server.wait_until(lambda: record(server, CUSTOMERS[0]))


@pytest.mark.soak
def test_a_hundred_faults_one_after_another_lose_nothing_that_was_acknowledged(server, faulty):
    draw, acknowledged = np.random.default_rng(SEED), set[str]()
    for number in range(100):
        fault = FAULTS[str(draw.choice(list(FAULTS)))]
        with fault.begin(faulty):
            for place in range(int(draw.integers(1, 20))):
                home(server, CUSTOMERS[place % 2])
                name = f"soak-{number}-{place}"
                if record(server, CUSTOMERS[place % 2], name):
                    acknowledged.add(name)
        server.wait_until(lambda: says(server, CUSTOMERS, NOTHING))
    engine = connect(faulty.database())
    with engine.connect() as connection:
        kept = list(connection.execute(select(events.c.event_id).where(events.c.event_id.startswith("soak-"))).scalars())
    engine.dispose()
    assert len(kept) == len(set(kept))
    assert acknowledged <= set(kept)


def test_a_fault_tells_no_more_than_it_must(server):
    said = server.log.read_text(encoding="utf-8")
    assert "Traceback" not in said
    assert not [customer for customer in CUSTOMERS if f":{customer}" in said]
