"""Which document a request means: the one it carries, one that it sent before, or one that was registered.

Persisted queries (Apollo's protocol, which urql speaks too): a client sends the SHA-256 of its query alone; where that
is not known it is told so, and sends both. Trusted documents: an operator registered what the shop's own clients send,
and where only that is trusted, nothing else is even parsed, but of the shop's own router: that makes its documents anew
out of what its clients ask.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from service.graphql.limits import BadRequest
from service.graphql.recent_texts import MOST_BYTES, RecentTexts
from service.recommender.error_codes import ErrorCode
from service.recommender.errors import CallerFault, DependencyFault

SECONDS_TRUSTED = 5.0
"""After which it is looked up anew whether a document was withdrawn."""
Run = Callable[..., Awaitable[str | None]]
"""Does what blocks off the loop."""


class PersistedQueryNotFound(CallerFault):
    """A hash of a query that this process does not know; clients answer by sending the query too."""

    code = ErrorCode.PERSISTED_QUERY_NOT_FOUND


class DocumentNotTrusted(CallerFault):
    """A document that nobody registered, where only registered ones are executed."""

    code = ErrorCode.DOCUMENT_NOT_TRUSTED


class DocumentSource(Protocol):
    """Where registered documents are, for all replicas."""

    def find(self, document_id: str) -> str | None:
        """Find the text of a document by its id or its SHA-256.

        Raises
        ------
        DocumentsUnavailable
        """


@dataclass(frozen=True, slots=True)
class Named:
    """How a request says which document it means: by text, by id, or by both."""

    query: str | None
    document_id: str | None


class PersistedDocuments:
    """The documents that one process knows.

    Parameters
    ----------
    registered : trusted documents; None where there are none
    own : documents of the service's own pages, trusted always
    trusted_only : whether anything else is refused, but to routers
    most_bytes : room for documents of either kind
    now : seconds, of any clock
    """

    def __init__(
        self, registered: DocumentSource | None = None, own: Iterable[str] = (), *, trusted_only: bool = False,
        most_bytes: int = MOST_BYTES, now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._registered, self._trusted_only = registered, trusted_only
        self._own = {digest(text): text for text in own}
        self._trusted, self._persisted = RecentTexts(most_bytes), RecentTexts(most_bytes)
        self._now, self._looked_up, self._since = now, set[str](), now()

    async def text_of(self, named: Named, run: Run, is_router: Callable[[], Awaitable[bool]]) -> str:
        """Find the document's text.

        Parameters
        ----------
        is_router : asked only where it matters; what it raises is raised

        Raises
        ------
        BadRequest
            If a hash is sent that is not its query's.
        PersistedQueryNotFound
            If the hash is not known here; the client sends the query too.
        DocumentNotTrusted
            If only registered documents are executed, and this is none.
        DocumentsUnavailable
            If only registered documents are executed, and they cannot be read.
        """
        query, document_id = named.query, named.document_id
        if query is None and document_id is None:
            raise BadRequest("query is missing; it is the GraphQL document, as a string.")
        if query is not None and document_id is not None and digest(query) != document_id:
            raise BadRequest("The hash is not the SHA-256 of the query that came with it.")
        if self._trusted_only:
            text = await self._admitted(document_id or digest(query or ""), run, is_router)
            if text is not None:
                return text
        return query if query is not None else await self._known_text(document_id or "", run)

    def remember(self, named: Named) -> None:
        """Keep a query that came with its hash and turned out to be valid."""
        if named.query is not None and named.document_id is not None:
            self._persisted.keep(named.document_id, named.query)

    async def _admitted(self, document_id: str, run: Run, is_router: Callable[[], Awaitable[bool]]) -> str | None:
        """Find a trusted document; None where it is none and a router sent it."""
        try:
            text = await self._trusted_text(document_id, run)
        except DependencyFault:
            if not await is_router():
                raise
            return None
        if text is None and not await is_router():
            raise DocumentNotTrusted("This service executes registered documents only, and this is none of them.")
        return text

    async def _known_text(self, document_id: str, run: Run) -> str:
        text = self._persisted.find(document_id)
        try:
            text = text or await self._trusted_text(document_id, run)
        except DependencyFault:
            text = None  # the client sends its query, and needs nobody's memory
        if text is None:
            raise PersistedQueryNotFound("PersistedQueryNotFound")
        return text

    async def _trusted_text(self, document_id: str, run: Run) -> str | None:
        own, known = self._own.get(document_id), self._trusted.find(document_id)
        if own is not None or self._registered is None:
            return own
        if self._now() - self._since > SECONDS_TRUSTED:
            self._looked_up, self._since = set(), self._now()
        if known is not None and document_id in self._looked_up:
            return known
        try:
            found = await run(self._registered.find, document_id)
        except DependencyFault:
            if known is None:
                raise
            return known
        if found is None:
            self._trusted.drop(document_id)
        else:
            self._trusted.keep(document_id, found)
            self._looked_up.add(document_id)
        return found


def digest(text: str) -> str:
    """Return the SHA-256 of a document, in hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
