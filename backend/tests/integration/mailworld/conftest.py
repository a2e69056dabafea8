"""A world on free ports, and a stand-in for the product that writes down every request it gets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn

from mailworld import MailWorld, MailWorldConfig


@dataclass(frozen=True)
class Hit:
    method: str
    path: str
    agent: str
    body: bytes
    content_type: str


@dataclass
class Product:
    base: str = ""
    hits: list[Hit] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = (await receive()).get("body", b"")
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        self.hits.append(
            Hit(
                scope["method"],
                scope["path"],
                headers.get("user-agent", ""),
                body,
                headers.get("content-type", ""),
            )
        )
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})


@pytest.fixture
async def product(anyio_backend: str) -> AsyncIterator[Product]:
    seen = Product()
    server = uvicorn.Server(uvicorn.Config(seen, host="127.0.0.1", port=0, log_config=None, lifespan="off"))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.005)
    seen.base = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    yield seen
    server.should_exit = True
    await task


MakeWorld = Callable[..., AbstractAsyncContextManager[MailWorld]]


@pytest.fixture
def make_world() -> MakeWorld:
    """`async with make_world(rates=…) as world:` with one mailbox, anna@reachly.test / secret."""

    @asynccontextmanager
    async def make(**options: Any) -> AsyncIterator[MailWorld]:
        async with MailWorld(MailWorldConfig(**options)) as world:
            world.add_mailbox("anna@reachly.test", "secret")
            yield world

    return make
