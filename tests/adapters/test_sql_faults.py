"""A database that fails is the port's own fault, whatever SQLAlchemy calls it."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine, exc, text

from service.adapters.sql_consents import SqlConsentLedger
from service.adapters.sql_database import connect, is_migrated, migrate
from service.adapters.sql_event_export import export_events
from service.adapters.sql_event_log import SqlEventLog
from service.adapters.sql_faults import OUTAGES, REFUSED_VALUES, faults_as
from service.adapters.sql_feedback import SqlFeedbackStore
from service.adapters.sql_slates import SqlSlateStore
from service.recommender.consent import Decision, Purpose
from service.recommender.errors import ConsentsUnavailable, EventsUnavailable, InvalidArgument, SlatesUnavailable
from service.recommender.events import Event, EventType
from service.recommender.feedback import FeedbackKind
from service.recommender.person import Person
from tests.fakes import START, FakeClock

ALICE = Person.customer("alice")
EVENT = Event("one", ALICE, EventType.VIEW, START, "milk")
YES = Decision(Purpose.EMAIL, granted=True, decided_at=START, source="page", wording="May we?")
HIDE = FeedbackKind.HIDE_ITEM


def all_under(root: type) -> set[type]:
    return {root}.union(*(all_under(child) for child in root.__subclasses__()))


WRONG_USE = (
    exc.ArgumentError,
    exc.CircularDependencyError,
    exc.CompileError,
    exc.IdentifierError,
    exc.InvalidRequestError,
)
"""Raised for wrong use of SQLAlchemy, whatever the database does: a bug must look like one."""
RAISED_BY_COLUMN_TYPES = {exc.SQLAlchemyError, exc.StatementError}


def test_every_error_that_sqlalchemy_has_is_judged():
    known = {one for one in all_under(exc.SQLAlchemyError) if one.__module__ == "sqlalchemy.exc"}
    wrong_use = set().union(*(all_under(root) for root in WRONG_USE))
    assert known == wrong_use | RAISED_BY_COLUMN_TYPES | set(OUTAGES) | set(REFUSED_VALUES)
    assert not wrong_use & (set(OUTAGES) | set(REFUSED_VALUES))


@pytest.mark.parametrize("error", OUTAGES)
def test_an_outage_is_the_ports_fault_and_tells_no_parameters(error):
    vendor = RuntimeError("server closed the connection\nDETAIL: Key (person_key)=(c:alice)")
    raised = error("SELECT", {"person": "c:alice"}, vendor) if issubclass(error, exc.DBAPIError) else error("away")
    with pytest.raises(ConsentsUnavailable) as caught, faults_as(ConsentsUnavailable):
        raise raised
    assert "alice" not in str(caught.value)
    assert caught.value.__cause__ is raised


def test_a_value_that_the_database_refuses_is_the_callers_fault():
    with pytest.raises(InvalidArgument), faults_as(EventsUnavailable):
        raise exc.DataError("INSERT", {}, ValueError("too long"))


def test_a_bug_looks_like_one():
    with pytest.raises(exc.StatementError), faults_as(EventsUnavailable):
        raise exc.StatementError("a parameter is missing", "SELECT", {}, KeyError("person"))


@pytest.fixture(params=["damaged", "not migrated", "out of reach"])
def broken(request, tmp_path: Path) -> Engine:
    file = tmp_path / "konomi.db"
    if request.param == "damaged":
        file.write_bytes(b"this is no database" * 1000)
    url = f"sqlite:///{file}" if request.param != "out of reach" else "postgresql://nobody@127.0.0.1:1/none"
    return connect(url)


CALLS = {
    "append": (EventsUnavailable, lambda engine: SqlEventLog(engine).append([EVENT], START)),
    "after": (EventsUnavailable, lambda engine: SqlEventLog(engine).after(0, 10)),
    "last_sequence": (EventsUnavailable, lambda engine: SqlEventLog(engine).last_sequence()),
    "recent": (EventsUnavailable, lambda engine: SqlEventLog(engine).recent(ALICE, 0, 10)),
    "find": (EventsUnavailable, lambda engine: SqlEventLog(engine).find(ALICE, ["one"])),
    "latest": (EventsUnavailable, lambda engine: SqlEventLog(engine).latest(ALICE, [(EventType.VIEW, "milk")])),
    "export": (EventsUnavailable, lambda engine: export_events(engine, 0, 10)),
    "decisions": (ConsentsUnavailable, lambda engine: SqlConsentLedger(engine).decisions(ALICE)),
    "record consents": (ConsentsUnavailable, lambda engine: SqlConsentLedger(engine).record(ALICE, [YES])),
    "import consents": (ConsentsUnavailable, lambda engine: SqlConsentLedger(engine).import_grants({"alice": frozenset()}, START)),
    "restrictions": (EventsUnavailable, lambda engine: SqlFeedbackStore(engine).restrictions(ALICE)),
    "record feedback": (EventsUnavailable, lambda engine: SqlFeedbackStore(engine).record(ALICE, HIDE, "a", START)),
    "undo": (EventsUnavailable, lambda engine: SqlFeedbackStore(engine).undo(ALICE, HIDE, "a")),
    "forgotten": (EventsUnavailable, lambda engine: SqlFeedbackStore(engine).forgotten()),
    "get": (SlatesUnavailable, lambda engine: SqlSlateStore(engine, FakeClock()).get("s1", START)),
    "sweep": (SlatesUnavailable, lambda engine: SqlSlateStore(engine, FakeClock()).sweep(START)),
}


@pytest.mark.parametrize("call", CALLS)
def test_each_call_on_a_broken_database_is_its_ports_fault(broken, call):
    fault, ask = CALLS[call]
    with pytest.raises(fault):
        ask(broken)
    assert broken.pool.checkedout() == 0


def test_a_broken_database_is_not_migrated(broken, caplog):
    with caplog.at_level(logging.CRITICAL):
        assert not is_migrated(broken)


@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:1/none"])
def test_migrating_what_is_out_of_reach_says_so(url):
    with pytest.raises(EventsUnavailable, match="did not answer"):
        migrate(connect(url))


@pytest.mark.parametrize("url", ["", "nonsense", "mysql://host/base", "sqlite://", "sqlite:///:memory:"])
def test_an_address_of_another_form_is_refused_with_the_form_wanted(url):
    with pytest.raises(InvalidArgument, match="sqlite:///FILE"):
        connect(url)


def test_a_missing_driver_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(InvalidArgument, match=r"konomi\[postgres\]"):
        connect("postgresql://host/base")


def test_a_database_that_comes_back_is_used_again(postgres_engine):
    log = SqlEventLog(postgres_engine)
    log.append([EVENT], START)
    with postgres_engine.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
    assert log.last_sequence() == 1
    assert log.append([EVENT], START).duplicates == {0}
