"""How long a start takes until the last person has a plan, beside a COPY of the same rows, and how it grows."""

from __future__ import annotations

import asyncio
import time
import uuid
from datetime import timedelta

from peers import cpu_seconds
from reachly.data.session import tenant
from reachly.kit import clock
from reachly.services.campaigns import service as campaigns
from reachly.services.identity.schemas import PERMISSIONS, Actor
from rounds import Row
from stage import Stage
from tests.factories.sending import ALWAYS, Step, add_campaign

MAILBOXES = 50
NOBODY = 9  # a port: nothing is sent here
_LEADS = """
INSERT INTO leads (organization_id, id, email, email_key, domain, first_name, company, country, verification,
                   created_at, updated_at)
SELECT $1, uuidv7(), address, address, 'example.com', 'Ada', 'Lovelace & Sons', 'NO', 'deliverable', $3, $3
FROM (SELECT $4 || n || '@example.com' AS address FROM generate_series(1, $2::int) AS n) AS who
"""
_ENROLLMENTS = """
INSERT INTO enrollments (organization_id, id, campaign_id, lead_id, sort_key, created_at, updated_at)
SELECT $1, uuidv7(), $2, l.id, l.email_key, $3, $3 FROM leads l
WHERE l.organization_id = $1 AND l.email_key LIKE $4 || '%' ORDER BY l.id
"""
_PLANNED = "SELECT count(*) FROM enrollments WHERE campaign_id = $1 AND next_due_at IS NOT NULL"


async def prepare(stage: Stage, people: int, prefix: str) -> uuid.UUID:
    """A draft with its people, whose first window opens in three days, so that nothing is sent meanwhile."""
    now = clock.now()
    accounts = await stage.add_mailboxes(MAILBOXES, NOBODY)
    opens = (now + timedelta(days=3)).date().isoformat()
    made = await add_campaign(
        stage.organization_id, accounts, 0, steps=[Step(), Step(days=3)], status="draft", started_at=None,
        send_schedule={**ALWAYS, "start_date": opens}, settings={"unsubscribe_form": "link"},
    )  # fmt: skip
    await stage.sql.execute("SET session_replication_role = replica")
    await stage.sql.execute(_LEADS, stage.organization_id, people, now, prefix, timeout=900)
    await stage.sql.execute(_ENROLLMENTS, stage.organization_id, made.campaign_id, now, prefix, timeout=900)
    await stage.sql.execute("SET session_replication_role = DEFAULT")
    await stage.sql.execute("ANALYZE leads, enrollments")
    return made.campaign_id


async def start(stage: Stage, campaign_id: uuid.UUID, people: int) -> float:
    """Seconds from the request to the last plan."""
    user = await stage.sql.fetchrow(
        "SELECT id, email FROM users WHERE organization_id = $1", stage.organization_id
    )
    actor = Actor(stage.organization_id, user["id"], user["email"], "admin", PERMISSIONS["admin"])
    began = time.perf_counter()
    async with tenant(stage.organization_id) as session:
        await campaigns.start_campaign(session, actor, campaign_id)
    while (planned := await stage.sql.fetchval(_PLANNED, campaign_id)) < people:
        await asyncio.sleep(0.25)
        if time.perf_counter() - began > 900:
            raise TimeoutError(f"{planned} of {people} are planned")
    return time.perf_counter() - began


async def copy_rows(stage: Stage, campaign_id: uuid.UUID) -> float:
    """Seconds of a COPY of the planned rows into a table with the same columns, checks and indexes."""
    file = str(stage.folder / "data" / "rows.copy")
    await stage.sql.execute("DROP TABLE IF EXISTS copied")
    await stage.sql.execute("CREATE TABLE copied (LIKE enrollments INCLUDING ALL)")
    query = f"SELECT * FROM enrollments WHERE campaign_id = '{campaign_id}'"
    await stage.sql.copy_from_query(query, output=file, format="binary", timeout=600)
    began = time.perf_counter()
    await stage.sql.copy_to_table("copied", source=file, format="binary", timeout=600)
    return time.perf_counter() - began


async def measure(stage: Stage, many: int, few: int) -> list[Row]:
    """One round: a start cannot be repeated, and the larger one takes its time."""
    thousands = many // 1_000
    row = Row(f"start_{thousands}k", "s", "less")
    growth = Row(f"start_{thousands}k_vs_{few // 1_000}k", "s", "less", 1.2 * many / few, 1.05 * many / few)
    if thousands == 200:
        row.note = "gate: ours at most 90 s on idle cores; theirs is a COPY of the same rows"
    print(f"  filling in {few:,} and {many:,} people …", flush=True)
    small, large = await prepare(stage, few, "few"), await prepare(stage, many, "many")
    async with stage.workers(1) as workers:
        before = cpu_seconds(workers[0].pid)
        short = await start(stage, small, few)
        long = await start(stage, large, many)
        print(f"  worker CPU: {cpu_seconds(workers[0].pid) - before:.1f} s", flush=True)
    row.take(long, await copy_rows(stage, large))
    growth.take(long, short)
    return [row, growth]
