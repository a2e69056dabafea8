"""Many messages in one pipeline: one round trip each, every refusal on the right recipient, no doubt where none is."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace

import pytest

from reachly.integrations.mailer.port import WITHHELD, Envelope, MailerConfig, Unwatched
from reachly.integrations.mailer.registry import make_mailer

pytestmark = pytest.mark.anyio

CONFIG = MailerConfig(
    "me@reachly.test", host="127.0.0.1", security="none", connect_seconds=3, command_seconds=1
)
Answer = Callable[[str, int], bytes | None]
"""(verb, number of the message from 0) -> what to answer; None: hang up; SILENCE: never again; b"": the usual."""
SILENCE = b"silence"


@dataclass
class Peer:
    """An ESMTP server that keeps what it took and the order of what it heard."""

    answer: Answer = lambda verb, number: b""
    extensions: bytes = b"250-relay\r\n250-PIPELINING\r\n250 SIZE 1000000\r\n"
    taken: list[tuple[str, bytes]] = field(default_factory=list)
    heard: list[str] = field(default_factory=list)
    reads: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number, recipient, refused = -1, "", False
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            writer.write(b"220 ready\r\n")
            while raw := await reader.readline():
                verb = raw.split()[0].decode().upper() if raw.split() else ""
                self.heard.append(verb)
                if verb == "MAIL":
                    number, refused = number + 1, False
                if verb == "RCPT":
                    recipient = raw.decode().partition("<")[2].partition(">")[0]
                reply = self.answer(verb, number)
                if reply is None:
                    break
                if reply == SILENCE:
                    await asyncio.sleep(5)
                reply = reply or {
                    "EHLO": self.extensions, "MAIL": b"250 ok\r\n", "RCPT": b"250 ok\r\n", "RSET": b"250 ok\r\n",
                    "DATA": b"503 no recipients\r\n" if refused else b"354 go\r\n", "QUIT": b"221 bye\r\n",
                }.get(verb, b"500 what\r\n")  # fmt: skip
                refused = refused or (verb in ("MAIL", "RCPT") and not reply.startswith(b"2"))
                writer.write(reply)
                if verb == "DATA" and reply.startswith(b"354"):
                    body = await reader.readuntil(b"\r\n.\r\n")
                    final = self.answer(".", number)
                    if final is None:
                        break
                    if final == SILENCE:
                        await asyncio.sleep(5)
                    final = final or b"250 2.0.0 taken\r\n"
                    if final.startswith(b"250"):
                        self.taken.append((recipient, body))
                    writer.write(final)
        writer.close()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[MailerConfig]:
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0, limit=10_000_000)
        async with server:
            yield replace(CONFIG, port=server.sockets[0].getsockname()[1])
            server.close()


def letters(many: int, size: int = 200) -> list[Envelope]:
    return [
        Envelope("me@reachly.test", f"p{n}@example.com", b"Subject: %d\r\n\r\n.%s\r\n" % (n, b"x" * size))
        for n in range(many)
    ]


async def test_a_batch_arrives_whole_and_in_order() -> None:
    peer = Peer()
    async with peer.running() as config:
        mailer = make_mailer("smtp", config)
        receipts = await mailer.send_many(letters(50))
        again = await mailer.send_many(letters(3))
        await mailer.close()
    assert {r.outcome for r in receipts + again} == {"accepted"}
    assert [recipient for recipient, _ in peer.taken] == [e.rcpt_to for e in letters(50) + letters(3)]
    assert all(
        body == b"Subject: %d\r\n\r\n..%s\r\n.\r\n" % (n, b"x" * 200)
        for n, (_, body) in enumerate(peer.taken[:50])
    )
    assert peer.heard.count("EHLO") == 1


class Gate(Unwatched):
    """Open as long as `is_open` says so."""

    def __init__(self, is_open: Callable[[], bool]) -> None:
        self.is_open = is_open

    def may_offer(self, n: int) -> bool:
        return self.is_open()


@pytest.mark.parametrize("extensions", [b"250-relay\r\n250 PIPELINING\r\n", b"250 relay\r\n"])
@pytest.mark.parametrize("size", [200, 100_000])
async def test_what_may_no_longer_go_is_withheld_with_all_behind_it(extensions: bytes, size: int) -> None:
    """Its sender's time was over: no byte of it may still arrive, and what left before is not in doubt."""
    peer = Peer(extensions=extensions)
    async with peer.running() as config:
        mailer = make_mailer("smtp", config)
        receipts = await mailer.send_many(letters(6, size), Gate(lambda: len(peer.taken) < 3))
        await mailer.close()
    assert [r.outcome for r in receipts] == ["accepted"] * 3 + ["connect_failed"] * 3
    assert receipts[3] is WITHHELD
    assert len(peer.taken) == 3


