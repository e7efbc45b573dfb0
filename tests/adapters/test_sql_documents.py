from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from service.adapters.sql_database import connect
from service.adapters.sql_documents import Registered, SqlDocuments
from service.adapters.sql_tables import documents
from service.recommender.errors import DocumentsUnavailable, InvalidArgument
from tests.fakes import START

LATER = START + timedelta(days=1)
QUERY, OTHER = "{ viewer { id } }", "{ viewer { customerId } }"


@pytest.fixture
def replicas(engine):
    return SqlDocuments(engine), SqlDocuments(engine)


def test_what_one_replica_registers_all_find(replicas):
    here, there = replicas
    assert there.find("a") is None
    assert here.register({"a": QUERY, "b": OTHER, "歩": QUERY}, START) == 3
    assert [there.find(one) for one in ("a", "b", "歩", "A", "")] == [QUERY, OTHER, QUERY, None, None]


def test_to_register_again_changes_nothing(replicas):
    here, there = replicas
    here.register({"a": QUERY}, START)
    assert there.register({"a": QUERY, "b": OTHER}, START) == 1


def test_an_id_never_changes_its_meaning(replicas, engine):
    here, there = replicas
    here.register({"b": QUERY}, START)
    with pytest.raises(InvalidArgument, match="'b' is another document's already"):
        there.register({"a": OTHER, "b": OTHER}, START)
    assert here.find("b") == QUERY
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(documents)).scalar_one() == 1, "all or none"


def test_many_may_register_the_same_at_once(replicas):
    texts = {f"id-{number}": f"{{ a{number} }}" for number in range(50)}
    backwards = dict(reversed(texts.items()))
    with ThreadPoolExecutor(4) as pool:
        new = list(pool.map(lambda turn: replicas[turn % 2].register(backwards if turn % 2 else texts, START), range(4)))
    assert sum(new) == 50


@pytest.mark.parametrize("document_id", ["nul\0", "half\ud800", "x" * 100_000, "'; DROP TABLE documents; --"])
def test_an_id_that_cannot_be_is_nobodys(replicas, document_id):
    assert replicas[0].find(document_id) is None
    assert replicas[0].register({"a": QUERY}, START) == 1


def test_without_the_database_it_says_so(tmp_path):
    absent = SqlDocuments(connect(f"sqlite:///{tmp_path}/konomi.db"))
    with pytest.raises(DocumentsUnavailable):
        absent.find("a")
    with pytest.raises(DocumentsUnavailable):
        absent.register({"a": QUERY}, START)
    with pytest.raises(DocumentsUnavailable):
        absent.listed()
    with pytest.raises(DocumentsUnavailable):
        absent.withdraw(["a"], START)


def test_all_that_is_registered_is_listed_with_its_ids(replicas):
    here, there = replicas
    here.register({"b": QUERY, "a": QUERY}, START)
    here.register({"c": OTHER}, LATER)
    assert there.listed() == [Registered(QUERY, ("a", "b"), START), Registered(OTHER, ("c",), LATER)]


@pytest.mark.parametrize("named", [["a"], ["b"], ["a", "b"], ["b", "b"]])
def test_what_is_withdrawn_no_replica_finds_by_any_id(replicas, named):
    here, there = replicas
    here.register({"a": QUERY, "b": QUERY, "c": OTHER}, START)
    assert there.withdraw(named, LATER) == 2
    assert [here.find(one) for one in "abc"] == [None, None, OTHER]
    assert [one.ids for one in here.listed()] == [("c",)]
    assert here.withdraw(named, LATER) == 0, "to repeat it changes nothing"


def test_nothing_is_withdrawn_where_one_is_nobodys(replicas):
    here, there = replicas
    here.register({"a": QUERY}, START)
    with pytest.raises(InvalidArgument, match="'x' is no document's id"):
        there.withdraw(["a", "x"], LATER)
    assert here.find("a") == QUERY


def test_a_withdrawn_id_keeps_its_meaning_and_may_come_back(replicas):
    here, there = replicas
    here.register({"a": QUERY}, START)
    here.withdraw(["a"], LATER)
    with pytest.raises(InvalidArgument, match="'a' is another document's already"):
        there.register({"a": OTHER}, LATER)
    assert there.register({"a": QUERY}, LATER) == 1
    assert here.listed() == [Registered(QUERY, ("a",), LATER)]
