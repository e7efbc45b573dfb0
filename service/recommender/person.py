"""Whom a request speaks for."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class PersonKind(StrEnum):
    """A customer is known to the shop; a visitor only to this browser or app."""

    CUSTOMER = "c"
    VISITOR = "v"


@dataclass(frozen=True, slots=True)
class Person:
    """A customer or a visitor, by the shop's own id (at most 128 bytes).

    >>> Person.customer("17").key
    'c:17'
    >>> Person.of_key("v:abc").is_customer
    False
    """

    kind: PersonKind
    id: str

    @classmethod
    def customer(cls, customer_id: str) -> Person:
        """Name a customer."""
        return cls(PersonKind.CUSTOMER, customer_id)

    @classmethod
    def visitor(cls, visitor_id: str) -> Person:
        """Name a visitor."""
        return cls(PersonKind.VISITOR, visitor_id)

    @classmethod
    def of_key(cls, key: str) -> Person:
        """Read back what `key` wrote."""
        kind, _, name = key.partition(":")
        return cls(PersonKind(kind), name)

    @property
    def is_customer(self) -> bool:
        """Whether the shop knows this person."""
        return self.kind is PersonKind.CUSTOMER

    @property
    def key(self) -> str:
        """One string for stores: unique over customers and visitors."""
        return f"{self.kind.value}:{self.id}"

    @property
    def public_key(self) -> str:
        """The same for ids that clients store and log: it does not tell a visitor's own id, by which they are known.

        >>> Person.customer("17").public_key, Person.visitor("7d44").public_key
        ('c:17', 'v:b2f619d218ca54110890a13c90181acb')
        """
        if self.is_customer:
            return self.key
        return f"{self.kind.value}:{hashlib.blake2b(self.id.encode(), digest_size=16).hexdigest()}"


@dataclass(frozen=True, slots=True)
class VisitorLink:
    """A visitor who turned out to be a customer: what they did up to and including `through` is the customer's."""

    visitor: Person
    customer: Person
    through: datetime
