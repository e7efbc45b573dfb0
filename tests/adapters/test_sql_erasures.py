"""What is erased is gone, stays gone, and is proved by a receipt that names nobody."""

from __future__ import annotations

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from sqlalchemy import Engine, Text, insert, select
from sqlalchemy import String as Words
from sqlalchemy import text as sql

from service.adapters.sql_consents import SqlConsentLedger
from service.adapters.sql_database import connect, take_turn_for, writing
from service.adapters.sql_erasures import SqlErasureBook
from service.adapters.sql_event_log import SqlEventLog
from service.adapters.sql_feedback import SqlFeedbackStore
from service.adapters.sql_personal import knows_people, personal_tables
from service.adapters.sql_showings import SqlShowings
from service.adapters.sql_slates import SqlSlateStore
from service.adapters.sql_tables import metadata, showings, tombstones
from service.adapters.sql_tombstones import protect
from service.adapters.sql_visitor_links import SqlVisitorLinks
from service.recommender.consent import Decision, Purpose
from service.recommender.erasure import Eraser
from service.recommender.errors import EventsUnavailable, PersonErased
from service.recommender.events import Event, EventType
from service.recommender.feedback import FeedbackKind
from service.recommender.person import Person
from service.recommender.slate import Slate
from tests.fakes import START, FakeClock

ALICE, BOB = Person.customer("alice-7731"), Person.customer("bob")
BROWSER = Person.visitor("alices-browser")
WORDS = "a search that only Alice would make"
YES = Decision(Purpose.PERSONALISE_CONTENT, True, START, "page", "May we?")
IMPERSONAL = {"documents", "cursors", "tombstones", "erasures", "erasure_steps", "audit"}
"""Tables that hold nobody's name: `erasures.people` does while an erasure is under way."""


@pytest.fixture
def kept(engine: Engine) -> Engine:
    return protect(engine, b"a key for tests alone")


def live(engine: Engine, *people: Person) -> None:
    """Let people do all that leaves something behind."""
    clock = FakeClock()
    log, ledger, feedback, slates = SqlEventLog(engine), SqlConsentLedger(engine), SqlFeedbackStore(engine), SqlSlateStore(engine, clock)
    for person in people:
        log.append([view(person, n) for n in range(3)], START)
        ledger.record(person, [YES])
        feedback.record(person, FeedbackKind.HIDE_ITEM, "milk", START)
        slates.put(Slate(f"slate-of-{person.id}", person.key, "home", ("milk",), START + timedelta(minutes=30)))
    slates.close()


def view(person: Person, n: int, days: int = 0) -> Event:
    return Event(f"e{n}", person, EventType.SEARCH, START + timedelta(days=days), text=f"{WORDS} {person.id}")


def eraser_of(engine: Engine) -> Eraser:
    return Eraser(SqlErasureBook(engine), personal_tables(engine), FakeClock())


def left_of(engine: Engine, *people: Person) -> int:
    return sum(len(store.kept(people)) for store in personal_tables(engine))


def everything(engine: Engine) -> str:
    with engine.connect() as connection:
        return repr([connection.execute(select(table)).all() for table in metadata.tables.values()])


def test_every_table_that_has_a_column_for_people_is_a_store():
    for table in metadata.tables.values():
        texts = [column.name for column in table.c if isinstance(getattr(column.type, "impl", column.type), Words | Text)]
        named = [name for name in texts if any(word in name for word in ("person", "owner", "customer", "visitor", "people"))]
        assert knows_people(table) or table.name in IMPERSONAL, table.name
        assert bool(named) == knows_people(table) or table.name == "erasures", (table.name, named)


def test_all_of_a_person_goes_and_nothing_of_others(kept):
    live(kept, ALICE, BROWSER, BOB)
    SqlVisitorLinks(kept).link(BROWSER, ALICE, START)
    bobs = {store.name: store.kept([BOB]) for store in personal_tables(kept)}
    eraser = eraser_of(kept)
    receipt_id, begun = eraser.request(ALICE)
    assert begun.completed_at is None
    assert eraser.go_on() == 0
    assert left_of(kept, ALICE, BROWSER) == 0
    assert {store.name: store.kept([BOB]) for store in personal_tables(kept)} == bobs
    done = eraser.receipt(receipt_id)
    assert done.completed_at is not None
    assert {step.store: step.removed for step in done.steps}["events"] == 3  # the ids of the visitor's are the same
    said = everything(kept)
    assert all(word not in said for word in (ALICE.id, BROWSER.id, receipt_id))


def test_what_comes_late_is_refused_whoever_sends_it(kept):
    live(kept, ALICE)
    eraser = eraser_of(kept)
    eraser.request(ALICE)
    appended = SqlEventLog(kept).append([view(BOB, 1), view(ALICE, 9), view(ALICE, 10, days=3)], START)
    assert (set(appended.sequences), appended.duplicates, appended.refused) == ({0}, set(), {1, 2})
    for write in (
        lambda: SqlConsentLedger(kept).record(ALICE, [YES]),
        lambda: SqlFeedbackStore(kept).record(ALICE, FeedbackKind.HIDE_ITEM, "milk", START),
        lambda: SqlVisitorLinks(kept).link(Person.visitor("a new browser"), ALICE, START),
    ):
        with pytest.raises(PersonErased):
            write()
    slates = SqlSlateStore(kept, FakeClock())
    slates.put(Slate("late", ALICE.key, "home", ("milk",), START + timedelta(minutes=30)))
    slates.close()
    assert SqlShowings(kept).claim(ALICE, START.date(), "late", ["campaign"], 3) == frozenset()
    assert SqlShowings(kept).claim(BOB, START.date(), "bobs", ["campaign"], 3) == {"campaign"}
    assert SqlConsentLedger(kept).import_grants({ALICE.id: frozenset(Purpose), BOB.id: frozenset()}, START) == 0
    assert left_of(kept, ALICE) == 0


