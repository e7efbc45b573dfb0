from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select

from service.adapters.sql_database import connect
from service.adapters.sql_documents import SqlDocuments
from service.adapters.sql_tables import documents
from service.recommender.errors import DocumentsUnavailable, InvalidArgument
from tests.fakes import START

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
