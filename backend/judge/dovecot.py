"""Debian's Dovecot as the mailboxes' IMAP side: a reader of maildirs that nobody here has written."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from judge.sent import Maildirs

_CONFIG = """
protocols = imap
base_dir = {root}/run
state_dir = {root}/state
instance_name = reachly-judge
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
mail_max_userip_connections = 100
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
  mailbox Sent {{
    special_use = \\Sent
    auto = subscribe
  }}
  mailbox Archive {{
    special_use = \\Archive
    auto = subscribe
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
    """A server for these mailboxes, their passwords given; `maildirs` are what lies in them."""

    def __init__(self, program: str, accounts: Mapping[str, str], port: int = 0) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="reachly-judge-"))
        account = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        owner = (account.pw_uid, account.pw_gid)
        named = subprocess.run(["id", "-gn", account.pw_name], capture_output=True, check=True)
        self.port = port or _free_port()
        (self.root / "users").write_text(
            "".join(
                f"{user}:{{PLAIN}}{word}:{owner[0]}:{owner[1]}::{self.root}::\n"
                for user, word in accounts.items()
            )
        )
        (self.root / "conf").write_text(
            _CONFIG.format(
                root=self.root, user=account.pw_name, group=named.stdout.decode().strip(), port=self.port
            )
        )
        self.maildirs = Maildirs(self.root / "mail", owner)
        for folder in ("run", "state", "mail"):
            (self.root / folder).mkdir()
        for path in (self.root, *self.root.rglob("*")):
            os.chown(path, *owner)
        self.root.chmod(0o755)
        for mailbox in accounts:
            self.maildirs.make(mailbox)
        command = [program, "-F", "-c", str(self.root / "conf")]
        if os.geteuid() == 0:
            self._master = subprocess.Popen(command, cwd="/", user=owner[0], group=owner[1], extra_groups=[])
        else:
            self._master = subprocess.Popen(command, cwd="/")
        self._wait()

    def _wait(self, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 5) as up:
                if up.recv(4) == b"* OK":
                    return
            time.sleep(0.05)
        raise TimeoutError(f"Dovecot does not answer: {(self.root / 'dovecot.log').read_text()[-2000:]}")

    def stop(self) -> None:
        self._master.terminate()
        self._master.wait(60)
        shutil.rmtree(self.root, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
