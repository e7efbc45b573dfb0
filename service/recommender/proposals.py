"""Proposals: everything that may be a reason for an item; whether it is one is weighed afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

import numpy as np

from service.recommender.actions import ActionKey
from service.recommender.arrays import Ints
from service.recommender.auction import meant_for
from service.recommender.catalogue import ItemKind
from service.recommender.decision import Assessed
from service.recommender.events import DAY, EventType
from service.recommender.loudness import Loudness
from service.recommender.newcomers import NEW_DAYS
from service.recommender.question import Intent
from service.recommender.ranking_features import COLUMN
from service.recommender.reasons import Evidence, EvidenceKind, ReasonCode
from service.recommender.scoring import AnchorScorer, ProductScorer
from service.recommender.segment_rules import by_told
from service.recommender.segment_scorer import LIFT, SegmentScorer
from service.recommender.traits import Traits
from service.recommender.wording import Days, ItemTitles, Message, Times

FEWEST_TOLD = 50
"""Counts of fewer people are not told."""
RHYTHM_FROM = 3
"""Purchases from which one may speak of a rhythm."""

Said = tuple[ReasonCode, Message, tuple[Evidence, ...]]


@dataclass(frozen=True, slots=True)
class Proposal:
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


class Proposer:
    """Thinks of everything that may be a reason for an item; whether it is one is weighed afterwards.

    Parameters
    ----------
    assessed : what the items were chosen from
    zone : in which days are told
    stays : whether every item stays in the list whatever the person did, see `Loudness`
    """

    def __init__(self, assessed: Assessed, zone: ZoneInfo, *, stays: bool = False) -> None:
        self.assessed, self.zone, self.stays = assessed, zone, stays
        self.actions = assessed.person.actions
        self.snapshot = assessed.snapshot
        self.own = {int(row): index for index, row in enumerate(self.actions.purchases.item)}
        self.typical = self._typical()

    def _typical(self) -> dict[int, float]:
        """Popularity of a middling candidate: what an item would have without being popular."""
        rows, items = self.assessed.candidates.rows, self.snapshot.items
        if not rows.size:
            return {}
        middle = rows.size // 2
        known = {COLUMN[name]: float(np.log1p(np.partition(getattr(items, name)[rows], middle)[middle]))
                 for name in ("buyers_7", "buyers_28", "buyers_91")}
        return {**known, COLUMN["trend"]: 0.0}

    def propose(self, rows: Ints) -> list[Proposal]:
        """All proposals for all items."""
        loudness = Loudness(self.assessed, rows, self.stays)
        return [
            proposal
            for index, (row, sets, quiet) in enumerate(
                zip(rows.tolist(), loudness.loudest(), loudness.quietest(), strict=True),
            )
            for proposal in self._of(index, row, sets, quiet)
        ]

    def _of(self, index: int, row: int, loudest: list[list[int]], quiet: int | None) -> list[Proposal]:
        found = [] if quiet is None else [self._nothing(index, quiet)]
        if len(self.actions):
            found += [self._again(index, row)] if row in self.own else []
            found += [self._your_action(index, chosen) for chosen in loudest]
            found += self._together(index, row)
        if isinstance(self.assessed.scorer, ProductScorer):
            found += self._of_item(index, row)
        if isinstance(self.assessed.scorer, SegmentScorer):
            found += self._of_segment(index, row, self.assessed.scorer)
        return found

    def _day(self, at: int) -> date:
        return datetime.fromtimestamp(at, UTC).astimezone(self.zone).date()

    def _evidence(self, action: int) -> Evidence:
        kind, row = self.actions.key(action)
        return Evidence(EvidenceKind.ACTION, row, kind, self._day(int(self.actions.last_at[action])),
                        int(self.actions.count[action]))

    def _again(self, index: int, row: int) -> Proposal:
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
        return Proposal(index, ReasonCode.BUY_AGAIN, message, (evidence,), frozenset({(EventType.PURCHASE, row)}))

    @cached_property
    def _partners(self) -> dict[int, int]:
        """For each item that goes with the last purchases (or the one that the list starts from): with which most."""
        scorer, recent = self.assessed.scorer, self.assessed.person.recent_items
        if isinstance(scorer, AnchorScorer) and scorer.anchor is not None:
            recent = np.array([scorer.anchor], np.int64)
        rows, weights = self.snapshot.items.together[recent], self.snapshot.items.together_weight[recent]
        partners = np.repeat(recent, rows.shape[1])
        known = (rows.ravel() >= 0) & (weights.ravel() > 0)
        rows, weights, partners = rows.ravel()[known], weights.ravel()[known], partners[known]
        order = np.argsort(weights, kind="stable")  # the strongest is written last, and stays
        return dict(zip(rows[order].tolist(), partners[order].tolist(), strict=True))

    def _your_action(self, index: int, chosen: list[int]) -> Proposal:
        keys = [self.actions.key(action) for action in chosen]
        kinds = {kind for kind, _ in keys}
        key = f"reason.YOUR_ACTION.{kinds.pop() if len(kinds) == 1 else 'MIXED'}"
        items = ItemTitles(tuple(dict.fromkeys(row for _, row in keys)))
        evidence = tuple(map(self._evidence, chosen))
        return Proposal(index, ReasonCode.YOUR_ACTION, Message(key, {"items": items}), evidence, frozenset(keys))

    def _nothing(self, index: int, quiet: int) -> Proposal:
        """An action that has nothing to do with the item: what does no better than it is no reason."""
        message = Message("reason.NOT_PERSONALISED.item")
        return Proposal(index, ReasonCode.NOT_PERSONALISED, message, (), frozenset({self.actions.key(quiet)}))

    def _together(self, index: int, row: int) -> list[Proposal]:
        partner = self._partners.get(row) if isinstance(self.assessed.scorer, ProductScorer | AnchorScorer) else None
        if partner is None:  # or company is no part of the score
            return []
        at = self.own[partner]
        day = self._day(int(self.actions.purchases.last_at[at]))
        message = Message("reason.BOUGHT_TOGETHER", {"items": ItemTitles((partner,)), "day": day})
        evidence = Evidence(EvidenceKind.ACTION, partner, EventType.PURCHASE, day,
                            int(self.actions.purchases.count[at]))
        return [Proposal(index, ReasonCode.BOUGHT_TOGETHER, message, (evidence,),
                          frozenset({(EventType.PURCHASE, partner)}))]

    def _of_item(self, index: int, row: int) -> list[Proposal]:
        catalogue = self.snapshot.catalogue
        found = [Proposal(index, *popularity(self.assessed, row), alter=self.typical)]
        rate = float(catalogue.discount_rate[row])
        if rate > 0:
            message = Message("reason.ON_SALE", {"percent": round(100 * rate)})
            alter = {COLUMN[name]: 0.0 for name in ("discount_share", "discount_share_week", "price_week")}
            evidence = (Evidence(EvidenceKind.PRICE, row),)
            needed = self.assessed.question.intent is Intent.ON_SALE
            found.append(Proposal(index, ReasonCode.ON_SALE, message, evidence, alter=alter, out_of_list=needed))
        return found


    def _of_segment(self, index: int, row: int, scorer: SegmentScorer) -> list[Proposal]:
        """What people of one of the person's segments like; without that segment the next of theirs would count."""
        key = scorer.liked.of(row)
        title = next((one.title for one in by_told(Traits(self.assessed.profile.traits)) if one.key == key), None)
        if key is None or title is None:
            return []
        alter = {LIFT: float(scorer.liked.strongest(np.array([row]), 1)[0])}
        message = Message("reason.POPULAR_IN_SEGMENT", {"segment": title})
        evidence = (Evidence(EvidenceKind.SEGMENT, segment=key),)
        return [Proposal(index, ReasonCode.POPULAR_IN_SEGMENT, message, evidence, alter=alter)]


