"""Linking: on login, what somebody did as a visitor becomes the customer's, where both agreed to be personalised.

A visitor's id alone proves that it is them, so clients draw it at random and tell it nobody, and nothing here tells it
either. The first customer to link a visitor keeps it; nobody else ever can. A link moves what the visitor did until
then. Whoever sends the id afterwards without the customer's token is a visitor with an empty past, who reads and writes
nothing of the customer's.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from service.recommender.consent import Purpose, granted
from service.recommender.errors import DependencyFault, Forbidden, Unauthenticated
from service.recommender.events import Refusal
from service.recommender.identity import Identity, wrong_visitor_id
from service.recommender.person import Person
from service.recommender.recording import Recorder

_FIELD = ("input", "visitorId")
_TAKEN = "This visitor cannot be linked to you; go on with a new visitor id."
_OWN = "Grant PERSONALISE_CONTENT first (setConsents), so that what the visitor did may be used for you."
_THEIRS = "The visitor has not granted PERSONALISE_CONTENT; let them (setConsents without a token), then link again."


@dataclass(frozen=True, slots=True)
class Linked:
    """What became of a link: how many events are the customer's now that were not, or why none."""

    moved: int = 0
    refusals: tuple[Refusal, ...] = ()


def customer_of(identity: Identity) -> Person:
    """Find the customer who links: nobody does it for another.

    Raises
    ------
    Unauthenticated
        If nobody signed in.
    Forbidden
        If it is a service.
    """
    if identity.person is not None and identity.person.is_customer:
        return identity.person
    if identity.service is not None:
        raise Forbidden("A visitor is linked by the customer; send the customer's own token.")
    raise Unauthenticated("A visitor is linked on login; send the customer's token.")


def link_visitor(recorder: Recorder, identity: Identity, visitor_id: str, shortest: int = 1) -> Linked:
    """Link a visitor to the customer who asks; doing it again moves only what the visitor did since.

    Parameters
    ----------
    shortest : fewest characters of a visitor's id that nobody could guess

    Raises
    ------
    Unauthenticated, Forbidden
        If it is no customer who asks.
    ConsentsUnavailable, EventsUnavailable
        If a store does not answer; then nothing is moved.
    """
    customer, visitor = customer_of(identity), Person.visitor(visitor_id.strip())
    wrong = wrong_visitor_id(visitor.id, shortest)
    if wrong is not None:
        return _refused("INVALID", wrong)
    known = recorder.links.of_visitors([visitor]).get(visitor)
    if known is not None and known.customer != customer:
        return _refused("NOT_ALLOWED", _TAKEN)
    for person, missing in ((customer, _OWN), (visitor, _THEIRS)):
        if Purpose.PERSONALISE_CONTENT not in granted(recorder.consents.decisions(person)):
            return _refused("CONSENT_MISSING", missing)
    moved = recorder.links.link(visitor, customer, recorder.clock.now())
    if moved is None:  # another customer was faster
        return _refused("NOT_ALLOWED", _TAKEN)
    with suppress(DependencyFault):  # answers read the log, and the next action brings the features up to date
        recorder.project((customer, visitor))
    return Linked(moved)


def _refused(code: str, message: str) -> Linked:
    return Linked(refusals=(Refusal(_FIELD, code, message),))
