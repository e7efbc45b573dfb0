"""Explanation: why an item stands where it stands, by taking things away and scoring again.

A reason's share is the drop of the ranking score when its evidence is taken away, over the sum of all reasons' drops;
a drop below zero counts as nothing. What cannot be shown to matter is not said.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

import numpy as np

from service.recommender.catalogue import ItemKind
from service.recommender.decision import NEW_DAYS, Assessed, Ranking
from service.recommender.events import EventType
from service.recommender.ports import Floats, Ints
from service.recommender.profile import PURCHASE, ActionKey, Profile
from service.recommender.question import Intent
from service.recommender.ranking_features import COLUMN, DAY
from service.recommender.scoring import AnchorScorer, ProductScorer
from service.recommender.wording import Days, ItemTitles, Message, Times

LEAST_SHARE = 0.08
"""A reason of less is merged into POPULAR."""
UNTOLD = 0.01
"""What is left below this is not said at all; the told reasons share it."""
FEWEST_TOLD = 50
"""Counts of fewer people are not told."""
MOST_EVIDENCE = 3
SPEAKS_ALONE = 0.5
"""Part of what the loudest actions contribute from which the loudest is named alone."""
RHYTHM_FROM = 3
"""Purchases from which one may speak of a rhythm."""


class ReasonCode(StrEnum):
    """Kinds of reasons."""

    YOUR_ACTION = "YOUR_ACTION"
    BOUGHT_TOGETHER = "BOUGHT_TOGETHER"
    BUY_AGAIN = "BUY_AGAIN"
    SIMILAR = "SIMILAR"
    TRENDING = "TRENDING"
    POPULAR = "POPULAR"
    POPULAR_IN_SEGMENT = "POPULAR_IN_SEGMENT"
    ON_SALE = "ON_SALE"
    NEW = "NEW"
    OCCASION = "OCCASION"
    EDITORIAL = "EDITORIAL"
    EXPLORATION = "EXPLORATION"
    SPONSORED = "SPONSORED"
    NOT_PERSONALISED = "NOT_PERSONALISED"


class EvidenceKind(StrEnum):
    """What a reason may rest on."""

    ACTION = "ACTION"
    SEGMENT = "SEGMENT"
    TREND = "TREND"
    PRICE = "PRICE"
    OCCASION = "OCCASION"
    CAMPAIGN = "CAMPAIGN"
    EDITORIAL = "EDITORIAL"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing that a reason rests on; `row` is an item's, `type` what the person did with it."""

    kind: EvidenceKind
    row: int | None = None
    type: EventType | None = None
    day: date | None = None
    count: int | None = None
    segment: str | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason, with the part of the ranking score that rests on it."""

    code: ReasonCode
    message: Message
    share: float
    evidence: tuple[Evidence, ...] = ()

    @property
    def actions(self) -> frozenset[ActionKey]:
        """The person's actions that it rests on."""
        return frozenset(
            (one.type, one.row) for one in self.evidence if one.type is not None and one.row is not None
        )


@dataclass(frozen=True, slots=True)
class _Proposal:
    """A reason yet to be weighed: the item's place in the batch, and what to take away."""

    item: int
    code: ReasonCode
    message: Message
    evidence: tuple[Evidence, ...] = ()
    without: frozenset[ActionKey] = frozenset()
    alter: Mapping[int, float] | None = None
    """Feature columns to replace, for what is no action."""
    out_of_list: bool = False
    """Without it the item would not be in this list at all: it falls to the end."""


def explain(ranking: Ranking, rows: Sequence[int], zone: ZoneInfo) -> list[tuple[Reason, ...]]:
    """Give each item its reasons, the most telling first; never none.

    Parameters
    ----------
    ranking : the decision that the items come from
    rows : rows of the items
    zone : the shop's, in which days are told
    """
    assessed = ranking.assessed
    wanted = np.asarray(rows, np.int64)
    explored = {int(ranking.rows[position - 1]) for position in ranking.explored if position <= ranking.rows.size}
    proposals = _Proposer(assessed, zone).propose(wanted)
    drops = _drops(assessed, wanted, proposals)
    per_item: dict[int, list[tuple[float, _Proposal]]] = defaultdict(list)
    for proposal, drop in zip(proposals, drops, strict=True):
        per_item[proposal.item].append((max(float(drop), 0.0), proposal))
    return [
        _told(assessed, row, per_item[index], explored=row in explored) for index, row in enumerate(map(int, wanted))
    ]


