"""What mailboxes do with the copies of what is sent through them: written as files into Dovecot's maildirs."""

from __future__ import annotations

import itertools
import os
import re
import time
from dataclasses import dataclass, field
from pathlib import Path

HABITS = ("files", "stops", "late", "other-id", "other-id-bare")
"""files: at once. stops: never. late: when `release` is called. other-id: under another Message-ID, other headers kept;
other-id-bare: and without any header that is not of the usual ones."""
USUAL = frozenset(
    {
        b"from",
        b"to",
        b"subject",
        b"date",
        b"message-id",
        b"mime-version",
        b"content-type",
        b"in-reply-to",
        b"references",
        b"content-transfer-encoding",
        b"content-disposition",
    }
)
SENT, ARCHIVE, INBOX = ".Sent", ".Archive", ""
_numbers = itertools.count(1)


@dataclass
class Maildirs:
    """`root` holds one Maildir++ for each mailbox, owned by `owner` (uid, gid)."""

    root: Path
    owner: tuple[int, int]
    habits: dict[str, str] = field(default_factory=dict)
    _late: dict[str, list[bytes]] = field(default_factory=dict)

    def make(self, mailbox: str) -> None:
        for folder in (INBOX, SENT, ARCHIVE):
            for part in ("", "new", "cur", "tmp"):
                self._make(self.root / mailbox / folder / part)

    def keep(self, mailbox: str, message: bytes) -> None:
        """A message was sent through the mailbox."""
        match self.habits.get(mailbox, "stops"):
            case "files":
                self.put(mailbox, SENT, message)
            case "late":
                self._late.setdefault(mailbox, []).append(message)
            case "other-id":
                self.put(mailbox, SENT, _renamed(message))
            case "other-id-bare":
                self.put(mailbox, SENT, _bare(_renamed(message)))

    def release(self, mailbox: str) -> int:
        """What a late mailbox has held back is filed; how many."""
        held = self._late.pop(mailbox, [])
        for message in held:
            self.put(mailbox, SENT, message)
        return len(held)

    def empty(self, mailbox: str) -> int:
        """Its Sent folder loses everything."""
        found = self._files(mailbox, SENT)
        for path in found:
            path.unlink()
        return len(found)

    def archive(self, mailbox: str) -> int:
        """Everything moves from Sent to another folder."""
        found = self._files(mailbox, SENT)
        for path in found:
            path.rename(self.root / mailbox / ARCHIVE / "cur" / path.name)
        return len(found)

    def put(self, mailbox: str, folder: str, message: bytes) -> None:
        """One message more in a folder, unread, whole from the first moment it can be seen."""
        name = f"{int(time.time())}.M{next(_numbers):08}P{os.getpid()}.judge"
        base = self.root / mailbox / folder
        path = base / "tmp" / name
        path.write_bytes(message)
        if os.geteuid() == 0:
            os.chown(path, *self.owner)
        path.rename(base / "new" / name)

    def _files(self, mailbox: str, folder: str) -> list[Path]:
        base = self.root / mailbox / folder
        return [path for part in ("new", "cur") for path in (base / part).iterdir()]

    def _make(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() == 0:
            os.chown(folder, *self.owner)


def _renamed(message: bytes) -> bytes:
    """As a provider stores it that gives every message an id of its own."""
    name = f"<{time.time_ns()}.{next(_numbers)}@provider.example>".encode()
    return re.sub(rb"(?im)^message-id:[^\r\n]*(\r\n[ \t][^\r\n]*)*", b"Message-ID: " + name, message, count=1)


def _bare(message: bytes) -> bytes:
    head, _, body = message.partition(b"\r\n\r\n")
    fields = re.split(rb"\r\n(?![ \t])", head)
    kept = [each for each in fields if each.partition(b":")[0].strip().lower() in USUAL]
    return b"\r\n".join(kept) + b"\r\n\r\n" + body
