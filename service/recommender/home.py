"""Home: a hero and shelves, each with a reason of its own, none repeating an item of another."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from service.recommender.anchor import anchor_of
from service.recommender.arrays import Ints
from service.recommender.catalogue import ItemKind
from service.recommender.decision import Assessed, Ranking, arrange, assess, reassess
from service.recommender.live import Live
from service.recommender.profile import Profile
from service.recommender.question import Intent, Question
from service.recommender.reasons import Reason
from service.recommender.reranking import spread
from service.recommender.restraint import page_order, sinking, weariness
from service.recommender.shelf_reasons import FRONT, heading, repeating, resting
from service.recommender.snapshot import Snapshot
from service.recommender.wording import Message

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
    fronts = _fronts([drafts[place] for place in page_order([_weariness(draft) for draft in drafts])], taken)
    shelves = [_shelf(draft, front, taken) for draft, front in fronts]
    over = repeating([(shelf.key, shelf.reason) for shelf in shelves])
    degraded = dict.fromkeys((*products.degraded, *contents.degraded, *ads.degraded))
    return HomePlan(hero, tuple(shelf for shelf in shelves if shelf.key not in over), tuple(degraded))


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
    anchor = anchor_of(replace(products.question, intent=Intent.BECAUSE_YOU_BOUGHT), products.person, products.tired[0])
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


def _weariness(draft: _Draft) -> float:
    assessed, rows = draft.ranking.assessed, draft.ranking.rows
    scores = assessed.ranking_scores[np.searchsorted(assessed.candidates.rows, rows)]
    return weariness(scores, rows, assessed.tired, FRONT)


def _fronts(drafts: Sequence[_Draft], taken: set[int]) -> list[tuple[_Draft, list[int]]]:
    """Give every shelf its front in turn, the earlier shelf first, no item twice."""
    fronts = []
    for draft in drafts:
        free = [row for row in map(int, draft.ranking.rows) if row not in taken]
        if len(free) >= draft.fewest:
            front = _mixed(draft, free)[:FRONT]
            taken.update(front)
            fronts.append((draft, front))
    return fronts


def _mixed(draft: _Draft, rows: list[int]) -> list[int]:
    """What is left of a list without its items on other shelves, again without long runs of a kind."""
    if not draft.question.wants_variety:
        return rows
    return [rows[place] for place in spread(draft.ranking.assessed.snapshot.catalogue.department[rows])]


def _shelf(draft: _Draft, front: list[int], taken: set[int]) -> ShelfPlan:
    """Fill the shelf up behind its front, again with what stands nowhere else."""
    rest = [row for row in map(int, draft.ranking.rows) if row not in taken][: SHELF_SIZE - len(front)]
    taken.update(rest)
    rows: Ints = np.array([*front, *rest], np.int64)
    tried = {int(draft.ranking.rows[place - 1]): odds for place, odds in draft.ranking.explored.items()}
    explored = {place: tried[row] for place, row in enumerate(rows.tolist(), start=1) if row in tried}
    ranking = replace(draft.ranking, rows=rows, explored=explored)
    person, snapshot, anchor = ranking.assessed.person, ranking.assessed.snapshot, draft.question.anchor_item_id
    row = snapshot.catalogue.row_of[anchor] if anchor else None
    title, reason = heading(draft.key, personal=bool(len(person.actions)), anchor=row)
    reason = replace(reason, evidence=reason.evidence or resting(draft.key, person, snapshot, rows))
    return ShelfPlan(draft.key, title, reason, ranking, draft.question)
