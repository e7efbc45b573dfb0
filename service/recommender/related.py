"""Lists about an item, a query or the moment instead of a person: related, found by title, trending."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from service.recommender.arrays import Ints
from service.recommender.auction import targeted
from service.recommender.candidates import Source, merge
from service.recommender.catalogue import KINDS, ItemKind
from service.recommender.decision import Assessed, Ranking
from service.recommender.eligibility import eligible
from service.recommender.errors import IndexUnavailable, InvalidArgument
from service.recommender.explanation import paid_first
from service.recommender.live import Live
from service.recommender.profile import NOBODY
from service.recommender.proposals import Said, popularity
from service.recommender.question import Question, RelatedIntent
from service.recommender.reasons import Evidence, EvidenceKind, Reason, ReasonCode
from service.recommender.scoring import ProductScorer
from service.recommender.slate import DEEPEST
from service.recommender.snapshot import Snapshot
from service.recommender.wording import ItemTitles, Message

Found = tuple[Ranking, dict[int, tuple[Reason, ...]]]
_IMPERSONAL = Reason(ReasonCode.NOT_PERSONALISED, Message("reason.NOT_PERSONALISED"), 0.0)


def trending_now(question: Question, snapshot: Snapshot, live: Live) -> Found:
    """What is wanted more than it used to be, hottest first, and then what many buy; reasons with it."""
    from_live = live.trending(question.kind, snapshot, question.moment)
    ranking = _listed(question, snapshot, live, from_live)
    said = _by_popularity(ranking)
    rising = live.is_rising(question.kind, snapshot, ranking.rows, question.moment)
    for row in map(int, ranking.rows[rising]):
        evidence = (Evidence(EvidenceKind.TREND, row),)
        hot = Reason(ReasonCode.TRENDING, Message("reason.TRENDING"), 1.0, evidence)
        said[row] = paid_first(ranking.assessed, row, (hot, _IMPERSONAL))
    return ranking, said


def found_by_title(query: str, kinds: Sequence[ItemKind], question: Question, snapshot: Snapshot, live: Live) -> Found:
    """What has every word of the query in its title, the most bought first.

    Raises
    ------
    InvalidArgument
        If the query is empty.
    """
    if not query.strip():
        raise InvalidArgument("query is empty; write at least one word.")
    rows = snapshot.titles.find(query)
    codes = [list(ItemKind).index(kind) for kind in kinds]
    ranking = _listed(question, snapshot, live, rows[np.isin(snapshot.catalogue.kind[rows], codes)])
    return ranking, _by_popularity(ranking)


def related_to(item_id: str, intent: RelatedIntent, question: Question, snapshot: Snapshot, live: Live) -> Found:
    """What is like an item, is bought with it, or completes it; the item itself is left out.

    Raises
    ------
    InvalidArgument
        If the shop has no such item.
    """
    row = snapshot.catalogue.row_of.get(item_id)
    if row is None:
        raise InvalidArgument("The shop has no item of this id.")
    rows = _similar(row, snapshot) if intent is RelatedIntent.SIMILAR else _together(row, intent, snapshot)
    ranking = _listed(question, snapshot, live, rows[rows != row])
    key = {RelatedIntent.SIMILAR: "SIMILAR", RelatedIntent.BOUGHT_TOGETHER: "BOUGHT_TOGETHER.item",
           RelatedIntent.COMPLEMENT: "COMPLEMENT"}[intent]
    code = ReasonCode.SIMILAR if intent is RelatedIntent.SIMILAR else ReasonCode.BOUGHT_TOGETHER
    reason = Reason(code, Message(f"reason.{key}", {"items": ItemTitles((row,))}), 1.0)
    said = (reason, _IMPERSONAL)
    return ranking, {int(one): said for one in ranking.rows}


def _similar(row: int, snapshot: Snapshot) -> Ints:
    try:
        near, _ = snapshot.neighbours[ItemKind.PRODUCT].neighbours(snapshot.embedding.vectors[row][None, :], DEEPEST)
    except (IndexUnavailable, KeyError):
        return snapshot.by_path.get(int(snapshot.catalogue.path[row]), np.empty(0, np.int64))
    rows = near[0][near[0] >= 0]
    return np.asarray(rows[snapshot.catalogue.department[rows] == snapshot.catalogue.department[row]])


def _together(row: int, intent: RelatedIntent, snapshot: Snapshot) -> Ints:
    rows = snapshot.items.together[row]
    rows = rows[rows >= 0]
    if intent is RelatedIntent.COMPLEMENT:
        rows = rows[snapshot.catalogue.path[rows] != snapshot.catalogue.path[row]]
    return np.asarray(rows)


def _listed(question: Question, snapshot: Snapshot, live: Live, rows: Ints) -> Ranking:
    """Keep what may be shown, in the order given; of the ads, those for everybody that have money left today."""
    rows = rows[eligible(snapshot.catalogue, rows, question, NOBODY.restrictions)]
    ads = snapshot.catalogue.kind[rows] == KINDS.index(ItemKind.AD)
    shown = ~ads
    shown[ads] = targeted(NOBODY, snapshot, rows[ads]) & live.has_budget(snapshot, rows[ads], question.moment)
    rows = rows[shown][:DEEPEST]
    person = snapshot.person(NOBODY.actions, question.now)
    falling = np.linspace(1, 0, rows.size, dtype=np.float32)
    candidates = merge([(Source.POPULAR, rows)])
    assessed = Assessed(question, NOBODY, person, snapshot, candidates, falling, ProductScorer(personal=False))
    return Ranking(rows, assessed)


def _by_popularity(ranking: Ranking) -> dict[int, tuple[Reason, ...]]:
    said: Mapping[int, Said] = {
        int(row): popularity(ranking.assessed, int(row)) for row in ranking.rows
    }
    return {
        row: paid_first(ranking.assessed, row, (Reason(code, message, 1.0, evidence), _IMPERSONAL))
        for row, (code, message, evidence) in said.items()
    }

