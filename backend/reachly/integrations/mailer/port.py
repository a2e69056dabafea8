"""What the product asks of a mailbox that sends: one message, one definite or honestly unknown outcome."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, NamedTuple, Protocol

from reachly.kit.errors import Invalid

Security = Literal["tls", "starttls", "none"]
Cause = Literal["auth", "refused", "tls", "timeout", "dns", "forbidden", "protocol"]
Stage = Literal["connect", "auth", "mail", "rcpt", "data", "body", "final"]
Outcome = Literal["accepted", "refused", "deferred", "unknown", "throttled", "auth_failed", "connect_failed"]


@dataclass(frozen=True, slots=True)
class MailerConfig:
    """One mailbox to send through. `username` empty: no sign-in. Seconds for both time-outs."""

    address: str
    host: str = ""
    port: int = 587
    security: Security = "starttls"
    username: str = ""
    password: str = field(default="", repr=False)
    oauth_token: str = field(default="", repr=False)
    """Instead of a password: an access token for SASL XOAUTH2."""
    connect_seconds: float = 10.0
    """Over everything up to the end of the sign-in."""
    command_seconds: float = 60.0
    """For one reply afterwards."""
    tls: ssl.SSLContext | None = field(default=None, repr=False, compare=False)
    """None: the system's authorities. Certificates are always checked."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message for one recipient. `data` is the whole RFC 5322 message; bare CR or LF become CRLF."""

    mail_from: str
    rcpt_to: str
    data: bytes = field(repr=False)


class Receipt(NamedTuple):
    """What happened to one message.

    accepted        the peer took responsibility for it
    refused         a definite no (5xx, or an address that cannot be put on the wire); sending it again is useless
    deferred        a definite "not now" (4xx), or the connection broke before the message could be complete
    unknown         the message was complete, the answer never came: it may have been delivered; never resend by a timer
    throttled       the peer limits this mailbox; the message was not taken
    auth_failed     the peer wants another sign-in; the message was not taken
    connect_failed  there was no usable connection; the message was never offered

    `code` and `enhanced` (RFC 3463, well formed or None) are the peer's, `text` its words (at most 2,000 characters),
    `stage` where it stood. `provider_message_id` is the Message-ID with angle brackets that the provider says it
    used instead of ours; None: nothing is known to have changed.
    """

    outcome: Outcome
    code: int | None
    enhanced: str | None
    text: str
    stage: Stage
    provider_message_id: str | None = None
    provider_thread_id: str | None = None


WITHHELD = Receipt(
    "connect_failed", None, None, "Not offered: whoever sends it may no longer do so.", "connect"
)
NOT_OFFERED = Receipt(
    "connect_failed", None, None, "Not offered: the session ended before its turn.", "connect"
)


class Watch(Protocol):
    """Who looks on while messages leave, and may keep them here. `n` is the number in the batch, from 0; `send` has 0.

    Called from the event loop between two bytes of a dialogue: quick, never blocking for long, never raising.
    """

    def may_offer(self, n: int, /) -> bool:
        """Asked before the first byte of its envelope (MAIL FROM), and once more before its content.

        The first no is WITHHELD for this message alone. A later one comes when the peer has read the envelope; it
        ends the session, and what is behind is NOT_OFFERED.
        """

    def offering(self, n: int, /) -> bool:
        """Now its final dot leaves: from here on it may be delivered. False (it could not be noted) withholds it."""

    def answered(self, n: int, receipt: Receipt, /) -> None:
        """What became of it: as soon as it is known, of what was never offered at the end of the batch. Once each."""


class Unwatched:
    """Nobody looks on."""

    def may_offer(self, _n: int, /) -> bool:
        return True

    def offering(self, _n: int, /) -> bool:
        return True

    def answered(self, _n: int, _receipt: Receipt, /) -> None:
        return None


UNWATCHED: Watch = Unwatched()


@dataclass(frozen=True, slots=True)
class ProbeResult:
    """A connection that worked: encrypted or not, signed in or not, the size limit in bytes if there is one."""

    leg: Literal["smtp"]
    encrypted: bool
    signed_in: bool
    max_bytes: int | None
    extensions: tuple[str, ...] = ()


class MailerError(Invalid):
    """No usable connection. `cause` is for code, `detail` says what to do, `reply` holds the peer's words if any."""

    leg: ClassVar[Literal["smtp"]] = "smtp"

    def __init__(self, cause: Cause, detail: str, *, reply_code: int | None = None, reply: str = "") -> None:
        super().__init__(detail, code=f"smtp_{cause}")
        self.cause = cause
        self.reply_code = reply_code
        self.reply = reply


class Mailer(Protocol):
    """One mailbox, one connection at a time, many messages over it.

    `send` and `send_many` open the connection when there is none, and once more when the peer closed an idle one;
    they never raise. The caller has committed whatever must stand before a delivery.
    """

    async def open(self) -> None:
        """Connects and signs in. Raises MailerError."""

    async def send(self, envelope: Envelope, watch: Watch = UNWATCHED) -> Receipt:
        """One message, step by step."""

    async def send_many(self, envelopes: Sequence[Envelope], watch: Watch = UNWATCHED) -> list[Receipt]:
        """A batch in order, pipelined where the peer allows it; a receipt for each.

        When the session ends on the way, the rest is NOT_OFFERED.
        """

    async def probe(self) -> ProbeResult:
        """Connects, signs in, says good-bye; sends nothing. Raises MailerError."""

    async def close(self) -> None:
        """Says good-bye; never raises. The mailer may be used again."""
