"""A peer that answers once too often, once too rarely, with two codes at once, nonsense or late: its own books decide.

Nobody is called refused whom it did not refuse, nothing accepted that it did not take, nothing free to be sent again
that it took. What cannot be known without waiting for ever is left out: a late extra *yes* that comes while the answer
to the next body is awaited, and a late extra 421.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Literal

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from reachly.integrations.mailer.port import Envelope, Receipt
from reachly.integrations.mailer.registry import make_mailer
from tests.contract.test_smtp_pipeline import CONFIG

Step = Literal["MAIL", "RCPT", "DATA", ".", "RSET"]
Lie = Literal["twice", "before", "never", "mixed", "odd", "late"]
GOOD = {
    "MAIL": "250 2.1.0 ok",
    "RCPT": "250 2.1.5 ok",
    "DATA": "354 go",
    ".": "250 2.0.0 taken",
    "RSET": "250 ok",
}
REFUSALS = [
    "550 5.1.1 nobody",
    "450 4.2.0 later",
    "554 5.7.1 spam",
    "452 4.5.3 too many recipients",
    "421 4.3.2 bye",
]
ODD = ["250 ok", "354 go", "334 what", "120 soon", "hello", "999 no"]
TOO_LATE = [*REFUSALS[:4], "354 go"]
PATIENCE = 0.12


@dataclass(frozen=True)
class Fault:
    """`extra` is what a peer adds behind its answer, or before it (that is: too late, to something else), or says
    instead of it."""

    lie: Lie
    extra: str


@dataclass
class Liar:
    """`answers` and `faults` by recipient and step; a fault is used once. `wants_nobody`: it says 354 although nobody
    may get the message (RFC 2920 3.1)."""

    extensions: bytes
    answers: dict[tuple[str, Step], str]
    faults: dict[tuple[str, Step], Fault]
    wants_nobody: bool = False
    took: set[str] = field(default_factory=set)
    refused: set[str] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            writer.write(b"220 ready\r\n")
            recipient, can_take, begun = "", False, False
            while raw := await reader.readline():
                verb = raw.split()[0].decode().upper() if raw.split() else ""
                if verb == "EHLO":
                    writer.write(self.extensions)
                    can_take = begun = False
                elif verb == "RSET":
                    await self.say(writer, recipient, "RSET", GOOD["RSET"])
                    can_take = begun = False
                elif verb == "MAIL":
                    recipient = raw.decode().partition("<")[2].partition("@")[0]
                    said = self.answers.get((recipient, "MAIL"), GOOD["MAIL"])
                    begun = await self.say(writer, recipient, "MAIL", said)
                elif verb == "RCPT":
                    said = (
                        self.answers.get((recipient, "RCPT"), GOOD["RCPT"])
                        if begun
                        else "503 5.5.1 who are you"
                    )
                    if begun and said[0] == "5":
                        self.refused.add(recipient)
                    can_take = await self.say(writer, recipient, "RCPT", said) and begun
                elif verb == "DATA":
                    await self.take(reader, writer, recipient, can_take=can_take)
                    can_take = begun = False
                else:
                    writer.write(b"221 bye\r\n" if verb == "QUIT" else b"500 what\r\n")
        writer.close()

    async def take(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, recipient: str, *, can_take: bool
    ) -> None:
        said = self.answers.get((recipient, "DATA"), GOOD["DATA"])
        if not can_take and not self.wants_nobody:
            said = "554 5.5.1 no valid recipients"
        if not await self.say(writer, recipient, "DATA", said):
            return
        body = b""
        while (line := await reader.readline()) != b".\r\n":
            if not line:
                raise ConnectionError
            body += line
        said = self.answers.get((recipient, "."), GOOD["."]) if can_take else "554 no valid recipients"
        if can_take and said[0] == "2":
            self.took.add(recipient)
        elif can_take and said[0] == "5":
            self.refused.add(recipient)
        await self.say(writer, recipient, ".", said)

    async def say(self, writer: asyncio.StreamWriter, recipient: str, step: Step, said: str) -> bool:
        """Whether it meant yes."""
        fault = self.faults.pop((recipient, step), None)
        yes = said[0] in "23"
        lie = fault.lie if fault else None
        if fault is None:
            writer.write(said.encode() + b"\r\n")
        elif lie == "twice":
            writer.write(f"{said}\r\n{fault.extra}\r\n".encode())
        elif lie == "before":
            writer.write(fault.extra.encode() + b"\r\n")
            await asyncio.sleep(0.003)  # it is read, and what follows from it is written
            writer.write(said.encode() + b"\r\n")
        elif lie == "mixed":
            other = "550 5.1.1 nobody" if yes else "250 ok"
            writer.write(f"{said[:3]}-first\r\n{other}\r\n".encode())
        elif lie == "odd":
            writer.write(fault.extra.encode() + b"\r\n")
            yes = yes and step != "DATA"
        elif lie == "late":
            await asyncio.sleep(PATIENCE * 1.5)
            writer.write(said.encode() + b"\r\n")
        await writer.drain()
        return yes

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[int]:
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        async with server:
            yield server.sockets[0].getsockname()[1]


def check(peer: Liar, receipts: dict[str, Receipt]) -> None:
    for person, receipt in receipts.items():
        if receipt.outcome == "accepted":
            assert person in peer.took, f"{person} was not taken: {receipt}"
        elif receipt.outcome != "unknown":
            assert person not in peer.took, f"{person} was taken: {receipt}"
        if receipt.outcome == "refused":
            assert person in peer.refused, f"{person} was not refused: {receipt}"


async def talk(peer: Liar, people: list[str], *, many: bool) -> None:
    """Everybody once, and whoever was never offered once more, over one mailer."""
    async with peer.running() as port:
        mailer = make_mailer("smtp", replace(CONFIG, port=port, command_seconds=PATIENCE))
        for _ in range(2):
            letters = [
                Envelope(f"{who}@reachly.test", f"{who}@example.com", b"Subject: x\r\n\r\nx\r\n")
                for who in people
            ]
            told = await mailer.send_many(letters) if many else [await mailer.send(one) for one in letters]
            receipts = dict(zip(people, told, strict=True))
            check(peer, receipts)
            people = [who for who, receipt in receipts.items() if receipt.outcome == "connect_failed"]
            if not people:
                break
        await mailer.close()


PEOPLE = [f"p{n}" for n in range(5)]
STEPS: list[Step] = ["MAIL", "RCPT", "DATA", ".", "RSET"]


def _faults(step: Step) -> st.SearchStrategy[Fault]:
    lies: list[st.SearchStrategy[Fault]] = [
        st.builds(Fault, st.sampled_from(["never", "mixed", "late"]), st.just("")),
        st.builds(Fault, st.just("odd"), st.sampled_from([odd for odd in ODD if odd[:3] != GOOD[step][:3]])),
        st.builds(Fault, st.just("twice"), st.sampled_from([*GOOD.values(), *REFUSALS])),
        st.builds(
            Fault,
            st.just("before"),
            st.sampled_from(TOO_LATE if step == "." else [*GOOD.values(), *REFUSALS]),
        ),
    ]
    return st.one_of(lies)


Script = tuple[dict[tuple[str, Step], str], dict[tuple[str, Step], Fault], bool]


@st.composite
def scripts(draw: st.DrawFn) -> Script:
    """One lie, and refusals around it: what is said of one must not be taken for the other."""
    n, step = draw(st.integers(0, 3)), draw(st.sampled_from([*STEPS, "."]))
    points = st.tuples(st.sampled_from(PEOPLE[n : n + 2]), st.sampled_from(STEPS[:4]))
    answers = draw(st.dictionaries(points, st.sampled_from(REFUSALS), min_size=1, max_size=2))
    return answers, {(PEOPLE[n], step): draw(_faults(step))}, draw(st.booleans())


def nobody(*points: tuple[str, Step]) -> dict[tuple[str, Step], str]:
    return dict.fromkeys(points, REFUSALS[0])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(script=scripts(), shape=st.sampled_from(["pipelined", "in turn", "single"]))
@example(script=({}, {("p1", "."): Fault("twice", "550 5.1.1 nobody")}, False), shape="pipelined")
@example(script=({}, {("p1", "."): Fault("twice", "250 2.1.5 ok")}, False), shape="pipelined")
@example(script=({}, {("p1", "."): Fault("before", "550 5.1.1 nobody")}, False), shape="single")
@example(script=({}, {("p1", "RCPT"): Fault("before", "550 5.1.1 nobody")}, False), shape="single")
@example(script=({}, {("p4", "RCPT"): Fault("before", "550 5.1.1 nobody")}, False), shape="pipelined")
@example(script=({}, {("p1", "."): Fault("mixed", "")}, False), shape="pipelined")
@example(script=(nobody(("p2", "MAIL")), {("p1", "."): Fault("never", "")}, False), shape="pipelined")
@example(script=(nobody(("p2", "RCPT")), {("p1", "."): Fault("never", "")}, False), shape="pipelined")
@example(
    script=(nobody(("p1", "."), ("p2", "RCPT")), {("p1", "."): Fault("never", "")}, False), shape="pipelined"
)
@example(script=(nobody(("p4", "RCPT")), {("p3", "."): Fault("twice", "250 ok")}, False), shape="pipelined")
def test_receipts_agree_with_the_books_of_a_peer_that_lies_once(script: Script, shape: str) -> None:
    answers, faults, wants_nobody = script
    pipelining = b"250-PIPELINING\r\n" if shape == "pipelined" else b""
    extensions = b"250-relay\r\n" + pipelining + b"250 SIZE 1000\r\n"
    peer = Liar(extensions, dict(answers), dict(faults), wants_nobody)
    asyncio.run(talk(peer, PEOPLE, many=shape != "single"))
