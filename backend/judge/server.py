"""The judge's servers as a process of their own: `python -m judge.server FOLDER`, told what to do on standard input.

The first line it reads is a JSON object: `accounts` (mailbox: password), `whims` (fields of `Whims`),
`habits` (mailbox: what it does with copies) and `dovecot` (the program, or nothing: no IMAP). It answers with the
ports. Every further line is an order, answered with one line: `[name, mailbox, word]`.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from judge.books import Books
from judge.dns import NameServer
from judge.dovecot import Dovecot
from judge.sent import INBOX
from judge.smtp import Server
from judge.whims import Whims


class Servers:
    def __init__(self, folder: Path, wanted: dict[str, Any]) -> None:
        self.accounts: dict[str, str] = wanted["accounts"]
        self.books = Books(folder / "books.jsonl")
        self.dovecot: Dovecot | None = None
        if wanted.get("dovecot"):
            self.dovecot = Dovecot(wanted["dovecot"], self.accounts)
            self.dovecot.maildirs.habits.update(wanted.get("habits", {}))
        whims = {name: Whims(**wanted["whims"]) for name in self.accounts}
        self.smtp = Server(self.books, self.accounts, whims, self._keep)
        self.dns = NameServer()

    def _keep(self, mailbox: str, message: bytes) -> None:
        if self.dovecot is not None:
            self.dovecot.maildirs.keep(mailbox, message)

    async def start(self) -> dict[str, int]:
        await self.smtp.start()
        await self.dns.start()
        imap = self.dovecot.port if self.dovecot else 0
        return {"smtp": self.smtp.port, "imap": imap, "dns": self.dns.port}

    def obey(self, name: str, mailbox: str, word: str) -> object:
        """`share`, `slow`: of the whims of one mailbox, or of all. `deliver`: a mail into INBOX.
        `habit`, `release`, `empty`, `archive`: see `Maildirs`."""
        if name in ("share", "slow"):
            for whims in (self.smtp.whims[mailbox],) if mailbox else self.smtp.whims.values():
                setattr(whims, name, float(word))
            return True
        if self.dovecot is None:
            raise ValueError(f"{name}: there is no IMAP")
        maildirs = self.dovecot.maildirs
        if name == "habit":
            maildirs.habits[mailbox] = word
            return True
        if name == "deliver":
            maildirs.put(mailbox, INBOX, word.encode())
            return True
        return {"release": maildirs.release, "empty": maildirs.empty, "archive": maildirs.archive}[name](
            mailbox
        )

    async def stop(self) -> None:
        await self.smtp.stop()
        self.dns.stop()
        self.books.close()
        if self.dovecot is not None:
            self.dovecot.stop()


async def run(folder: Path) -> None:
    """Until standard input ends."""
    loop = asyncio.get_running_loop()
    servers = Servers(folder, json.loads(sys.stdin.readline()))
    print(json.dumps(await servers.start()), flush=True)
    try:
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            print(json.dumps(servers.obey(*json.loads(line))), flush=True)
    finally:
        await servers.stop()


if __name__ == "__main__":
    asyncio.run(run(Path(sys.argv[1])))
