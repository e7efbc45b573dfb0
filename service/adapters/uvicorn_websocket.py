"""uvicorn's WebSocket with the bounds that it lacks: on what lies unread, on fragments, and a farewell with a reason.

What a client does not read would lie here for as long as it keeps the connection open: uvicorn closes a connection only
once all is written. Here it is cut off a little after the service is done with it.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

GOING_AWAY = 1001
TOO_BIG = 1009
REASON = "The server stops; connect again."
FAREWELL_S = 2.0
"""How long a client has to take leave."""
MOST_FRAGMENTS = 1_000
"""Of one message: empty ones have no size that would add up."""


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """One connection."""

    _cut: asyncio.TimerHandle | None = None

    def shutdown(self) -> None:
        """Say that the server stops, and that it is worth connecting again."""
        if self.close_sent or not self.handshake_complete:
            super().shutdown()
        else:
            self._close(GOING_AWAY, REASON)
        self._cut_off_later()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timer."""
        super().connection_lost(exc)
        if self._cut is not None:
            self._cut.cancel()

    def handle_ping(self) -> None:
        """Answer, unless the answers before this one lie unread."""
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.transport.abort()

    def handle_cont(self, event: Frame) -> None:
        """Take in a further part of a message."""
        super().handle_cont(event)
        if len(self.frames) > MOST_FRAGMENTS and not self.close_sent:
            self.frames = []
            self._close(TOO_BIG, "The message has too many parts.")
            self._cut_off_later()

    def keepalive_timeout(self) -> None:
        """Give up a client that gives no sign of life."""
        super().keepalive_timeout()
        self._cut_off_later()

    async def run_asgi(self) -> None:
        """Serve the connection to its end."""
        await super().run_asgi()
        self._cut_off_later()

    def _close(self, code: int, reason: str) -> None:
        self.stop_keepalive()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        if self.read_paused:  # or the client's farewell would never be read
            self.read_paused = False
            self.transport.resume_reading()
        self.close_timer = self.loop.call_later(FAREWELL_S, self.transport.close)

    def _cut_off_later(self) -> None:
        if self._cut is None and not self.disconnected:
            self._cut = self.loop.call_later(FAREWELL_S, self.transport.abort)
