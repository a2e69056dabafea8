"""How many looks a second find nothing new, with ten thousand mailboxes in one organization against a thousand."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from reachly.data.system import system
from reachly.services.identity import service as identity
from rounds import Row
from stage import Stage

LOOKS = 150  # a round, few enough that connections stay open
_MAILBOXES = """
INSERT INTO email_accounts (organization_id, id, provider, email_address, email_key, smtp_config, imap_config,
                            daily_limit, min_gap_seconds, gap_jitter_seconds, created_at, updated_at)
SELECT $1, uuidv7(), 'smtp', address, address, server, server, 40, 600, 300, now(), now()
FROM (SELECT 'm' || n || '@' || $2 AS address,
             jsonb_build_object('host', '127.0.0.1', 'port', $4::int, 'security', 'none', 'username', '') AS server
      FROM generate_series(1, $3::int) AS n) AS who
"""
_DUE = """
UPDATE email_accounts SET next_sync_at = now() WHERE organization_id = $1 AND id IN (
    SELECT id FROM email_accounts WHERE organization_id = $1 ORDER BY email_key LIMIT $2)
"""
_LEFT = "SELECT count(*) FROM email_accounts WHERE organization_id = $1 AND next_sync_at <= now()"


@asynccontextmanager
async def quiet_server() -> AsyncIterator[int]:
    """An IMAP server with one message in each mailbox, always the same; its port."""
    answers = {
        "CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n",
        "STATUS": b"* STATUS INBOX (UIDVALIDITY 1 UIDNEXT 2)\r\n",
        "EXAMINE": b"* 1 EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\n",
        "SEARCH": b"* SEARCH\r\n",
    }

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK ready\r\n")
        while len(words := (await reader.readline()).decode("latin-1").split()) > 1:
            verb = words[2] if words[1] == "UID" else words[1]
            writer.write(answers.get(verb.upper(), b"") + f"{words[0]} OK done\r\n".encode())
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def add_organization(stage: Stage, name: str, mailboxes: int, port: int) -> uuid.UUID:
    async with system() as session:
        user = await identity.create_organization(
            session, email=f"mira@{name}.example", password_hash="x", name="Mira", organization_name=name,
            timezone="UTC",
        )  # fmt: skip
    await stage.sql.execute(_MAILBOXES, user.organization_id, f"{name}.example", mailboxes, port)
    return user.organization_id


async def look(stage: Stage, organization_id: uuid.UUID) -> float:
    """Looks a second at the first mailboxes of an organization."""
    began = time.perf_counter()
    await stage.sql.execute(_DUE, organization_id, LOOKS)
    await stage.sql.execute("SELECT pg_notify('reachly_wake', '')")
    while left := await stage.sql.fetchval(_LEFT, organization_id):
        await asyncio.sleep(0.02)
        if time.perf_counter() - began > 300:
            raise TimeoutError(f"{left} of {LOOKS} mailboxes were not looked at")
    return LOOKS / (time.perf_counter() - began)


async def measure(stage: Stage, rounds: int, many: int = 10_000, few: int = 1_000) -> list[Row]:
    row = Row("looks_at_scale", "looks/s", "more", 0.8, 0.95)
    async with quiet_server() as port:
        small = await add_organization(stage, "few", few, port)
        large = await add_organization(stage, "many", many, port)
        await stage.sql.execute("VACUUM ANALYZE email_accounts")
        async with stage.workers(1, inbox__poll_seconds=86_400):
            for organization_id in (small, large):  # the first look opens the connection and takes the place
                await look(stage, organization_id)
            for number in range(rounds):
                order = (small, large) if number % 2 else (large, small)
                rates = {organization_id: await look(stage, organization_id) for organization_id in order}
                row.take(rates[large], rates[small])
    return [row]
