"""The key that limits are counted by: stable for a client, and not chosen by it."""

from __future__ import annotations

import pytest

from service.graphql.caller import client_key
from service.recommender.identity import ANONYMOUS, Identity
from service.recommender.person import Person


@pytest.mark.parametrize(("identity", "address", "key"), [
    (Identity(Person.customer("17")), "192.0.2.1", "customer:17"), (Identity(service="17"), "192.0.2.1", "service:17"),
    (Identity(Person.visitor("a"), "crm"), "192.0.2.1", "service:crm"), (ANONYMOUS, "192.0.2.1", "from:192.0.2.1"),
    (ANONYMOUS, "::ffff:192.0.2.1", "from:192.0.2.1"), (ANONYMOUS, "2001:db8:1:2:3::4", "from:2001:db8:1:2::/64"),
    (ANONYMOUS, None, "from:here"), (ANONYMOUS, "testclient", "from:testclient"),
])
def test_a_bearer_is_counted_by_name_and_anybody_else_by_where_they_come_from(identity, address, key):
    assert client_key(identity, address) == key


def test_a_visitor_gains_nothing_by_another_name():
    assert len({client_key(Identity(Person.visitor(name)), "192.0.2.1") for name in ("a", "b", "c:17")}) == 1
