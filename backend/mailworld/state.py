"""What survives a restart: the mail in the mailboxes, and the received messages that people still react to.

Both are JSON lines, flushed before the sender hears its 250, so that a killed world forgets nothing it accepted.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TextIO

from mailworld.mailbox import FOLDER_LIMIT
from mailworld.record import drop_torn_line


@dataclass(frozen=True, slots=True)
class KeptMail:
    address: str
    folder: str
    uid: int
    raw: bytes
    at: datetime


class Store:
    """A folder with `mail.jsonl` and `received.jsonl`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._mail, self._received = folder / "mail.jsonl", folder / "received.jsonl"
        self._files: dict[Path, TextIO] = {}

    def keep_mail(self, address: str, folder: str, uid: int, raw: bytes, at: datetime) -> None:
        line = {"address": address, "folder": folder, "uid": uid, "at": at.isoformat(), "raw": _text(raw)}
        self._append(self._mail, line)

    def keep_received(self, number: int, raw: bytes) -> None:
        self._append(self._received, {"number": number, "raw": _text(raw)})

    def load_mail(self) -> list[KeptMail]:
        """The newest messages of each folder, oldest first; older ones are dropped from the file too."""
        folders: dict[tuple[str, str], list[dict[str, Any]]] = {}
        for line in _lines(self._mail):
            folders.setdefault((line["address"], line["folder"]), []).append(line)
        kept = [line for lines in folders.values() for line in lines[-FOLDER_LIMIT:]]
        self._rewrite(self._mail, kept)
        return [
            KeptMail(
                line["address"], line["folder"], line["uid"], b64decode(line["raw"]),
                datetime.fromisoformat(line["at"]),
            )
            for line in kept
        ]  # fmt: skip

    def load_received(self, wanted: set[int]) -> dict[int, bytes]:
        """The bytes of the messages with these numbers; the others are dropped from the file too."""
        lines = [line for line in _lines(self._received) if line["number"] in wanted]
        self._rewrite(self._received, lines)
        return {line["number"]: b64decode(line["raw"]) for line in lines}

    def close(self) -> None:
        for file in self._files.values():
            file.close()
        self._files.clear()

    def _append(self, path: Path, line: dict[str, Any]) -> None:
        if path not in self._files:
            drop_torn_line(path)
            self._files[path] = path.open("a", encoding="utf-8")
        self._files[path].write(json.dumps(line) + "\n")
        self._files[path].flush()

    def _rewrite(self, path: Path, lines: list[dict[str, Any]]) -> None:
        fresh = path.with_suffix(".new")
        fresh.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        fresh.replace(path)


def _text(raw: bytes) -> str:
    return b64encode(raw).decode("ascii")


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    if not path.exists():
        return
    drop_torn_line(path)
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
