"""Who asks, and what they may: visitors, customers, and services with scopes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

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


@dataclass(frozen=True, slots=True)
class Identity:
    """The bearer of a request: a person, a service, both or neither (an unnamed visitor)."""

    person: Person | None = None
    service: str | None = None
    scopes: frozenset[Scope] = frozenset()

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
        if self.service is None and (self.person is None or not self.person.is_customer):
            raise Unauthenticated(f"This needs a service token with the scope {scope}.")
        raise Forbidden(f"This needs the scope {scope}.")

    def may_speak_for(self, person: Person, scope: Scope) -> bool:
        """Whether the bearer is this person, or a service with the scope."""
        return person == self.person or scope in self.scopes


ANONYMOUS = Identity()


class IdentityVerifier(Protocol):
    """Turns a bearer token into an identity."""

    def verify(self, token: str) -> Identity:
        """Check signature, issuer, audience and times.

        Raises
        ------
        Unauthenticated
            If the token does not hold; the text never repeats it.
        """


def visitor_identity(header: str) -> Identity:
    """Take a visitor at their word: they name themselves, and reach their own session alone.

    Raises
    ------
    InvalidArgument
        If the name is empty or too long.
    """
    name = header.strip()
    if not name or len(name.encode()) > MOST_ID_BYTES:
        raise InvalidArgument(f"X-Konomi-Visitor names the visitor with 1 to {MOST_ID_BYTES} bytes.")
    return Identity(Person.visitor(name))
