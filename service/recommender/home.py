"""Home: a hero and shelves, each with a reason of its own, none repeating an item of another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from service.recommender.catalogue import ItemKind
from service.recommender.decision import Assessed, Ranking, anchor_of, arrange, assess, reassess
from service.recommender.events import EventType
from service.recommender.live import Live
from service.recommender.loudness import MOST_EVIDENCE
from service.recommender.ports import Ints
from service.recommender.profile import Actions, Profile
from service.recommender.question import Intent, Question
from service.recommender.reasons import Evidence, EvidenceKind, Reason, ReasonCode
from service.recommender.restraint import sinking
from service.recommender.snapshot import Snapshot
from service.recommender.wording import ItemTitles, Message

FRONT = 12
"""Items of a shelf that are on the page at once."""
SHELF_SIZE = 48
FEWEST = 4
"""A shelf of fewer items is not put up."""
MOST_ADS = 4
FEWEST_ADS = 2


@dataclass(frozen=True)
class ShelfPlan:
    """One shelf: its items in order, the first `FRONT` of which stand on no other shelf, nor the rest."""

    key: str
    title: Message
    reason: Reason
    ranking: Ranking
    question: Question


@dataclass(frozen=True)
class HomePlan:
    """The whole page."""

    hero: Ranking | None
    shelves: tuple[ShelfPlan, ...]
    degraded: tuple[str, ...]


@dataclass(frozen=True)
class _Draft:
    key: str
    ranking: Ranking
    question: Question
    fewest: int = FEWEST


def compose(asked: Question, profile: Profile, ads_profile: Profile, snapshot: Snapshot, live: Live) -> HomePlan:
    """Fill the page for a person: `profile` for products and contents, `ads_profile` for advertisements."""
    products = assess(asked, profile, snapshot, live)
    contents = assess(replace(asked, kind=ItemKind.CONTENT), profile, snapshot, live)
    ads = assess(replace(asked, kind=ItemKind.AD), ads_profile, snapshot, live)
    drafts = _drafts(products, contents, ads, live)
    taken: set[int] = set()
    hero = None
    best = next(draft for draft in drafts if draft.key in {"for_you", "popular"}).ranking
    if best.rows.size:
        hero = replace(best, rows=best.rows[:1], explored={})
        taken.add(int(best.rows[0]))
    fronts = _fronts(drafts, taken)
    shelves = tuple(_shelf(draft, front, taken) for draft, front in fronts)
    degraded = dict.fromkeys((*products.degraded, *contents.degraded, *ads.degraded))
    return HomePlan(hero, shelves, tuple(degraded))


def _drafts(products: Assessed, contents: Assessed, ads: Assessed, live: Live) -> list[_Draft]:
    """Every shelf that might be put up, in the order of the page."""

    def of(key: str, intent: Intent, assessed: Assessed = products) -> _Draft:
        question = replace(assessed.question, intent=intent)
        return _Draft(key, arrange(assessed, question, 2 * FRONT), question)

    def around(anchor: str) -> _Draft:
        question = replace(products.question, intent=Intent.BECAUSE_YOU_BOUGHT, anchor_item_id=anchor)
        return of("because", question.intent, assess(question, products.profile, products.snapshot, live))

    reading = of("reading", Intent.FOR_YOU, contents)
    sponsored = of("sponsored", Intent.FOR_YOU, ads)
    sponsored = replace(
        sponsored, ranking=replace(sponsored.ranking, rows=sponsored.ranking.rows[:MOST_ADS]), fewest=FEWEST_ADS,
    )
    newcomers = reassess(products, replace(products.question, intent=Intent.NEW_FOR_YOU))
    trending, new = _trending(products, live), of("new", Intent.NEW_FOR_YOU, newcomers)
    if not len(products.person.actions):
        return [of("popular", Intent.FOR_YOU), of("on_sale", Intent.ON_SALE), reading, trending, sponsored, new]
    anchor = anchor_of(replace(products.question, intent=Intent.BECAUSE_YOU_BOUGHT), products.person)
    ids = products.snapshot.catalogue.item_ids
    because = [around(ids[anchor])] if anchor is not None else []
    discoveries = reassess(products, replace(products.question, intent=Intent.DISCOVER))
    return [
        of("buy_again", Intent.BUY_AGAIN), *because, of("on_sale", Intent.ON_SALE), reading, sponsored,
        of("discover", Intent.DISCOVER, discoveries), of("for_you", Intent.FOR_YOU), trending, new,
    ]


def _trending(products: Assessed, live: Live) -> _Draft:
    """What trends, in the order of the trend; what the person was shown in vain comes last."""
    hot = live.trending(ItemKind.PRODUCT, products.snapshot, products.question.moment)
    rows = hot[live.is_rising(ItemKind.PRODUCT, products.snapshot, hot, products.question.moment)]
    rows = rows[np.isin(rows, products.candidates.rows)]
    restrictions = products.profile.restrictions
    out, sunk = sinking(products.snapshot.catalogue, rows, products.question, restrictions, products.tired)
    rows = rows[~out][np.argsort(sunk[~out], kind="stable")]
    return _Draft("trending", Ranking(rows, products), products.question)


def _fronts(drafts: Sequence[_Draft], taken: set[int]) -> list[tuple[_Draft, list[int]]]:
    """Give every shelf its front in turn, the earlier shelf first, no item twice."""
    fronts = []
    for draft in drafts:
        free = [row for row in map(int, draft.ranking.rows) if row not in taken]
        if len(free) >= draft.fewest:
            front = free[:FRONT]
            taken.update(front)
            fronts.append((draft, front))
    return fronts


def _shelf(draft: _Draft, front: list[int], taken: set[int]) -> ShelfPlan:
    """Fill the shelf up behind its front, again with what stands nowhere else."""
    rest = [row for row in map(int, draft.ranking.rows) if row not in taken][: SHELF_SIZE - len(front)]
    taken.update(rest)
    rows: Ints = np.array([*front, *rest], np.int64)
    tried = {int(draft.ranking.rows[place - 1]): odds for place, odds in draft.ranking.explored.items()}
    explored = {place: tried[row] for place, row in enumerate(rows.tolist(), start=1) if row in tried}
    ranking = replace(draft.ranking, rows=rows, explored=explored)
    actions = draft.ranking.assessed.profile.actions
    anchor = draft.question.anchor_item_id
    row = draft.ranking.assessed.snapshot.catalogue.row_of[anchor] if anchor else None
    title, reason = heading(draft.key, personal=bool(len(actions)), anchor=row)
    reason = replace(reason, evidence=reason.evidence or resting(draft.key, actions, rows))
    return ShelfPlan(draft.key, title, reason, ranking, draft.question)


def heading(key: str, *, personal: bool, anchor: int | None = None) -> tuple[Message, Reason]:
    """Title and reason of a shelf; `anchor` is the row of the purchase that it starts from."""
    code = ReasonCode.EDITORIAL if key == "reading" and not personal else _CODES[key]
    text = f"{key}.everybody" if key in {"on_sale", "reading"} and not personal else key
    values: dict[str, object] = {}
    evidence: tuple[Evidence, ...] = ()
    if anchor is not None:
        values = {"items": ItemTitles((anchor,))}
        evidence = (Evidence(EvidenceKind.ACTION, anchor, EventType.PURCHASE),)
    reason = Reason(code, Message(f"shelf_reason.{text}", values), 1.0, evidence)
    return Message(f"shelf.{text}", values), reason


def resting(key: str, actions: Actions, rows: Ints) -> tuple[Evidence, ...]:
    """What the person did that a whole shelf rests on: what stands first in it, or what they did last.

    Parameters
    ----------
    key : the shelf's
    actions : the person's
    rows : of the shelf's items, in order
    """
    match key:
        case "buy_again":
            again = [row for row in map(int, rows) if row in actions.purchases.item]
            return tuple(Evidence(EvidenceKind.ACTION, row, EventType.PURCHASE) for row in again[:MOST_EVIDENCE])
        case "for_you":
            counted = actions.purchases
        case "reading" | "discover":
            counted = actions.keep(actions.interest_weight > 0)
        case _:
            return ()
    newest = np.argsort(-counted.last_at, kind="stable")[:MOST_EVIDENCE]
    done = (counted.key(int(index)) for index in newest)
    return tuple(Evidence(EvidenceKind.ACTION, row, kind) for kind, row in done)


_CODES = {
    "buy_again": ReasonCode.BUY_AGAIN, "because": ReasonCode.BOUGHT_TOGETHER, "on_sale": ReasonCode.ON_SALE,
    "reading": ReasonCode.YOUR_ACTION, "sponsored": ReasonCode.SPONSORED, "discover": ReasonCode.YOUR_ACTION,
    "for_you": ReasonCode.YOUR_ACTION, "trending": ReasonCode.TRENDING, "new": ReasonCode.NEW,
    "popular": ReasonCode.POPULAR,
}
