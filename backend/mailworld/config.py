"""What kind of world it is: ports, seed, how often people do what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

RESERVED_SUFFIXES = (".example", ".test")
RESERVED_DOMAINS = ("example.com", "example.org", "example.net")


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares between 0 and 1.

    Of people: bounce, greylist, delayed, answer, unsubscribe, away, apple_relay, gmail_proxy.
    Of messages: open, click. Of recipient domains: scanned (their gateway looks at everything first).
    """

    open: float = 0.38
    click: float = 0.08
    answer: float = 0.06
    unsubscribe: float = 0.02
    away: float = 0.04
    bounce: float = 0.03
    bounce_in_session: float = 0.5  # of those who bounce: refused at RCPT; the others by a later DSN
    delayed: float = 0.01  # a DSN "delayed" that is not a bounce
    greylist: float = 0.02
    scanned: float = 0.06
    apple_relay: float = 0.10
    gmail_proxy: float = 0.30
    keen: float = 0.35  # weights of an answer's meaning
    question: float = 0.25
    declines: float = 0.25
    stop: float = 0.15

    @classmethod
    def quiet(cls) -> Rates:
        """Nobody reacts: every message is accepted and that is all."""
        return cls(
            open=0, click=0, answer=0, unsubscribe=0, away=0, bounce=0, delayed=0, greylist=0, scanned=0,
            apple_relay=0, gmail_proxy=0,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class MailWorldConfig:
    """Ports of 0 are chosen by the system.

    `base_url`: where the product answers HTTP; links whose origin is `public_url` (default: the same) are fetched
    there. Without it only links to the loopback are fetched. Nothing else is ever dialled.
    `log`: a JSON-lines file, appended and flushed on each fact. `state`: a folder that keeps mailboxes and what is
    still to happen over a restart. `on_delivery(address)`: called after mail arrived in that mailbox.
    """

    seed: int = 7
    host: str = "127.0.0.1"
    smtp_port: int = 0
    imap_port: int = 0
    dns_port: int = 0
    hostname: str = "mx.mailworld.test"
    base_url: str | None = None
    public_url: str | None = None
    rates: Rates = field(default_factory=Rates)
    log: Path | None = None
    state: Path | None = None
    on_delivery: Callable[[str], None] | None = None
    greylist_seconds: float = 240.0
    message_size_limit: int = 10_000_000
    fetch_timeout: float = 10.0
    silent_domains: frozenset[str] = frozenset({"silent.example"})  # its name server never answers
    missing_domains: frozenset[str] = frozenset({"gone.example", "no-such-company.test"})  # NXDOMAIN
    null_mx_domains: frozenset[str] = frozenset({"nomail.example"})  # RFC 7505
    no_mx_domains: frozenset[str] = frozenset(
        {"plain-host.example"}
    )  # only an address record (RFC 5321, 5.1)

    def is_ours(self, domain: str) -> bool:
        """Whether the world is responsible for a (lower-case, ASCII) domain."""
        if domain.endswith(RESERVED_SUFFIXES):
            return True
        return any(domain == name or domain.endswith(f".{name}") for name in RESERVED_DOMAINS)

    def takes_mail(self, domain: str) -> bool:
        return self.is_ours(domain) and domain not in self.missing_domains | self.null_mx_domains
