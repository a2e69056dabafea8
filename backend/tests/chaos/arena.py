"""A campaign on a real database, several workers and a hostile peer; and the comparison of what both sides say."""

from __future__ import annotations

import asyncio
import os
import signal
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg

from mailworld.faults import AFTER_THE_DOT, read_ledger
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
from tests.chaos.fleet import Fleet, Peer
from tests.factories.bulk import add_people
from tests.factories.sending import Stage, add_campaign, add_mailbox

LEASE = 1.5
PUBLIC_URL = "https://reachly.example"
ENGINE = {
    "REACHLY_SENDING__LEASE_SECONDS": str(LEASE), "REACHLY_SENDING__POLL_SECONDS": "0.2",
    "REACHLY_SENDING__MAILBOXES_PER_LEASE": "2", "REACHLY_SENDING__MESSAGES_PER_CLAIM": "60",
    "REACHLY_SENDING__PAUSE_AFTER_FAILURES": "100000", "REACHLY_MAIL__CONNECT_SECONDS": "1.5",
    "REACHLY_MAIL__COMMAND_SECONDS": "1.5", "REACHLY_OUTBOUND__ALLOW": "127.0.0.1", "REACHLY_LOG__LEVEL": "info",
    "REACHLY_JOBS__HEARTBEAT_SECONDS": "2", "REACHLY_PUBLIC_URL": PUBLIC_URL,
}  # fmt: skip


@dataclass
class Report:
    """What both sides say about one campaign. `unexplained`: a worker was lost with it that had not marked it at any
    blow; `slow`: no answer came in time although the peer broke no word (a machine under load)."""

    intended: int
    lost: list[str]
    duplicates: list[str]
    unknown_ever: int
    unknown_left: int
    settled: int
    unexplained: list[str]
    slow: int
    refused: int
    faults: int


@dataclass
class Arena:
    folder: Path
    postgres: EmbeddedPostgres
    dsn: str
    time: OffsetClock
    actor: Actor
    peer: Peer
    fleet: Fleet
    sql: Any
    account_ids: list[uuid.UUID]
    in_flight: dict[uuid.UUID, str] = field(default_factory=dict)

    async def campaign(self, people: int, prefix: str, *, draft: bool = False) -> Stage:
        stage = await add_campaign(self.actor.organization_id, self.account_ids, 0)
        # A draft until everybody is in it: a campaign that runs with nobody in it is completed.
        query = "UPDATE campaigns SET status = 'draft', started_at = NULL WHERE id = $1"
        await self.sql.execute(query, stage.campaign_id)
        organization_id = self.actor.organization_id
        await add_people(
            organization_id, stage.campaign_id, self.account_ids, people, prefix=prefix, wake=False
        )
        if not draft:
            query = "UPDATE campaigns SET status = 'active', started_at = $2 WHERE id = $1"
            await self.sql.execute(query, stage.campaign_id, clock.now())
            async with tenant(organization_id) as session:
                await sending.set_next_turn(session, organization_id, self.account_ids)
        return stage

    async def note_in_flight(self) -> int:
        """Remembers what is on the wire at this moment: a kill now may leave these, and only these, unknown."""
        rows = await self.sql.fetch("SELECT id, to_email FROM email_sends WHERE status = 'sending'")
        self.in_flight |= {row["id"]: row["to_email"] for row in rows}
        return len(rows)

    async def restart_database(self) -> None:
        """An immediate shutdown, as a crash; the owner starts it again and recovery runs."""
        async with self.fleet.all_stopped():  # so that what is noted is what is on the wire
            await self.note_in_flight()
            pid = int((self.postgres.cluster / "postmaster.pid").read_text().splitlines()[0])
            os.kill(pid, signal.SIGQUIT)
        await self.reconnect()

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
        """Product time moves to the next thing that waits for it: a retry, a mailbox, a Sent folder."""
        if await self.sql.fetchval("SELECT count(*) FROM email_sends WHERE status IN ('claimed', 'sending')"):
            return
        now = clock.now()
        turn = await self.sql.fetchval("SELECT min(next_turn_at) FROM email_accounts")
        waits = [(turn - now).total_seconds() + 0.5] if turn and turn > now + timedelta(seconds=2) else []
        if await self.sql.fetchval("SELECT count(*) FROM email_sends WHERE status = 'unknown'"):
            waits.append(70.0)
        if waits:
            self.time.move(min(waits))

    async def finish(self, campaign_id: uuid.UUID, seconds: float) -> None:
        """Until the campaign is completed and nothing is unknown any more. Raises TimeoutError with the state."""
        deadline, seen, moved = time.monotonic() + seconds, -1, time.monotonic()
        while time.monotonic() < deadline:
            self.fleet.fill()
            status = await self.sql.fetchval("SELECT status FROM campaigns WHERE id = $1", campaign_id)
            unknown = await self.sql.fetchval("SELECT count(*) FROM email_sends WHERE status = 'unknown'")
            if status == "completed" and not unknown:
                return
            if (count := self.peer.count()) != seen:
                seen, moved = count, time.monotonic()
            elif time.monotonic() - moved > LEASE:
                await self.hurry()
            await asyncio.sleep(0.2)
        raise TimeoutError(await self.describe())

    async def describe(self) -> str:
        sends = await self.sql.fetch("SELECT status, reason, count(*) FROM email_sends GROUP BY 1, 2")
        people = await self.sql.fetch(
            "SELECT status, blocked_reason, count(*) FROM enrollments GROUP BY 1, 2"
        )
        boxes = await self.sql.fetch(
            "SELECT email_key, status, next_turn_at, lease_until FROM email_accounts"
        )
        return "\n".join(map(str, [clock.now(), *sends, *people, *boxes, self.fleet.complaints()]))

    async def compare(self, campaign_id: uuid.UUID, prefix: str) -> Report:
        """The ledger against what the peer kept. Lost: nobody kept it, whatever the ledger says."""
        log = read_ledger(self.peer.log)
        copies = Counter(one.recipient for one in log.stored if one.recipient.startswith(prefix))
        rows = await self.sql.fetch("SELECT * FROM email_sends WHERE campaign_id = $1", campaign_id)
        people = await self.sql.fetch(
            "SELECT l.email FROM enrollments e JOIN leads l ON l.id = e.lead_id WHERE e.campaign_id = $1",
            campaign_id,
        )
        facts = await self.sql.fetch(
            "SELECT send_id, event_data ->> 'email' AS email, event_data ? 'email_account' AS by_its_worker"
            " FROM analytics_events WHERE event_type = 'failed' AND event_data ->> 'reason' = 'unknown'"
            " AND campaign_id = $1", campaign_id,
        )  # fmt: skip
        unknown = {fact["send_id"]: fact["email"] for fact in facts}
        lost_with_worker = [fact for fact in facts if not fact["by_its_worker"]]
        spoilt = {fault.recipient for fault in log.faults if fault.step in AFTER_THE_DOT | {"body"}}
        refused = {row["to_email"] for row in rows if row["status"] == "refused"}
        return Report(
            intended=len(people),
            lost=[p["email"] for p in people if not copies[p["email"]] and p["email"] not in refused],
            duplicates=[address for address, n in copies.items() if n > 1],
            unknown_ever=len(unknown),
            unknown_left=sum(row["status"] == "unknown" for row in rows),
            settled=sum(row["settled_by"] is not None for row in rows),
            unexplained=[fact["email"] for fact in lost_with_worker if fact["send_id"] not in self.in_flight],
            slow=sum(fact["by_its_worker"] and fact["email"] not in spoilt for fact in facts),
            refused=len(refused),
            faults=len(log.faults),
        )

    async def close(self) -> None:
        await self.fleet.end()
        self.peer.end()
        await self.sql.close()
        await sessions.database().close()
        sessions.install(None)
        await self.postgres.stop()


