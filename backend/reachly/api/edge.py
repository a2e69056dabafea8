"""Pixels, links and unsubscribe pages: no cookies, no sign-in, no framework."""

from __future__ import annotations

from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from reachly.infra.settings import Settings


class TrackingEdge:
    """Filled in by the tracking room."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    async def start(self) -> None:
        """Begins to write hits."""

    async def stop(self) -> None:
        """Writes what is left."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse("Not found\n", 404)(scope, receive, send)
