"""Which document a request means: the one it carries, one that it sent before, or one that was registered.

Persisted queries (Apollo's protocol, which urql speaks too): a client sends the SHA-256 of its query alone; where that
is not known it is told so, and sends both. Trusted documents: an operator registered what the shop's own clients send,
and where only that is trusted, nothing else is even parsed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from service.graphql.limits import BadRequest
from service.graphql.recent_texts import MOST_BYTES, RecentTexts
from service.recommender.error_codes import ErrorCode
from service.recommender.errors import CallerFault, DependencyFault


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
    trusted_only : whether anything else is refused
    most_bytes : room for documents of either kind
    """

    def __init__(
        self, registered: DocumentSource | None = None, own: Iterable[str] = (), *, trusted_only: bool = False,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._registered, self._trusted_only = registered, trusted_only
        self._own = {digest(text): text for text in own}
        self._trusted, self._persisted = RecentTexts(most_bytes), RecentTexts(most_bytes)

    async def text_of(self, named: Named, run: Callable[..., Awaitable[str | None]]) -> str:
        """Find the document's text.

        Parameters
        ----------
        run : does what blocks off the loop

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
            text = await self._trusted_text(document_id or digest(query or ""), run)
            if text is None:
                raise DocumentNotTrusted("This service executes registered documents only, and this is none of them.")
            return text
        return query if query is not None else await self._known_text(document_id or "", run)

    def remember(self, named: Named) -> None:
        """Keep a query that came with its hash and turned out to be valid."""
        if named.query is not None and named.document_id is not None and not self._trusted_only:
            self._persisted.keep(named.document_id, named.query)

    async def _known_text(self, document_id: str, run: Callable[..., Awaitable[str | None]]) -> str:
        text = self._persisted.find(document_id)
        try:
            text = text or await self._trusted_text(document_id, run)
        except DependencyFault:
            text = None  # the client sends its query, and needs nobody's memory
        if text is None:
            raise PersistedQueryNotFound("PersistedQueryNotFound")
        return text

    async def _trusted_text(self, document_id: str, run: Callable[..., Awaitable[str | None]]) -> str | None:
        known = self._own.get(document_id) or self._trusted.find(document_id)
        if known is not None or self._registered is None:
            return known
        found = await run(self._registered.find, document_id)
        if found is not None:
            self._trusted.keep(document_id, found)
        return found


def digest(text: str) -> str:
    """Return the SHA-256 of a document, in hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
