"""What a worker was about to say to its servers, on this machine's disk: read by whoever finds the worker gone.

One file for each wave that is on the wire at the same time. A line is written by one call, unbuffered, before the bytes
that it speaks of leave, so that it outlives the process (in the kernel's memory; nothing waits for the disk). Whoever
holds the lock of a file lives. A file from before the machine's last start proves nothing: its last lines may be lost.

    R1 boot id            the machine's start
    B attempt org ids…    these are about to be marked; without a line below, not one byte of it has left
    O id                  its final dot leaves now
    A id outcome          what the server answered
    K                     the worker lives; it only could not write down all of it
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from reachly.integrations.mailer.port import Receipt, Watch
from reachly.kit.ids import new_id

log = structlog.get_logger(__name__)

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
FOLDER, SUFFIX = "offers", ".journal"
LONGEST = 4_000_000  # bytes of a file that is read; a wave has some hundred lines


class Page:
    """One file, for one wave at a time. Raises OSError where it cannot be written."""

    def __init__(self, path: Path, boot: str) -> None:
        self.path = path
        self._fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._head = f"R1 {boot}\n".encode()
        self.write(self._head)

    def write(self, line: bytes) -> None:
        if os.write(self._fd, line) != len(line):
            raise OSError(f"{self.path} takes no more.")

    def begin(self, attempt_id: uuid.UUID, organization_id: uuid.UUID, send_ids: Sequence[uuid.UUID]) -> None:
        words = " ".join(one.hex for one in (attempt_id, organization_id, *send_ids))
        self.write(f"B {words}\n".encode())

    def cut(self) -> None:
        """Nothing is under way in it any more."""
        os.ftruncate(self._fd, len(self._head))

    def close(self, *, keep: bool) -> None:
        """`keep`: others read what it proves."""
        if not keep:
            self.path.unlink(missing_ok=True)
        os.close(self._fd)


class Journaled:
    """A watch (`integrations.mailer.port.Watch`) around another one that writes down what leaves."""

    def __init__(self, inner: Watch, page: Page, send_ids: Sequence[uuid.UUID]) -> None:
        self._inner, self._page, self._send_ids = inner, page, send_ids
        self._offered: set[int] = set()
        self._is_broken = False

    def may_offer(self, n: int, /) -> bool:
        return not self._is_broken and self._inner.may_offer(n)

    def offering(self, n: int, /) -> bool:
        """What cannot be written down stays here."""
        if self._is_broken or not self._inner.offering(n):
            return False
        try:
            self._page.write(b"O %s\n" % self._send_ids[n].hex.encode())
        except OSError as error:
            log.warning("what leaves cannot be written down, so the rest waits", detail=str(error))
            self._is_broken = True
            return False
        self._offered.add(n)
        return True

    def answered(self, n: int, receipt: Receipt, /) -> None:
        self._inner.answered(n, receipt)
        if n in self._offered:
            with contextlib.suppress(OSError):  # then it is in doubt, which is true
                self._page.write(f"A {self._send_ids[n].hex} {receipt.outcome}\n".encode())


class Journal:
    """A worker's files; `wave` lends one. Where none can be kept, a kill leaves whole waves in doubt."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / FOLDER
        self._free: list[Page] = []
        self._complained = False

    @contextlib.contextmanager
    def wave(
        self, attempt_id: uuid.UUID, organization_id: uuid.UUID, send_ids: Sequence[uuid.UUID]
    ) -> Iterator[Lent]:
        """Around mark, write and record. When the block raises, or says `keep`, the file is left for `read_dead`."""
        lent = Lent(self._begin(attempt_id, organization_id, send_ids))
        page = lent.page
        try:
            yield lent
        except BaseException:
            lent.keep = True
            raise
        finally:
            if page is not None:
                self._give_back(page, keep=lent.keep)

    def close(self) -> None:
        while self._free:
            self._free.pop().close(keep=False)

    def _begin(
        self, attempt_id: uuid.UUID, organization_id: uuid.UUID, send_ids: Sequence[uuid.UUID]
    ) -> Page | None:
        page: Page | None = None
        try:
            page = self._free.pop() if self._free else self._new()
            if page is not None:
                page.begin(attempt_id, organization_id, send_ids)
        except OSError as error:
            if not self._complained:
                log.warning("no journal of what leaves can be kept", detail=str(error))
            self._complained = True
            if page is not None:
                page.close(keep=False)
            return None
        return page

    def _new(self) -> Page | None:
        boot = read_boot_id()
        if boot is None:
            return None
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Page(self._folder / f"{new_id()}{SUFFIX}", boot)

    def _give_back(self, page: Page, *, keep: bool) -> None:
        try:
            if keep:
                page.write(b"K\n")
                page.close(keep=True)
            else:
                page.cut()
                self._free.append(page)
        except OSError:
            page.close(keep=keep)


