"""What one request shares among all its fields: who asks, in which language, and what was read already."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from graphql import DocumentNode

from service.graphql.loaders import Loaders
from service.graphql.services import Services
from service.graphql.subscription_turns import Turns
from service.recommender.catalogue import Catalogue
from service.recommender.errors import Unauthenticated
from service.recommender.identity import Identity, Scope
from service.recommender.person import Person
from service.recommender.visit import EVERYBODY, Visit
from service.recommender.wording import Message, language_of, say

_P = ParamSpec("_P")
_R = TypeVar("_R")

AT_ONCE = 2
"""Threads that one request may hold: however much it asks for, what others ask for comes in between."""


@dataclass
class Context:
    """One request."""

    services: Services
    identity: Identity
    language: str
    document: DocumentNode | None = None
    """As it was read before execution."""
    loaders: Loaders = field(init=False)
    turns: Turns = field(init=False)
    """Of a subscription, when it looks anew; nothing else has them."""
    _visits: dict[tuple[Person, bool], asyncio.Future[Visit]] = field(default_factory=dict)
    _threads: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    def __post_init__(self) -> None:
        self.loaders = Loaders(self.services, self.run)

    def renew(self) -> None:
        """Forget all that was read: a subscription's next answer is a request of its own."""
        self.loaders = Loaders(self.services, self.run)
        self._visits.clear()

    async def run(self, work: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
        """Do something that blocks, off the loop; others' work comes in between."""
        async with self._threads:
            return await self.services.run(work, *args, **kwargs)

    async def change(self, work: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
        """Change something, which may wait for the database longer than an answer does."""
        return await self.services.run_change(work, *args, **kwargs)

    async def visit(self, person: Person | None, *, profiling: bool = True) -> Visit:
        """Read a person once for the whole request: one look at consents, one at features, however many fields ask.

        Raises
        ------
        Unauthenticated, Forbidden
            If the bearer may not read the person; held here for each field, and once more in the core.
        """
        self.identity.require_for(person, Scope.CUSTOMERS_READ)
        if person is None or not profiling:
            return EVERYBODY
        key = (person, profiling)
        if key not in self._visits:
            self._visits[key] = asyncio.ensure_future(self.run(self.services.recommender.admit, self.identity, person))
        return await self._visits[key]

    def forget(self, person: Person | None) -> None:
        """Read a person anew from now on, since a mutation changed something about them."""
        if person is not None:
            self._visits.pop((person, True), None)

    @property
    def catalogue(self) -> Catalogue:
        """The items that are served now."""
        return self.services.recommender.snapshot.catalogue

    def language_for(self, locale: str | None) -> str:
        """Choose the language of a text: the `locale` argument's, else the request's."""
        return language_of(locale, self.services.languages) if locale else self.language

    def say(self, message: Message, locale: str | None = None, catalogue: Catalogue | None = None) -> str:
        """Put a message into words."""
        return say(message, self.language_for(locale), catalogue or self.catalogue)

    def acting_for(self, customer_id: str | None, scope: Scope) -> Person:
        """Find whom a mutation concerns: the bearer, or the customer that a service names.

        Raises
        ------
        Unauthenticated
            If nobody is named and nobody signed in.
        Forbidden
            If the bearer may not speak for that customer.
        """
        if customer_id is None:
            if self.identity.person is not None:
                return self.identity.person
            raise Unauthenticated("Say for whom: sign in, send X-Konomi-Visitor, or, as a service, give customerId.")
        person = Person.customer(customer_id)
        self.identity.require_for(person, scope)
        return person
