"""Consenting: decisions about one's data are checked, kept as proof, and felt by the very next answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from service.recommender.consent import Decision, Purpose
from service.recommender.events import MOST_TEXT_CHARACTERS, Refusal
from service.recommender.identity import Identity, Scope
from service.recommender.person import Person
from service.recommender.recording import Recorder


@dataclass(frozen=True, slots=True)
class Decided:
    """What a person grants and withdraws, in the words that they agreed to."""

    grants: Sequence[Purpose]
    withdrawals: Sequence[Purpose]
    wording: str
    source: str


def decide(recorder: Recorder, identity: Identity, person: Person, decided: Decided) -> tuple[Refusal, ...]:
    """Keep a person's decisions, all or none; what is wrong with them comes back.

    The next answer goes by them, and by what was done before. Who was erased begins anew.

    Raises
    ------
    Unauthenticated, Forbidden
        If the bearer may not decide for the person.
    PersonErased
        If somebody else decides for a person who was erased.
    ConsentsUnavailable, EventsUnavailable
    """
    identity.require_for(person, Scope.CUSTOMERS_WRITE)
    refusals = tuple(_wrong(decided))
    if refusals:
        return refusals
    now = recorder.clock.now()
    if decided.grants and identity.person == person and recorder.erased is not None:
        recorder.erased.welcome(person, now)  # theirs alone to say: nobody else can bring them back
    recorder.consents.record(person, [
        Decision(purpose, granted, now, decided.source, decided.wording)
        for purposes, granted in ((decided.grants, True), (decided.withdrawals, False))
        for purpose in dict.fromkeys(purposes)
    ])
    return ()


def _wrong(decided: Decided) -> Iterator[Refusal]:
    if not decided.wording.strip():
        yield Refusal(("input", "wording"), "INVALID", "Give the words that the person agreed to.")
    if len(decided.wording) > MOST_TEXT_CHARACTERS:
        yield Refusal(("input", "wording"), "INVALID", f"At most {MOST_TEXT_CHARACTERS} characters.")
    for purpose in Purpose:
        if purpose in decided.grants and purpose in decided.withdrawals:
            told = f"{purpose} is both granted and withdrawn; choose one."
            yield Refusal(("input", "withdrawals"), "INVALID", told)