def test_whoever_begins_anew_has_no_past(kept):
    live(kept, ALICE)
    eraser = eraser_of(kept)
    eraser.request(ALICE)
    eraser.book.welcome(ALICE, START + timedelta(days=1))
    assert not eraser.book.is_erased(ALICE)
    appended = SqlEventLog(kept).append([view(ALICE, 1), view(ALICE, 2, days=2)], START)
    assert (set(appended.sequences), appended.refused) == ({1}, {0})
    SqlConsentLedger(kept).record(ALICE, [YES])
    eraser.request(ALICE)
    assert eraser.book.is_erased(ALICE)


def test_what_is_refused_makes_no_duplicate_of_what_is_kept(kept):
    eraser = eraser_of(kept)
    eraser.request(ALICE)
    eraser.book.welcome(ALICE, START + timedelta(days=1))
    appended = SqlEventLog(kept).append([view(ALICE, 1), view(ALICE, 1, days=2), view(ALICE, 1, days=3)], START)
    assert (set(appended.sequences), appended.duplicates, appended.refused) == ({1}, {2}, {0})


def test_an_erasure_goes_on_where_it_was_broken_off(kept):
    live(kept, ALICE)
    broken, whole = eraser_of(kept), eraser_of(kept)

    class Deaf:
        name, is_quick = "feedback", True

        def kept(self, _people):
            return ()

        def erase(self, _people):
            raise EventsUnavailable("It does not answer.")

    broken._stores = tuple(Deaf() if store.name == "feedback" else store for store in broken._stores)
    receipt_id, _ = broken.request(ALICE)
    assert broken.go_on() == 1
    assert [step.store for step in broken.receipt(receipt_id).steps if not step.done] == ["feedback"]
    assert whole.go_on() <= 1
    assert whole.go_on() == 0
    receipt = whole.receipt(receipt_id)
    assert receipt.completed_at is not None
    assert {step.store: step.removed for step in receipt.steps}["consents"] == 1


def test_a_receipt_is_found_by_its_id_alone(kept):
    eraser = eraser_of(kept)
    eraser.request(ALICE)
    assert eraser.book.receipt("another id") is None
    with pytest.raises(LookupError):
        eraser.receipt("another id")


def test_a_pseudonym_needs_the_key(engine):
    for key in (b"one key", b"another key"):
        protect(engine, key)
        SqlErasureBook(engine).begin(ALICE, ["events"], START)
    with engine.connect() as connection:
        assert len(connection.execute(select(tombstones.c.pseudonym)).all()) == 2


def test_nothing_that_was_deleted_stays_in_the_file(sqlite_engine):
    live(sqlite_engine, ALICE, BOB)
    eraser = eraser_of(sqlite_engine)
    eraser.request(ALICE)
    assert eraser.go_on() == 0
    file = sqlite_engine.url.database
    assert file is not None
    for suffix in ("", "-wal"):
        with open(file + suffix, "rb") as content:  # noqa: PTH123
            text = content.read()
        assert ALICE.id.encode() not in text, suffix
    assert BOB.id.encode() in open(file, "rb").read()  # noqa: PTH123, SIM115


def test_writers_that_run_at_the_same_time_leave_nothing(kept):
    """Four writers of one person while they are erased: whatever each was told, nothing is there afterwards."""
    url = kept.url.render_as_string(hide_password=False)
    barrier, taken = Barrier(5), []

    def write(number: int) -> None:
        own = protect(connect(url), b"a key for tests alone")
        log, feedback, showings = SqlEventLog(own), SqlFeedbackStore(own), SqlShowings(own)
        barrier.wait()
        for n in range(6):
            try:
                showings.claim(ALICE, START.date(), f"slate {number} {n}", [f"campaign {number} {n}"], 3)
                taken.append(len(log.append([view(ALICE, 1000 * number + n)], START).sequences))
                feedback.record(ALICE, FeedbackKind.HIDE_ITEM, f"item {number} {n}", START)
            except (PersonErased, EventsUnavailable):  # or the machine is too busy: it was told so
                continue
        own.dispose()

    writers = [Thread(target=write, args=(number,)) for number in range(4)]
    for writer in writers:
        writer.start()
    barrier.wait()
    eraser = eraser_of(kept)
    eraser.request(ALICE)
    for writer in writers:
        writer.join()
    assert 0 in taken
    assert left_of(kept, ALICE) == 0


def test_an_answer_half_way_is_counted_before_the_erasure_begins_and_goes_with_it(postgres_engine):
    """SQLite has one writer at a time; on PostgreSQL a claim holds the person's turn, for which the erasure waits."""
    kept = protect(postgres_engine, b"a key for tests alone")
    eraser = eraser_of(kept)
    asked = Thread(target=eraser.request, args=(ALICE,))
    with writing(kept, lasting=False) as half_way:
        take_turn_for(half_way, ALICE)
        asked.start()
        waiting = sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
        with kept.connect() as onlooker:
            while asked.is_alive() and not onlooker.execute(waiting).scalar_one():
                onlooker.rollback()
        assert asked.is_alive()
        half_way.execute(insert(showings), {"person_key": ALICE.key, "day": 1, "campaign_id": "tea", "slate_id": "one"})
    asked.join()
    assert left_of(kept, ALICE) == 0
