"""A submission server that breaks its word: it drops, stalls or garbles wherever its script says so.

It takes pipelined commands (RFC 2920), counts what it keeps, and files a copy in the sender's Sent folder where it
has one, so that a sender who lost its answer can look there. `python -m mailworld.hostile --help`; it keeps its word
from SIGUSR1 to SIGUSR2.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import re
import signal
import ssl
import sys
import time
from pathlib import Path
from typing import Self

from mailworld.dialogue import Dialogue
from mailworld.faults import ACTS, Act, Faults, Ledger, Stored, parse_rates
from mailworld.imap import ImapServer
from reachly.kit import clock

_MESSAGE_ID = re.compile(rb"^message-id:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)


class HostileServer:
    """`async with HostileServer(faults=…) as server:` listens on the loopback. `accounts`: address to password of
    mailboxes whose Sent folder can be read by IMAP; others may sign in with anything and keep no copies. With `tls`
    it offers STARTTLS, and a sign-in only behind it."""

    def __init__(
        self, faults: Faults | None = None, *, port: int = 0, imap_port: int = 0, delay: float = 0.0,
        log: Path | None = None, accounts: dict[str, str] | None = None, tls: ssl.SSLContext | None = None,
    ) -> None:  # fmt: skip
        self.faults = faults or Faults()
        self.ledger = Ledger(log)
        self.delay = delay
        self.accounts = accounts or {}
        self.tls = tls
        self.port, self.imap_port = port, imap_port
        self.connections = 0
        self._imap = ImapServer("127.0.0.1", imap_port, self.faults.seed) if self.accounts else None
        self._server: asyncio.Server | None = None
        self._open: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}

    async def __aenter__(self) -> Self:
        if self._imap is not None:
            await self._imap.start()
            self.imap_port = self._imap.port
            for address, password in self.accounts.items():
                self._imap.add(address, password)
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *exc: object) -> None:
        assert self._server is not None
        self._server.close()
        talks = [task for task in self._open.values() if task is not None]
        for writer in tuple(self._open):
            writer.transport.abort()
        await asyncio.gather(*talks, return_exceptions=True)
        await self._server.wait_closed()
        if self._imap is not None:
            await self._imap.stop()
        self.ledger.close()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._open[writer] = asyncio.current_task()
        try:
            await Dialogue(self, reader, writer, self.connections).run()
        finally:
            self._open.pop(writer, None)

    async def keep(self, content: bytes, mail_from: str, recipient: str, connection: int) -> None:
        """On record first, then in the Sent folder; only then is it answered."""
        found = _MESSAGE_ID.search(content.partition(b"\r\n\r\n")[0])
        message_id = found[1].decode("ascii", "replace") if found else ""
        self.ledger.store(Stored(message_id, recipient, mail_from, connection, time.time()))
        if self._imap is not None and mail_from.lower() in self.accounts:
            await self._imap.file(mail_from.lower(), "Sent", content, clock.now())


async def run(arguments: argparse.Namespace) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    acts: list[Act] = arguments.acts
    faults = Faults(arguments.seed, parse_rates(arguments.fault), acts)
    for number, resting in ((signal.SIGUSR1, True), (signal.SIGUSR2, False)):
        asyncio.get_running_loop().add_signal_handler(number, setattr, faults, "resting", resting)
    accounts = dict(word.split("=", 1) for word in arguments.account)
    async with HostileServer(
        faults, port=arguments.port, imap_port=arguments.imap_port, delay=arguments.delay / 1000,
        log=arguments.log, accounts=accounts,
    ) as server:  # fmt: skip
        print(json.dumps({"port": server.port, "imap_port": server.imap_port}), flush=True)
        while not stop.is_set() and (not arguments.parent or os.getppid() == arguments.parent):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), 0.5)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m mailworld.hostile", description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--imap-port", type=int, default=0)
    parser.add_argument("--account", action="append", default=[], metavar="ADDRESS=PASSWORD")
    parser.add_argument("--fault", action="append", default=[], metavar="STEP=RATE", help="also all=RATE")
    parser.add_argument("--acts", nargs="+", choices=ACTS, default=["drop", "stall", "garble"])
    parser.add_argument("--delay", type=float, default=0.0, metavar="MS", help="before each answer")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--log", type=Path, metavar="FILE", help="JSON lines of what it kept and what it did")
    parser.add_argument("--parent", type=int, default=os.getppid(), metavar="PID", help="0: run without one")
    try:
        asyncio.run(run(parser.parse_args(argv)))
    except (OSError, ValueError) as error:
        sys.exit(f"hostile: {error}")


if __name__ == "__main__":
    main()
