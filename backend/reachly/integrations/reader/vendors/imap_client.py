"""A synchronous IMAP session with bounds, for one thread at a time: imap-tools over a socket that we dialled.

Whatever a server says, one operation costs at most a budget of bytes and a time-out. Everything a search takes is
quoted here, so neither a folder nor an address can begin a command of its own (RFC 3501 4.3, 9).
"""

from __future__ import annotations

import imaplib
import re
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import imap_tools
from imap_tools.mailbox import BaseMailBox

from reachly.infra import trust
from reachly.integrations.reader.port import ReaderConfig, ReaderError, ReaderProbe

# imap-tools raises imaplib's limit to 20 MB a line; one of 1 MB holds the numbers of 150,000 messages.
imaplib._MAXLINE = 1_000_000  # type: ignore[attr-defined]  # noqa: SLF001

COMMAND_BYTES = 4_000_000
FETCH_AT_ONCE = 10
HEADERS_AT_ONCE = 100
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_UID = re.compile(rb"\bUID (\d{1,10})\b")
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d{1,12})\b")
_DATE = re.compile(rb'\bINTERNALDATE "([ \d]\d-[A-Za-z]{3}-\d{4} \d\d:\d\d:\d\d [+-]\d{4})"')
_BUSY = re.compile(rb"\[(UNAVAILABLE|LIMIT|INUSE)\]|too many", re.IGNORECASE)
_SENT_NAMES = (
    "sent", "sent items", "sent mail", "sent messages", "gesendet", "gesendete elemente", "gesendete objekte",
    "envoyés", "éléments envoyés", "messages envoyés", "enviados", "elementos enviados", "itens enviados",
    "inviata", "posta inviata", "verzonden", "verzonden items", "wysłane", "skickat", "sendt", "отправленные",
)  # fmt: skip


class _BoundedClient(imaplib.IMAP4):
    """imaplib over a given socket, with a budget of bytes that each operation refills."""

    def __init__(self, sock: socket.socket, host: str, port: int) -> None:
        self._given = sock
        self._left = COMMAND_BYTES
        super().__init__(host, port)

    def refill(self, budget: int) -> None:
        self._left = budget

    def _create_socket(self, timeout: float | None) -> socket.socket:  # noqa: ARG002 - imaplib's signature
        return self._given

    def read(self, size: int) -> bytes:
        self._spend(size)
        return super().read(size)

    def readline(self) -> bytes:
        line = super().readline()
        self._spend(len(line))
        return line

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise self.abort("the server sends more than was asked for")


class _MailBox(BaseMailBox):
    def __init__(self, client: imaplib.IMAP4) -> None:
        self._ready = client
        super().__init__()

    def _get_mailbox_client(self) -> imaplib.IMAP4:
        return self._ready


@dataclass(frozen=True, slots=True)
class Status:
    validity: int
    next_uid: int


@dataclass(frozen=True, slots=True)
class Item:
    uid: int
    received_at: datetime
    size: int
    raw: bytes