@dataclass(slots=True)
class Lent:
    """A file for one wave, if there is one. `keep`: not all of it could be written down in the ledger."""

    page: Page | None
    keep: bool = False

    def watch(self, inner: Watch, send_ids: Sequence[uuid.UUID]) -> Watch:
        """`send_ids` in the order of the batch."""
        return inner if self.page is None else Journaled(inner, self.page, send_ids)


@dataclass(slots=True)
class Found:
    """What a file proves. `never`: not taken by any server; `sent`: taken. The rest of `send_ids` is in doubt."""

    path: Path
    attempt_id: uuid.UUID
    organization_id: uuid.UUID
    send_ids: set[uuid.UUID]
    offered: set[uuid.UUID] = field(default_factory=set)
    answers: dict[uuid.UUID, str] = field(default_factory=dict)
    is_alive: bool = False
    """The worker that wrote it lives: its leases are its own."""
    age: float = 0.0

    @property
    def sent(self) -> set[uuid.UUID]:
        return {one for one, outcome in self.answers.items() if outcome == "accepted"}

    @property
    def never(self) -> set[uuid.UUID]:
        definite = {one for one, outcome in self.answers.items() if outcome not in ("accepted", "unknown")}
        return (self.send_ids - self.offered) | definite


def read_boot_id() -> str | None:
    """This start of the machine; None where nothing tells it."""
    try:
        return BOOT_ID.read_text().strip() or None
    except OSError:
        return None


@contextlib.contextmanager
def read_dead(data_dir: Path) -> Iterator[list[Found]]:
    """What the files prove whose worker is gone, or has left them. Nobody else reads them while the block runs."""
    boot, found = read_boot_id(), []
    with contextlib.ExitStack() as stack:
        for path in sorted((data_dir / FOLDER).glob(f"*{SUFFIX}")):
            with contextlib.suppress(OSError):
                stream = stack.enter_context(path.open("rb"))
                fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
                age = time.time() - os.fstat(stream.fileno()).st_mtime
                page = parse(path, stream.read(LONGEST), boot)
                if page is not None:
                    page.age = age
                    found.append(page)
                else:  # nothing was under way, or the machine has been started anew since
                    path.unlink(missing_ok=True)
        yield found


def parse(path: Path, raw: bytes, boot: str | None) -> Found | None:
    """None where it proves nothing. A last line without its end was never finished, so nothing followed it."""
    lines = raw.decode("ascii", "replace").split("\n")[:-1]
    if not lines or boot is None or lines[0] != f"R1 {boot}":
        return None
    found: Found | None = None
    try:
        for word, *rest in (line.split(" ") for line in lines[1:]):
            if word == "B":
                attempt, organization, *ids = map(uuid.UUID, rest)
                found = Found(path, attempt, organization, set(ids))
            elif found is not None and word == "O":
                found.offered.add(uuid.UUID(rest[0]))
            elif found is not None and word == "A":
                found.answers[uuid.UUID(rest[0])] = rest[1]
            elif found is not None and word == "K":
                found.is_alive = True
    except (ValueError, IndexError):
        return None
    return found
