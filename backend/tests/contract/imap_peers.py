"""Real IMAP servers on loopback: pymap in this loop, and Debian's Dovecot where it is installed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
from argparse import Namespace
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.dict import Config, FilterSet, Login, MailboxSet
from pymap.context import Subsystem
from pymap.imap import IMAPServer
from pymap.parsing.message import AppendMessage
from pymap.user import UserMetadata
from pysasl.hashing import Cleartext

from tests.programs import find_program

USER, PASSWORD = "me@reachly.test", 'p"a\\ss {10}'
DOVECOT = find_program("dovecot")


class ImapPeer(Protocol):
    port: int
    user: str

    async def deliver(self, raw: bytes, at: datetime) -> None: ...
    async def renumber(self) -> None: ...
    async def cut(self) -> None: ...


class PymapPeer:
    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self.port = 0
        self.user = USER
        self._writers: list[asyncio.StreamWriter] = []
        self._kept: list[tuple[bytes, datetime]] = []

    async def _fresh_box(self) -> None:
        self._box = MailboxSet()
        await self._box.add_mailbox("Sent")
        self._config.set_cache[USER] = (self._box, FilterSet())

    async def deliver(self, raw: bytes, at: datetime) -> None:
        inbox = await self._box.get_mailbox("INBOX")
        await inbox.append(AppendMessage(raw, at, frozenset()))
        self._kept.append((raw, at))

    async def renumber(self) -> None:
        kept, self._kept = self._kept, []
        await self._fresh_box()
        for raw, at in kept:
            await self.deliver(raw, at)
        await self.cut()

    async def cut(self) -> None:
        for writer in self._writers:
            writer.close()
        await asyncio.sleep(0.02)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[PymapPeer]:
        args = Namespace(passlib_cfg=None, proxy_protocol=None, inherited_sockets=None)
        self._config: Any = Config(
            args,
            host="127.0.0.1",
            port=0,
            demo_data=False,
            demo_user="",
            demo_password="",
            tls_enabled=False,
            secure_auth=False,
            reject_dnsbl=False,
            hash_context=Cleartext(),
            invalid_user_sleep=0,
            cpu_subsystem=Subsystem.for_asyncio(),
            cert_file=None,
            key_file=None,
        )
        self._config.apply_context()
        login = Login(self._config)
        login.users_dict[USER] = UserMetadata(self._config, USER, password=PASSWORD)
        await self._fresh_box()
        serve = ProxyProtocolReader(self._config.proxy_protocol).get_callback(IMAPServer(login, self._config))

        async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._writers.append(writer)
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await serve(reader, writer)

        server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=self._tls)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            await self.cut()


_CONFIG = """
protocols = imap
base_dir = {root}/run
state_dir = {root}/state
instance_name = reachly-contract
log_path = {root}/dovecot.log
ssl = no
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
listen = 127.0.0.1
default_internal_user = {user}
default_login_user = {user}
default_internal_group = {group}
first_valid_uid = 1
mail_location = maildir:{root}/mail/%u
mail_uid = {user}
mail_gid = {group}
maildir_stat_dirs = yes
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {root}/users
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {root}/users
}}
namespace inbox {{
  inbox = yes
  mailbox "Sent Mail" {{
    special_use = \\Sent
    auto = create
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


class Dovecot:
    """One server for many tests; each takes a mailbox of its own."""

    def __init__(self) -> None:
        assert DOVECOT is not None
        root = self.root = Path(tempfile.mkdtemp(prefix="reachly-dovecot-"))
        account = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        self.uid, self.gid = account.pw_uid, account.pw_gid
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        named = subprocess.run(["id", "-gn", account.pw_name], capture_output=True, check=True)
        group = named.stdout.decode().strip()
        self._free = [f"me{number}@reachly.test" for number in range(200)]
        (root / "users").write_text(
            "".join(f"{user}:{{PLAIN}}{PASSWORD}:{self.uid}:{self.gid}::{root}::\n" for user in self._free)
        )
        (root / "conf").write_text(
            _CONFIG.format(root=root, user=account.pw_name, group=group, port=self.port)
        )
        for folder in ("run", "state", "mail"):
            (root / folder).mkdir(parents=True)
        for path in (root, *root.rglob("*")):
            os.chown(path, self.uid, self.gid)
        root.chmod(0o755)
        drop: dict[str, Any] = {}
        if os.geteuid() == 0:
            drop = {"user": self.uid, "group": self.gid, "extra_groups": []}
        self.master = subprocess.Popen([DOVECOT, "-F", "-c", str(root / "conf")], cwd="/", **drop)
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1) as up:
                if up.recv(4) == b"* OK":
                    break
            time.sleep(0.05)

    def mailbox(self) -> DovecotPeer:
        return DovecotPeer(self, self._free.pop())

    def stop(self) -> None:
        self.master.terminate()
        self.master.wait(10)
        shutil.rmtree(self.root, ignore_errors=True)


class DovecotPeer:
    def __init__(self, server: Dovecot, user: str) -> None:
        self.port = server.port
        self.user = user
        self._server = server
        self._count = 0
        self._mail = server.root / "mail" / user
        for folder in ("", "new", "cur", "tmp"):
            (self._mail / folder).mkdir()
            os.chown(self._mail / folder, server.uid, server.gid)

    async def deliver(self, raw: bytes, at: datetime) -> None:
        self._count += 1
        path = self._mail / "new" / f"{1700000000 + self._count}.M{self._count:06}P1.contract"
        path.write_bytes(raw)
        os.chown(path, self._server.uid, self._server.gid)
        os.utime(path, (at.timestamp(), at.timestamp()))

    async def renumber(self) -> None:
        await self.cut()
        for path in self._mail.glob("dovecot*"):
            path.unlink()
        await asyncio.sleep(1.1)  # UIDVALIDITY is the second in which the list was made

    async def cut(self) -> None:
        """Ends the processes that serve connections; the master stays."""
        command = ["ps", "-o", "pid=,args=", "--ppid", str(self._server.master.pid)]
        listed = subprocess.run(command, capture_output=True, check=False)
        for line in listed.stdout.decode().splitlines():
            pid, _, name = line.strip().partition(" ")
            if name.split("/")[-1].split(" ")[0] in {"imap", "imap-login"}:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
        await asyncio.sleep(0.1)