class ImapSession:
    """A signed-in session. All methods block; any exception but ReaderError means the connection is spoiled."""

    def __init__(self, sock: socket.socket, config: ReaderConfig) -> None:
        self._config = config
        self._sent: str | None = None
        self._handle = sock.dup()  # the same connection, whatever is wrapped around `sock` later
        self.sock = sock

    def open(self) -> None:
        """Greeting, encryption, sign-in."""
        config = self._config
        self.sock.setblocking(True)
        self.sock.settimeout(config.connect_seconds)
        if config.security == "tls":
            self.sock = self._context().wrap_socket(self.sock, server_hostname=config.host)
        self._client = _BoundedClient(self.sock, config.host, config.port)
        if config.security == "starttls":
            self._start_tls(self._context())
        self._box = _MailBox(self._client)
        self._sign_in()
        self.sock.settimeout(config.command_seconds)

    def _context(self) -> ssl.SSLContext:
        return self._config.tls or trust.system_context("mail")

    def _start_tls(self, context: ssl.SSLContext) -> None:
        if "STARTTLS" not in self._client.capabilities:
            raise ReaderError(
                "tls", f"The server offers no STARTTLS on port {self._config.port}. Use port 993 with TLS."
            )
        self._client.starttls(context)
        self.sock = self._client.sock

    def _sign_in(self) -> None:
        username, password = self._config.username, self._config.password
        if any(ord(sign) < 32 or ord(sign) == 127 for sign in username + password):
            raise ReaderError(
                "auth", "User name and password must not contain line breaks or control characters."
            )
        if "LOGINDISABLED" in self._client.capabilities:
            raise ReaderError(
                "auth", "The server takes no sign-in without encryption. Choose TLS, usually port 993."
            )
        login = self._box.login if (username + password).isascii() else self._box.login_utf8
        try:
            login(username, password, initial_folder=None)
        except imaplib.IMAP4.abort:
            raise
        except (imap_tools.MailboxLoginError, imaplib.IMAP4.error) as error:
            if _BUSY.search(str(error).encode()):
                raise ReaderError(
                    "refused",
                    "The server takes no sign-in at the moment, perhaps too many connections are open.",
                ) from None
            raise ReaderError(
                "auth",
                "The server did not accept user name and password for reading (IMAP). "
                "Many providers want an app password here, and IMAP switched on in their settings.",
            ) from None

    def begin(self, budget: int = COMMAND_BYTES) -> None:
        """Starts an operation: the budget is full again, no folder is selected."""
        self._client.refill(budget)
        self._client.untagged_responses.clear()
        self._leave()

    def probe(self) -> ReaderProbe:
        self.begin()
        names = tuple(folder.name for folder in self._box.folder.list())
        return ReaderProbe("imap", isinstance(self.sock, ssl.SSLSocket), self.sent_folder(), names)

    def status(self, folder: str) -> Status:
        """One round trip. Raises ReaderError when there is no such folder."""
        try:
            found = self._box.folder.status(folder, ("UIDVALIDITY", "UIDNEXT"))
            return Status(found["UIDVALIDITY"], found["UIDNEXT"])
        except (imap_tools.MailboxFolderStatusError, KeyError):
            raise _no_folder(folder) from None

    def examine(self, folder: str) -> None:
        """Selects a folder for reading only (EXAMINE)."""
        try:
            self._box.folder.set(folder, readonly=True)
        except imap_tools.MailboxFolderSelectError:
            raise _no_folder(folder) from None

    def _leave(self) -> None:
        if self._client.state == "SELECTED":
            self._client.close()  # after EXAMINE it expunges nothing

    def search(self, criteria: str) -> list[int]:
        """UIDs in the examined folder, ascending."""
        return sorted(int(uid) for uid in self._box.uids(criteria, charset=None) if uid.isdigit())

    def fetch(self, uids: Sequence[int], *, body: bool = True) -> list[Item]:
        """Messages of the examined folder, without marking them as read; vanished ones are left out."""
        limit = self._config.max_message_bytes
        parts = f" BODY.PEEK[]<0.{limit}>" if body else ""
        items: list[Item] = []
        for start in range(0, len(uids), FETCH_AT_ONCE):
            batch = uids[start : start + FETCH_AT_ONCE]
            self._client.refill(COMMAND_BYTES + (limit * len(batch) if body else 0))
            self._client.untagged_responses.clear()
            typ, data = self._client.uid(
                "FETCH", ",".join(map(str, batch)), f"(UID INTERNALDATE RFC822.SIZE{parts})"
            )
            if typ != "OK":
                raise self._client.abort("FETCH was refused")
            wanted = set(batch)
            items += [item for item in _read_items(data) if item.uid in wanted]
        return sorted(items, key=lambda item: item.uid)

    def sent_folder(self) -> str | None:
        """The configured one, the one marked \\Sent, or one with a usual name."""
        if self._config.sent_folder:
            return self._config.sent_folder
        if self._sent is None:
            folders = [f for f in self._box.folder.list() if "\\noselect" not in {x.lower() for x in f.flags}]
            marked = [f.name for f in folders if "\\sent" in {flag.lower() for flag in f.flags}]
            named = {f.name.rpartition(f.delim or "\0")[2].lower(): f.name for f in reversed(folders)}
            self._sent = next(iter([*marked, *(named[name] for name in _SENT_NAMES if name in named)]), None)
        return self._sent

    def folders(self) -> list[str]:
        """Every folder that can be looked into."""
        listed = self._box.folder.list()
        return [one.name for one in listed if "\\noselect" not in {flag.lower() for flag in one.flags}]

    def fetch_headers(self, uids: Sequence[int], names: Sequence[str]) -> list[Item]:
        """Those header lines of messages of the examined folder; vanished ones are left out."""
        found: list[Item] = []
        parts = f"(UID INTERNALDATE BODY.PEEK[HEADER.FIELDS ({' '.join(names)})])"
        for start in range(0, len(uids), HEADERS_AT_ONCE):
            batch = ",".join(map(str, uids[start : start + HEADERS_AT_ONCE]))
            self._client.refill(COMMAND_BYTES)
            self._client.untagged_responses.clear()
            typ, data = self._client.uid("FETCH", batch, parts)
            if typ != "OK":
                raise self._client.abort("FETCH was refused")
            found += _read_items(data)
        return found

    def append_sent(self, raw: bytes, at: datetime) -> None:
        self.begin()
        folder = self.sent_folder()
        if folder is None:
            folder = self._sent = "Sent"
            self._box.folder.create(folder)
        self._box.append(raw, folder, dt=at, flag_set=["\\Seen"])

    def noop(self) -> None:
        self._client.noop()

    def log_out(self) -> None:
        self.sock.settimeout(2)
        self._client.logout()

    def cut(self) -> None:
        """Ends the connection from any thread; a blocked read returns at once."""
        try:
            self._handle.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def close_sockets(self) -> None:
        """Only from the thread that works, or when none does."""
        self.sock.close()
        self._handle.close()


