"""What the core asks of the world, in the domain's words. Adapters implement it; `tests/contracts` holds each to it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from service.recommender.arrays import Floats, Ints
from service.recommender.consent import Decision, Purpose
from service.recommender.events import Event, EventType, Impression, RecentAction
from service.recommender.feedback import FeedbackKind, Restrictions
from service.recommender.person import Person, VisitorLink
from service.recommender.slate import Slate
from service.recommender.stored import NamedFeature, StoredProfile


class Clock(Protocol):
    """Time, injected so that tests can move it."""

    def now(self) -> datetime:
        """Return the present, aware, in UTC."""


class FeatureSource(Protocol):
    """The online feature store."""

    def read(self, person: Person, purposes: frozenset[Purpose]) -> StoredProfile:
        """Read a person's features in one go; those of other purposes are not even requested.

        Raises
        ------
        FeaturesUnavailable
            If the store does not answer in time. An unknown person is no error: an empty profile.
        """

    def push_recent(self, actions: Mapping[Person, Sequence[RecentAction]]) -> None:
        """Put people's recent actions (all that are to be known of each, newest last) where the next read finds them.

        Of a person whose actions there go further already, these stay.

        Raises
        ------
        FeaturesUnavailable
            Some may then be there and others not; pushing them again is safe.
        """

    def forget(self, people: Collection[Person]) -> None:
        """Delete all that is stored of people.

        Raises
        ------
        FeaturesUnavailable
        """

    def describe(self, person: Person, purposes: frozenset[Purpose]) -> Sequence[NamedFeature]:
        """Name every stored feature of a person with its source, purpose and time.

        Raises
        ------
        FeaturesUnavailable
        """


class CandidateSource(Protocol):
    """Nearest neighbours among the items of one kind, by inner product."""

    def neighbours(self, vectors: Floats, size: int) -> tuple[Ints, Floats]:
        """Find the `size` items nearest to each vector.

        Parameters
        ----------
        vectors : float32, shape (n_queries, dimension)
        size : how many; fewer come back where the index is smaller

        Returns
        -------
        rows : int64, shape (n_queries, size)
            Rows of the catalogue, best first; -1 where there are no more.
        retrieval_scores : float32, shape (n_queries, size)

        Raises
        ------
        IndexUnavailable
        """


class Ranker(Protocol):
    """A trained model that orders candidates."""

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Names of the columns that `ranking_scores` expects, in order."""

    def ranking_scores(self, features: Floats) -> Floats:
        """Score candidates; higher is better, unitless.

        Parameters
        ----------
        features : float32, shape (n_candidates, n_features)

        Returns
        -------
        float32, shape (n_candidates,)

        Raises
        ------
        RankerUnavailable
        """


@dataclass(frozen=True, slots=True)
class Appended:
    """What became of a batch of events: sequences of the new ones, by their index in the batch."""

    sequences: Mapping[int, int]
    duplicates: frozenset[int]
    refused: frozenset[int] = frozenset()
    """Of people who were erased: nothing of them is kept."""


class EventLog(Protocol):
    """The live log: append-only, acknowledged after commit, ordered by a growing sequence."""

    def append(self, events: Sequence[Event], recorded_at: datetime, most_a_minute: int | None = None) -> Appended:
        """Keep events, all or none; one whose (person, event_id) is there already is a duplicate.

        Those that count nowhere are kept with a mark, see `marking`; only `after` and `find` tell of them.

        Parameters
        ----------
        most_a_minute : what one person may do; None where whoever brings the events answers for them

        Raises
        ------
        EventsUnavailable
        """

    def after(self, sequence: int, limit: int, *, again: bool = False) -> Sequence[tuple[int, Event]]:
        """Read events in log order, from the first after `sequence`.

        One that a visitor did and that became a customer's since is told once: not again to a reader whose `sequence`
        it lay before, unless they want to be told `again`.
        """

    def last_sequence(self) -> int:
        """Return the sequence of the newest event; 0 where there is none."""

    def recorded_before(self, moment: datetime) -> int:
        """Return a sequence after which lies all that was recorded from a moment on, and next to nothing else."""

    def recent(self, person: Person, after_sequence: int, limit: int) -> Sequence[RecentAction]:
        """Read a person's newest actions, oldest first, at most `limit`; searches and topics are among them."""

    def recent_of(self, people: Collection[Person], limit: int) -> Mapping[Person, Sequence[RecentAction]]:
        """Read the newest actions of each of many people, as `recent` would; those without any are left out."""

    def impressions(self, person: Person, since: datetime, limit: int) -> Sequence[Impression]:
        """Read what a person was shown since a moment, in log order; the newest `limit` of it."""

    def find(self, person: Person, event_ids: Sequence[str]) -> Mapping[str, Event]:
        """Look up events of a person by their ids; unknown ones are left out."""

    def latest(self, person: Person, actions: Sequence[tuple[EventType, str]]) -> Mapping[tuple[EventType, str], Event]:
        """Find the newest event of each action (type, item_id) of a person."""


