"""Pixels, links and unsubscribe pages: no cookies, no sign-in, no framework."""

from __future__ import annotations

from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send


class TrackingEdge:
    """Filled in by the tracking room."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("Not found\n", 404)(scope, receive, send)
