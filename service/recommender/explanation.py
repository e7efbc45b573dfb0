"""Explanation: why an item stands where it stands, by taking things away and scoring again.

A reason's share is the drop of the ranking score when its evidence is taken away, over the sum of all reasons' drops;
a drop below zero counts as nothing. What cannot be shown to matter is not said.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

import numpy as np

from service.recommender.actions import ActionKey
from service.recommender.arrays import Floats, Ints
from service.recommender.candidates import Source
from service.recommender.catalogue import ItemKind
from service.recommender.decision import Assessed, Ranking
from service.recommender.profile import Profile
from service.recommender.proposals import Proposal, Proposer, Said, plain, sponsored
from service.recommender.reasons import Reason, ReasonCode
from service.recommender.wording import Message

LEAST_SHARE = 0.08
"""A reason of less is merged into POPULAR."""
UNTOLD = 0.01
"""What is left below this is not said at all; the told reasons share it."""


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
    proposals = Proposer(assessed, zone, stays=_everything_stays(ranking)).propose(wanted)
    drops = _drops(assessed, wanted, proposals)
    per_item: dict[int, list[tuple[float, Proposal]]] = defaultdict(list)
    for proposal, drop in zip(proposals, drops, strict=True):
        per_item[proposal.item].append((max(float(drop), 0.0), proposal))
    return [
        _told(assessed, row, per_item[index], zone, explored=row in explored)
        for index, row in enumerate(map(int, wanted))
    ]


def _everything_stays(ranking: Ranking) -> bool:
    """Whether the list holds all there is, whatever the person did: then its order alone is theirs."""
    candidates = ranking.assessed.candidates
    return (
        ranking.assessed.question.kind is not ItemKind.PRODUCT
        and ranking.rows.size == candidates.rows.size
        and bool(candidates.of(Source.POPULAR).all())
    )


def _drops(assessed: Assessed, rows: Ints, proposals: Sequence[Proposal]) -> Floats:
    """Fall of the ranking score of each proposal's item without its evidence; one batch for all."""
    if not proposals:
        return np.empty(0, np.float32)
    scorer = assessed.scorer
    base, before = assessed.weighed(rows)
    matrix = base[[proposal.item for proposal in proposals]].copy()
    for index, proposal in enumerate(proposals):
        for column, value in (proposal.alter or {}).items():
            matrix[index, column] = value
    acted = [index for index, proposal in enumerate(proposals) if proposal.without]
    items = rows[[proposals[index].item for index in acted]]
    gone = [proposals[index].without for index in acted]
    matrix[acted] = scorer.features_without(assessed.person, items, matrix[acted], gone)
    after = scorer.scores(matrix)
    gone_from_list = [index for index, proposal in enumerate(proposals) if proposal.out_of_list]
    after[gone_from_list] = assessed.ranking_scores.min(initial=0)
    return np.asarray(before[[proposal.item for proposal in proposals]] - after, np.float32)


def _told(
    assessed: Assessed, row: int, weighed: list[tuple[float, Proposal]], zone: ZoneInfo, *, explored: bool,
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
        reasons = _merged(reasons, rest, plain(assessed, row, zone))
    elif reasons:
        reasons = [Reason(one.code, one.message, one.share / (1 - rest), one.evidence) for one in reasons]
    reasons.sort(key=lambda reason: -reason.share)
    if explored:
        reasons.insert(0, Reason(ReasonCode.EXPLORATION, Message("reason.EXPLORATION"), 0.0))
    if not any(reason.is_personal for reason in reasons) and not assessed.snapshot.catalogue.segments[row]:
        key = "reason.NOT_PERSONALISED.item" if assessed.profile.purposes else "reason.NOT_PERSONALISED"
        reasons.append(Reason(ReasonCode.NOT_PERSONALISED, Message(key), 0.0))
    return paid_first(assessed, row, reasons)


def paid_first(assessed: Assessed, row: int, reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    """Let a paid place say so before anything else."""
    if assessed.snapshot.catalogue.kind_of(row) is not ItemKind.AD:
        return tuple(reasons)
    code, message, evidence = sponsored(assessed, row)
    share = sum(reason.share for reason in reasons if reason.code is code)
    return Reason(code, message, share, evidence), *(reason for reason in reasons if reason.code is not code)


def _without_lesser_sets(weighed: list[tuple[float, Proposal]]) -> list[tuple[float, Proposal]]:
    """Keep what tells the most: of sets of actions that stand for each other one, and of those that overlap one.

    What an action that has nothing to do with the item does as well is no reason at all.
    """
    kept: list[tuple[float, Proposal]] = []
    nothing = [(drop, one.without) for drop, one in weighed if one.code is ReasonCode.NOT_PERSONALISED]
    for drop, one in sorted(weighed, key=lambda pair: -(pair[0] / max(len(pair[1].without), 1) ** 0.5)):
        least = max((less for less, quiet in nothing if one.without and not one.without & quiet), default=0.0)
        said = any(other.code is one.code is ReasonCode.YOUR_ACTION for _, other in kept)
        if drop > least and one.evidence and not said and not any(one.without & other.without for _, other in kept):
            kept.append((drop, one))
    return kept


def _merged(reasons: list[Reason], rest: float, said: Said) -> list[Reason]:
    """What is too small to be said by itself is said as popularity, or as what the kind of item stands for."""
    code, message, evidence = said
    for index, reason in enumerate(reasons):
        if reason.code is code:
            reasons[index] = Reason(code, reason.message, reason.share + rest, reason.evidence)
            return reasons
    return [*reasons, Reason(code, message, rest, evidence)]


def _paid(assessed: Assessed, row: int) -> tuple[float, Proposal]:
    """Weigh the payment: without it an ad would not be shown, so it loses its whole score."""
    score = assessed.scorer.scores(assessed.scorer.features(assessed.person, np.array([row])))
    code, message, evidence = sponsored(assessed, row)
    return max(float(score[0]), 1e-6), Proposal(0, code, message, evidence)


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
