"""The IMAP server (RFC 3501 and IDLE) over the lean mailboxes, on the loopback, in clear text."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import uuid4

from proxyprotocol.sock import SocketInfo
from pymap.backend.dict import Config
from pymap.concurrent import Subsystem
from pymap.imap import IMAPServer
from pymap.parsing.message import AppendMessage
from pymap.parsing.specials.flag import Flag
from pymap.user import UserMetadata
from pysasl import SASLAuth
from pysasl.hashing import Cleartext

from mailworld.mailbox import Keep, LeanLogin, LeanMailbox, open_mailbox


class _WholeAnswers:
    """Hands an answer to the socket in one piece.

    The library writes it in many small ones, each its own packet; a client that polls in IDLE with a time-out may
    then see half a line (imap-tools does).
    """

    def __init__(self, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> None:
        self._pieces.append(bytes(data))

    async def drain(self) -> None:
        self._flush()
        await self._writer.drain()

    def close(self) -> None:
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._pieces:
            self._writer.write(b"".join(self._pieces))
            self._pieces.clear()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._writer, name)


class _Config(Config):
    @cached_property
    def tls_auth(self) -> SASLAuth:
        """Looked up once: the library asks the package metadata at each connection, which takes 25 ms."""
        return SASLAuth.defaults()


class ImapServer:
    """Sign-in by address and password; each address has INBOX, Sent, Drafts, Junk and Trash."""

    def __init__(self, host: str, port: int, seed: int) -> None:
        self._host, self._port, self._seed = host, port, seed
        arguments = Namespace(passlib_cfg=None, proxy_protocol=None, inherited_sockets=None)
        self._config = _Config(
            arguments, host=host, port=port, demo_data=False, demo_user="", demo_password="",
            tls_enabled=False, secure_auth=False, reject_dnsbl=False, hash_context=Cleartext(),
            invalid_user_sleep=0, cpu_subsystem=Subsystem.for_asyncio(), cert_file=None, key_file=None,
            bad_command_limit=50,
        )  # fmt: skip
        self._login = LeanLogin(self._config)
        self._serve = IMAPServer(self._login, self._config)
        self._server: asyncio.Server | None = None
        self._connections: dict[asyncio.StreamWriter, asyncio.Task[Any] | None] = {}
        self.mailboxes: dict[str, LeanMailbox] = {}
        self.port = port

    async def start(self) -> None:
        self._config.apply_context()
        self._server = await asyncio.start_server(self._connected, self._host, self._port, limit=1 << 24)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections[writer] = asyncio.current_task()
        whole: Any = _WholeAnswers(writer)
        try:
            await self._serve(reader, whole, SocketInfo.get(whole, None, unique_id=uuid4().bytes))
        except ConnectionError:
            pass
        finally:
            self._connections.pop(writer, None)
            writer.close()

    async def stop(self) -> None:
        if self._server is None:
            return
        self._server.close()
        for writer in tuple(self._connections):
            writer.transport.abort()
        tasks = [task for task in self._connections.values() if task is not None]
        if tasks:
            _, slow = await asyncio.wait(tasks, timeout=1)
            for task in slow:
                task.cancel()
        await self._server.wait_closed()

    def add(self, address: str, password: str, keep: Keep | None = None) -> LeanMailbox:
        """Opens a mailbox, or gives an open one a new password."""
        self._config.apply_context()
        self._login.users_dict[address] = UserMetadata(self._config, address, password=password)
        if address not in self.mailboxes:
            mailbox = self.mailboxes[address] = LeanMailbox(address, self._seed, keep)
            open_mailbox(self._config, mailbox)
        return self.mailboxes[address]

    async def file(
        self, address: str, folder: str, raw: bytes, at: datetime, flags: tuple[str, ...] = ()
    ) -> None:
        """Puts a message into a folder, as the server itself does; clients in IDLE hear of it."""
        message = AppendMessage(raw, at, frozenset(Flag(flag.encode()) for flag in flags))
        await self.mailboxes[address].folder(folder).append(message, recent=True)
