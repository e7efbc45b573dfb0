"""Who asks, and what they may: visitors, customers, and services with scopes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from service.recommender.consent import NOTHING, Purpose
from service.recommender.errors import Forbidden, InvalidArgument, Unauthenticated
from service.recommender.events import MOST_ID_BYTES
from service.recommender.person import Person


class Scope(StrEnum):
    """What a service's token may allow."""

    CUSTOMERS_READ = "customers:read"
    CUSTOMERS_WRITE = "customers:write"
    EVENTS_WRITE = "events:write"
    EXPERIMENTS_READ = "experiments:read"
    EXPERIMENTS_WRITE = "experiments:write"
    PRIVACY_READ = "privacy:read"
    PRIVACY_ERASE = "privacy:erase"
    OPERATIONS_READ = "operations:read"
    OPERATIONS_WRITE = "operations:write"
    SCHEMA_READ = "schema:read"
    """A router's: it composes its supergraph of the schemas that it may read."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The bearer of a request: a person, a service, both or neither (an unnamed visitor)."""

    person: Person | None = None
    service: str | None = None
    scopes: frozenset[Scope] = frozenset()
    expires_at: datetime | None = field(default=None, compare=False)
    """When the token does; None where there is none."""
    declined: frozenset[Purpose] = NOTHING
    """What the request asks not to use of anybody, whatever was granted."""
    is_robot: bool = False
    """Whether it is a program that calls itself a robot; what it tells is kept, and counts nowhere."""

    def require(self, scope: Scope) -> None:
        """Hold the bearer against a scope.

        Raises
        ------
        Unauthenticated
            If nobody signed in.
        Forbidden
            If the token does not carry the scope.
        """
        if scope in self.scopes:
            return
        if self.service is not None:
            raise Forbidden(f"This needs the scope {scope}; ask the issuer for a token that has it.")
        if self.person is None or not self.person.is_customer:
            raise Unauthenticated(f"This needs a service token with the scope {scope}; send one.")
        raise Forbidden(f"This needs the scope {scope}, which services have; as a customer, ask about yourself.")

    def may_speak_for(self, person: Person, *scopes: Scope) -> bool:
        """Whether the bearer is this person, or a service with one of the scopes."""
        return person == self.person or not self.scopes.isdisjoint(scopes)

    def require_for(self, person: Person | None, *scopes: Scope) -> None:
        """Hold the bearer against whom a call concerns: themselves, nobody in particular, or as a service anybody.

        Parameters
        ----------
        scopes : of which a service needs one

        Raises
        ------
        Unauthenticated
            If nobody signed in.
        Forbidden
            If it is somebody else.
        """
        if person is not None and not self.may_speak_for(person, *scopes):
            self.require(scopes[0])


ANONYMOUS = Identity()


class IdentityVerifier(Protocol):
    """Turns a bearer token into an identity."""

    async def verify(self, token: str) -> Identity:
        """Check signature, issuer, audience and times; waits for the issuer's keys at most a second or two.

        Raises
        ------
        InvalidToken
            If the token does not hold; the text never repeats it.
        IssuerUnavailable
            If the keys that it is to be checked with cannot be read.
        """


def visitor_identity(header: str, shortest: int = 1) -> Identity:
    """Take a visitor at their word: they name themselves, and reach their own session alone.

    The name is all that proves that it is them, so clients draw it at random and keep it to themselves; no answer, log
    or error tells it.

    Parameters
    ----------
    shortest : fewest characters of a name that nobody could guess

    Raises
    ------
    InvalidArgument
        If the name is too short, too long, or has characters that are none.
    """
    name = header.strip()
    wrong = wrong_visitor_id(name, shortest)
    if wrong is not None:
        raise InvalidArgument(f"X-Konomi-Visitor: {wrong}")
    return Identity(Person.visitor(name))


def wrong_visitor_id(name: str, shortest: int = 1) -> str | None:
    """Say what is wrong with a visitor's id; None where nothing is."""
    if len(name.encode("utf-8", "replace")) > MOST_ID_BYTES or len(name) < shortest:
        advice = "" if shortest == 1 else "; make it at random, as crypto.randomUUID() does"
        return f"A visitor's id has {shortest} to {MOST_ID_BYTES} bytes{advice}."
    return None if name.isprintable() else "A visitor's id has printable characters alone."
