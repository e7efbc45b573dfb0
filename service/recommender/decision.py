"""One decision: candidates, eligibility, ranking and re-ranking for a question and a profile, without any I/O.

The same question, profile and snapshot give the same order, so that a decision can be taken again as if a person had
not done something: that is what explanations rest on.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from service.recommender import auction, impressions, reranking
from service.recommender.anchor import anchor_of, around
from service.recommender.arrays import Floats, Ints
from service.recommender.candidates import Candidates, Source, generate, merge
from service.recommender.catalogue import KINDS, ItemKind
from service.recommender.discretion import is_sensitive_topic
from service.recommender.eligibility import eligible, within
from service.recommender.errors import IndexUnavailable, RankerUnavailable
from service.recommender.events import DAY
from service.recommender.little_known import ranker_for
from service.recommender.live import Live
from service.recommender.newcomers import NEW_DAYS
from service.recommender.person_view import PersonView, lookup
from service.recommender.profile import Profile
from service.recommender.question import Intent, Question
from service.recommender.ranking_features import COLUMN
from service.recommender.restraint import lowered, sinking
from service.recommender.scoring import (
    AdScorer,
    AnchorScorer,
    ContentScorer,
    DiscoveryScorer,
    NewcomerScorer,
    ProductScorer,
    Scorer,
)
from service.recommender.segment_scorer import cold_scorer
from service.recommender.slate import DEEPEST
from service.recommender.snapshot import Snapshot

DUE = 0.6
MOST_TOPICS = 3
"""As many bring candidates."""
_BY_INTENT = {Intent.DISCOVER: DiscoveryScorer, Intent.NEW_FOR_YOU: NewcomerScorer}
_NOTHING_TIRES: tuple[Ints, Floats] = (np.empty(0, np.int64), np.empty(0, np.float32))


@dataclass(frozen=True)
class Assessed:
    """Candidates with their ranking scores, before any list is made of them."""

    question: Question
    profile: Profile
    person: PersonView
    snapshot: Snapshot
    candidates: Candidates
    ranking_scores: Floats
    scorer: Scorer
    degraded: tuple[str, ...] = ()
    features: Floats | None = None
    tired: tuple[Ints, Floats] = _NOTHING_TIRES
    """Rows that the person was shown in vain, ascending, and how tired of each they are."""

    def weighed(self, rows: Ints) -> tuple[Floats, Floats]:
        """Give features and ranking scores of items; those of what was no candidate are worked out now."""
        at, known = lookup(self.candidates.rows, rows)
        if self.features is not None and known.all():
            return self.features[at], self.ranking_scores[at]
        features = self.scorer.features(self.person, rows)
        return features, self.scorer.scores(features)


@dataclass(frozen=True)
class Ranking:
    """An order of items, and what it was made from."""

    rows: Ints
    assessed: Assessed
    explored: Mapping[int, float] = field(default_factory=dict)
    """Propensity of each item chosen to learn, by position."""
    click_price: Mapping[int, float] = field(default_factory=dict)
    """What a click on an ad costs, by row."""


def decide(question: Question, profile: Profile, snapshot: Snapshot, live: Live) -> Ranking:
    """Answer a question for a profile."""
    return arrange(assess(question, profile, snapshot, live), question)


def assess(question: Question, profile: Profile, snapshot: Snapshot, live: Live) -> Assessed:
    """Generate candidates, drop what may not be shown, and give each a ranking score."""
    person = snapshot.person(profile.actions, question.now, question.circumstances(live.zone))
    degraded: list[str] = []
    candidates = _candidates(question, profile, person, snapshot, live, degraded)
    allowed = eligible(snapshot.catalogue, candidates.rows, question, profile.restrictions)
    allowed &= snapshot.catalogue.kind[candidates.rows] == KINDS.index(question.kind)  # an article may be bought too
    if question.kind is ItemKind.AD:
        allowed &= auction.targeted(profile, snapshot, candidates.rows)
        allowed &= live.has_budget(snapshot, candidates.rows, question.moment)
        campaigns = snapshot.catalogue.texts.campaign_id
        allowed &= impressions.within_caps(
            profile.impressions, campaigns, candidates.rows, question.moment, live.zone,
        )
    candidates = candidates.keep(allowed)
    scorer = _scorer(question, profile, person, snapshot)
    features = scorer.features(person, candidates.rows)
    try:
        scores = scorer.scores(features)
    except RankerUnavailable as fault:
        degraded.append(fault.part)
        scorer = ProductScorer(personal=bool(len(person.actions)))
        scores = scorer.scores(features)
    tired = profile.tired_of(question.now)
    return Assessed(question, profile, person, snapshot, candidates, scores, scorer, tuple(degraded), features, tired)


def reassess(assessed: Assessed, question: Question) -> Assessed:
    """Score the same candidates for another intent."""
    scorer = _scorer(question, assessed.profile, assessed.person, assessed.snapshot)
    features = scorer.features(assessed.person, assessed.candidates.rows)
    scores = scorer.scores(features)
    return replace(assessed, question=question, scorer=scorer, features=features, ranking_scores=scores)


def _candidates(
    question: Question, profile: Profile, person: PersonView, snapshot: Snapshot, live: Live, degraded: list[str],
) -> Candidates:
    if question.intent is Intent.BECAUSE_YOU_BOUGHT and question.kind is ItemKind.PRODUCT:
        anchor = anchor_of(question, person)
        try:
            return around(anchor, person, snapshot)
        except IndexUnavailable as fault:
            degraded.append(fault.part)
            return around(anchor, person, snapshot, near=False)
    topics = ((question.context.query,) if question.context.query else ()) + _harmless(profile.topics, snapshot)
    trending = live.trending(question.kind, snapshot, question.moment)
    try:
        found = generate(person, snapshot, question.kind, trending=trending, topics=topics)
    except IndexUnavailable as fault:
        degraded.append(fault.part)
        found = generate(
            person, snapshot, question.kind, trending=trending, topics=topics, sources=~Source.NEIGHBOUR,
        )
    narrow = question.filter
    bounds: tuple[object, ...] = (narrow.category, narrow.price_from, narrow.price_to)
    if narrow.brand or narrow.tags or narrow.on_sale or any(bound is not None for bound in bounds):
        found = merge([(Source.TOPIC, _within(question, snapshot)), *((s, found.rows[found.of(s)]) for s in Source)])
    return found


def _harmless(topics: tuple[str, ...], snapshot: Snapshot) -> tuple[str, ...]:
    """The newest topics, none that is about something sensitive."""
    if not snapshot.catalogue.sensitive.any():
        return topics
    newest = topics[:MOST_TOPICS]
    return tuple(topic for topic in newest if not is_sensitive_topic(topic, snapshot.catalogue, snapshot.titles))


def _within(question: Question, snapshot: Snapshot) -> Ints:
    """The most bought of what a narrow filter lets through, so that it never starves."""
    rows = snapshot.popular(question.kind)
    return rows[within(snapshot.catalogue, rows, question)][: 2 * DEEPEST]


def _scorer(question: Question, profile: Profile, person: PersonView, snapshot: Snapshot) -> Scorer:
    if question.kind is ItemKind.CONTENT:
        return ContentScorer(snapshot)
    if question.kind is ItemKind.AD:
        return AdScorer(snapshot)
    if not len(person.actions):
        return cold_scorer(profile, snapshot)
    if question.intent in _BY_INTENT:
        return _BY_INTENT[question.intent](snapshot)
    if question.intent is Intent.BECAUSE_YOU_BOUGHT:
        return AnchorScorer(snapshot, anchor_of(question, person))
    return ProductScorer(personal=True, ranker=ranker_for(person.actions, snapshot.ranker))


def arrange(assessed: Assessed, question: Question, window: int = reranking.WINDOW) -> Ranking:
    """Make one list of what was assessed: the intent's choice, the best first, the first `window` of it re-ranked.

    What the person asked for less of is out, what they were shown in vain sinks.
    """
    assessed = replace(assessed, question=question)
    chosen = _of_intent(assessed, question)
    rows, scores = assessed.candidates.rows[chosen], assessed.ranking_scores[chosen]
    catalogue, restrictions = assessed.snapshot.catalogue, assessed.profile.restrictions
    out, sunk = sinking(catalogue, rows, question, restrictions, assessed.tired)
    rows, scores, sunk = rows[~out], scores[~out], sunk[~out]
    if question.kind is ItemKind.AD:
        return _auctioned(assessed, rows, scores * (1 - sunk))
    scores = lowered(scores, sunk)
    best = np.lexsort((rows, sunk, -scores))
    rows, scores, shunned = rows[best], scores[best], rows[sunk > 0]
    balance = reranking.DEFAULT_BALANCE if question.diversity is None else question.diversity
    vectors = assessed.snapshot.embedding.vectors[rows[: reranking.POOL]]
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    order = reranking.diversify(
        scores, vectors / np.maximum(length, 1e-9), catalogue.department[rows].astype(np.int64),
        _target(assessed, rows), balance, window,
    )
    rows = rows[order]
    if question.wants_variety:
        rows = rows[reranking.spread(catalogue.department[rows])]
    explored: dict[int, float] = {}
    if question.intent is Intent.FOR_YOU and question.kind is ItemKind.PRODUCT and assessed.profile.person is not None:
        rows, position, propensity = reranking.explore(rows, _untried(assessed, rows, shunned), _seed(assessed))
        if position is not None:
            explored[position] = propensity
    return Ranking(rows[:DEEPEST], assessed, explored)


def _of_intent(assessed: Assessed, question: Question) -> Ints:
    """Indices of the candidates that fit the intent."""
    rows, snapshot = assessed.candidates.rows, assessed.snapshot
    bought = assessed.person.actions.purchases
    _, own = lookup(bought.item, rows)
    mask = np.ones(rows.size, np.bool_)
    if question.kind is not ItemKind.PRODUCT:
        return np.flatnonzero(mask)
    match question.intent:
        case Intent.ON_SALE:
            mask = snapshot.catalogue.discount_rate[rows] > 0
            if len(bought):
                mask &= np.isin(snapshot.catalogue.path[rows], snapshot.catalogue.path[bought.item])
        case Intent.BUY_AGAIN if len(assessed.person.actions):
            features = assessed.features
            ratio = features[:, COLUMN["own_gap_ratio"]] if features is not None and features.ndim > 1 else None
            mask = own & (ratio >= DUE) if ratio is not None else own
        case Intent.NEW_FOR_YOU:
            age = question.now - snapshot.first_seen[rows]
            mask = ~own & (snapshot.first_seen[rows] <= question.now) & (age < NEW_DAYS * DAY)
        case Intent.DISCOVER if len(bought):
            path = snapshot.catalogue.path
            mask = ~own & ~(np.isin(path[rows], path[bought.item]) & (path[rows] > 0))
        case _:
            pass
    return np.flatnonzero(mask)


def _auctioned(assessed: Assessed, rows: Ints, value: Floats) -> Ranking:
    catalogue = assessed.snapshot.catalogue
    bid = np.nan_to_num(catalogue.bid[rows])
    probability = np.where(bid > 0, value / np.maximum(bid, 1e-9), 0).astype(np.float32)
    campaigns = [catalogue.texts.campaign_id[row] or "" for row in rows]
    won, _, price = auction.auction(rows, probability, bid, campaigns)
    return Ranking(won[:DEEPEST], assessed, click_price={int(r): float(p) for r, p in zip(won, price, strict=True)})


def _target(assessed: Assessed, rows: Ints) -> Floats:
    """Share of the places that each department should have: the person's own mix, smoothed by what there is."""
    department = assessed.snapshot.catalogue.department
    size = int(department.max(initial=0)) + 1
    bought = assessed.person.actions.purchases
    if assessed.question.kind is not ItemKind.PRODUCT or not len(bought):
        return np.zeros(size, np.float32)
    own = np.bincount(department[bought.item], bought.count, size)
    there = np.bincount(department[rows], minlength=size)
    return np.asarray(0.8 * own / max(own.sum(), 1) + 0.2 * there / max(there.sum(), 1), np.float32)


def _untried(assessed: Assessed, order: Ints, shunned: Ints) -> Ints:
    """What may be tried: near the person's taste, never bought nor shunned, and not among the first places anyway."""
    tail = order[2 * reranking.WINDOW :]
    candidates = assessed.candidates
    near = candidates.of(Source.NEIGHBOUR)[np.searchsorted(candidates.rows, tail)]
    _, own = lookup(assessed.person.actions.purchases.item, tail)
    _, avoided = lookup(np.sort(shunned), tail)
    return tail[near & ~own & ~avoided]


def _seed(assessed: Assessed) -> int:
    person = assessed.profile.person
    said = f"{person.key if person else ''}|{assessed.question.placement}|{assessed.question.now // DAY}"
    return zlib.crc32(said.encode())

