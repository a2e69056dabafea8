"""Replies to a group of commands (RFC 2920) mean the same however the network cuts them."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace

import pytest

from reachly.integrations.mailer.registry import make_mailer
from tests.contract.test_smtp_pipeline import CONFIG, letters

pytestmark = pytest.mark.anyio

GOOD = b"250 ok\r\n"
TAKEN = b"250 2.0.0 taken\r\n"
GO = b"354 go\r\n"


@pytest.mark.parametrize("piece", [1, 7, 10_000])
@pytest.mark.parametrize(
    ("answers", "outcome", "words", "heard"),
    [
        ((TAKEN, GOOD, GOOD, GO), "accepted", "2.0.0 taken", 4),
        ((b"250-2.0.0 taken\r\n250 as 1\r\n", GOOD, GOOD, GO), "accepted", "2.0.0 taken\nas 1", 4),
        (
            (b"250 2.0.0 pris\xc3\xa9\r\n", b"250-sender\r\n250 ok\r\n", GOOD, GO),
            "accepted",
            "2.0.0 prisé",
            4,
        ),
        ((b"251 elsewhere\n", b"251 ok\n", b"251 ok\n", b"354 go\n"), "accepted", "elsewhere", 4),
        ((b"550 5.7.1 spam\r\n", GOOD, GOOD, GO), "refused", "5.7.1 spam", 4),
        ((b"450 4.3.0 later\r\n", GOOD, GOOD, GO), "deferred", "4.3.0 later", 4),
        (
            (b"421 4.7.28 rate limit exceeded\r\n", GOOD, GOOD, GO),
            "throttled",
            "4.7.28 rate limit exceeded",
            2,
        ),
        ((b"25 garbage\r\n", GOOD, GOOD, GO), "unknown", "25 garbage", 2),
    ],
)
async def test_answers_mean_the_same_in_one_piece_and_in_many(
    piece: int, answers: tuple[bytes, ...], outcome: str, words: str, heard: int
) -> None:
    """The second of four messages gets the answer, together with those to the envelope behind it."""
    bodies: list[bytes] = []

    async def say(writer: asyncio.StreamWriter, *replies: bytes) -> None:
        whole = b"".join(replies)
        for start in range(0, len(whole), piece):
            writer.write(whole[start : start + piece])
            await asyncio.sleep(0.001)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await say(writer, b"220 ready\r\n")
            await reader.readline()
            await say(writer, b"250-relay\r\n250 PIPELINING\r\n")
            await reader.readuntil(b"DATA\r\n")
            await say(writer, GOOD, GOOD, GO)
            while len(bodies) < 4:
                bodies.append(await reader.readuntil(b"\r\n.\r\n"))
                if len(bodies) < 4:
                    await reader.readuntil(b"DATA\r\n")
                    await say(writer, *(answers if len(bodies) == 2 else (TAKEN, GOOD, GOOD, GO)))
            await say(writer, TAKEN)
            await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        mailer = make_mailer("smtp", replace(CONFIG, port=server.sockets[0].getsockname()[1]))
        receipts = await mailer.send_many(letters(4))
        await mailer.close()
        server.close()
    assert receipts[1].outcome == outcome
    assert receipts[1].text.endswith(words)
    left = ["accepted"] * 2 if heard == 4 else ["connect_failed"] * 2
    assert [receipts[0].outcome, *(one.outcome for one in receipts[2:])] == ["accepted", *left]
    assert len(bodies) == heard
