"""Which showing led to what was taken: on both databases, through links, erasures and death, as the log alone tells it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
from sqlalchemy import Engine, delete, select

from service.adapters.sql_attributions import SqlAttributions
from service.adapters.sql_consents import SqlConsentLedger
from service.adapters.sql_cursors import SqlCursors
from service.adapters.sql_erasures import SqlErasureBook
from service.adapters.sql_event_log import SqlEventLog
from service.adapters.sql_personal import personal_tables
from service.adapters.sql_tables import attributions, cursors
from service.adapters.sql_tombstones import protect
from service.adapters.sql_visitor_links import SqlVisitorLinks
from service.recommender.attribution import AFTER_CLICK, AFTER_VIEW, NAME, Attribution
from service.recommender.consent import Decision, Purpose
from service.recommender.erasure import Eraser
from service.recommender.errors import ConsentsUnavailable
from service.recommender.events import Event, EventType, Mark
from service.recommender.person import Person
from service.recommender.projecting import TENURE, Projector
from service.recommender.signing import Showing, Signer
from tests.fakes import START, FakeClock

ANN, BOB, TAB = Person.customer("ann"), Person.customer("bob"), Person.visitor("a-tab-of-ann")
SIGNER = Signer([b"a key for tests alone"])
HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
VIEW, CLICK, CART, BUY, SHOWN = EventType.VIEW, EventType.CLICK, EventType.ADD_TO_CART, EventType.PURCHASE, EventType.IMPRESSION


class Shop:
    def __init__(self, engine: Engine) -> None:
        self.engine, self.clock = protect(engine, b"a key for tests alone"), FakeClock()
        self.log, self.kept, self.consents = SqlEventLog(engine), SqlAttributions(engine), SqlConsentLedger(engine)
        for person in (ANN, BOB, TAB):
            self.decide(person, granted=True)

    def decide(self, person, *, granted):
        self.consents.record(person, [Decision(Purpose.MEASURE, granted, START, "test", "May we count?")])

    def projector(self, holder="one", kept=None):
        attribution = Attribution(kept or self.kept, self.consents, Signer.showing_of)
        return Projector(self.log, SqlCursors(self.engine), [attribution], self.clock, holder)

    def happens(self, *events):
        self.log.append(events, START)

    def rows(self):
        """What is kept, as (event, what led to it, slate)."""
        with self.engine.connect() as connection:
            found = connection.execute(select(attributions).order_by(attributions.c.person_key, attributions.c.event_id)).all()
        return [tuple(row) for row in found]

    def told(self):
        self.projector().look()
        return {row[1]: (row[7], row[9], row[10]) for row in self.rows()}

    def anew(self):
        """What the log alone tells, from its beginning."""
        with self.engine.begin() as connection:
            connection.execute(delete(attributions))
            connection.execute(delete(cursors).where(cursors.c.name == NAME))
        self.projector("anew").look()
        return self.rows()


@pytest.fixture
def shop(engine):
    return Shop(engine)


def did(kind, after, slate=None, person=ANN, item="milk", name=None, **more):
    token = None if slate is None else SIGNER.token(Showing(slate, 3, "home", item), person.key)
    return Event(name or f"{kind}-{item}-{after}-{slate}", person, kind, START + after, item, token=token, **more)


def test_a_purchase_goes_back_to_the_last_click_on_a_showing_of_it(shop):
    shop.happens(
        did(CLICK, -2 * HOUR, "first"), did(CLICK, -HOUR, "last"), did(SHOWN, -MINUTE, "looked-at"), did(VIEW, -MINUTE),
        did(CLICK, -MINUTE, "another's", BOB), did(CLICK, -MINUTE, "of-tea", item="tea"), did(CLICK, HOUR, "afterwards"),
        did(BUY, 0 * HOUR, name="bought", amount=Decimal("3.50"), quantity=Decimal(2)), did(CART, MINUTE, name="in-the-basket"),
    )
    assert shop.told() == {"bought": ("CLICK", "last", 3), "in-the-basket": ("CLICK", "last", 3)}
    (bought,) = [row for row in shop.rows() if row[1] == "bought"]
    assert bought == (
        ANN.key, "bought", "PURCHASE", "milk", START, Decimal("3.5"), Decimal(2), "CLICK", START - HOUR, "last", 3, "home", "milk",
    )


@pytest.mark.parametrize(("kind", "window"), [(CLICK, AFTER_CLICK), (SHOWN, AFTER_VIEW)])
def test_a_touch_counts_for_as_long_as_its_window(shop, kind, window):
    shop.happens(did(kind, -window, "in-time"), did(kind, -window - MINUTE, "late", item="tea"),
                 did(BUY, 0 * HOUR, name="milk"), did(BUY, 0 * HOUR, item="tea", name="tea"))
    assert shop.told() == {"milk": (kind.value, "in-time", 3)}


def test_a_look_counts_where_there_is_no_click_and_many_looks_hide_none(shop):
    looks = [did(SHOWN, -n * MINUTE, f"look-{n}") for n in range(1, 300)]
    shop.happens(*looks, did(BUY, 0 * HOUR, name="first"), did(CLICK, -6 * DAY, "click"), did(BUY, MINUTE, name="second"))
    assert shop.told() == {"first": ("IMPRESSION", "look-1", 3), "second": ("CLICK", "click", 3)}


def test_what_names_its_showing_itself_goes_back_to_that(shop):
    shop.happens(did(CLICK, -HOUR, "clicked"), did(CART, 0 * HOUR, "taken-from-the-shelf", name="taken"))
    assert shop.told() == {"taken": ("ADD_TO_CART", "taken-from-the-shelf", 3)}


def test_without_consent_to_measure_nobody_is_followed(shop):
    shop.decide(ANN, granted=False)
    shop.happens(did(CLICK, -HOUR, "ann's"), did(BUY, 0 * HOUR), did(CLICK, -HOUR, "bob's", BOB), did(BUY, 0 * HOUR, person=BOB, name="bob"))
    assert shop.told() == {"bob": ("CLICK", "bob's", 3)}


def test_what_counts_nowhere_leads_to_nothing_and_is_attributed_to_nothing(shop):
    shop.happens(
        did(CLICK, -HOUR, "a-person"), did(CLICK, -MINUTE, "a-bot", mark=Mark.BOT), did(BUY, 0 * HOUR, name="bought"),
        did(BUY, MINUTE, name="crawled", mark=Mark.BOT),
    )
    assert shop.told() == {"bought": ("CLICK", "a-person", 3)}


def test_tokens_of_keys_that_went_are_read(shop):
    old = Signer([b"a key of last year, long gone"]).token(Showing("old", 1, "home", "milk"), ANN.key)
    shop.happens(replace(did(CLICK, -HOUR), token=old), did(BUY, 0 * HOUR, name="bought"))
    assert shop.told() == {"bought": ("CLICK", "old", 1)}


def test_what_a_visitor_took_becomes_the_customers(shop):
    shop.happens(did(CLICK, -HOUR, "in-the-tab", TAB), did(BUY, 0 * HOUR, person=TAB, name="bought"))
    assert shop.told() == {"bought": ("CLICK", "in-the-tab", 3)}
    SqlVisitorLinks(shop.engine).link(TAB, ANN, START)
    assert shop.rows() == []
    assert shop.told() == {"bought": ("CLICK", "in-the-tab", 3)}
    assert [row[0] for row in shop.rows()] == [ANN.key]
    assert shop.rows() == shop.anew()


@pytest.mark.parametrize("goes", ["link", "erase"])
def test_what_goes_while_it_is_attributed_is_not_kept(shop, goes):
    class Slow(SqlAttributions):
        def keep(self, found):
            if goes == "link":
                SqlVisitorLinks(shop.engine).link(TAB, ANN, START)
            else:
                eraser = Eraser(SqlErasureBook(shop.engine), personal_tables(shop.engine), shop.clock)
                eraser.request(TAB)
                while eraser.go_on():
                    pass
            super().keep(found)

    shop.happens(did(CLICK, -HOUR, "in-the-tab", TAB), did(BUY, 0 * HOUR, person=TAB, name="bought"))
    shop.projector(kept=Slow(shop.engine)).look()
    assert TAB.key not in [row[0] for row in shop.rows()]


def test_erasing_takes_them_along_and_leaves_others(shop):
    for person in (ANN, BOB):
        shop.happens(did(CLICK, -HOUR, "s", person), did(BUY, 0 * HOUR, person=person, name="bought"))
    shop.told()
    stores = {store.name: store for store in personal_tables(shop.engine)}
    assert stores["attributions"].kept([ANN])[0]["slate_id"] == "s"
    eraser = Eraser(SqlErasureBook(shop.engine), list(stores.values()), shop.clock)
    eraser.request(ANN)
    assert eraser.go_on() == 0
    assert [row[0] for row in shop.rows()] == [BOB.key]


@pytest.mark.parametrize("seed", range(3))
def test_killed_anywhere_and_linked_between_it_equals_what_the_log_tells_anew(shop, seed):
    class Killed(BaseException):
        pass

    draw = np.random.default_rng(seed)
    people, items, kinds = [ANN, BOB, TAB], ["milk", "tea", "jam"], [VIEW, CLICK, SHOWN, CART, BUY]

    def mortal(when):
        class Mortal(SqlAttributions):
            def keep(self, found):
                if when == "before":
                    raise Killed
                super().keep(found[: len(found) // 2] if when == "half" else found)
                raise Killed

        return Mortal(shop.engine)

    for number, when in enumerate(["before", "half", "after", None, "before", "after"]):
        shop.happens(*(
            did(kinds[draw.integers(5)], timedelta(minutes=int(draw.integers(20_000))), *(["s"] if draw.random() < 0.6 else []),
                person=people[draw.integers(3)], item=items[draw.integers(3)], name=f"{number}-{n}")
            for n in range(80)
        ))
        if number == 3:
            SqlVisitorLinks(shop.engine).link(TAB, BOB, START + 30 * DAY)
        with suppress(Killed):
            shop.projector(f"holder-{number}", mortal(when) if when else None).look()
        shop.clock.advance(TENURE)
    shop.projector("last").look()
    kept = shop.rows()
    assert len(kept) > 50
    assert kept == shop.anew()


def test_whom_the_ledger_cannot_tell_is_attributed_later(shop):
    class Away:
        def granting(self, *_):
            raise ConsentsUnavailable("away")

    shop.happens(did(CLICK, -HOUR, "s"), did(BUY, 0 * HOUR, name="bought"))
    waiting = Projector(shop.log, SqlCursors(shop.engine), [Attribution(shop.kept, Away(), Signer.showing_of)], shop.clock, "one")
    with pytest.raises(ConsentsUnavailable):
        waiting.look()
    assert shop.told() == {"bought": ("CLICK", "s", 3)}
