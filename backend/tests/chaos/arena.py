"""A campaign on a real database, several workers and a hostile peer; and the comparison of what both sides say."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg

from reachly.data import migrate
from reachly.data import session as sessions
from reachly.data.session import Database, tenant
from reachly.data.system import system
from reachly.infra import cache, outbound
from reachly.infra import settings as settings_module
from reachly.infra.embedded_postgres import EmbeddedPostgres
from reachly.infra.settings import SecuritySettings, load_settings
from reachly.kit import clock
from reachly.services.identity import service as identity
from reachly.services.identity.schemas import PERMISSIONS, Actor
from reachly.services.sending import service as sending
from tests.chaos.clocks import OffsetClock
from tests.chaos.fleet import Fleet
from tests.chaos.peers import ADDRESSES, SECRET, Peer, count_kept
from tests.chaos.verdict import Report, compare
from tests.factories.bulk import add_people
from tests.factories.sending import ALWAYS, Stage, Step, add_campaign, add_mailbox

LEASE = 1.5
HURRY = 0.3
CONTROLS = 5  # as many as are asked for on each side
LATE = 90.0  # seconds of product time: for as long a worker that was lost may wake up and hear an answer
PATIENCE = timedelta(
    hours=30
)  # of product time: beside controls over which the clock jumped, a day is waited
PUBLIC_URL = "https://reachly.example"
ENGINE = {
    "REACHLY_SENDING__LEASE_SECONDS": str(LEASE), "REACHLY_SENDING__POLL_SECONDS": "0.2",
    "REACHLY_SENDING__MAILBOXES_PER_LEASE": "2", "REACHLY_SENDING__MESSAGES_PER_CLAIM": "60",
    "REACHLY_SENDING__PAUSE_AFTER_FAILURES": "100000", "REACHLY_MAIL__CONNECT_SECONDS": "1.5",
    "REACHLY_MAIL__COMMAND_SECONDS": "1.5", "REACHLY_OUTBOUND__ALLOW": "127.0.0.1", "REACHLY_LOG__LEVEL": "info",
    "REACHLY_JOBS__HEARTBEAT_SECONDS": "2", "REACHLY_PUBLIC_URL": PUBLIC_URL, "REACHLY_WEB__NO_PROXY": "true",
}  # fmt: skip
_DOUBTFUL = """email_sends s
JOIN email_accounts a ON a.organization_id = s.organization_id AND a.id = s.email_account_id
WHERE s.organization_id = $1 AND s.status = 'unknown' AND a.imap_config IS NOT NULL"""
_IN_DOUBT = f"SELECT count(*) FROM {_DOUBTFUL}"
_NEXT_LOOK = f"SELECT min(a.reconcile_at) FROM {_DOUBTFUL}"
_READABLE = (
    "SELECT id FROM email_accounts WHERE organization_id = $1 AND imap_config IS NOT NULL ORDER BY email_key"
)
_NAMED = "SELECT count(*) FROM email_sends WHERE campaign_id = $1 AND status = 'unknown'"
_OVER = """
SELECT NOT EXISTS (
    SELECT FROM enrollments e WHERE e.campaign_id = $1 AND e.status IN ('pending', 'active') AND NOT EXISTS (
        SELECT FROM email_sends s
        WHERE s.organization_id = e.organization_id AND s.enrollment_id = e.id AND s.status = 'unknown'
    )
)
"""
_RESERVED = "SELECT sum(reserved) FROM cap_usage WHERE organization_id = $1"
_USED = """
SELECT (SELECT coalesce(sum(used), 0) FROM cap_usage WHERE organization_id = $1 AND scope = 'mailbox'),
       (SELECT count(*) FROM email_sends WHERE organization_id = $1 AND status IN ('sent', 'unknown'))
