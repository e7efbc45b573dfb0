"""A person's rights: to be told everything, to be erased, and to see that nothing is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from service.recommender.audit import Action, AuditLog
from service.recommender.consent import Purpose
from service.recommender.erasure import Eraser, ErasureReceipt
from service.recommender.errors import InvalidArgument
from service.recommender.identity import Identity, Scope
from service.recommender.person import Person
from service.recommender.personal_store import PersonalStore
from service.recommender.pipeline import Recommender
from service.recommender.ports import ConsentLedger, FeatureSource, VisitorLinks
from service.recommender.segments import Titles, segments_of
from service.recommender.wording import say

LANGUAGES = ("en", "ja")
_LINKED = "You are signed in with this visitor's history; sign in, and erase it as the customer that you are."


@dataclass(frozen=True)
class Rights:
    """What every person may ask for, and services with the scope for it on their behalf; each asking is put on record.

    Parameters
    ----------
    stores : every place that knows people
    """

    eraser: Eraser
    stores: Sequence[PersonalStore]
    audit: AuditLog
    links: VisitorLinks
    consents: ConsentLedger
    features: FeatureSource
    recommender: Recommender

    def tell(self, identity: Identity, person: Person, titles: Titles) -> Mapping[str, object]:
        """Put everything that is kept about a person into one document (GDPR 15 and 20, APPI 33).

        Whatever they consented to: what is kept is told. What was inferred about them, and for which purpose it may be
        used, stands apart from what they did.

        Raises
        ------
        Unauthenticated, Forbidden
            If it is somebody else.
        DependencyFault
            If a store cannot be read: half of everything is not everything.
        """
        identity.require_for(person, Scope.PRIVACY_READ)
        people = self._people(person)
        now = self.recommender.clock.now()
        document = {
            "customerId": person.id if person.is_customer else None,
            "visitorIds": [one.id for one in people if not one.is_customer],
            "asOf": now,
            "purposes": self._purposes(person),
            **self._inferred(person, titles),
            "kept": {store.name: list(store.kept(people)) for store in self.stores},
        }
        self.audit.record(Action.TOLD, actor_of(identity), person, {}, now)
        return document

    def erase(self, identity: Identity, person: Person) -> tuple[str, ErasureReceipt]:
        """Erase a person; what takes no time is done at once.

        Returns
        -------
        The receipt's id, which is told this once, and the receipt as it is now.

        Raises
        ------
        Unauthenticated, Forbidden
            If it is somebody else.
        InvalidArgument
            If a visitor's history is a customer's by now.
        EventsUnavailable
            If it cannot be put on record; then nothing is erased.
        """
        identity.require_for(person, Scope.PRIVACY_ERASE)
        if not person.is_customer and self.links.of_visitors([person]):
            raise InvalidArgument(_LINKED)
        self.audit.record(Action.ERASURE_ASKED, actor_of(identity), person, {}, self.recommender.clock.now())
        return self.eraser.request(person)

    def verify(self, identity: Identity, person: Person) -> Mapping[str, int]:
        """Look through every store for a person: how many entries each has.

        Raises
        ------
        Unauthenticated, Forbidden
            If it is somebody else.
        DependencyFault
            If a store cannot be read.
        """
        identity.require_for(person, Scope.PRIVACY_READ)
        people = self._people(person)
        found = {store.name: len(store.kept(people)) for store in self.stores}
        detail = {"found": sum(found.values())}
        self.audit.record(Action.VERIFIED, actor_of(identity), person, detail, self.recommender.clock.now())
        return found

    def _people(self, person: Person) -> tuple[Person, ...]:
        if not person.is_customer:
            return (person,)
        return (person, *(link.visitor for link in self.links.of_customer(person)))

    def _purposes(self, person: Person) -> list[dict[str, object]]:
        newest = {one.purpose: one for one in self.consents.decisions(person)}
        return [
            {"purpose": purpose, "granted": one.granted, "decidedAt": one.decided_at, "source": one.source,
             "wording": one.wording} if (one := newest.get(purpose)) else {"purpose": purpose, "granted": False}
            for purpose in Purpose
        ]

    def _inferred(self, person: Person, titles: Titles) -> dict[str, object]:
        """Tell segments, as far as they may be told, and features, with what each says and may be used for."""
        features = self.features.describe(person, frozenset(Purpose))
        snapshot = self.recommender.snapshot
        catalogue = snapshot.catalogue
        traits = {one.name: one.value for one in features if one.value is not None}
        return {
            "segments": [
                {"key": one.key, "size": one.size,
                 **{f"because_{language}": say(one.because, language, catalogue) for language in LANGUAGES}}
                for one in segments_of(traits, snapshot.segmentation, catalogue.currency, titles)
            ],
            "inferences": [
                {"name": one.name, "value": one.value, "purpose": one.purpose, "source": one.view,
                 "updatedAt": one.updated_at, "description": dict(one.descriptions)}
                for one in features
            ],
        }


def actor_of(identity: Identity) -> str:
    """Name who asked, for the record: a service by its name, a person as themselves."""
    return f"service:{identity.service}" if identity.service is not None else "the person"
