"""What happened in the world, in the order in which it happened, as the auditor's second source."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, TextIO


@dataclass(frozen=True, slots=True)
class Received:
    """One message accepted for one recipient. `at` is product time, `machine_at` the wall clock (both UTC)."""

    kind: ClassVar[str] = "received"
    number: int
    message_id: str
    recipient: str
    sender: str
    mail_from: str
    mailbox: str
    at: datetime
    machine_at: datetime
    step: int
    duplicate: bool
    subject: str
    in_reply_to: str
    references: tuple[str, ...]
    marks: dict[str, str]
    sha256: str
    size: int
    reply: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A recipient or a sender refused in the session: `reply` is the whole SMTP answer."""

    kind: ClassVar[str] = "refused"
    recipient: str
    mail_from: str
    mailbox: str
    at: datetime
    machine_at: datetime
    reply: str


@dataclass(frozen=True, slots=True)
class Reaction:
    """Something a recipient (or a machine in front of it) did because of a message.

    `what`: open, click, scan, unsubscribe, answer, auto_reply, bounce, delay. `detail` says which (the answer's
    meaning, the status code, the agent); `status` is the HTTP status, None where no HTTP was spoken or nothing
    answered. `url` is what was fetched.
    """

    kind: ClassVar[str] = "reaction"
    what: str
    recipient: str
    mailbox: str
    step: int
    at: datetime
    machine_at: datetime
    detail: str
    status: int | None
    message_id: str
    url: str = ""

    def signature(self) -> tuple[str, ...]:
        """All that the seed decides, so that two runs can be compared."""
        return (self.at.isoformat(), self.recipient, str(self.step), self.what, self.detail, str(self.status))


@dataclass(frozen=True, slots=True)
class Delivered:
    """Mail that arrived in one of the product's mailboxes. `what` as in Reaction, or "mail"."""

    kind: ClassVar[str] = "delivered"
    mailbox: str
    sender: str
    message_id: str
    in_reply_to: str
    what: str
    at: datetime
    machine_at: datetime


Fact = Received | Refused | Reaction | Delivered
_KINDS: dict[str, type[Received] | type[Refused] | type[Reaction] | type[Delivered]] = {
    cls.kind: cls for cls in (Received, Refused, Reaction, Delivered)
}


@dataclass(slots=True)
class Book:
    """The append-only log, in memory and (with `path`) as JSON lines."""

    path: Path | None = None
    received: list[Received] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    reactions: list[Reaction] = field(default_factory=list)
    delivered: list[Delivered] = field(default_factory=list)
    _file: TextIO | None = None

    def open(self) -> None:
        if self.path is not None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            drop_torn_line(self.path)
            self._file = self.path.open("a", encoding="utf-8")

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def write(self, fact: Fact) -> None:
        self.keep(fact)
        if self._file is not None:
            self._file.write(json.dumps({"kind": fact.kind, **asdict(fact)}, default=_to_text) + "\n")
            self._file.flush()

    def keep(self, fact: Fact) -> None:
        match fact:
            case Received():
                self.received.append(fact)
            case Refused():
                self.refused.append(fact)
            case Reaction():
                self.reactions.append(fact)
            case Delivered():
                self.delivered.append(fact)


def drop_torn_line(path: Path) -> None:
    """Cuts off a last line that a kill left unfinished, so that what is appended stays readable."""
    if not path.exists():
        return
    with path.open("rb+") as file:
        content = file.read()
        file.truncate(content.rfind(b"\n") + 1)


def read_log(path: Path) -> Book:
    """Reads a log back. A last line torn by a kill is ignored; anything else that is broken raises ValueError."""
    book = Book()
    lines = path.read_text(encoding="utf-8").split("\n")
    for number, line in enumerate(lines, 1):
        if not line:
            continue
        try:
            book.keep(_to_fact(json.loads(line)))
        except json.JSONDecodeError as error:
            if number < len(lines):
                raise ValueError(f"{path}:{number}: {error}") from error
    return book


def _to_text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)


def _to_fact(line: dict[str, Any]) -> Fact:
    cls = _KINDS[line.pop("kind")]
    for name in ("at", "machine_at"):
        line[name] = datetime.fromisoformat(line[name])
    if cls is Received:
        line["references"] = tuple(line["references"])
    return cls(**line)
