"""Made-up visits to the demo shop: what people see, click, search for and read between two purchases."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from service.demo.columns import HISTORY, TIME
from service.demo.shift import SHOP_ZONE
from service.demo.taste import Ints, Rng, Taste, read_taste
from service.demo.wording import words

SOURCE = "simulated"
SESSIONS_PER_DAY = 0.11
LOOKS = 3
"""Items looked at in a session, on average, besides the first."""
UNCLICKED = 4
OWN, NEIGHBOUR = 0.6, 0.3
"""How often somebody looks at what they buy, and at its neighbours in the category; the rest is anything."""
CART = np.array([0.25, 0.12, 0.04])
"""Share of looks that end in the cart: of what they buy, of neighbours, of anything."""
FROM_LIST = 0.7
READS, READS_OWN = 0.5, 0.8
SEARCHES, FINDS_NOTHING = 0.35, 0.12
OPENS, OPENS_AND_CLICKS = 0.35, 0.25
APP_SHARE = 0.4
LONGEST = timedelta(hours=1)
HOURS = np.array([2, 1, 1, 0, 0, 1, 3, 5, 6, 6, 6, 7, 9, 7, 6, 6, 7, 9, 11, 14, 16, 15, 10, 5], dtype=np.float64)
"""How likely a session starts in each hour of the shop's day."""

Times = NDArray[np.datetime64]


@dataclass
class _Log:
    """Events as they come about, column by column."""

    columns: list[dict[str, Any]] = field(default_factory=list)

    def add(self, kind: str, people: Ints, at: Times, **columns: Any) -> None:
        self.columns.append({"type": np.full(len(people), kind), "person": people, "at": at, **columns})


def simulate(
    items: Path,
    customers: Path,
    events: Sequence[Path],
    *,
    now: datetime,
    seed: int = 7,
    people: int | None = None,
    days: int = 28,
) -> pa.Table:
    """Simulate what people did on the shop's pages and in its e-mails in the last weeks.

    Everybody follows their own taste with noise: they look at what they buy and at its neighbours, search for it,
    and read about it; a few searches ask for what the shop has not. Nothing here is a sensitive item.

    Parameters
    ----------
    items, customers, events : the canonical tables of the shop
    now : the present, with zone; no event is later
    seed : the same seed, now and tables give the same events, with ids made of the seed: appending them again adds
        nothing, and more visits take another seed
    people : how many customers, drawn at random; None means all
    days : how far back

    Returns
    -------
    pyarrow.Table
        Canonical events, ``source`` "simulated", sorted by customer and time.

    Raises
    ------
    ValueError
        If the tables hold no recent purchase to tell anybody's taste.
    """
    rng = np.random.default_rng([seed, 3])
    taste = read_taste(items, customers, events, now)
    everyone = np.arange(len(taste.customer_ids), dtype=np.int64)
    chosen = everyone if people is None else np.sort(rng.permutation(everyone)[:people])
    pull = np.sqrt(taste.activity[chosen] + 1.0)
    sessions = rng.poisson(SESSIONS_PER_DAY * days * pull / pull.mean())
    visitors = np.repeat(chosen, sessions)
    starts = _starts(len(visitors), now, days, rng)
    channels = np.where(rng.random(len(visitors)) < APP_SHARE, "APP", "WEB")
    log = _Log()
    _look_around(log, taste, visitors, starts, channels, rng)
    _read(log, taste, visitors, starts, channels, rng)
    _search(log, taste, visitors, starts, channels, rng)
    _open_mails(log, taste, chosen, now, days, rng)
    return _table(log, taste, seed)


def _starts(count: int, now: datetime, days: int, rng: Rng) -> Times:
    today = now.astimezone(SHOP_ZONE).date()
    midnights = [datetime.combine(today - timedelta(days=day), time(), SHOP_ZONE) for day in range(days)]
    day = np.array([_naive(midnight) for midnight in midnights])
    seconds = rng.choice(24, count, p=HOURS / HOURS.sum()) * 3600 + rng.integers(3600, size=count)
    starts = day[rng.integers(days, size=count)] + seconds * np.timedelta64(1_000_000, "us")
    latest = _naive(now - LONGEST)
    return np.where(starts > latest, starts - np.timedelta64(7, "D"), starts)


def _look_around(log: _Log, taste: Taste, visitors: Ints, starts: Times, channels: Any, rng: Rng) -> None:
    looks = np.minimum(1 + rng.poisson(LOOKS, len(visitors)), 20)
    person, channel = np.repeat(visitors, looks), np.repeat(channels, looks)
    place = np.arange(len(person)) - np.repeat(np.cumsum(looks) - looks, looks)
    at = np.repeat(starts, looks) + _seconds(60 + 100 * place + rng.integers(60, size=len(person)))
    manner = np.searchsorted([OWN, OWN + NEIGHBOUR], rng.random(len(person)), side="right")
    item = _drawn_items(taste, person, manner, rng)
    listed = rng.random(len(person)) < FROM_LIST
    shown = {"item": item[listed], "channel": channel[listed]}
    log.add("IMPRESSION", person[listed], at[listed] - _seconds(9), **shown)
    log.add("CLICK", person[listed], at[listed] - _seconds(1), **shown)
    log.add("VIEW", person, at, item=item, channel=channel)
    carted = rng.random(len(person)) < CART[manner]
    log.add("ADD_TO_CART", person[carted], at[carted] + _seconds(25), item=item[carted], channel=channel[carted])
    passed, where = np.repeat(visitors, UNCLICKED), np.repeat(channels, UNCLICKED)
    seen_at = np.repeat(starts, UNCLICKED) + _seconds(2 + rng.integers(40, size=len(passed)))
    ignored = _drawn_items(taste, passed, rng.integers(1, 3, size=len(passed)), rng)
    log.add("IMPRESSION", passed, seen_at, item=ignored, channel=where)


