"""Places: how many sockets a process keeps open, in all and for one client."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from service.graphql.caller import client_key
from service.graphql.websocket_bounds import SocketBounds
from service.graphql.websocket_messages import Closing, Code
from service.recommender.identity import ANONYMOUS, Identity


class Places:
    """Who is connected to this process."""

    def __init__(self, bounds: SocketBounds) -> None:
        self.bounds = bounds
        self._taken: Counter[str] = Counter()

    @contextmanager
    def of_address(self, address: str | None) -> Iterator[None]:
        """Keep a place for a new connection, of which only the address is known.

        Raises
        ------
        Closing
            If there is none left, in all or for this address.
        """
        bounds = self.bounds
        with ExitStack() as kept:
            kept.enter_context(self._place("", bounds.connections, "The service has too many connections open"))
            kept.enter_context(self._place(client_key(ANONYMOUS, address), bounds.per_client * bounds.shared))
            yield

    @contextmanager
    def of_client(self, identity: Identity, address: str | None) -> Iterator[None]:
        """Keep a place for a client that said who it is.

        Raises
        ------
        Closing
            If it has too many connections open.
        """
        client, bounds = client_key(identity, address), self.bounds
        if identity.service is not None:
            with self._place(client, bounds.per_client * bounds.shared):
                yield
        elif identity.person is not None:
            with self._place(f"{client} {identity.person.key}", bounds.per_client):
                yield
        else:
            yield

    @contextmanager
    def _place(self, client: str, most: int, why: str = "You have too many connections open") -> Iterator[None]:
        if self._taken[client] >= most:
            raise Closing(Code.TRY_LATER, f"{why}; try again later.")
        self._taken[client] += 1
        try:
            yield
        finally:
            self._taken[client] -= 1
            if not self._taken[client]:
                del self._taken[client]
