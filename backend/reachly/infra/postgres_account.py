"""Under which account the embedded server runs, and how a child process gets there."""

from __future__ import annotations

import os
import pwd
import sys
from dataclasses import dataclass
from pathlib import Path

from reachly.infra.startup import CannotStart

PRIVATE_UID = 64321
"""Used when root starts the server: no other service runs under it, and no account needs to be made."""

LAUNCH = """
import ctypes, os, sys
linux = sys.platform == "linux"
libc = ctypes.CDLL(None) if linux else None
uid, gid, parent, folder = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
os.chdir(folder)
if uid >= 0:
    os.setgroups([]); os.setgid(gid); os.setuid(uid)
if linux:
    libc.prctl(1, 2)
if os.getppid() != parent:
    sys.exit(9)
os.umask(0o077)
os.execv(sys.argv[5], sys.argv[5:])
"""
"""Enters the folder and drops root *before* the program starts, so that neither this interpreter nor the folders
above need be open to the account; then asks the kernel for SIGINT when the parent dies (Linux; tied to the thread
that started it, so start from the main thread)."""


@dataclass(frozen=True, slots=True)
class Account:
    """Who runs initdb and who runs the server. initdb insists on a uid of the passwd file, the server does not."""

    initdb_uid: int
    initdb_gid: int
    uid: int
    gid: int
    dropped: bool

    @property
    def cluster_path(self) -> str:
        """How the server is told its folder. After dropping root the parents may be closed to it; its own
        working folder is not, and on Linux it has a name."""
        return "/proc/self/cwd" if self.dropped and sys.platform == "linux" else "."


def choose_account(cluster: Path, preferred: str) -> Account:
    """Ourselves as a plain user; as root the account `preferred` if it exists, else a private uid."""
    uid, gid = os.geteuid(), os.getegid()
    if uid != 0:
        return Account(uid, gid, uid, gid, dropped=False)
    named = _entry(preferred)
    if named is not None:
        return Account(named.pw_uid, named.pw_gid, named.pw_uid, named.pw_gid, dropped=True)
    helper = _entry("nobody") or _entry("daemon")
    if helper is None:
        raise CannotStart(
            f"PostgreSQL does not run as root and there is no account to drop to: "
            f"make one (`useradd --system {preferred}`), or start Reachly as a plain user."
        )
    marker = cluster / "PG_VERSION"
    owner = marker.stat().st_uid if marker.exists() else 0
    private = owner or _free_uid()
    return Account(helper.pw_uid, helper.pw_gid, private, private, dropped=True)


def launch_command(
    account: Account, folder: Path, program: Path, arguments: list[str], *, initdb: bool
) -> list[str]:
    """The command line that runs `program` in `folder` as the account and lets it die with this process."""
    uid, gid = (account.initdb_uid, account.initdb_gid) if initdb else (account.uid, account.gid)
    who = [str(uid), str(gid)] if account.dropped else ["-1", "-1"]
    python = sys.executable or "python3"
    return [python, "-ISc", LAUNCH, *who, str(os.getpid()), str(folder), str(program), *arguments]


def give(path: Path, uid: int, gid: int) -> None:
    """Hands the folder and all below it to the account."""
    for folder, _, files in os.walk(path):
        os.lchown(folder, uid, gid)
        for name in files:
            os.lchown(Path(folder) / name, uid, gid)


def _entry(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _free_uid() -> int:
    taken = {entry.pw_uid for entry in pwd.getpwall()}
    return next(uid for uid in range(PRIVATE_UID, PRIVATE_UID + 1000) if uid not in taken)
