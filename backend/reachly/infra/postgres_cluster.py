"""The folder of the embedded server: made once, checked at each start; and the folder of its socket."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from reachly.infra import postgres_binaries as binaries
from reachly.infra.postgres_account import Account, give, launch_command
from reachly.infra.postgres_roles import SUPERUSER
from reachly.infra.startup import CannotStart

SOCKET_PATH_BYTES = 100
"""The kernel allows 107 for the socket's path, 103 on macOS."""
INITDB = ("-U", SUPERUSER, "--auth=trust", "-E", "UTF8", "--locale=C")


def make_cluster(cluster: Path, bin_dir: Path, account: Account, *, durable: bool) -> None:
    """initdb into a folder beside the final one, so that a kill half-way leaves nothing that looks whole.

    The same collation on every system (builtin C.UTF-8 where the version has it); no password, because the mode of
    the socket's folder is the authentication.
    """
    draft = cluster.with_name(f"{cluster.name}.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    if account.dropped:
        os.chown(draft, account.initdb_uid, account.initdb_gid)
    arguments = ["-D", account.cluster_path, *INITDB]
    if _major(bin_dir) >= 17:
        arguments += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    if not durable:
        arguments.append("--no-sync")
    command = launch_command(account, draft, bin_dir / "initdb", arguments, initdb=True)
    made = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    if made.returncode:
        reason = (made.stderr.strip() or made.stdout.strip() or "no reason given").splitlines()[-1]
        raise CannotStart(f"PostgreSQL could not make its folder {cluster}: {reason}")
    if account.dropped:
        give(draft, account.uid, account.gid)
    draft.rename(cluster)


def check_version(cluster: Path, bin_dir: Path) -> None:
    """Refuses to start a cluster of another major version; nothing is changed."""
    found = (cluster / "PG_VERSION").read_text().strip()
    if found != str(_major(bin_dir)):
        raise CannotStart(
            f"The database in {cluster} is of PostgreSQL {found}, the programs are {binaries.version_of(bin_dir)}: "
            f"dump it with PostgreSQL {found} and restore it into a new data folder."
        )


def make_socket_dir(data_dir: Path, account: Account) -> Path:
    """`<data_dir>/run`, or a short private folder in the temporary one when that is too long or out of reach."""
    near = data_dir / "run"
    short_enough = len(os.fsencode(near)) + len("/.s.PGSQL.5432") <= SOCKET_PATH_BYTES
    if short_enough and (not account.dropped or binaries.within_reach(data_dir, account.uid, account.gid)):
        folder = near
    else:
        name = hashlib.sha256(os.fsencode(data_dir)).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"reachly-{account.uid}-{name}"
    with contextlib.suppress(FileExistsError):
        folder.mkdir(mode=0o700)
    if folder.is_symlink() or folder.stat().st_uid not in {os.geteuid(), account.uid}:
        raise CannotStart(f"The folder {folder} belongs to someone else: remove it and start again.")
    os.chown(folder, account.uid, account.gid)
    folder.chmod(0o700)
    return folder


def _major(bin_dir: Path) -> int:
    return int(binaries.version_of(bin_dir).partition(".")[0])
