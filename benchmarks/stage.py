"""A real database with fsync, real `reachly work` processes, and campaigns with thousands of people due at once."""

from __future__ import annotations

import asyncio
import itertools
import os
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg

from letters import HTML, SUBJECT
from peers import cpu_seconds, family_cpu_seconds
from reachly.data import migrate
from reachly.data import session as sessions
from reachly.data.session import Database
from reachly.data.system import system
from reachly.infra import cache, outbound
from reachly.infra import settings as settings_module
from reachly.infra.embedded_postgres import EmbeddedPostgres
from reachly.infra.settings import SecuritySettings, load_settings
from reachly.services.identity import service as identity
from tests.factories.bulk import add_people
from tests.factories.sending import Step, add_campaign, add_mailbox

PUBLIC_URL = "https://reachly.example"
KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV", "SSL_CERT_FILE")
TRACKED = {"track_opens": True, "track_clicks": True}
_numbers = itertools.count(1)


@dataclass
class Taken:
    """One measured run: how long, how many, and the CPU of the workers and of PostgreSQL."""

    messages: int
    seconds: float
    worker_cpu: float
    database_cpu: float

    @property
    def rate(self) -> float:
        return self.messages / self.seconds

    @property
    def cpu_us(self) -> float:
        return 1e6 * (self.worker_cpu + self.database_cpu) / self.messages


@dataclass
class Stage:
    folder: Path
    postgres: EmbeddedPostgres
    dsn: str
    organization_id: uuid.UUID
    sql: Any

    async def add_mailboxes(
        self, n: int, port: int, *, security: str = "none", **changes: object
    ) -> list[uuid.UUID]:
        """Relays; those that are spoken to under cover sign in."""
        number = next(_numbers)
        covered = security != "none"
        if covered:
            server = {"host": "127.0.0.1", "port": port, "security": security, "username": "mira"}
            changes["smtp_config"] = server
        return [
            await add_mailbox(
                self.organization_id,
                port,
                address=f"b{number}m{i}@brightfjord.example",
                daily_limit=1_000_000,
                password="secret" if covered else "",
                **changes,
            )
            for i in range(n)
        ]

    @asynccontextmanager
    async def workers(self, n: int, **settings: object) -> AsyncIterator[list[subprocess.Popen[bytes]]]:
        """`reachly work` processes that are ready and idle; ended politely."""
        environment = {name: os.environ[name] for name in KEPT if name in os.environ}
        environment |= {
            "DATABASE_URL": self.dsn, "REACHLY_DATA_DIR": str(self.folder / "data"), "REACHLY_PUBLIC_URL": PUBLIC_URL,
            "REACHLY_OUTBOUND__ALLOW": "127.0.0.1", "REACHLY_LOG__LEVEL": "warning",
        }  # fmt: skip
        environment |= {f"REACHLY_{name.upper()}": str(value) for name, value in settings.items()}
        command = [sys.executable, "-m", "reachly.cli", "work"]
        log = (self.folder / "workers.log").open("ab")
        running = [_start(command, environment, log) for _ in range(n)]
        try:
            await self._ready(n)
            yield running
        finally:
            for worker in running:
                worker.terminate()
            for worker in running:
                await asyncio.to_thread(worker.wait)
            log.close()

    async def _ready(self, n: int) -> None:
        """Each worker listens on our channels as soon as its loops run; the last one is the one that shows."""
        query = "SELECT count(*) FROM pg_stat_activity WHERE query ILIKE 'LISTEN%reachly%'"
        deadline = time.monotonic() + 60
        while await self.sql.fetchval(query) < n:
            if time.monotonic() > deadline:
                raise TimeoutError((self.folder / "workers.log").read_text()[-3000:])
            await asyncio.sleep(0.1)
        await asyncio.sleep(0.5)

    async def send(
        self, accounts: Sequence[uuid.UUID], messages: int, workers: Sequence[subprocess.Popen[bytes]]
    ) -> Taken:
        """From the commit that makes a campaign due to its last outcome on record."""
        prefix = f"c{next(_numbers)}x"
        made = await add_campaign(
            self.organization_id, [], 0, steps=[Step(subject=SUBJECT, body=HTML)], settings=TRACKED
        )
        # A draft until everybody is in it: a campaign that runs with nobody in it is completed.
        await self.sql.execute("UPDATE campaigns SET status = 'draft' WHERE id = $1", made.campaign_id)
        await self.sql.execute("CHECKPOINT")  # so that none falls into what is measured
        await add_people(
            self.organization_id, made.campaign_id, accounts, messages, prefix=prefix, wake=False
        )
        await self.sql.execute("ANALYZE leads, enrollments, email_sends")
        server = int((self.postgres.cluster / "postmaster.pid").read_text().splitlines()[0])
        worker_cpu, database_cpu = self._cpu(workers), family_cpu_seconds(server)
        began = time.perf_counter()
        await self.sql.execute("UPDATE campaigns SET status = 'active' WHERE id = $1", made.campaign_id)
        await self.sql.execute(
            "UPDATE email_accounts SET next_turn_at = now() WHERE id = ANY($1)", list(accounts)
        )
        await self.sql.execute("SELECT pg_notify('reachly_wake', '')")
        query = "SELECT status FROM campaigns WHERE id = $1"
        while await self.sql.fetchval(query, made.campaign_id) != "completed":
            await asyncio.sleep(0.01)
            if time.perf_counter() - began > 300:
                raise TimeoutError((self.folder / "workers.log").read_text()[-3000:])
        seconds = time.perf_counter() - began
        taken = Taken(
            messages, seconds, self._cpu(workers) - worker_cpu, family_cpu_seconds(server) - database_cpu
        )
        sent = await self.sql.fetchval(
            "SELECT count(*) FROM email_sends WHERE campaign_id = $1 AND status = 'sent'", made.campaign_id
        )
        assert sent == messages, f"{sent} of {messages} were sent"
        return taken

    @staticmethod
    def _cpu(workers: Sequence[subprocess.Popen[bytes]]) -> float:
        return sum(cpu_seconds(worker.pid) for worker in workers)


def _start(command: list[str], environment: dict[str, str], log: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, env=environment, stdout=log, stderr=log)


@asynccontextmanager
async def open_stage(folder: Path) -> AsyncIterator[Stage]:
    """An organization on a durable cluster of its own."""
    postgres = EmbeddedPostgres(folder / "data", adopters_seconds=0)
    dsn = await postgres.start()
    await migrate.upgrade(dsn)
    settings = load_settings(
        data_dir=folder / "data", public_url=PUBLIC_URL, security=SecuritySettings(bcrypt_rounds=4)
    )
    settings_module.install(settings)
    outbound.install(["127.0.0.1"])
    cache.install(None)
    database = Database(dsn, pool_size=4)
    sessions.install(database)
    sql = await asyncpg.connect(postgres.admin_dsn("reachly"))
    try:
        async with system() as session:
            user = await identity.create_organization(
                session, email="mira@brightfjord.example", password_hash="x", name="Mira",
                organization_name="Brightfjord", timezone="UTC",
            )  # fmt: skip
        await sql.execute("UPDATE organizations SET postal_address = '1 Example Street, Oslo'")
        yield Stage(folder, postgres, dsn, user.organization_id, sql)
    finally:
        await sql.close()
        await database.close()
        await postgres.stop()