def popularity(assessed: Assessed, row: int) -> Said:
    """Say how popular an item is, as far as that may be told."""
    items = assessed.snapshot.items
    evidence = (Evidence(EvidenceKind.TREND, row),)
    if items.trend[row] > 0.3 and items.buyers_7[row] >= FEWEST_TOLD:  # noqa: PLR2004 - a third above the usual
        return ReasonCode.TRENDING, Message("reason.TRENDING"), evidence
    count = int(items.buyers_28[row])
    if count >= FEWEST_TOLD:
        return ReasonCode.POPULAR, Message("reason.POPULAR.counted", {"count": count}), evidence
    return ReasonCode.POPULAR, Message("reason.POPULAR"), evidence


def plain(assessed: Assessed, row: int, zone: ZoneInfo) -> Said:
    """Say what an item stands for by itself: paid, written for the magazine, new (the day in `zone`), or popular."""
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
        day = datetime.fromtimestamp(seen, UTC).astimezone(zone).date()
        return ReasonCode.NEW, Message("reason.NEW", {"day": day}), ()
    return popularity(assessed, row)


def sponsored(assessed: Assessed, row: int) -> Said:
    """Say who advertises and who pays; of an ad for some people, the segment that the person is in rests beside it."""
    texts = assessed.snapshot.catalogue.texts
    values = {"advertiser": texts.advertiser[row] or "", "payer": texts.payer[row] or ""}
    segment = meant_for(assessed.profile, assessed.snapshot, row)
    target = (Evidence(EvidenceKind.SEGMENT, segment=segment),) if segment else ()
    return ReasonCode.SPONSORED, Message("reason.SPONSORED", values), (Evidence(EvidenceKind.CAMPAIGN, row), *target)
