"""Sockets that have not said who they are: few for each address, and not for long."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from reachly.kit.internet import limit_key

SECONDS = 10.0  # to sign in; a browser needs a tenth of a second
AT_ONCE = 50  # of one address; whoever has signed in counts no longer
TRY_AGAIN = 1013  # the close code of RFC 6455's registry
_DOOR = "reachly.door"


class Doorstep:
    """Wraps the sockets' application. Whoever serves one calls `let_in` when its caller is known."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._waiting: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        address = limit_key(scope["client"][0]) if scope.get("client") else "unknown"
        if self._waiting[address] >= AT_ONCE:
            await send({"type": "websocket.close", "code": TRY_AGAIN})
            return
        self._waiting[address] += 1
        door = scope[_DOOR] = _Door(lambda: self._leave(address))
        wait = asyncio.create_task(self._wait(door, send))
        try:
            await self._app(scope, receive, send)
        finally:
            wait.cancel()
            door.open()

    async def _wait(self, door: _Door, send: Send) -> None:
        try:
            async with asyncio.timeout(SECONDS):
                await door.opened.wait()
        except TimeoutError:
            await send({"type": "websocket.close", "code": 1008, "reason": "sign in first"})

    def _leave(self, address: str) -> None:
        self._waiting[address] -= 1
        if self._waiting[address] <= 0:
            del self._waiting[address]


class _Door:
    """Opens once: the caller is known, or gone."""

    def __init__(self, leave: Callable[[], None]) -> None:
        self._leave = leave
        self.opened = asyncio.Event()

    def open(self) -> None:
        if not self.opened.is_set():
            self.opened.set()
            self._leave()


def let_in(environ: Mapping[str, Any]) -> None:
    """The caller of this socket is known; `environ` is what Socket.IO hands to its handlers."""
    door = environ.get("asgi.scope", {}).get(_DOOR)
    if isinstance(door, _Door):
        door.open()