class ConsentLedger(Protocol):
    """The append-only ledger of decisions."""

    def decisions(self, person: Person) -> tuple[Decision, ...]:
        """All decisions of a person, oldest first.

        Raises
        ------
        ConsentsUnavailable
        """

    def granting(self, people: Collection[Person], purpose: Purpose) -> frozenset[Person]:
        """Tell who of some people grants a purpose.

        Raises
        ------
        ConsentsUnavailable
        """

    def record(self, person: Person, decisions: Sequence[Decision]) -> None:
        """Append decisions, all or none."""

    def granted_to(self, purpose: Purpose) -> frozenset[str]:
        """Keys of all people who grant a purpose, for the training job."""

    def import_grants(self, grants: Mapping[str, frozenset[Purpose]], decided_at: datetime) -> int:
        """Bring in what customers granted elsewhere (customer_id → purposes), source `import`; safe to repeat.

        A purpose on which the person decided here is left alone. Of a customer who is named, an imported grant that is
        no longer listed ends; one who is not named keeps what they have.

        Returns
        -------
        The number of lines appended.
        """


class FeedbackStore(Protocol):
    """Standing feedback of people."""

    def restrictions(self, person: Person) -> Restrictions:
        """All that a person hid, wants fewer of, or forbade to use."""

    def record(self, person: Person, kind: FeedbackKind, item_id: str, given_at: datetime, *,
               type: EventType | None = None, through: datetime | None = None) -> None:  # noqa: A002
        """Keep one piece of feedback; saying it again changes nothing but its time. FORGET_ACTION needs both extras."""

    def undo(self, person: Person, kind: FeedbackKind, item_id: str, *, type: EventType | None = None) -> bool:  # noqa: A002
        """Take one piece back; False where there was none."""

    def forgotten(self) -> Sequence[tuple[Person, EventType, str, datetime]]:
        """All forgotten actions of all people, for the feature job: (person, type, item_id, through)."""


class VisitorLinks(Protocol):
    """Visitors who turned out to be customers."""

    def link(self, visitor: Person, customer: Person, at: datetime) -> int | None:
        """Make what a visitor did until now a customer's, all or nothing: events come last in the log, feedback stands.

        An event whose id the customer has already is the same event, and is dropped. Linking again moves what the
        visitor did since.

        Returns
        -------
        How many events became the customer's; None where the visitor is another customer's, and nothing changed.

        Raises
        ------
        EventsUnavailable
        """

    def of_visitors(self, visitors: Collection[Person]) -> Mapping[Person, VisitorLink]:
        """Find the links of visitors; those without one are left out.

        Raises
        ------
        EventsUnavailable
        """

    def of_customer(self, customer: Person) -> Sequence[VisitorLink]:
        """Find the visitors that a customer was.

        Raises
        ------
        EventsUnavailable
        """

    def all(self) -> Sequence[VisitorLink]:
        """All links, for the feature job.

        Raises
        ------
        EventsUnavailable
        """


class SlateStore(Protocol):
    """Frozen lists, so that page two goes on where page one ended, on any replica."""

    def put(self, slate: Slate) -> None:
        """Keep a slate until it expires; the caller does not wait for a write to disk."""

    def get(self, slate_id: str, now: datetime) -> Slate | None:
        """Find a slate; None where it is unknown or expired.

        Raises
        ------
        SlatesUnavailable
        """