@pytest.mark.parametrize("size", [200, 100_000])
async def test_one_that_may_no_longer_go_is_withheld_behind_the_servers_go_ahead(size: int) -> None:
    peer = Peer()
    async with peer.running() as config:
        mailer = make_mailer("smtp", config)
        receipt = await mailer.send(letters(1, size)[0], Gate(lambda: "DATA" not in peer.heard))
        again = await mailer.send(letters(1, size)[0])
        await mailer.close()
    assert receipt is WITHHELD
    assert again.outcome == "accepted"
    assert len(peer.taken) == 1


@pytest.mark.parametrize("size", [200, 100_000])
async def test_the_peer_has_read_the_envelope_of_what_is_withheld_behind_it(size: int) -> None:
    """Whoever stopped it is told so afterwards: then nothing of it may still lie before the peer."""
    peer = Peer()
    read: list[int] = []

    class Stop(Unwatched):
        def may_offer(self, n: int) -> bool:
            if n == 2:
                read.append(peer.heard.count("MAIL"))
            return len(read) < 2

    async with peer.running() as config:
        mailer = make_mailer("smtp", config)
        receipts = await mailer.send_many(letters(4, size), Stop())
        await mailer.close()
    assert [r.outcome for r in receipts] == ["accepted"] * 2 + ["connect_failed"] * 2
    assert receipts[2] is WITHHELD
    assert peer.heard.count("MAIL") == read[-1] == 3


async def test_the_next_envelope_rides_with_the_body() -> None:
    """The answer to a body is held back until the next command has come: lock-step would wait for ever."""
    order: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 ready\r\n")
        while raw := await reader.readline():
            verb = raw.split()[0]
            order.append(verb)
            if verb == b"DATA":
                writer.write(b"354 go\r\n")
                await reader.readuntil(b"\r\n.\r\n")
                behind = await reader.readline()
                order.append(b"next:" + behind.split()[0])
                writer.write(
                    b"250 taken\r\n" + (b"221 bye\r\n" if behind.startswith(b"QUIT") else b"250 ok\r\n")
                )
            else:
                writer.write({b"EHLO": b"250-relay\r\n250 PIPELINING\r\n"}.get(verb, b"250 ok\r\n"))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        mailer = make_mailer(
            "smtp", replace(CONFIG, port=server.sockets[0].getsockname()[1], command_seconds=0.5)
        )
        receipts = await mailer.send_many(letters(3))
        await mailer.close()
        server.close()
    # The last body has nothing behind it, so there the peer's own patience ends it: unknown, as it must be.
    assert [r.outcome for r in receipts] == ["accepted", "accepted", "unknown"]
    assert order.count(b"next:MAIL") == 2


@pytest.mark.parametrize(
    ("verb", "reply", "outcome"),
    [
        ("MAIL", b"550 5.7.1 not you\r\n", "deferred"),
        ("RCPT", b"550 5.1.1 nobody\r\n", "refused"),
        ("RCPT", b"451 4.7.1 greylisted\r\n", "deferred"),
        ("DATA", b"452 4.3.1 full\r\n", "deferred"),
        (".", b"554 5.6.0 no\r\n", "refused"),
        (".", b"450-4.2.0 later\r\n450 4.2.0 please\r\n", "deferred"),
    ],
)
async def test_a_refusal_is_one_recipients_alone(verb: str, reply: bytes, outcome: str) -> None:
    peer = Peer(lambda v, n: reply if v == verb and n in (1, 4) else b"")
    async with peer.running() as config:
        mailer = make_mailer("smtp", config)
        receipts = await mailer.send_many(letters(6))
        await mailer.close()
    wanted = [outcome if n in (1, 4) else "accepted" for n in range(6)]
    assert [r.outcome for r in receipts] == wanted
    assert [recipient for recipient, _ in peer.taken] == [f"p{n}@example.com" for n in (0, 2, 3, 5)]
    assert peer.heard.count("EHLO") == 1