def _drops(assessed: Assessed, rows: Ints, proposals: Sequence[_Proposal]) -> Floats:
    """Fall of the ranking score of each proposal's item without its evidence; one batch for all."""
    if not proposals:
        return np.empty(0, np.float32)
    scorer = assessed.scorer
    base = scorer.features(assessed.person, rows)
    matrix = base[[proposal.item for proposal in proposals]].copy()
    groups: dict[frozenset[ActionKey], list[int]] = defaultdict(list)
    for index, proposal in enumerate(proposals):
        if proposal.without:
            groups[proposal.without].append(index)
        elif proposal.alter:
            for column, value in proposal.alter.items():
                matrix[index, column] = value
    for gone, indices in groups.items():
        items = rows[[proposals[index].item for index in indices]]
        matrix[indices] = scorer.features(assessed.person.without(gone), items)
    scores = scorer.scores(np.concatenate([base, matrix]))
    after = scores[rows.size :]
    gone_from_list = [index for index, proposal in enumerate(proposals) if proposal.out_of_list]
    after[gone_from_list] = assessed.ranking_scores.min(initial=0)
    return np.asarray(scores[[proposal.item for proposal in proposals]] - after, np.float32)


class _Proposer:
    """Thinks of everything that may be a reason for an item; whether it is one is weighed afterwards."""

    def __init__(self, assessed: Assessed, zone: ZoneInfo) -> None:
        self.assessed, self.zone = assessed, zone
        self.actions = assessed.person.actions
        self.snapshot = assessed.snapshot
        self.own = {int(row): index for index, row in enumerate(self.actions.purchases.item)}
        self.typical = self._typical()

    def _typical(self) -> dict[int, float]:
        """Popularity of a middling candidate: what an item would have without being popular."""
        rows, items = self.assessed.candidates.rows, self.snapshot.items
        if not rows.size:
            return {}
        middling = {name: float(np.log1p(np.median(getattr(items, name)[rows]))) for name in
                    ("buyers_7", "buyers_28", "buyers_91")}
        return {**{COLUMN[name]: value for name, value in middling.items()}, COLUMN["trend"]: 0.0}

    def propose(self, rows: Ints) -> list[_Proposal]:
        """All proposals for all items."""
        return [proposal for index, row in enumerate(map(int, rows)) for proposal in self._of(index, row)]

    def _of(self, index: int, row: int) -> list[_Proposal]:
        found = []
        if len(self.actions):
            found += [self._again(index, row)] if row in self.own else []
            found += self._because(index, row)
            found += self._together(index, row)
        if isinstance(self.assessed.scorer, ProductScorer):
            found += self._of_item(index, row)
        return found

    def _day(self, at: int) -> date:
        return datetime.fromtimestamp(at, UTC).astimezone(self.zone).date()

    def _evidence(self, action: int) -> Evidence:
        kind, row = self.actions.key(action)
        return Evidence(EvidenceKind.ACTION, row, kind, self._day(int(self.actions.last_at[action])),
                        int(self.actions.count[action]))

    def _again(self, index: int, row: int) -> _Proposal:
        bought, at = self.actions.purchases, self.own[row]
        count, first, last = int(bought.count[at]), int(bought.first_at[at]), int(bought.last_at[at])
        day = self._day(last)
        if count >= RHYTHM_FROM and last - first >= (count - 1) * DAY:
            gap = round((last - first) / DAY / (count - 1))
            since = max((self.assessed.question.now - last) // DAY, 1)
            message = Message("reason.BUY_AGAIN.rhythm", {"gap": max(gap, 1), "days": Days(since)})
        elif count > 1:
            message = Message("reason.BUY_AGAIN.often", {"times": Times(count), "day": day})
        else:
            message = Message("reason.BUY_AGAIN.once", {"day": day})
        evidence = Evidence(EvidenceKind.ACTION, row, EventType.PURCHASE, day, count)
        return _Proposal(index, ReasonCode.BUY_AGAIN, message, (evidence,), frozenset({(EventType.PURCHASE, row)}))

    def _because(self, index: int, row: int) -> list[_Proposal]:
        """The action that speaks loudest for the item, or the few that do together."""
        actions, weights = self.actions, self.actions.interest_weight
        if isinstance(self.assessed.scorer, AnchorScorer):
            anchor = self.assessed.scorer.anchor
            if anchor is not None and row in self.snapshot.items.together[anchor]:
                return []  # said as BOUGHT_TOGETHER
            loudest = np.flatnonzero((actions.item == anchor) & (actions.type == PURCHASE))
        else:
            part = self.snapshot.embedding.contributions(actions.item, weights, row)
            part[(actions.item == row) & (actions.type == PURCHASE)] = 0
            loudest = np.argsort(-part, kind="stable")[:MOST_EVIDENCE]
            loudest = loudest[part[loudest] > 0]
            if loudest.size and part[loudest[0]] >= SPEAKS_ALONE * part[loudest].sum():
                loudest = loudest[:1]
        return [self._your_action(index, [int(one) for one in loudest])] if loudest.size else []

    def _your_action(self, index: int, chosen: list[int]) -> _Proposal:
        keys = [self.actions.key(action) for action in chosen]
        kinds = {kind for kind, _ in keys}
        key = f"reason.YOUR_ACTION.{kinds.pop() if len(kinds) == 1 else 'MIXED'}"
        items = ItemTitles(tuple(dict.fromkeys(row for _, row in keys)))
        evidence = tuple(map(self._evidence, chosen))
        return _Proposal(index, ReasonCode.YOUR_ACTION, Message(key, {"items": items}), evidence, frozenset(keys))

    def _together(self, index: int, row: int) -> list[_Proposal]:
        scorer, recent = self.assessed.scorer, self.assessed.person.recent_items
        if isinstance(scorer, AnchorScorer) and scorer.anchor is not None:
            recent = np.array([scorer.anchor], np.int64)
        table, weight = self.snapshot.items.together[recent], self.snapshot.items.together_weight[recent]
        strength = np.where(table == row, weight, 0).max(axis=1, initial=0)
        if not strength.any():
            return []
        partner = int(recent[int(np.argmax(strength))])
        at = self.own[partner]
        day = self._day(int(self.actions.purchases.last_at[at]))
        message = Message("reason.BOUGHT_TOGETHER", {"items": ItemTitles((partner,)), "day": day})
        evidence = Evidence(EvidenceKind.ACTION, partner, EventType.PURCHASE, day,
                            int(self.actions.purchases.count[at]))
        return [_Proposal(index, ReasonCode.BOUGHT_TOGETHER, message, (evidence,),
                          frozenset({(EventType.PURCHASE, partner)}))]

    def _of_item(self, index: int, row: int) -> list[_Proposal]:
        catalogue = self.snapshot.catalogue
        found = [_Proposal(index, *popularity(self.assessed, row), alter=self.typical)]
        rate = float(catalogue.discount_rate[row])
        if rate > 0:
            message = Message("reason.ON_SALE", {"percent": round(100 * rate)})
            alter = {COLUMN["discount_share"]: 0.0}
            evidence = (Evidence(EvidenceKind.PRICE, row),)
            needed = self.assessed.question.intent is Intent.ON_SALE
            found.append(_Proposal(index, ReasonCode.ON_SALE, message, evidence, alter=alter, out_of_list=needed))
        return found


def popularity(assessed: Assessed, row: int) -> tuple[ReasonCode, Message, tuple[Evidence, ...]]:
    """Say how popular an item is, as far as that may be told."""
    items = assessed.snapshot.items
    evidence = (Evidence(EvidenceKind.TREND, row),)
    if items.trend[row] > 0.3 and items.buyers_7[row] >= FEWEST_TOLD:  # noqa: PLR2004 - a third above the usual
        return ReasonCode.TRENDING, Message("reason.TRENDING"), evidence
    count = int(items.buyers_28[row])
    if count >= FEWEST_TOLD:
        return ReasonCode.POPULAR, Message("reason.POPULAR.counted", {"count": count}), evidence
    return ReasonCode.POPULAR, Message("reason.POPULAR"), evidence


def _told(
    assessed: Assessed, row: int, weighed: list[tuple[float, _Proposal]], *, explored: bool,
) -> tuple[Reason, ...]:
    """Choose among what was weighed, and turn drops into shares."""
    kept = _without_lesser_sets(weighed)
    if assessed.snapshot.catalogue.kind_of(row) is ItemKind.AD:
        kept = [*kept, _paid(assessed, row)]
    total = sum(drop for drop, _ in kept)
    weighty = [(drop / total, one) for drop, one in kept if total and drop / total >= LEAST_SHARE]
    reasons = [Reason(one.code, one.message, share, one.evidence) for share, one in weighty]
    rest = 1 - sum(reason.share for reason in reasons)
    if rest > UNTOLD:
        reasons = _merged(reasons, rest, assessed, row)
    elif reasons:
        reasons = [Reason(one.code, one.message, one.share / (1 - rest), one.evidence) for one in reasons]
    reasons.sort(key=lambda reason: -reason.share)
    if explored:
        reasons.insert(0, Reason(ReasonCode.EXPLORATION, Message("reason.EXPLORATION"), 0.0))
    if not assessed.profile.purposes:
        reasons.append(Reason(ReasonCode.NOT_PERSONALISED, Message("reason.NOT_PERSONALISED"), 0.0))
    return paid_first(assessed, row, reasons)


def paid_first(assessed: Assessed, row: int, reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    """Let a paid place say so before anything else."""
    if assessed.snapshot.catalogue.kind_of(row) is not ItemKind.AD:
        return tuple(reasons)
    code, message, evidence = sponsored(assessed, row)
    share = sum(reason.share for reason in reasons if reason.code is code)
    return Reason(code, message, share, evidence), *(reason for reason in reasons if reason.code is not code)


def _without_lesser_sets(weighed: list[tuple[float, _Proposal]]) -> list[tuple[float, _Proposal]]:
    """Of reasons that rest on overlapping actions of one person, keep the one that tells the most with the least."""
    kept: list[tuple[float, _Proposal]] = []
    for drop, one in sorted(weighed, key=lambda pair: -(pair[0] / max(len(pair[1].without), 1) ** 0.5)):
        if drop > 0 and not any(one.without & other.without for _, other in kept):
            kept.append((drop, one))
    return kept


def _merged(reasons: list[Reason], rest: float, assessed: Assessed, row: int) -> list[Reason]:
    """What is too small to be said by itself is said as popularity, or as what the kind of item stands for."""
    code, message, evidence = _plain(assessed, row)
    for index, reason in enumerate(reasons):
        if reason.code is code:
            reasons[index] = Reason(code, reason.message, reason.share + rest, reason.evidence)
            return reasons
    return [*reasons, Reason(code, message, rest, evidence)]


def _plain(assessed: Assessed, row: int) -> tuple[ReasonCode, Message, tuple[Evidence, ...]]:
    catalogue = assessed.snapshot.catalogue
    match catalogue.kind_of(row):
        case ItemKind.AD:
            return sponsored(assessed, row)
        case ItemKind.CONTENT:
            path = catalogue.texts.category[row]
            about = path[-1] if path else Message("words.magazine")
            message = Message("reason.EDITORIAL", {"category": about})
            return ReasonCode.EDITORIAL, message, (Evidence(EvidenceKind.EDITORIAL, row),)
        case _:
            pass
    seen, now = int(assessed.snapshot.first_seen[row]), assessed.question.now
    if 0 <= now - seen < NEW_DAYS * DAY:
        day = datetime.fromtimestamp(seen, UTC).date()
        return ReasonCode.NEW, Message("reason.NEW", {"day": day}), ()
    return popularity(assessed, row)


def _paid(assessed: Assessed, row: int) -> tuple[float, _Proposal]:
    """Weigh the payment: without it an ad would not be shown, so it loses its whole score."""
    score = assessed.scorer.scores(assessed.scorer.features(assessed.person, np.array([row])))
    code, message, evidence = sponsored(assessed, row)
    return max(float(score[0]), 1e-6), _Proposal(0, code, message, evidence)


def sponsored(assessed: Assessed, row: int) -> tuple[ReasonCode, Message, tuple[Evidence, ...]]:
    """Say who advertises and who pays."""
    texts = assessed.snapshot.catalogue.texts
    values = {"advertiser": texts.advertiser[row] or "", "payer": texts.payer[row] or ""}
    return ReasonCode.SPONSORED, Message("reason.SPONSORED", values), (Evidence(EvidenceKind.CAMPAIGN, row),)


def positions_without(
    replay: Callable[[Profile], Sequence[int]], profile: Profile, wanted: Sequence[tuple[int, frozenset[ActionKey]]],
    deepest: int = 200,
) -> list[int | None]:
    """Find where items would stand had the person not done something; one replay for each distinct set of actions.

    Parameters
    ----------
    replay : makes the list again for a profile
    wanted : pairs of an item's row and the actions to take away
    deepest : an item below this place counts as not in the list

    Returns
    -------
    Positions counted from 1; None where the item would not be in the list, or where there is nothing to take away.
    """
    orders: dict[frozenset[ActionKey], dict[int, int]] = {}
    for gone in {keys for _, keys in wanted if keys}:
        order = replay(profile.without(gone))
        orders[gone] = {int(row): place for place, row in enumerate(order[:deepest], start=1)}
    return [orders[keys].get(row) if keys else None for row, keys in wanted]