"""


@dataclass
class Arena:
    """`zone` is the campaigns' and the mailboxes'; `postgres` is there where the server itself may be killed."""

    folder: Path
    dsn: str
    time: OffsetClock
    actor: Actor
    peer: Peer
    fleet: Fleet
    sql: Any
    account_ids: list[uuid.UUID]
    zone: str = "UTC"
    postgres: EmbeddedPostgres | None = None
    in_flight: dict[uuid.UUID, str] = field(default_factory=dict)
    controls: list[Stage] = field(default_factory=list)
    _hurried: float = 0.0
    _excused: list[tuple[datetime, datetime]] = field(default_factory=list)

    async def campaign(
        self,
        people: int,
        prefix: str,
        *,
        draft: bool = False,
        steps: Sequence[Step] = (Step(),),
        mailboxes: Sequence[uuid.UUID] = (),
        **changes: Any,
    ) -> Stage:
        """Everybody in it is due at once, from all mailboxes or these; `changes` are columns of the campaign."""
        began, account_ids = clock.machine_now(), list(mailboxes or self.account_ids)
        schedule = {**ALWAYS, "timezone": self.zone}
        stage = await add_campaign(
            self.actor.organization_id, account_ids, 0, steps=steps, send_schedule=schedule, **changes
        )
        # A draft until everybody is in it: a campaign that runs with nobody in it is completed.
        query = "UPDATE campaigns SET status = 'draft', started_at = NULL WHERE id = $1"
        await self.sql.execute(query, stage.campaign_id)
        organization_id = self.actor.organization_id
        await add_people(organization_id, stage.campaign_id, account_ids, people, prefix=prefix, wake=False)
        if draft:  # its start plans it
            query = "UPDATE enrollments SET next_due_at = NULL WHERE campaign_id = $1"
            await self.sql.execute(query, stage.campaign_id)
        else:
            query = "UPDATE campaigns SET status = 'active', started_at = $2 WHERE id = $1"
            await self.sql.execute(query, stage.campaign_id, clock.now())
            async with tenant(organization_id) as session:
                await sending.set_next_turn(session, organization_id, account_ids)
        self._excused.append((began, clock.machine_now()))
        return stage

    @contextlib.contextmanager
    def trouble(self) -> Iterator[None]:
        """While a blow falls, and some leases longer, a mailbox may be between two transactions of two workers."""
        began = clock.machine_now()
        yield
        self._excused.append((began, clock.machine_now() + timedelta(seconds=6 * LEASE)))

    async def note_in_flight(self) -> int:
        """Remembers what is on the wire at this moment: a kill now may leave these, and only these, unknown."""
        rows = await self.sql.fetch("SELECT id, to_email FROM email_sends WHERE status = 'sending'")
        self.in_flight |= {row["id"]: row["to_email"] for row in rows}
        return len(rows)

    async def watch(self, seconds: float) -> None:
        """`note_in_flight` for a while: what a dead worker committed with its last breath counts too."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            await self.note_in_flight()
            await asyncio.sleep(0.05)

    async def restart_database(self) -> None:
        """An immediate shutdown, as a crash; the owner starts it again and recovery runs. Workers that cannot renew at
        once what they take up then lose it to each other: that is on the wire at this blow too."""
        assert self.postgres is not None
        async with self.fleet.all_stopped():  # so that what is noted is what is on the wire
            await self.watch(0.2)
            pid = int((self.postgres.cluster / "postmaster.pid").read_text().splitlines()[0])
            os.kill(pid, signal.SIGQUIT)
        await self.reconnect()
        await self.watch(2 * LEASE)

    async def reconnect(self, seconds: float = 60.0) -> None:
        deadline = time.monotonic() + seconds
        while True:
            await asyncio.sleep(0.2)
            try:
                await self.sql.close(timeout=1)
                self.sql = await _look(self.dsn)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                if time.monotonic() > deadline:
                    raise
            else:
                return

    async def hurry(self) -> None:
        """Product time moves to the next thing that waits for it: a retry, a mailbox, a Sent folder.

        Not faster than workers can follow: a campaign that is late by more than its grace pauses by itself.
        """
        if time.monotonic() - self._hurried < HURRY:
            return
        self._hurried = time.monotonic()
        if await self.sql.fetchval("SELECT count(*) FROM email_sends WHERE status IN ('claimed', 'sending')"):
            return
        now = clock.now()
        turn = await self.sql.fetchval("SELECT min(next_turn_at) FROM email_accounts")
        if turn and turn <= now + timedelta(seconds=2):
            return
        waits = [(turn - now).total_seconds() + 0.5] if turn else []
        if await self._in_doubt():  # longer than a provider may take to file its copy
            look = await self.sql.fetchval(_NEXT_LOOK, self.actor.organization_id)
            waits.append(max(200.0, (look - now).total_seconds() if look else 0.0))
        if waits:
            self.time.move(min(waits))

    async def over(self, campaign_id: uuid.UUID) -> bool:
        """Whether nothing can come any more by itself: whoever still waits, waits for a message in doubt. One
        statement, so that a message cannot pass from one side of it to the other."""
        return bool(await self.sql.fetchval(_OVER, campaign_id))

    async def send_controls(self) -> None:
        """Some messages of each mailbox that shows its Sent folder, while the peer keeps its word. Absence proves that
        a message never left only between these and the next ones (decision 0019)."""
        readable = [row["id"] for row in await self.sql.fetch(_READABLE, self.actor.organization_id)]
        if not readable:
            return
        name = f"control{len(self.controls)}x"
        with self.peer.honest():
            stage = await self.campaign(CONTROLS * len(readable), name, mailboxes=readable)
            self.controls.append(stage)
            await self._wait_until_over(stage.campaign_id, time.monotonic() + 120)

    async def finish(self, campaign_id: uuid.UUID, seconds: float) -> None:
        """Until nobody waits but for a message that only a person can settle, because its mailbox shows nothing. What
        is in doubt elsewhere gets its later controls here; the earlier ones are the test's. Raises TimeoutError with
        the state."""
        deadline = time.monotonic() + seconds
        await self._wait_until_over(campaign_id, deadline)
        while await self._in_doubt():
            self.time.move(LATE)
            await self.send_controls()
            patience = clock.now() + PATIENCE
            while await self._in_doubt() and clock.now() < patience:
                await self._step(deadline)
                await self.hurry()
            await self._wait_until_over(campaign_id, deadline)
        wanted = "active" if await self.sql.fetchval(_NAMED, campaign_id) else "completed"
        while await self.sql.fetchval("SELECT status FROM campaigns WHERE id = $1", campaign_id) != wanted:
            await self._step(deadline)

    async def _in_doubt(self) -> int:
        return int(await self.sql.fetchval(_IN_DOUBT, self.actor.organization_id))

    async def _wait_until_over(self, campaign_id: uuid.UUID, deadline: float) -> None:
        seen, moved = -1, time.monotonic()
        while not await self.over(campaign_id):
            if (count := count_kept(self.peer.log)) != seen:
                seen, moved = count, time.monotonic()
            elif time.monotonic() - moved > LEASE:
                await self.hurry()
            await self._step(deadline)

    async def _step(self, deadline: float) -> None:
        if time.monotonic() > deadline:
            raise TimeoutError(await self.describe())
        self.fleet.fill()
        await asyncio.sleep(0.1)

    async def describe(self) -> str:
        sends = await self.sql.fetch("SELECT status, reason, count(*) FROM email_sends GROUP BY 1, 2")
        people = await self.sql.fetch(
            "SELECT status, blocked_reason, count(*) FROM enrollments GROUP BY 1, 2"
        )
        boxes = await self.sql.fetch(
            "SELECT email_key, status, next_turn_at, lease_until FROM email_accounts"
        )
        return "\n".join(map(str, [clock.now(), *sends, *people, *boxes, self.fleet.complaints()]))

    async def compare(self, stage: Stage, name: str) -> Report:
        """Both sides' accounts of a campaign that is over, and of the caps."""
        report = await compare(self.sql, self.peer.log, stage.campaign_id, name, self.in_flight)
        for n, controls in enumerate(self.controls):
            beside = await compare(
                self.sql, self.peer.log, controls.campaign_id, f"control{n}x", self.in_flight
            )
            report.wrong += beside.broken()
        organization_id = self.actor.organization_id
        if reserved := await self.sql.fetchval(_RESERVED, organization_id):
            report.wrong.append(f"{reserved} places are still reserved under the caps")
        used, spent = await self.sql.fetchrow(_USED, organization_id)
        if used != spent:
            report.wrong.append(f"the caps count {used} messages, the ledger {spent}")
        for at in self.fleet.times_of(
            "a mailbox without a turn"
        ):  # whoever gives something back sees to its turn
            if not any(began <= at <= ended for began, ended in self._excused):
                report.wrong.append(f"a mailbox had messages and no turn at {at}")
        return report


