"""Server and projector are killed under load, at random: what was acknowledged is there once, and the features agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from uuid import uuid4

import pytest
from sqlalchemy import create_engine, make_url, text

from tests.acceptance.crashing import Client, Stores, crash, rounds_of
from tests.conftest import DATABASES

SEED = 20


@pytest.fixture
def sqlite_stores(tmp_path) -> Stores:
    return Stores(tmp_path / "state", f"sqlite:///{tmp_path}/konomi.db")


@pytest.fixture
def postgres_stores(tmp_path, postgres_url, valkey_url) -> Iterator[Stores]:
    name = f"konomi_{uuid4().hex}"
    server = create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
        address = make_url(postgres_url).set(database=name).render_as_string(hide_password=False)
        yield Stores(tmp_path / "state", address, valkey_url)
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    server.dispose()


def hold(stores: Stores, client: Client) -> None:
    """Every acknowledged event is there once, nothing else is, and the features are those of the log."""
    kept: Counter[tuple[str, str]] = Counter()
    order: dict[str, int] = {}
    sequence = 0
    while page := stores.log.after(sequence, 5_000):
        kept.update((event.person.id, event.event_id) for _, event in page)
        order |= {event.event_id: at for at, event in page}
        sequence = page[-1][0]
    assert not client.refused
    missing = [one for one, person in client.acknowledged.items() if (person.id, one) not in kept]
    assert not missing
    assert set(kept.values()) == {1}
    for event_ids in _batches(client):
        assert [order[one] for one in event_ids] == sorted(order[one] for one in event_ids)
    assert stores.stored() == stores.recomputed()


def _batches(client: Client) -> list[list[str]]:
    """The acknowledged events by the call that brought them, in the order in which it named them."""
    calls: dict[str, list[str]] = {}
    for event_id in client.acknowledged:
        calls.setdefault(event_id.rpartition("-")[0], []).append(event_id)
    return list(calls.values())


@pytest.mark.parametrize("kind", DATABASES)
def test_nothing_acknowledged_is_lost_or_twice_there(kind, request):
    stores = request.getfixturevalue(f"{kind}_stores")
    client = crash(stores, rounds_of(2, SEED), per_second=1_000, seed=SEED)
    assert client.batches >= 5
    hold(stores, client)


@pytest.mark.soak
@pytest.mark.parametrize("kind", DATABASES)
def test_two_hundred_rounds(kind, request, record_testsuite_property):
    stores = request.getfixturevalue(f"{kind}_stores")
    client = crash(stores, rounds_of(200, SEED), per_second=1_000, seed=SEED)
    record_testsuite_property(f"acknowledged on {kind}", len(client.acknowledged))
    record_testsuite_property(f"seconds on {kind}", round(client.seconds))
    hold(stores, client)
