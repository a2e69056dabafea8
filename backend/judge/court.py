"""The whole house for one case: the judge's servers, the product's processes on a database, and a signed-in user."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from judge.audit import Stop, Verdict, judge
from judge.books import Event, Reader
from judge.campaign import Campaign, connect
from judge.client import Client
from judge.processes import JudgesServers, Program, free_port, wait_for

SECRET = "secret"  # noqa: S105
PRODUCT = ("-m", "reachly.cli")
C = TypeVar("C", bound="Court")
PUBLIC = "https://court.example"
ENDS = ("replied", "bounced", "unsubscribed", "completed", "stopped", "failed")
PATIENCE = 300.0
LOOK_SECONDS = 3.0
QUIET_SECONDS = 1.5
SETTINGS = {
    "REACHLY_LIMITS__ENABLED": "false",
    "REACHLY_OUTBOUND__ALLOW": "127.0.0.1",
    "REACHLY_LOG__LEVEL": "info",
    "REACHLY_SENDING__RETRY_MINUTES": "[1,1,1]",
    "REACHLY_SENDING__GREYLIST_RETRY_MINUTES": "1",
    "REACHLY_SENDING__PAUSE_AFTER_FAILURES": "100000",
    "REACHLY_SENDING__LEASE_SECONDS": "5",
    "REACHLY_SENDING__POLL_SECONDS": "0.2",
    "REACHLY_MAIL__COMMAND_SECONDS": "3",
    "REACHLY_MAIL__CONNECT_SECONDS": "3",
    "REACHLY_JOBS__HEARTBEAT_SECONDS": "2",
    "REACHLY_SECURITY__BCRYPT_ROUNDS": "4",
    "REACHLY_PUBLIC_URL": PUBLIC,
    "REACHLY_WEB__NO_PROXY": "true",
}


class Court:
    """`mailboxes` are connected; `ids` are the product's ids of them. `move` jumps product time forward, where the
    processes live by a clock that can be moved."""

    def __init__(
        self,
        folder: Path,
        dsn: str | None,
        servers: JudgesServers,
        mailboxes: Sequence[str],
        *,
        workers: int,
        product: Sequence[str],
        settings: Mapping[str, str],
        move: Callable[[float], None] | None,
    ) -> None:
        self.folder, self.servers, self.mailboxes = folder, servers, tuple(mailboxes)
        self.port = free_port()
        self.environment = {
            **SETTINGS,
            **({"DATABASE_URL": dsn} if dsn else {}),
            "REACHLY_DATA_DIR": str(folder / "var"),
            "PORT": str(self.port),
            "REACHLY_RESOLVER__NAMESERVER": f"127.0.0.1:{servers.ports['dns']}",
            **settings,
        }
        self.product, self.size, self.move = product, workers, move
        self.workers: list[Program] = []
        self.ids: dict[str, str] = {}
        self._started = 0
        self._reader = Reader(servers.books)
        self.api = self._start_product()
        self.client = Client(self.port)

    def _start_product(self) -> Program:
        return Program([*self.product, "serve"], self.folder / "api.log", self.environment)

    def open(self, *, imap: Sequence[str] = ()) -> None:
        """Waits for the API, registers, connects the mailboxes (those in `imap` with their IMAP side)."""
        wait_for(lambda: self._is_ready() or not self.api.runs, PATIENCE, self._last_words)
        if not self.api.runs:
            raise RuntimeError(self._last_words())
        self.client.register()
        for mailbox in self.mailboxes:
            self.ids[mailbox] = connect(
                self.client, mailbox, SECRET, self.servers.ports, imap=mailbox in imap
            )
        self.fill()

    def _last_words(self) -> str:
        return self.api.log.read_text()[-3000:]

    def _is_ready(self) -> bool:
        with contextlib.suppress(OSError):
            return self.client.try_to("GET", "/ready").status == 200
        return False

    def fill(self) -> None:
        """As many workers as there should be."""
        self.workers = [worker for worker in self.workers if worker.runs]
        while len(self.workers) < self.size:
            self._started += 1
            log = self.folder / f"worker-{self._started:03d}.log"
            self.workers.append(Program([*self.product, "work"], log, self.environment))

    def start(self, campaign: Campaign) -> None:
        self.client.post(f"/api/campaigns/{campaign.id}/start")

    def books(self) -> list[Event]:
        return self._reader.events()

    def count_kept(self) -> int:
        return sum(event.kind == "accepted" for event in self.books())

    def wait_for_messages(self, campaign: Campaign, more: int) -> bool:
        """Until the server has kept so many more; False when the campaign is over before that."""
        wanted, looked, deadline = self.count_kept() + more, time.monotonic(), time.monotonic() + PATIENCE
        while self.count_kept() < wanted:
            self.fill()
            if time.monotonic() - looked > LOOK_SECONDS:
                if self.is_over(campaign):
                    return False
                if time.monotonic() > deadline:
                    raise TimeoutError(self.describe(campaign))
                looked = time.monotonic()
            time.sleep(0.02)
        return True

    def size_of_books(self) -> int:
        return self.servers.books.stat().st_size if self.servers.books.exists() else 0

    def sends(self, campaign: Campaign, **query: object) -> list[dict[str, Any]]:
        return list(self.client.pages(f"/api/campaigns/{campaign.id}/sends", **query))

    def enrollments(self, campaign: Campaign, **query: object) -> list[dict[str, Any]]:
        return list(self.client.pages(f"/api/campaigns/{campaign.id}/enrollments", **query))

    def is_over(self, campaign: Campaign) -> bool:
        """Whether nothing can come any more by itself: whoever still waits, waits for a message in doubt."""
        found = self.client.get(f"/api/campaigns/{campaign.id}")
        if found["status"] == "completed":
            return True
        progress = found["progress"]
        waiting = progress["total"] - sum(progress[end] for end in ENDS)
        in_doubt = len(self.sends(campaign, status="unknown"))
        if waiting > in_doubt:
            return False
        under_way = sum(len(self.sends(campaign, status=each)) for each in ("claimed", "sending", "deferred"))
        return under_way == 0

    def finish(self, campaign: Campaign, seconds: float, *, jump: float = 65.0) -> None:
        """Until it is over. Where time can be moved it jumps when nothing happens any more."""
        deadline, seen, moved = time.monotonic() + seconds, -1, time.monotonic()
        while not self.is_over(campaign):
            if time.monotonic() > deadline:
                raise TimeoutError(self.describe(campaign))
            self.fill()
            if (size := self.size_of_books()) != seen:
                seen, moved = size, time.monotonic()
            elif self.move is not None and time.monotonic() - moved > QUIET_SECONDS:
                self.move(jump)
                moved = time.monotonic()
            time.sleep(0.3)

    def describe(self, campaign: Campaign) -> str:
        found = self.client.get(f"/api/campaigns/{campaign.id}")
        waiting = [row for row in self.enrollments(campaign) if row["status"] not in ENDS][:5]
        logs = "\n".join(worker.log.read_text()[-1500:] for worker in self.workers)
        return f"{found['status']} {found['status_reason']} {found['progress']}\n{waiting}\n{logs}"

    def judge(
        self, name: str, campaign: Campaign, *, stops: Sequence[Stop] = (), excused: Sequence[str] = ()
    ) -> Verdict:
        return judge(
            name,
            self.books(),
            campaign,
            self.sends(campaign),
            self.enrollments(campaign),
            stops=stops,
            excused=set(excused),
        )

    def end(self) -> None:
        for program in [*self.workers, self.api]:
            program.end()


@contextlib.contextmanager
def opened(
    kind: type[C],
    folder: Path,
    dsn: str | None,
    mailboxes: Sequence[str],
    *,
    whims: Mapping[str, Any] | None = None,
    habits: Mapping[str, str] | None = None,
    dovecot: str | None = None,
    workers: int = 1,
    product: Sequence[str] = PRODUCT,
    settings: Mapping[str, str] | None = None,
    move: Callable[[float], None] | None = None,
) -> Iterator[C]:
    """A court in session. Mailboxes with a habit have an IMAP side (Dovecot), the others none; `whims` are those of all
    mailboxes."""
    servers = JudgesServers(
        folder,
        accounts=dict.fromkeys(mailboxes, SECRET),
        whims=dict(whims or {}),
        habits=dict(habits or {}),
        dovecot=dovecot if habits else None,
    )
    with contextlib.ExitStack() as stack:
        stack.callback(servers.end)
        court = kind(
            folder,
            dsn,
            servers,
            mailboxes,
            workers=workers,
            product=product,
            settings=settings or {},
            move=move,
        )
        stack.callback(court.end)
        court.open(imap=tuple(habits or ()))
        yield court