@contextlib.asynccontextmanager
async def opened(
    folder: Path, peer: Peer, *, dsn: str | None = None, workers: int = 2, mailboxes: int = 4, blind: int = 0,
    zone: str = "UTC", engine: dict[str, str] | None = None, **mailbox: Any,
) -> AsyncIterator[Arena]:  # fmt: skip
    """An organization with relay mailboxes (the last `blind` of them without a Sent folder that can be read), workers
    that are not started yet, and nobody to write to. Without a `dsn`: on a durable cluster of its own."""
    before = clock.current()
    postgres = None if dsn else EmbeddedPostgres(folder / "data", adopters_seconds=0)
    if postgres is not None:
        dsn = await postgres.start()
        await migrate.upgrade(dsn)
    assert dsn is not None
    product_time = OffsetClock(folder / "clock")
    clock.install(product_time)
    security = SecuritySettings(bcrypt_rounds=4)
    settings = load_settings(data_dir=folder / "data", security=security, public_url=PUBLIC_URL)
    settings_module.install(settings)
    outbound.install(["127.0.0.1"])
    cache.install(None)
    sessions.install(Database(dsn, pool_size=4))
    sql = await _look(dsn)
    actor = await _organization(sql, "Brightfjord")
    ids = await _mailboxes(actor, peer, ADDRESSES[:mailboxes], blind, timezone=zone, **mailbox)
    environment = {**ENGINE, "DATABASE_URL": dsn, "REACHLY_DATA_DIR": str(folder / "data"), **(engine or {})}
    fleet = Fleet(folder, folder / "clock", environment, workers)
    arena = Arena(folder, dsn, product_time, actor, peer, fleet, sql, ids, zone, postgres)
    try:
        yield arena
    finally:
        await arena.fleet.end()
        await arena.sql.close()
        await sessions.database().close()
        sessions.install(None)
        outbound.install([])
        clock.install(before)
        if postgres is not None:
            await postgres.stop()


