"""Recording: events are checked and kept, where the next answer reads them, before they are acknowledged."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from service.recommender.backpressure import Gate
from service.recommender.catalogue import Catalogue
from service.recommender.consent import Purpose
from service.recommender.discretion import discreet_actions
from service.recommender.erasure import ErasureBook
from service.recommender.errors import InvalidArgument
from service.recommender.events import MOST_PER_CALL, Event, EventType, Mark, Recorded, Refusal, refuse
from service.recommender.feedback import FeedbackKind
from service.recommender.identity import Identity, Scope
from service.recommender.marking import MOST_A_MINUTE
from service.recommender.person import Person, VisitorLink
from service.recommender.ports import Clock, ConsentLedger, EventLog, FeatureSource, FeedbackStore, VisitorLinks
from service.recommender.signing import Signer
from service.recommender.visit import MOST_RECENT


@dataclass
class Recorder:
    """Takes what people did and what they say about it."""

    log: EventLog
    features: FeatureSource
    consents: ConsentLedger
    feedback: FeedbackStore
    links: VisitorLinks
    signer: Signer
    clock: Clock
    catalogue: Callable[[], Catalogue]
    erased: ErasureBook | None = None
    """Who was erased; None where nobody ever is."""
    gate: Gate = field(default_factory=Gate)
    """Whoever calls `record` enters it first, so that no call waits behind too many others."""

    def record(self, identity: Identity, events: Sequence[Event]) -> Recorded:
        """Keep the valid events of a call and say what is wrong with each of the others.

        Raises
        ------
        InvalidArgument
            If there are more than 500.
        EventsUnavailable
            If the log cannot be written; then nothing of the call is kept.
        """
        if len(events) > MOST_PER_CALL:
            raise InvalidArgument(f"{len(events)} events in one call; send at most {MOST_PER_CALL}.")
        now, catalogue = self.clock.now(), self.catalogue()
        links = self.links.of_visitors({event.person for event in events if not event.person.is_customer})
        good, places, refusals = [], [], []
        for index, event in enumerate(events):
            link = links.get(event.person)
            owner = event.person if link is None else _owner(identity, event, link)
            wrong = self._wrong(identity, event, owner, now, catalogue)
            if wrong is None:
                good.append(event if owner is event.person else replace(event, person=owner))
                places.append(index)
            else:
                path, code, message = wrong
                refusals.append(Refusal(("input", "events", str(index), path), code, message))
        if not good:
            return Recorded(refusals=tuple(refusals))
        if identity.is_robot:
            good = [replace(event, mark=Mark.BOT) for event in good]
        appended = self.log.append(good, now, None if identity.service is not None else MOST_A_MINUTE)
        refusals += [_of_the_erased(places[index]) for index in sorted(appended.refused)]
        return Recorded(len(appended.sequences), len(appended.duplicates), tuple(refusals))

    def _wrong(
        self, identity: Identity, event: Event, owner: Person, now: datetime, catalogue: Catalogue,
    ) -> tuple[str, str, str] | None:
        if not identity.may_speak_for(owner, Scope.EVENTS_WRITE):
            return "customerId", "NOT_ALLOWED", "You may record events about yourself alone."
        known = event.item_id is None or event.item_id in catalogue.row_of
        wrong = refuse(event, now=now, item_is_known=known)
        if wrong is None and event.token is not None:
            showing = self.signer.read_token(event.token, [event.person.key, owner.key])
            if showing is None or (event.item_id is not None and showing.item_id != event.item_id):
                return "token", "TOKEN_INVALID", "This token was not given with this item to this person."
        return wrong

    def project(self, people: Collection[Person]) -> None:
        """Replace people's recent actions in the features by those of the log, of whoever consented to that use.

        Raises
        ------
        ConsentsUnavailable, EventsUnavailable, FeaturesUnavailable
        """
        consenting = self.consents.granting(people, Purpose.PERSONALISE_CONTENT)
        if consenting:
            recent, catalogue = self.log.recent_of(consenting, MOST_RECENT), self.catalogue()
            self.features.push_recent({
                person: discreet_actions(recent.get(person, ()), catalogue) for person in consenting
            })
            # Whoever was erased in between must not come back; whoever only withdrew is not read.
            withdrawn = consenting - self.consents.granting(consenting, Purpose.PERSONALISE_CONTENT)
            self.features.forget([one for one in withdrawn if self.erased is not None and self.erased.is_erased(one)])

    def give_feedback(
        self, identity: Identity, person: Person, kind: FeedbackKind, *, item_id: str | None, event_id: str | None,
        token: str | None, undo: bool,
    ) -> Refusal | None:
        """Keep or take back feedback; it holds from the next answer. What is wrong comes back as a refusal.

        Raises
        ------
        Unauthenticated, Forbidden
            If the bearer may not speak for the person.
        EventsUnavailable
        """
        identity.require_for(person, Scope.CUSTOMERS_WRITE)
        if kind is FeedbackKind.FORGET_ACTION:
            return self._forget(person, event_id, undo=undo)
        if item_id is None and token is not None:
            showing = self.signer.read_token(token, [person.key])
            if showing is None:
                return Refusal(("input", "token"), "TOKEN_INVALID", "This token was not given to this person.")
            item_id = showing.item_id
        if item_id is None:
            return Refusal(("input", "itemId"), "INVALID", f"{kind} needs itemId, or the token of a showing.")
        if item_id not in self.catalogue().row_of:
            return Refusal(("input", "itemId"), "UNKNOWN_ITEM", "The shop has no item of this id.")
        if undo:
            self.feedback.undo(person, kind, item_id)
        else:
            self.feedback.record(person, kind, item_id, self.clock.now())
        return None

    def _forget(self, person: Person, event_id: str | None, *, undo: bool) -> Refusal | None:
        """Forget an action: the event that is named and every other time the person did the same with the same item."""
        if event_id is None:
            return Refusal(("input", "eventId"), "INVALID", "FORGET_ACTION needs the eventId of a reason's evidence.")
        event = self.log.find(person, [event_id]).get(event_id)
        if event is None or event.item_id is None:
            return Refusal(("input", "eventId"), "UNKNOWN_EVENT", "This person has no such event on an item.")
        what: EventType = event.type
        if undo:
            self.feedback.undo(person, FeedbackKind.FORGET_ACTION, event.item_id, type=what)
        else:
            now = self.clock.now()
            through = max(now, event.occurred_at)  # the sender's clock may be ahead of ours
            self.feedback.record(person, FeedbackKind.FORGET_ACTION, event.item_id, now, type=what, through=through)
        return None


def _of_the_erased(index: int) -> Refusal:
    told = "This person was erased; nothing of them is kept until they consent to something anew. Do not send it again."
    return Refusal(("input", "events", str(index), "customerId"), "NOT_ALLOWED", told)


def _owner(identity: Identity, event: Event, link: VisitorLink) -> Person:
    """Whose an event of a linked visitor is: the customer's, where the customer brings it, or a service what is older.

    Whoever only knows the visitor's id writes nothing into the customer's history.
    """
    late = Scope.EVENTS_WRITE in identity.scopes and event.occurred_at <= link.through
    return link.customer if late or identity.person == link.customer else event.person