def _no_folder(folder: str) -> ReaderError:
    return ReaderError("protocol", f"The mailbox has no folder {folder!r} that can be read.")


def imap_day(day: date) -> str:
    return f"{day.day:02d}-{_MONTHS[day.month - 1]}-{day.year:04d}"


def since_term(since: datetime) -> str:
    """SINCE compares days in whatever zone the server noted, so it begins a day early (RFC 3501 6.4.4)."""
    return f"SINCE {imap_day(since.astimezone(UTC).date() - timedelta(days=1))}"


def quoted(text: str) -> str | None:
    """A quoted string (RFC 3501 4.3), or None for text that cannot be one."""
    if not text or len(text) > 998 or not text.isascii() or not text.isprintable():
        return None
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def header_term(name: str, value: str) -> str | None:
    term = quoted(value.strip())
    return f"HEADER {name} {term}" if term else None


def any_of(terms: Sequence[str]) -> str:
    """The terms joined by OR, which takes exactly two (RFC 3501 6.4.4)."""
    joined = terms[-1]
    for term in reversed(terms[:-1]):
        joined = f"OR {term} {joined}"
    return joined


def _read_items(data: Sequence[Any]) -> list[Item]:
    items = []
    for meta, raw in _grouped(data):
        uid, size, stamp = _UID.search(meta), _SIZE.search(meta), _DATE.search(meta)
        if uid and stamp:
            when = datetime.strptime(stamp[1].decode().strip(), "%d-%b-%Y %H:%M:%S %z").astimezone(UTC)
            items.append(Item(int(uid[1]), when, int(size[1]) if size else len(raw), raw))
    return items


def _grouped(data: Sequence[Any]) -> list[tuple[bytes, bytes]]:
    """imaplib gives a tuple (text before the literal, literal) and loose text after it, for each message."""
    groups: list[tuple[bytes, bytes]] = []
    for part in data:
        if isinstance(part, tuple):
            groups.append((bytes(part[0]), bytes(part[1])))
        elif isinstance(part, bytes):
            if groups and (part.startswith((b")", b" ")) or not _UID.search(part)):
                groups[-1] = (groups[-1][0] + b" " + part, groups[-1][1])
            else:
                groups.append((part, b""))
    return groups
