"""uvicorn's WebSocket with the bounds that it lacks: on what lies unread, on frames, and a farewell with a reason.

What a client does not read would lie here for as long as it keeps the connection open: uvicorn closes a connection only
once all is written. Here it is cut off a little after the service is done with it.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

GOING_AWAY, NO_TEXT, POLICY, TOO_BIG = 1001, 1007, 1008, 1009
REASON = "The server stops; connect again."
FAREWELL_S = 2.0
"""How long a client has to take leave."""
MOST_FRAGMENTS = 1_000
"""Of one message: empty ones have no size that would add up."""
FRAMES_A_SECOND = 2_000
"""Of any kind, and at once: pings are answered before the application could count anything."""
PIECE_BYTES = 4 << 10
"""Parsed at a time, so that a flood is seen before all of it was parsed."""


class BoundedWebSocket(WebSocketsSansIOProtocol):
    """One connection."""

    _cut: asyncio.TimerHandle | None = None
    _is_deaf = False
    _credit, _credited_at = float(FRAMES_A_SECOND), 0.0

    def data_received(self, data: bytes) -> None:
        """Take in what arrived, piece by piece, for as long as it matters."""
        for start in range(0, len(data), PIECE_BYTES):
            if not self._is_deaf:
                super().data_received(data[start:start + PIECE_BYTES])

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

    def handle_text(self, event: Frame) -> None:
        """Take in text, or its beginning."""
        if self._may_go_on():
            super().handle_text(event)

    def handle_bytes(self, event: Frame) -> None:
        """Take in bytes, or their beginning."""
        if self._may_go_on():
            super().handle_bytes(event)

    def handle_cont(self, event: Frame) -> None:
        """Take in a further part of a message."""
        if not self._may_go_on():
            return
        super().handle_cont(event)
        if len(self.frames) > MOST_FRAGMENTS:
            self._refuse(TOO_BIG, "The message has too many parts.")

    def handle_ping(self) -> None:
        """Answer, unless the answers before this one lie unread."""
        if not self.writable.is_set():
            self.transport.abort()
        elif self._may_go_on():
            super().handle_ping()

    def handle_pong(self, event: Frame) -> None:
        """Take in a sign of life."""
        if self._may_go_on():
            super().handle_pong(event)

    def handle_parser_exception(self) -> None:
        """Say why what came is no WebSocket; what comes after it is nothing."""
        super().handle_parser_exception()
        self._is_deaf = True
        self._cut_off_later()

    def send_receive_event_to_app(self) -> None:
        """Hand a message over, if it is one."""
        if self.curr_msg_data_type == "text" and not self.close_sent and not _is_text(b"".join(self.frames)):
            self.logger.warning("A WebSocket is closed: what came as text is no UTF-8.")
            self.frames = []
            self._close(NO_TEXT, "Text is UTF-8.")
            self._cut_off_later()
        else:
            super().send_receive_event_to_app()

    def keepalive_timeout(self) -> None:
        """Give up a client that gives no sign of life."""
        super().keepalive_timeout()
        self._cut_off_later()

    async def run_asgi(self) -> None:
        """Serve the connection to its end."""
        await super().run_asgi()
        self._cut_off_later()

    def _may_go_on(self) -> bool:
        """Count a frame, and end the connection that sends too many."""
        if self._is_deaf:
            return False
        now = self.loop.time()
        self._credit = min(self._credit + (now - self._credited_at) * FRAMES_A_SECOND, FRAMES_A_SECOND) - 1
        self._credited_at = now
        if self._credit < 0:
            self._refuse(POLICY, f"More than {FRAMES_A_SECOND} frames a second; send fewer.")
        return self._credit >= 0

    def _refuse(self, code: int, reason: str) -> None:
        """Close, and read nothing more, not even a farewell: it would lie behind what is too much."""
        self._is_deaf, self.frames = True, []
        if not self.close_sent:
            self._close(code, reason)
        self.transport.pause_reading()
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


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