async def open_arena(
    folder: Path, *, workers: int, mailboxes: int, peer: list[str], sent: bool = True
) -> Arena:
    """Everything on its own: a durable cluster, an organization with relay mailboxes, and nobody to write to yet."""
    postgres = EmbeddedPostgres(folder / "data", adopters_seconds=0)
    dsn = await postgres.start()
    await migrate.upgrade(dsn)
    product_time = OffsetClock(folder / "clock")
    clock.install(product_time)
    security = SecuritySettings(bcrypt_rounds=4)
    settings = load_settings(data_dir=folder / "data", security=security, public_url=PUBLIC_URL)
    settings_module.install(settings)
    outbound.install(["127.0.0.1"])
    cache.install(None)
    sessions.install(Database(dsn, pool_size=4))
    addresses = [f"m{n}@brightfjord.example" for n in range(mailboxes)]
    accounts = [word for address in addresses for word in ("--account", f"{address}=secret")] if sent else []
    server = Peer(folder / "peer.jsonl", [*accounts, *peer])
    sql = await _look(dsn)
    actor = await _organization(sql)
    ids = [
        await add_mailbox(
            actor.organization_id, server.port, address=address, imap_port=server.imap_port if sent else None,
            password="secret", files_sent=True, daily_limit=1_000_000,
        )
        for address in addresses
    ]  # fmt: skip
    environment = {**ENGINE, "DATABASE_URL": dsn, "REACHLY_DATA_DIR": str(folder / "data")}
    fleet = Fleet(folder, folder / "clock", environment, workers)
    return Arena(folder, postgres, dsn, product_time, actor, server, fleet, sql, ids)


async def _organization(sql: Any) -> Actor:
    async with system() as session:
        user = await identity.create_organization(
            session, email="mira@brightfjord.example", password_hash="x", name="Mira", organization_name="Brightfjord",
            timezone="UTC",
        )  # fmt: skip
    await sql.execute("UPDATE organizations SET postal_address = '1 Example Street, Oslo'")
    return Actor(user.organization_id, user.id, user.email, "admin", PERMISSIONS["admin"])


async def _look(dsn: str) -> Any:
    connection = await asyncpg.connect(dsn, timeout=5)
    await connection.execute("SELECT set_config('role', 'reachly_system', false)")
    return connection
