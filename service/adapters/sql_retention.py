"""What the database keeps no longer than its period: a rule for each table that knows people, or speaks of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Engine, Row, Table, exists, func, literal, select, true

from service.adapters.sql_changes_retained import SqlChangesRetained
from service.adapters.sql_retained import SqlRetained
from service.adapters.sql_tables import (
    attributions,
    audit,
    consents,
    erasure_steps,
    erasures,
    events,
    feedback,
    showings,
    slates,
    tombstones,
    visitor_links,
    wishes,
)
from service.recommender.events import EventType
from service.recommender.feedback import FeedbackKind
from service.recommender.person import Person
from service.recommender.retention import OF_EVENTS, Cutoffs, Kind, cutoffs, horizon, kind_of

VISITOR: Final = Person.visitor("").key
_TYPES: Final = {kind: [one.value for one in EventType if kind_of(one) is kind] for kind in OF_EVENTS}
_Conditions = Mapping[Kind, ColumnElement[bool]]


class SqlRetention:
    """The rules, for the periods of a shop.

    Parameters
    ----------
    engine : one that may take minutes for a statement
    days : period by kind; 0 keeps for ever
    zone : the shop's, in which a day begins and ends
    exported : tells the newest sequence that is part of history
    gone : tells up to when events went from history; what is needed to read them must outlive them
    """

    def __init__(
        self, engine: Engine, days: Mapping[Kind, int], zone: ZoneInfo, exported: Callable[[], int],
        gone: Callable[[], Cutoffs],
    ) -> None:
        self._engine, self._days, self._zone, self._exported, self._gone = engine, days, zone, exported, gone

    def live_events(self, forget: Callable[[Person, Collection[int]], None]) -> SqlRetained:
        """Events in the live log.

        Parameters
        ----------
        forget : takes events of a person, by their sequences, out of what was made of them; it goes first, so that a
            run broken off here finds them again
        """

        def before(rows: Sequence[Row[Any]]) -> None:
            of_whom: dict[str, set[int]] = {}
            for row in rows:
                of_whom.setdefault(row.person_key, set()).add(row.sequence)
            for key, sequences in of_whom.items():
                forget(Person.of_key(key), sequences)

        return SqlRetained(self._engine, events, self._of_events, also=[events.c.person_key], before=before)

    def others(self) -> list[SqlRetained | SqlChangesRetained]:
        """All other tables; those come last that history's rows must go before."""
        rules: Mapping[Table, Callable[[datetime], _Conditions]] = {
            slates: lambda now: {Kind.SLATES: slates.c.expires_at <= now},
            showings: self._of_showings,
            attributions: self._of_attributions,
            wishes: self._of_wishes,
            consents: self._of_consents,
            feedback: self._of_feedback,
            visitor_links: self._of_links,
            audit: self._of_audit,
            erasure_steps: self._of_steps,
            erasures: self._of_receipts,
            tombstones: self._of_tombstones,
        }
        days = self._days.get(Kind.CHANGES, 0)
        return [
            *(SqlRetained(self._engine, table, rule) for table, rule in rules.items()),
            *([SqlChangesRetained(self._engine, days)] if days else []),
        ]

    def _of_events(self, now: datetime) -> _Conditions:
        before = cutoffs(self._days, now)
        found = {
            kind: events.c.type.in_(_TYPES[kind]) & (events.c.occurred_at < before[kind])
            for kind in OF_EVENTS if kind in before
        }
        if Kind.VISITORS in before:
            theirs = _of_visitors(events)
            found[Kind.VISITORS] = theirs & (events.c.occurred_at < before[Kind.VISITORS])
        if Kind.MOVED in before:
            moved = events.c.sequence <= self._exported()
            found[Kind.MOVED] = moved & (events.c.occurred_at < before[Kind.MOVED])
        return found

    def _of_showings(self, now: datetime) -> _Conditions:
        before = cutoffs(self._days, now)
        if Kind.SHOWINGS not in before:
            return {}
        return {Kind.SHOWINGS: showings.c.day < before[Kind.SHOWINGS].astimezone(self._zone).date().toordinal()}

    def _of_attributions(self, now: datetime) -> _Conditions:
        before, at = cutoffs(self._days, now), attributions.c.occurred_at
        theirs = _of_visitors(attributions)
        of_kind = {Kind.ACTIONS: true(), Kind.VISITORS: theirs}
        return {kind: whose & (at < before[kind]) for kind, whose in of_kind.items() if kind in before}

    def _of_wishes(self, now: datetime) -> _Conditions:
        before, at, is_search = cutoffs(self._days, now), wishes.c.occurred_at, wishes.c.kind == EventType.SEARCH.value
        theirs = _of_visitors(wishes)
        of_kind = {Kind.ACTIONS: ~is_search, Kind.SEARCHES: is_search, Kind.VISITORS: theirs}
        return {kind: whose & (at < before[kind]) for kind, whose in of_kind.items() if kind in before}

    def _of_consents(self, now: datetime) -> _Conditions:
        """A decision that a later one replaced; of a visitor, who is asked anew, the latest too.

        A customer's latest decision stays: without a withdrawal, the next import would grant it again.
        """
        before, found, other = cutoffs(self._days, now), {}, consents.alias("other")
        same = (other.c.person_key == consents.c.person_key) & (other.c.purpose == consents.c.purpose)
        if Kind.CONSENTS in before:
            replaced = exists().where(same, other.c.sequence > consents.c.sequence)
            found[Kind.CONSENTS] = replaced & (consents.c.decided_at < before[Kind.CONSENTS])
        if Kind.VISITORS in before:
            # All or none of one purpose: a withdrawal never goes before what it withdraws.
            fresh = exists().where(same, other.c.decided_at >= before[Kind.VISITORS])
            found[Kind.VISITORS] = _of_visitors(consents) & ~fresh
        return found

    def _of_feedback(self, now: datetime) -> _Conditions:
        """Wishes about items; an action that counts nowhere stays so for as long as there may be a trace of it."""
        before, gone, found = cutoffs(self._days, now), self._gone(), {}
        forgotten = feedback.c.kind == FeedbackKind.FORGET_ACTION.value
        over = horizon(gone)
        if Kind.FEEDBACK in before:
            kept = ~forgotten if over is None else ~forgotten | (feedback.c.through < over)
            found[Kind.FEEDBACK] = (feedback.c.given_at < before[Kind.FEEDBACK]) & kept
        if Kind.VISITORS in before:
            over = gone.get(Kind.VISITORS)
            kept = ~forgotten if over is None else ~forgotten | (feedback.c.through < over)
            theirs = _of_visitors(feedback)
            found[Kind.VISITORS] = theirs & (feedback.c.given_at < before[Kind.VISITORS]) & kept
        return found

    def _of_links(self, now: datetime) -> _Conditions:  # noqa: ARG002 - it goes by what history has
        over = horizon(self._gone())
        return {} if over is None else {Kind.LINKS: visitor_links.c.through < over}

    def _of_audit(self, now: datetime) -> _Conditions:
        """The newest line stays, since the next one is bound to it."""
        before, newest = cutoffs(self._days, now), select(func.max(audit.c.sequence)).scalar_subquery()
        if Kind.AUDIT not in before:
            return {}
        return {Kind.AUDIT: (audit.c.at < before[Kind.AUDIT]) & (audit.c.sequence < newest)}

    def _of_receipts(self, now: datetime) -> _Conditions:
        before = cutoffs(self._days, now)
        return {Kind.RECEIPTS: erasures.c.completed_at < before[Kind.RECEIPTS]} if Kind.RECEIPTS in before else {}

    def _of_steps(self, now: datetime) -> _Conditions:
        over = [erasures.c.receipt == erasure_steps.c.receipt, *self._of_receipts(now).values()]
        return {Kind.RECEIPT_STEPS: exists().where(*over)} if len(over) > 1 else {}

    def _of_tombstones(self, now: datetime) -> _Conditions:
        before = cutoffs(self._days, now)
        if Kind.TOMBSTONES not in before:
            return {}
        under_way = exists().where(erasures.c.pseudonym == tombstones.c.pseudonym, erasures.c.completed_at.is_(None))
        at = func.coalesce(tombstones.c.welcomed_at, tombstones.c.erased_at)
        return {Kind.TOMBSTONES: (at < literal(before[Kind.TOMBSTONES], tombstones.c.erased_at.type)) & ~under_way}


def _of_visitors(table: Table) -> ColumnElement[bool]:
    return table.c.person_key.startswith(VISITOR, autoescape=True)