def _drawn_items(taste: Taste, person: Ints, manner: Ints, rng: Rng) -> Ints:
    own = taste.bought.draw(person, rng)
    near = taste.neighbours.draw(taste.category_of[own], rng)
    anything = taste.bought.values[rng.integers(len(taste.bought.values), size=len(person))]
    return np.choose(manner, [own, near, anything])


def _read(log: _Log, taste: Taste, visitors: Ints, starts: Times, channels: Any, rng: Rng) -> None:
    if len(taste.articles.values) == 0:
        return
    reads = rng.random(len(visitors)) < READS
    person, channel = visitors[reads], channels[reads]
    at = starts[reads] + _seconds(2400 + rng.integers(300, size=len(person)))
    about = taste.articles.draw(taste.category_of[taste.bought.draw(person, rng)], rng)
    other = rng.integers(len(taste.content_ids), size=len(person))
    content = np.where(rng.random(len(person)) < READS_OWN, about, other)
    log.add("IMPRESSION", person, at - _seconds(8), content=content, channel=channel)
    log.add("CLICK", person, at - _seconds(1), content=content, channel=channel)
    log.add("VIEW", person, at, content=content, channel=channel)


def _search(log: _Log, taste: Taste, visitors: Ints, starts: Times, channels: Any, rng: Rng) -> None:
    searches = rng.random(len(visitors)) < SEARCHES
    person, channel = visitors[searches], channels[searches]
    at = starts[searches] + _seconds(45 + rng.integers(10, size=len(person)))
    item = _drawn_items(taste, person, rng.integers(2, size=len(person)), rng)
    name = np.where(taste.is_japanese[person], taste.names_ja[item], taste.names[item])
    text = np.char.replace(np.char.lower(name), ",", "")
    unanswered = np.array(words("searches")["unanswered"])
    wish = unanswered[rng.integers(len(unanswered), size=len(person)), taste.is_japanese[person].astype(np.int64)]
    text = np.where(rng.random(len(person)) < FINDS_NOTHING, wish, text)
    log.add("SEARCH", person, at, text=text, channel=channel)


def _open_mails(log: _Log, taste: Taste, chosen: Ints, now: datetime, days: int, rng: Rng) -> None:
    readers = chosen[taste.takes_email[chosen]]
    for week in range(days // 7):
        sent = now - timedelta(days=7 * week + 3)
        person = readers[rng.random(len(readers)) < OPENS]
        at = _naive(sent) + _seconds(rng.integers(2 * 86_400, size=len(person)))
        message = np.full(len(person), f"simulated-digest-{sent:%G-%V}")
        channel = np.full(len(person), "EMAIL")
        log.add("EMAIL_OPEN", person, at, message=message, channel=channel)
        clicks = rng.random(len(person)) < OPENS_AND_CLICKS
        item = _drawn_items(taste, person[clicks], rng.integers(2, size=clicks.sum()), rng)
        clicked = {"item": item, "message": message[clicks], "channel": channel[clicks]}
        log.add("EMAIL_CLICK", person[clicks], at[clicks] + _seconds(20), **clicked)


def _table(log: _Log, taste: Taste, seed: int) -> pa.Table:
    person = np.concatenate([part["person"] for part in log.columns])
    at = np.concatenate([part["at"] for part in log.columns])
    size = len(person)
    made: dict[str, Any] = {
        "event_id": [f"simulated-{seed}-{row}" for row in range(size)],
        "customer_id": taste.customer_ids[person],
        "type": np.concatenate([part["type"] for part in log.columns]),
        "item_id": pa.concat_arrays([_items(part, taste) for part in log.columns]),
        "occurred_at": pa.array(at).cast(TIME),
        "text": pa.concat_arrays([_texts(part, "text") for part in log.columns]),
        "message_id": pa.concat_arrays([_texts(part, "message") for part in log.columns]),
        "channel": np.concatenate([part["channel"] for part in log.columns]),
        "source": np.full(size, SOURCE),
    }
    columns = {name: made.get(name, pa.nulls(size, HISTORY.field(name).type)) for name in HISTORY.names}
    columns["attributes"] = pa.array([[]] * size, HISTORY.field("attributes").type)
    order = np.lexsort((at, taste.customer_ids[person]))
    return pa.table(columns).cast(HISTORY).take(pa.array(order))


def _items(part: dict[str, Any], taste: Taste) -> pa.Array:
    if "item" in part:
        return pa.array(taste.item_ids[part["item"]], pa.string())
    if "content" in part:
        return pa.array(taste.content_ids[part["content"]], pa.string())
    return pa.nulls(len(part["person"]), pa.string())


def _texts(part: dict[str, Any], name: str) -> pa.Array:
    return pa.array(part[name], pa.string()) if name in part else pa.nulls(len(part["person"]), pa.string())


def _seconds(count: Any) -> Any:
    return np.asarray(count).astype("timedelta64[s]").astype("timedelta64[us]")


def _naive(moment: datetime) -> np.datetime64:
    return np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "us")