@contextlib.asynccontextmanager
async def beside(arena: Arena, peer: Peer, mailboxes: int, name: str = "Quietharbor") -> AsyncIterator[Arena]:
    """Another organization on the same database and the same workers, with mailboxes at a peer of its own."""
    actor = await _organization(arena.sql, name)
    sql = await _look(arena.dsn)
    taken = len(arena.account_ids)
    ids = await _mailboxes(actor, peer, ADDRESSES[taken : taken + mailboxes])
    try:
        yield replace(arena, actor=actor, peer=peer, sql=sql, account_ids=ids, in_flight={}, controls=[])
    finally:
        await sql.close()


async def _mailboxes(
    actor: Actor, peer: Peer, addresses: Sequence[str], blind: int = 0, **mailbox: Any
) -> list[uuid.UUID]:
    return [
        await add_mailbox(
            actor.organization_id, peer.port, address=address, password=SECRET, files_sent=True,
            imap_port=peer.imap_port if n < len(addresses) - blind else None, **{"daily_limit": 1_000_000, **mailbox},
        )
        for n, address in enumerate(addresses)
    ]  # fmt: skip


async def _organization(sql: Any, name: str) -> Actor:
    async with system() as session:
        user = await identity.create_organization(
            session, email=f"mira@{name.lower()}.example", password_hash="x", name="Mira", organization_name=name,
            timezone="UTC",
        )  # fmt: skip
    await sql.execute("UPDATE organizations SET postal_address = '1 Example Street, Oslo'")
    return Actor(user.organization_id, user.id, user.email, "admin", PERMISSIONS["admin"])


async def _look(dsn: str) -> Any:
    connection = await asyncpg.connect(dsn, timeout=5)
    await connection.execute("SELECT set_config('role', 'reachly_system', false)")
    return connection
