"""What this program writes is for the account that runs it: mails, addresses and logs are nobody else's business."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

OPEN = stat.S_IRWXG | stat.S_IRWXO
CLUSTER = frozenset({"postgres", "postgres.new", "run"})  # the database's own, which it keeps closed itself
PROGRAMS = "postgresql-"  # a copy of its programs


def close_by_default() -> None:
    """From now on what this process and its children make is for this account alone. Called first by every program."""
    os.umask(OPEN)


def close_folder(folder: Path) -> None:
    """Closes a data folder, and what earlier versions left open in it."""
    with suppress(OSError):
        folder.chmod(0o700)
    for path in find_open(folder):
        with suppress(OSError):  # another account's
            path.chmod(stat.S_IMODE(path.stat().st_mode) & ~OPEN)


def find_open(folder: Path) -> Iterator[Path]:
    """Files and folders below a data folder that other accounts may read, write or enter."""
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.is_symlink() or path.name in CLUSTER or path.name.lstrip(".").startswith(PROGRAMS):
            continue
        for each in (path, *(path.rglob("*") if path.is_dir() else ())):
            if (
                not each.is_symlink()
                and each.lstat().st_mode & OPEN
                and not stat.S_ISSOCK(each.lstat().st_mode)
            ):
                yield each
