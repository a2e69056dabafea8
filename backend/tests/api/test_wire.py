"""Requests that are too large, too many or too slow end before the product sees them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from reachly.api import wire
from reachly.api.wire import HEAD_BYTES, HEAD_COUNT, GuardedProtocol

pytestmark = pytest.mark.anyio
PATIENCE = 60


@dataclass
class Served:
    """A server with our protocol; `seen` are the paths that reached the application."""

    port: int
    seen: list[str] = field(default_factory=list)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            yield reader, writer
        finally:
            writer.close()

    async def ask(self, *pieces: bytes) -> bytes:
        """All that is answered until the server closes."""
        async with self.connection() as (reader, writer):
            return await exchange(reader, writer, pieces)


async def exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pieces: Any) -> bytes:
    async def write() -> None:
        for piece in pieces:
            writer.write(piece)
            await writer.drain()

    writing = asyncio.create_task(write())
    try:
        async with asyncio.timeout(PATIENCE):
            answer = b""
            while piece := await reader.read(65_536):
                answer += piece
            return answer
    except ConnectionResetError:
        return answer
    finally:
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)


@pytest.fixture
async def served(anyio_backend: str) -> AsyncIterator[Served]:
    listening = socket.create_server(("127.0.0.1", 0))
    made = Served(listening.getsockname()[1])

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        made.seen.append(scope["path"])
        size = 0
        while scope["path"] == "/body":
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            size += len(message["body"])
            if not message["more_body"]:
                break
        body = str(size).encode()
        headers = [(b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    config = uvicorn.Config(
        app, http=GuardedProtocol, log_config=None, lifespan="off", timeout_keep_alive=3600
    )
    server = uvicorn.Server(config)
    server.capture_signals = noop  # type: ignore[method-assign]
    task = asyncio.create_task(server.serve(sockets=[listening]))
    yield made
    server.should_exit = server.force_exit = True
    await task


noop: Callable[[], Any] = __import__("contextlib").nullcontext
HOST = b"Host: x.example\r\n"


async def test_honest_requests_pass_also_one_after_the_other(served: Served) -> None:
    body = b"x" * 3_000_000
    post = b"POST /body HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % len(body) + body
    get = b"GET /%d HTTP/1.1\r\n" + HOST + b"Cookie: " + b"c" * 8_000 + b"\r\n\r\n"
    last = b"GET /last HTTP/1.1\r\nConnection: close\r\n" + HOST + b"\r\n"
    answer = await served.ask(get % 1 + post, *(get % n for n in range(2, 40)), last)
    assert answer.count(b"HTTP/1.1 200") == 41
    assert b"\r\n\r\n3000000" in answer
    assert served.seen[-1] == "/last"


@pytest.mark.parametrize(
    "head",
    [
        b"GET /big HTTP/1.1\r\n" + HOST + b"X-Big: " + b"a" * 10_000_000,
        b"GET /big?" + b"a" * 10_000_000,
        b"GET /big HTTP/1.1\r\n" + HOST + b"X: y\r\n" * 2_000_000,
        b"GET /big HTTP/1.1\r\n" + HOST + b"X: y\r\n" * (HEAD_COUNT + 1) + b"\r\n",
        b"GET /big HTTP/1.1\r\n" + HOST + b"X: " + b"a" * HEAD_BYTES + b"\r\n\r\n",
        b"A" * 10_000_000,
        b"GET /ok HTTP/1.1\r\n" + HOST + b"\r\nGET /big HTTP/1.1\r\n" + HOST + b"X-Big: " + b"a" * 10_000_000,
    ],
    ids=[
        "one header",
        "the address",
        "many headers",
        "a few too many",
        "just too large",
        "no HTTP",
        "the second",
    ],
)
async def test_a_head_past_the_limits_is_refused_before_the_product_sees_it(
    served: Served, head: bytes
) -> None:
    answer = await served.ask(*(head[at : at + 100_000] for at in range(0, len(head), 100_000)))
    assert "/big" not in served.seen
    if answer and not head.startswith((b"A", b"GET /ok")):  # the answer may be lost where more was on its way
        assert answer.startswith(b"HTTP/1.1 431")
        assert b"application/problem+json" in answer
    assert (await served.ask(b"GET /after HTTP/1.1\r\nConnection: close\r\n\r\n")).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("begun", [b"", b"GET /slow HTTP/1.1\r\nHost"], ids=["nothing", "half a head"])
async def test_a_head_that_does_not_come_is_not_waited_for(
    served: Served, begun: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "HEAD_SECONDS", 0.2)
    answer = await served.ask(begun)
    assert answer.startswith(b"HTTP/1.1 408") if begun else answer == b""
    assert served.seen == []


async def test_a_head_that_trickles_has_no_more_time(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "HEAD_SECONDS", 0.5)
    async with served.connection() as (reader, writer):
        reading = asyncio.create_task(exchange(reader, writer, ()))
        while not reading.done():
            writer.write(b"G")
            await asyncio.sleep(0.05)
        assert await reading is not None
    assert served.seen == []


async def test_a_body_that_comes_too_slowly_ends_and_one_that_waits_for_us_does_not(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "BODY_SECONDS", 0.3)
    monkeypatch.setattr(wire, "LOOK_SECONDS", 0.1)
    head = b"POST /body HTTP/1.1\r\n" + HOST + b"Content-Length: 500000\r\n\r\n"
    assert (await served.ask(head + b"x")).startswith(b"HTTP/1.1 408")
    whole = await served.ask(head.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n") + b"x" * 500_000)
    assert whole.startswith(b"HTTP/1.1 200")
