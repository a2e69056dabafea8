"""What only a wire can show: TLS, and servers that stall, babble, lie about sizes or vanish."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reachly.infra import outbound
from reachly.integrations.reader.port import ReaderConfig, ReaderError
from reachly.integrations.reader.registry import make_reader
from reachly.kit import clock
from reachly.kit.errors import NotImplementedYet
from tests.contract.certificates import make_tls
from tests.contract.imap_peers import PASSWORD, USER, PymapPeer

pytestmark = pytest.mark.anyio

CONFIG = ReaderConfig(
    USER, "127.0.0.1", security="none", username="me", password="x", connect_seconds=2, command_seconds=1
)
CURSOR = '{"INBOX":{"v":1,"n":5,"d":"2026-11-20"}}'
GREETING = b"* OK ready\r\n"
OK: dict[str, bytes] = {
    "CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n",
    "LOGIN": b"",
    "STATUS": b"* STATUS INBOX (UIDVALIDITY 1 UIDNEXT 7)\r\n",
    "EXAMINE": b"* 6 EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\n",
    "SEARCH": b"* SEARCH 5 6\r\n",
    "FETCH": b'* 5 FETCH (UID 5 INTERNALDATE "20-Nov-2026 10:00:00 +0100" RFC822.SIZE 3 BODY[]<0> {3}\r\nabc)\r\n',
    "CLOSE": b"",
    "LOGOUT": b"* BYE\r\n",
    "NOOP": b"",
}
Endless = Callable[[], bytes]


@contextlib.asynccontextmanager
async def raw_peer(
    answers: dict[str, bytes | Endless] | None = None,
    *,
    greeting: bytes | Endless = GREETING,
    tls: ssl.SSLContext | None = None,
) -> AsyncIterator[ReaderConfig]:
    """A server whose untagged answers are given by verb; a callable is asked for more until the peer is gone."""
    table: dict[str, Any] = {**OK, **(answers or {})}

    async def emit(writer: asyncio.StreamWriter, what: bytes | Endless) -> None:
        if isinstance(what, bytes):
            writer.write(what)
            await writer.drain()
            return
        while True:
            writer.write(what())
            await writer.drain()
            await asyncio.sleep(0)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
            await emit(writer, greeting)
            # What is no order (the random bytes of a TLS hello, say) ends it.
            while len(line := (await reader.readline()).decode("latin-1").split()) > 1:
                verb = line[2] if line[1] == "UID" else line[1]
                if verb == "STARTTLS":
                    writer.write(f"{line[0]} OK go\r\n".encode())
                    await writer.start_tls(tls)  # type: ignore[arg-type]
                    continue
                await emit(writer, table.get(verb, b""))
                writer.write(f"{line[0]} {'OK' if verb in table else 'BAD'} done\r\n".encode())
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield replace(CONFIG, port=server.sockets[0].getsockname()[1])


async def _fault(config: ReaderConfig) -> ReaderError:
    reader = make_reader("imap", config)
    with pytest.raises(ReaderError) as caught:
        await reader.fetch_new(CURSOR)
    await reader.close()
    return caught.value


async def test_an_order_of_parts_that_differs_and_strangers_between_them_are_understood() -> None:
    answers: dict[str, bytes | Endless] = {
        "FETCH": b"* 1 FETCH (FLAGS (\\Seen) UID 1)\r\n"
        b'* 6 FETCH (BODY[]<0> {4}\r\nde)\n UID 6 RFC822.SIZE 4 INTERNALDATE " 1-Nov-2026 10:00:00 -0500")\r\n'
        b"* 2 FETCH (FLAGS ())\r\n" + OK["FETCH"]
    }
    async with raw_peer(answers) as config:
        reader = make_reader("imap", config)
        fetched, _ = await reader.fetch_new(CURSOR)
        await reader.close()
    assert [(m.uid, m.raw, m.received_at.isoformat()) for m in fetched] == [
        (5, b"abc", "2026-11-20T09:00:00+00:00"),
        (6, b"de)\n", "2026-11-01T15:00:00+00:00"),
    ]


@pytest.mark.parametrize(
    "answers",
    [
        {"FETCH": b"* 5 FETCH (UID 5 BODY[]<0> {1000000000}\r\n" + b"x" * 1000},
        {"FETCH": lambda: b"* 5 FETCH (UID 5 FLAGS ())\r\n" * 10_000},
        {"FETCH": lambda: b"x" * 100_000},
        {"STATUS": lambda: b"* OK still here\r\n" * 10_000},
        {"SEARCH": lambda: b"* SEARCH " + b"1 " * 50_000 + b"\r\n"},
        {"SEARCH": lambda: b"1 " * 50_000},
        {"CAPABILITY": lambda: b"* CAPABILITY " + b"A " * 10_000 + b"\r\n"},
        {"EXAMINE": b"* 5 EXISTS {99999999999999999999}\r\n"},
        {"LOGIN": lambda: b"* OK\r\n" * 10_000},
        {"STATUS": b"* STATUS INBOX ()\r\n"},
        {"STATUS": b"garbage without a star\r\n"},
        {"STATUS": b"\xff\xfe\x00\r\n"},
        {"SEARCH": b"* SEARCH 99999999999999999999999999\r\n", "FETCH": b"* NO\r\nnonsense\r\n"},
        {"FETCH": b'* 5 FETCH (UID 5 INTERNALDATE "99-Foo-2026 10:00:00 +0100" BODY[]<0> {1}\r\nx)\r\n'},
    ],
)
async def test_a_server_that_babbles_is_bounded_and_dropped(answers: dict[str, bytes | Endless]) -> None:
    async with raw_peer(answers) as config:
        begin = time.monotonic()
        fault = await _fault(replace(config, max_message_bytes=100_000))
        assert time.monotonic() - begin < 60
    assert fault.cause in {"protocol", "timeout"}


@pytest.mark.parametrize(
    "greeting", [lambda: b"x" * 100_000, b"HTTP/1.1 400 Bad Request\r\n\r\n", b"* BYE busy\r\n"]
)
async def test_what_is_no_imap_server_is_told_so(greeting: bytes | Endless) -> None:
    async with raw_peer(greeting=greeting) as config:
        assert (await _fault(config)).cause == "protocol"


async def test_servers_that_drip_are_cut_off_and_hold_no_thread() -> None:
    def drip() -> bytes:
        time.sleep(0.0005)
        return b"*"

    async with raw_peer(greeting=drip) as dripping, raw_peer() as working:
        patient = replace(dripping, connect_seconds=30, command_seconds=30)
        held = [asyncio.create_task(make_reader("imap", patient).has_news(CURSOR)) for _ in range(20)]
        hasty = replace(dripping, connect_seconds=0.4)
        faults = await asyncio.gather(*(_fault(hasty) for _ in range(20)))
        for task in held:
            task.cancel()
        assert all(
            isinstance(e, asyncio.CancelledError) for e in await asyncio.gather(*held, return_exceptions=True)
        )
        async with asyncio.timeout(60):  # 40 of them against 32 threads
            assert await make_reader("imap", working).has_news(CURSOR)
    assert {fault.cause for fault in faults} == {"timeout"}


async def test_a_probe_takes_no_longer_than_a_connection_may() -> None:
    answers: dict[str, bytes | Endless] = {"LIST": lambda: b""}
    async with raw_peer(answers) as config:
        begin = time.monotonic()
        with pytest.raises(ReaderError) as caught:
            await make_reader("imap", replace(config, connect_seconds=0.5, command_seconds=30)).probe()
        assert time.monotonic() - begin < 25  # a command alone may take 30
    assert caught.value.cause == "timeout"


async def test_a_silent_server_times_out_each_time() -> None:
    answers: dict[str, bytes | Endless] = {"STATUS": lambda: b""}
    async with raw_peer(answers) as config:
        reader = make_reader("imap", replace(config, command_seconds=0.3))
        for _ in range(2):
            with pytest.raises(ReaderError) as caught:
                await reader.has_news(CURSOR)
            assert caught.value.cause == "timeout"
    async with raw_peer() as working:
        reader = make_reader("imap", working)
        assert await reader.has_news(CURSOR)
        await reader.close()


async def test_tls_from_the_first_byte_and_starttls(tmp_path: Path) -> None:
    server, client = make_tls(tmp_path)
    async with PymapPeer(server).running() as peer:
        config = replace(CONFIG, port=peer.port, security="tls", username=USER, password=PASSWORD, tls=client)
        reader = make_reader("imap", config)
        assert (await reader.probe()).encrypted
        await peer.deliver(b"Subject: x\r\n\r\n", clock.now())
        await reader.close()
    answers: dict[str, bytes | Endless] = {"CAPABILITY": b"* CAPABILITY IMAP4rev1 STARTTLS\r\n"}
    async with raw_peer(answers, tls=server) as config:
        reader = make_reader("imap", replace(config, security="starttls", tls=client))
        assert await reader.has_news(CURSOR)
        await reader.close()


async def test_tls_faults_are_told_apart(tmp_path: Path) -> None:
    server, client = make_tls(tmp_path)
    _, other = make_tls(tmp_path, host="mail.test")
    async with raw_peer() as config:
        plain = await _fault(replace(config, security="tls", tls=client))
        missing = await _fault(replace(config, security="starttls", tls=client))
    async with PymapPeer(server).running() as peer:
        untrusted = await _fault(replace(CONFIG, port=peer.port, security="tls", tls=other))
        hasty = await _fault(replace(CONFIG, port=peer.port, connect_seconds=0.4))
    assert [f.cause for f in (plain, missing, untrusted, hasty)] == ["tls", "tls", "tls", "timeout"]
    assert "certificate" in untrusted.detail
    assert "no STARTTLS" in missing.detail
    assert "choose TLS" in hasty.detail


async def test_faults_on_the_way_have_distinct_causes() -> None:
    closed = socket.socket()
    closed.bind(("127.0.0.1", 0))
    causes = [(await _fault(replace(CONFIG, port=closed.getsockname()[1]))).cause]
    closed.close()
    outbound.install([])
    causes.append((await _fault(CONFIG)).cause)

    async def nothing(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    outbound.install([], lookup=nothing)
    causes.append((await _fault(replace(CONFIG, host="mail.example.com"))).cause)
    assert causes == ["refused", "forbidden", "dns"]


async def test_sign_in_faults_are_told_apart() -> None:
    async with raw_peer({"CAPABILITY": b"* CAPABILITY IMAP4rev1 LOGINDISABLED\r\n"}) as config:
        assert "without encryption" in (await _fault(config)).detail
        assert (await _fault(replace(config, password="a\r\nA1 LOGOUT"))).cause == "auth"


async def test_a_quiet_look_is_quick() -> None:
    async with PymapPeer().running() as peer:
        reader = make_reader("imap", replace(CONFIG, port=peer.port, username=USER, password=PASSWORD))
        _, cursor = await reader.fetch_new(None)
        begin = time.monotonic()
        for _ in range(200):
            await reader.fetch_new(cursor)
        spent = (time.monotonic() - begin) / 200
        await reader.close()
    assert spent < 0.02, f"{spent * 1000:.1f} ms a look"


@pytest.mark.parametrize("provider", ["gmail", "outlook"])
def test_the_other_providers_say_that_they_are_not_there_yet(provider: Any) -> None:
    with pytest.raises(NotImplementedYet, match="IMAP"):
        make_reader(provider, CONFIG)
