"""A submission server (RFC 5321, 4954, 2920) that keeps exact books and breaks its word where it is told to.

It is not clever: commands are taken up one after the other, as a real one does, and what it keeps is in the books and
on the disk before its 250. What a reply is about is in the books too, so that nobody has to guess afterwards.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import email.parser
import email.policy
import hashlib
import itertools
import re
from collections.abc import Callable, Mapping
from typing import Any

from judge.books import Books
from judge.whims import Whims
from judge.wire import PeerLeft, Read, Wire

GARBAGE = b"\x16\x03\x01 what? 25\r\n"
WORDS = {
    "auth-later": (b"454 4.7.0 Temporary authentication failure",),
    "mail-refused": (b"550 5.7.1 Sender address rejected by policy",),
    "mail-later": (b"451 4.3.0 Local trouble here, try again later",),
    "mail-mixed": (b"250-2.1.0 Ok", b"451 4.3.0 Not now"),
    "rcpt-later": (b"450 4.2.1 This recipient cannot be reached at the moment",),
    "rcpt-refused": (b"550 5.1.1 No such user here",),
    "rcpt-mixed": (b"250-2.1.5 Ok", b"550 5.1.1 No such user here"),
    "data-later": (b"451 4.3.0 Local trouble here, try again later",),
    "data-refused": (b"554 5.7.1 This message is not wanted by its recipient",),
    "data-mixed": (b"354-Go ahead", b"554 5.5.0 or rather not"),
    "data-wrong-code": (b"250 2.0.0 Ok",),
    "dot-later": (b"451 4.3.0 Local trouble here, try again later",),
    "dot-refused": (b"554 5.7.1 This message is not wanted by its recipient",),
    "dot-mixed-kept": (b"250-2.0.0 Kept", b"550 5.0.0 or rather not"),
    "dot-mixed-not-kept": (b"250-2.0.0 Kept", b"550 5.0.0 or rather not"),
}
"""What it says in each kind of fault that is one of words."""
_PATH = re.compile(rb"(?:FROM|TO):\s*<([^<>]*)>", re.IGNORECASE)


class Server:
    """`accounts` are the mailboxes and their passwords, `whims` what each meets; `keep` hears of each message that was
    kept: (mailbox, message)."""

    def __init__(
        self,
        books: Books,
        accounts: Mapping[str, str],
        whims: Mapping[str, Whims],
        keep: Callable[[str, bytes], None] | None = None,
    ) -> None:
        self.books, self.accounts, self.whims, self.keep = books, accounts, whims, keep
        self.door = next(iter(whims.values()), Whims())
        self.port = 0
        self._numbers = itertools.count(1)
        self._sessions: set[asyncio.Task[None]] = set()
        self._listening: asyncio.Server | None = None

    async def start(self, port: int = 0) -> None:
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(lambda: Wire(self._begin), "127.0.0.1", port, backlog=200)
        self.port = self._listening.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._listening is not None:
            self._listening.close()
        for session in self._sessions:
            session.cancel()
        await asyncio.gather(*self._sessions, return_exceptions=True)

    def _begin(self, wire: Wire) -> None:
        session = asyncio.get_running_loop().create_task(Session(self, wire, next(self._numbers)).run())
        self._sessions.add(session)
        session.add_done_callback(self._sessions.discard)


class End(Exception):
    """The server ends the connection."""


class Answered(Exception):
    """A fault's own words were the answer: the transaction is over, the connection goes on."""


