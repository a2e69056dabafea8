from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from reachly.infra import http, outbound
from reachly.kit.errors import Invalid, Unavailable

pytestmark = pytest.mark.anyio


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    request = (await reader.readuntil(b"\r\n\r\n")).decode()
    path = request.split(" ")[1]
    if path == "/silent":
        await asyncio.sleep(60)
    elif path == "/endless":
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            while True:
                writer.write(b"x" * 10_000)
                await writer.drain()
        except ConnectionError:
            pass
    elif path == "/inside":
        writer.write(b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n")
    else:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Said: " + path.encode() + b"\r\n\r\nhello")
    writer.close()


@pytest.fixture
async def peer(anyio_backend: str) -> AsyncIterator[str]:
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.close()


@pytest.fixture
def allowed() -> Iterator[None]:
    outbound.install(["127.0.0.1"])
    yield
    outbound.install([])


async def fetch(url: str, *, max_bytes: int = 1000, read_seconds: float = 5.0) -> http.Answer:
    async with http.open_client(read_seconds=read_seconds) as client:
        return await http.fetch(client, client.build_request("GET", url), max_bytes=max_bytes)


async def test_answer_is_read_whole(peer: str, allowed: None) -> None:
    said = await fetch(f"{peer}/a")
    assert (said.status, said.text, said.cut, said.headers["x-said"]) == (200, "hello", False, "/a")


async def test_endless_answer_is_cut(peer: str, allowed: None) -> None:
    said = await fetch(f"{peer}/endless", max_bytes=50_000)
    assert (len(said.body), said.cut) == (50_000, True)


async def test_private_address_is_refused_unless_the_operator_allows_it(peer: str) -> None:
    outbound.install([])
    with pytest.raises(Invalid):
        await fetch(f"{peer}/a")


async def test_redirect_is_not_followed(peer: str, allowed: None) -> None:
    assert (await fetch(f"{peer}/inside")).status == 302


async def test_silent_and_missing_peers_have_words_of_their_own(peer: str, allowed: None) -> None:
    with pytest.raises(Unavailable, match="did not answer in time"):
        await fetch(f"{peer}/silent", read_seconds=0.2)
    with pytest.raises(Unavailable):
        await fetch("http://127.0.0.1:1/")


async def test_proxy_of_the_environment_is_not_used(
    peer: str, allowed: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert (await fetch(f"{peer}/a")).status == 200