async def test_a_server_that_wants_a_body_for_nobody_gets_an_empty_one() -> None:
    """RFC 2920: DATA is accepted although the recipient was not; no content may follow."""
    bodies: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = -1
        writer.write(b"220 ready\r\n")
        while raw := await reader.readline():
            verb = raw.split()[0].decode()
            number += verb == "MAIL"
            if verb == "DATA":
                writer.write(b"354 go\r\n")
                lines = []
                while (line := await reader.readline()) != b".\r\n":
                    lines.append(line)
                bodies.append(b"".join(lines))
                writer.write(b"554 no valid recipients\r\n" if number == 1 else b"250 taken\r\n")
            elif verb == "RCPT" and number == 1:
                writer.write(b"550 5.1.1 nobody\r\n")
            else:
                writer.write(
                    {"EHLO": b"250-relay\r\n250 PIPELINING\r\n", "QUIT": b"221 bye\r\n"}.get(
                        verb, b"250 ok\r\n"
                    )
                )
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        mailer = make_mailer("smtp", replace(CONFIG, port=server.sockets[0].getsockname()[1]))
        receipts = await mailer.send_many(letters(3))
        await mailer.close()
        server.close()
    assert [r.outcome for r in receipts] == ["accepted", "refused", "accepted"]
    assert [len(body) > 0 for body in bodies] == [True, False, True]


@pytest.mark.parametrize(
    ("verb", "outcomes"),
    [
        ("MAIL", ["accepted", "connect_failed", "connect_failed", "connect_failed"]),
        ("RCPT", ["accepted", "deferred", "connect_failed", "connect_failed"]),
        ("DATA", ["accepted", "deferred", "connect_failed", "connect_failed"]),
        (".", ["accepted", "unknown", "connect_failed", "connect_failed"]),
    ],
)
@pytest.mark.parametrize("silent", [False, True])
async def test_a_loss_leaves_at_most_one_in_doubt(verb: str, outcomes: list[str], silent: bool) -> None:
    peer = Peer()
    peer.answer = lambda v, n: (SILENCE if silent else None) if (v, n) == (verb, 1) else b""
    async with peer.running() as config:
        mailer = make_mailer("smtp", replace(config, command_seconds=0.3))
        receipts = await mailer.send_many(letters(4))
        assert [r.outcome for r in receipts] == outcomes
        await mailer.close()


async def test_throttling_ends_the_batch_without_another_body() -> None:
    peer = Peer(lambda v, n: b"421 4.7.28 rate limit exceeded\r\n" if (v, n) == (".", 1) else b"")
    async with peer.running() as config:
        mailer = make_mailer("smtp", config)
        receipts = await mailer.send_many(letters(5))
        await mailer.close()
    assert [r.outcome for r in receipts] == ["accepted", "throttled", *["connect_failed"] * 3]
    assert [recipient for recipient, _ in peer.taken] == ["p0@example.com"]


async def test_big_bodies_and_peers_without_pipelining() -> None:
    for extensions in (b"250-relay\r\n250 PIPELINING\r\n", b"250 relay\r\n"):
        peer = Peer(extensions=extensions)
        async with peer.running() as config:
            mailer = make_mailer("smtp", config)
            receipts = await mailer.send_many(letters(3, size=900_000))
            await mailer.close()
        assert [r.outcome for r in receipts] == ["accepted"] * 3
        assert [len(body) > 900_000 for _, body in peer.taken] == [True] * 3


async def test_what_cannot_go_on_the_wire_is_refused_in_its_place() -> None:
    batch = letters(3)
    batch[1] = replace(batch[1], rcpt_to="x>\r\nRCPT TO:<y@example.com")
    peer = Peer()
    async with peer.running() as config:
        mailer = make_mailer("smtp", config)
        receipts = await mailer.send_many(batch)
        await mailer.close()
    assert [r.outcome for r in receipts] == ["accepted", "refused", "accepted"]
    assert [recipient for recipient, _ in peer.taken] == ["p0@example.com", "p2@example.com"]