class Session:
    """One connection."""

    def __init__(self, server: Server, wire: Wire, number: int) -> None:
        self.server, self.books, self.wire, self.number = server, server.books, wire, number
        self.mailbox = ""
        self.forget()

    def forget(self) -> None:
        """Between two transactions."""
        self.sender = self.recipient = self.fault = ""

    @property
    def whims(self) -> Whims:
        return self.server.whims.get(self.mailbox) or Whims()

    async def run(self) -> None:
        self.note("open")
        try:
            self._meet(self.server.door.at_the_door(self.number))
            await self._maybe("connect")
            self.wire.write(b"220 judge.example ESMTP\r\n")
            while True:
                read = await self.wire.line()
                try:
                    await self._command(read)
                except Answered:
                    self.forget()
        except (PeerLeft, End, Answered):
            pass
        finally:
            self.note("close", by_peer=self.wire.left)
            self.wire.close()

    def note(self, kind: str, *, at: float = 0.0, **facts: Any) -> None:
        self.books.write(kind, self.number, self.mailbox, self.recipient, at=at, **facts)

    async def say(self, *lines: bytes, about: str = "") -> None:
        """`about`: the command that it answers, where the books want to know."""
        if about:
            text = " / ".join(line.decode("latin-1") for line in lines)
            self.note("reply", about=about, text=text, fault=self.fault)
        data = b"".join(line + b"\r\n" for line in lines)
        if self.fault != "tar-pit":
            self.wire.write(data)
            return
        for place in range(0, len(data), 4):
            self.wire.write(data[place : place + 4])
            await asyncio.sleep(0.05)

    async def _command(self, read: Read) -> None:
        verb, _, rest = read.content.partition(b" ")
        match verb.upper():
            case b"EHLO" | b"HELO":
                await self._maybe("ehlo")
                await self.say(
                    b"250-judge.example",
                    b"250-PIPELINING",
                    b"250-SIZE 10000000",
                    b"250-8BITMIME",
                    b"250-ENHANCEDSTATUSCODES",
                    b"250 AUTH PLAIN LOGIN",
                )
            case b"AUTH":
                await self._sign_in(rest)
            case b"MAIL" if self.mailbox:
                await self._mail(read)
            case b"RCPT" if self.sender:
                await self._rcpt(read)
            case b"DATA" if self.recipient:
                await self._data(read)
            case b"RSET":
                self.forget()
                await self.say(b"250 2.0.0 Ok")
            case b"NOOP":
                await self.say(b"250 2.0.0 Ok")
            case b"QUIT":
                await self.say(b"221 2.0.0 Bye")
                raise End
            case _:
                await self.say(b"503 5.5.1 Not now", about="other")

    async def _sign_in(self, rest: bytes) -> None:
        await self._maybe("auth")
        mechanism, _, first = rest.partition(b" ")
        name = secret = b""
        with contextlib.suppress(binascii.Error, ValueError):
            if mechanism.upper() == b"PLAIN":
                if not first:
                    await self.say(b"334 ")
                    first = (await self.wire.line()).content
                _, name, secret = base64.b64decode(first).split(b"\0")
            elif mechanism.upper() == b"LOGIN":
                await self.say(b"334 VXNlcm5hbWU6")
                name = base64.b64decode((await self.wire.line()).content)
                await self.say(b"334 UGFzc3dvcmQ6")
                secret = base64.b64decode((await self.wire.line()).content)
        if self.server.accounts.get(name.decode("latin-1")) != secret.decode("latin-1"):
            await self.say(b"535 5.7.8 Wrong name or password")
            return
        self.mailbox = name.decode("latin-1")
        self.note("signed-in")
        await self.say(b"235 2.7.0 Welcome")

    async def _mail(self, read: Read) -> None:
        self.forget()
        self.note("mail", at=read.at, arrived=read.arrived)
        self._meet(self.whims.before(self.mailbox))
        await self._maybe("mail")
        self.sender = _path(read.content) or "<>"
        await self.say(b"250 2.1.0 Ok", about="mail")

    async def _rcpt(self, read: Read) -> None:
        self.recipient = _path(read.content).lower()
        self.note("rcpt", at=read.at, arrived=read.arrived)
        self._meet(self.whims.about(self.recipient))
        await self._maybe("rcpt")
        await self.say(b"250 2.1.5 Ok", about="rcpt")
        if self.fault == "rcpt-close-after":
            raise End

    async def _data(self, read: Read) -> None:
        self.note("data", at=read.at, arrived=read.arrived)
        await self._maybe("data")
        await self.say(b"354 Go ahead", about="data")
        await self._body(await self.wire.body())
        self.forget()

    async def _body(self, read: Read) -> None:
        headers = email.parser.BytesHeaderParser(policy=email.policy.compat32).parsebytes(read.content)
        facts: dict[str, Any] = {
            "message_id": str(headers["Message-ID"] or "").strip(),
            "subject": str(headers["Subject"] or ""),
            "unsubscribe": str(headers["List-Unsubscribe"] or ""),
            "bytes": len(read.content),
            "sha256": hashlib.sha256(read.content).hexdigest(),
        }
        self.note("body", at=read.at, arrived=read.arrived, **facts)
        if self.whims.slow:
            await asyncio.sleep(self.whims.slow)
        if self.fault in ("dot-drop-before", "dot-421", "dot-silent-not-kept"):
            await self._maybe("dot")
        if self.fault in ("dot-later", "dot-refused", "dot-mixed-not-kept", "dot-garbage-not-kept"):
            await self._maybe("dot")
        self.note("accepted", **facts)
        await self.books.sync()
        if self.server.keep is not None:
            self.server.keep(self.mailbox, read.content)
        await self._answer_kept()

    async def _answer_kept(self) -> None:
        kept = b"250 2.0.0 Kept"
        match self.fault:
            case "dot-drop-after":
                raise End
            case "dot-silent-kept":
                await self.wire.gone(self.whims.late * 10)
                raise End
            case "dot-late":
                if await self.wire.gone(self.whims.late):
                    raise End
                await self.say(kept, about="dot")
            case "dot-twice":
                await self.say(kept, about="dot")
                self.wire.write(kept + b"\r\n")
            case "dot-mixed-kept" | "dot-garbage-kept":
                await self._maybe("dot")
            case _:
                await self.say(kept, about="dot")

    def _meet(self, fault: str) -> None:
        self.fault = fault
        if fault:
            self.note("fault", fault=fault)

    async def _maybe(self, stage: str) -> None:
        """Does what the fault of this stage is, if there is one. Raises Answered where an answer stands instead of the
        right one, End where the connection ends."""
        if not self.fault.startswith(stage):
            return
        if self.fault in WORDS:
            await self.say(*WORDS[self.fault], about=stage)
            raise Answered
        match self.fault.removeprefix(f"{stage}-"):
            case "421":
                await self.say(b"421 4.3.2 Closing down", about=stage)
                raise End
            case "drop" | "drop-before":
                raise End
            case "silent-not-kept":
                await self.wire.gone(self.whims.late * 10)
                raise End
            case "garbage" | "garbage-kept" | "garbage-not-kept":
                self.note("reply", about=stage, text="garbage", fault=self.fault)
                self.wire.write(GARBAGE)
                raise Answered


def _path(command: bytes) -> str:
    found = _PATH.search(command)
    return found[1].decode("utf-8", "replace") if found else ""
