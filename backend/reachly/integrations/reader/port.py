"""What the product asks of a mailbox that can be read."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Literal, Protocol

from reachly.kit.errors import Invalid

Security = Literal["tls", "starttls", "none"]
Cause = Literal["auth", "refused", "tls", "timeout", "dns", "forbidden", "protocol"]
CopyKey = Literal["message_id", "token"]
"""How a copy is searched: by the Message-ID that we gave it, or by our token (`kit.correlation`)."""
Cursor = str
"""Where reading stopped: opaque text to store beside the mailbox. Ours is JSON."""


@dataclass(frozen=True, slots=True)
class ReaderConfig:
    """One mailbox to read. Seconds for both time-outs, bytes for sizes."""

    address: str
    host: str = ""
    port: int = 993
    security: Security = "tls"
    username: str = ""
    password: str = field(default="", repr=False)
    folders: tuple[str, ...] = ("INBOX",)
    sent_folder: str = ""
    """Empty: the folder the server marks as Sent (RFC 6154), else one with a usual name."""
    connect_seconds: float = 10.0
    command_seconds: float = 60.0
    max_message_bytes: int = 5_000_000
    """Of a longer message the beginning is read, and it is marked as truncated."""
    max_messages: int = 200
    """One `fetch_new` returns at most so many; the next one goes on from there."""
    tls: ssl.SSLContext | None = field(default=None, repr=False, compare=False)
    """None: the system's authorities. Certificates are always checked."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """One message as it lies in the mailbox. `received_at` is the server's, aware UTC, whole seconds."""

    uid: int
    raw: bytes = field(repr=False)
    received_at: datetime
    folder: str
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class SentCopy:
    """The mailbox's own copy of a message that was sent.

    `key` is the search that brought it up, `filed_as` the Message-ID that it has in the mailbox (not ours where the
    provider gave it another), `copies` how many there are in that folder, `filed_at` the server's date of it (aware
    UTC, whole seconds; at some providers that of the message itself).
    """

    folder: str
    uid: int
    key: CopyKey
    filed_as: str
    filed_at: datetime
    copies: int = 1


@dataclass(frozen=True, slots=True)
class ReaderProbe:
    """A sign-in that worked. `sent_folder` None: the mailbox has none that we recognise."""

    leg: Literal["imap"]
    encrypted: bool
    sent_folder: str | None
    folders: tuple[str, ...] = ()


MAX_FOLDERS = 40


class ReaderError(Invalid):
    """The mailbox could not be read. `cause` is for code, `detail` says what to do."""

    leg: ClassVar[Literal["imap"]] = "imap"

    def __init__(self, cause: Cause, detail: str) -> None:
        super().__init__(detail, code=f"imap_{cause}")
        self.cause = cause


class Reader(Protocol):
    """One mailbox over one connection that is kept open; every call may raise ReaderError.

    Nothing here changes a message: no flag is set, nothing is moved. Only `append_sent` writes.
    """

    async def probe(self) -> ReaderProbe:
        """Connects, signs in, looks for the Sent folder, all within `connect_seconds`."""

    async def fetch_new(self, cursor: Cursor | None) -> tuple[list[Fetched], Cursor]:
        """What arrived since `cursor`, oldest first, and where to go on.

        Without a cursor: nothing, and the position of now. The same cursor comes back while nothing arrives (within
        a day). When the server has renumbered the mailbox (UIDVALIDITY), the messages of the last days come again:
        the caller recognises what it knows by Message-ID. A message is given twice rather than never.
        """

    async def has_news(self, cursor: Cursor | None) -> bool:
        """Whether `fetch_new(cursor)` would find something: one short question. False without a cursor."""

    async def has_reply(
        self, message_ids: Sequence[str], from_address: str, since: datetime, *, cursor: Cursor | None = None
    ) -> bool:
        """The last look: whether a message came that answers one of `message_ids`, or comes from `from_address`.

        Looks only at what arrived at or after `since`, and with a `cursor` only behind it (much quicker). True says
        "read the mailbox before you send", not "a person has answered".
        """

    async def find_copies(
        self, message_ids: Sequence[str], *, since: datetime | None = None, elsewhere: bool = False
    ) -> dict[str, SentCopy]:
        """The copies in the Sent folder of those messages, by the Message-ID that we gave them; what has none is left
        out. All are searched in the same way: by Message-ID, and those that are not found by our token.

        `since` narrows the search to the days from then on. `elsewhere`: not the Sent folder but the others, at most
        `MAX_FOLDERS` of them. Empty where there is no Sent folder.
        """

    async def append_sent(self, raw: bytes, *, at: datetime | None = None) -> None:
        """Files a copy, read, dated `at` (default: product time), and makes the folder `Sent` if there is none."""

    async def close(self) -> None:
        """Says good-bye; never raises. The reader may be used again."""
