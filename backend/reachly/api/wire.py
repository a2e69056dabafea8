"""HTTP/1.1 as it comes off the wire, with limits before anything is done with it.

The server's own protocol takes headers of any size and waits for them for ever: one client could hold the whole
process. Here a request has so many bytes, headers and seconds for its head, and a body that comes at a pace; who takes
more is told so and closed, and no part of the product has seen it.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

HEAD_BYTES = 32_768  # request line and headers together
HEAD_COUNT = 100
HEAD_SECONDS = 10.0  # from the connection, or the last answer on it, to the end of the head
BODY_SECONDS = 30.0  # a body may take so long, and a second more for every
BODY_PACE = 1_000  # bytes of it that have come
LOOK_SECONDS = 1.0


class GuardedProtocol(HttpToolsProtocol):
    """The server's protocol for one connection; see the module."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._in_head = True
        self._head_bytes = self._body_bytes = 0
        self._head_timer: asyncio.TimerHandle | None = None
        self._body_timer: asyncio.TimerHandle | None = None
        self._body_left = 0.0

    # --- what the server calls --------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_timers()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        while data and self.parser is not None and not self.transport.is_closing():
            piece = data
            if self._in_head:
                piece = data[: HEAD_BYTES - self._head_bytes]
                if not piece:
                    self._refuse(431, f"The request line and headers are past {HEAD_BYTES} bytes. Send less.")
                    return
                self._head_bytes += len(piece)
            data = data[len(piece) :]
            super().data_received(piece)
            if self.transport.get_protocol() is not self:  # a socket now
                self._stop_timers()
                return

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._stop_body()

    # --- what the parser calls --------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._head_bytes = True, max(self._head_bytes, 1)
        self._wait_for_head()

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        if len(self.headers) > HEAD_COUNT:
            self._refuse(431, f"The request has more than {HEAD_COUNT} headers. Send fewer.")
            raise ValueError  # the parser stops here

    def on_headers_complete(self) -> None:
        self._in_head, self._head_bytes = False, 0
        self._stop_head()
        super().on_headers_complete()
        self._body_bytes, self._body_left = 0, BODY_SECONDS
        self._stop_body()
        self._body_timer = self.loop.call_later(LOOK_SECONDS, self._look_at_body)

    def on_body(self, body: bytes) -> None:
        self._body_bytes += len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._stop_body()
        super().on_message_complete()
        self._in_head = True

    def send_400_response(self, msg: str) -> None:
        if not self.transport.is_closing():  # else it has been refused with better words
            super().send_400_response(msg)

    # --- clocks -----------------------------------------------------------------------------------------------------

    def _wait_for_head(self) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self._head_is_late)

    def _head_is_late(self) -> None:
        self._head_timer = None
        if self._head_bytes:
            self._refuse(408, f"The request's headers did not come within {HEAD_SECONDS:.0f} seconds.")
        elif not self.transport.is_closing():
            self.transport.close()  # nobody has asked anything

    def _look_at_body(self) -> None:
        """Time in which we do not read is ours, not the client's."""
        if not self.flow.read_paused:
            self._body_left -= LOOK_SECONDS
        if self._body_left + self._body_bytes / BODY_PACE <= 0:
            self._body_timer = None
            self._refuse(408, "The request's body comes too slowly.")
            return
        self._body_timer = self.loop.call_later(LOOK_SECONDS, self._look_at_body)

    def _stop_head(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _stop_body(self) -> None:
        if self._body_timer is not None:
            self._body_timer.cancel()
            self._body_timer = None

    def _stop_timers(self) -> None:
        self._stop_head()
        self._stop_body()

    def _refuse(self, status: int, told: str) -> None:
        """A problem in our form, and the end of the connection; only the end where an answer is on its way."""
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            title = {408: "Too slow", 431: "Headers too large"}[status]
            body = json.dumps(
                {"type": "about:blank", "title": title, "status": status, "detail": told, "errors": []}
            )
            head = (
                b"content-type: application/problem+json\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"
                % len(body)
            )
            self.transport.write(STATUS_LINE[status] + head + body.encode())
        self.transport.close()
