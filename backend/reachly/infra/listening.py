"""The listening socket, made early so that a taken port is one clear line."""

from __future__ import annotations

import errno
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from reachly.infra.processes import PARENT
from reachly.infra.startup import CannotStart

LOOK_SECONDS = 0.1
ENDING = "ending"
"""In the data folder: the pid of an `up` that was asked to end and has not come to it yet."""


def bind(host: str, port: int, *, say: Callable[[str], None] = print) -> socket.socket:
    """A listening socket that children may inherit; port 0 lets the system choose. Raises CannotStart.

    A port that a former Reachly still holds while it comes to its end is waited for.
    """
    waited = False
    while True:
        try:
            return _bind(host, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or not is_left_behind(port):
                raise CannotStart(
                    f"Port {port} on {host} cannot be used ({error.strerror}). Stop what uses it, or choose another:"
                    " PORT=8001."
                ) from None
        if not waited:
            say(f"Port {port} is still held by a Reachly that is just ending; waiting for it …")
            waited = True
        time.sleep(LOOK_SECONDS)


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen(2048)
    except OSError:
        listening.close()
        raise
    listening.set_inheritable(True)
    return listening


def is_left_behind(port: int) -> bool:
    """Whether all that hold the port are children of a Reachly that is gone or on its way out (Linux; else False)."""
    sockets = _listening_inodes(port)
    holders = [entry for entry in Path("/proc").glob("[0-9]*") if sockets & _sockets_of(entry)]
    return bool(holders) and all(_is_ending(entry) for entry in holders)


def _listening_inodes(port: int) -> set[str]:
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with suppress(OSError):
            rows = [line.split() for line in Path(table).read_text().splitlines()[1:]]
            found |= {row[9] for row in rows if row[3] == "0A" and int(row[1].rpartition(":")[2], 16) == port}
    return found


def _sockets_of(process: Path) -> set[str]:
    found = set()
    with suppress(OSError):
        for handle in (process / "fd").iterdir():
            with suppress(OSError):
                name = str(handle.readlink())
                if name.startswith("socket:["):
                    found.add(name[8:-1])
    return found


def _is_ending(process: Path) -> bool:
    try:
        environment = dict(
            entry.partition("=")[::2]
            for entry in (process / "environ").read_text(errors="replace").split("\0")
        )
        parent = (process / "stat").read_text().rpartition(")")[2].split()[1]
    except (OSError, IndexError):
        return True  # gone meanwhile
    wanted = environment.get(PARENT)
    if wanted is None:
        return False
    if wanted != parent:
        return True
    with suppress(OSError):
        return (Path(environment.get("REACHLY_DATA_DIR", "")) / ENDING).read_text() == wanted
    return False
