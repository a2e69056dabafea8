"""How many turns of due mailboxes can be claimed a second (leased, chosen, composed and marked), with few and with very
many enrollments waiting."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass

import asyncpg

from reachly.data.session import tenant
from reachly.infra.settings import current_settings
from reachly.kit import clock
from reachly.services.sending import service
from reachly.services.sending.service.choosing import choose
from reachly.services.sending.service.composing import Message, compose
from reachly.services.sending.service.marking import mark
from rounds import Row
from stage import TRACKED, Stage
from tests.factories.sending import Step, add_campaign, add_mailbox

MAILBOXES = 100
TURNS = 100
NOBODY = 9  # a port: nothing is sent here
_LEADS = """
INSERT INTO leads (organization_id, id, email, email_key, domain, first_name, company, verification, created_at,
                   updated_at)
SELECT $1, uuidv7(), address, address, 'example.com', 'Ada', 'Lovelace & Sons', 'deliverable', $3, $3
FROM (SELECT $4 || n || '@example.com' AS address FROM generate_series(1, $2::int) AS n) AS who
"""
_ENROLLMENTS = """
INSERT INTO enrollments (organization_id, id, campaign_id, lead_id, email_account_id, status, next_due_at, sort_key,
                         personalized_at, created_at, updated_at)
SELECT $1, uuidv7(), $2, l.id, ($3::uuid[])[1 + l.n % cardinality($3::uuid[])], 'active',
       $4::timestamptz - interval '1 hour' + l.n % 3600 * interval '1 second', l.email_key, $4, $4, $4
FROM (SELECT id, email_key, row_number() OVER (ORDER BY id)::int AS n FROM leads
      WHERE organization_id = $1 AND email_key LIKE $5 || '%') AS l
"""


@dataclass
class Waiting:
    """Mailboxes that have their turn now, each with a gap, so that a turn is one message."""

    account_ids: list[uuid.UUID]
    people: int


async def prepare(stage: Stage, people: int, prefix: str) -> Waiting:
    """Straight into the tables, without the search index of leads and without foreign-key checks: neither has a part
    in a claim."""
    organization = stage.organization_id
    accounts = [
        await add_mailbox(
            organization,
            NOBODY,
            address=f"{prefix}{n}@brightfjord.example",
            daily_limit=1_000_000,
            min_gap_seconds=1,
        )
        for n in range(MAILBOXES)
    ]
    made = await add_campaign(organization, accounts, 0, steps=[Step()], settings=TRACKED)
    now = await stage.sql.fetchval("SELECT now()")
    await stage.sql.execute("SET session_replication_role = replica")
    await stage.sql.execute(_LEADS, organization, people, now, prefix, timeout=900)
    await stage.sql.execute(_ENROLLMENTS, organization, made.campaign_id, accounts, now, prefix, timeout=900)
    await stage.sql.execute("SET session_replication_role = DEFAULT")
    return Waiting(accounts, people)


async def claim_turns(stage: Stage, waiting: Waiting) -> float:
    """Turns a second up to where the first byte would be written."""
    await stage.sql.execute(
        "UPDATE email_accounts SET next_turn_at = NULL, lease_until = NULL, lease_attempt = NULL"
    )
    await stage.sql.execute(
        "UPDATE email_accounts SET next_turn_at = now(), last_handed_at = NULL WHERE id = ANY($1)",
        waiting.account_ids,
    )
    sending = current_settings().sending
    began, claimed = time.perf_counter(), 0
    while claimed < TURNS:
        for lease in await service.lease_due(sending, sending.mailboxes_per_lease):
            batch, _ = await choose(lease, sending)
            assert batch is not None
            message = compose(batch.items[0], batch.board.mailbox, clock.now(), 1_000_000)
            assert isinstance(message, Message)
            async with tenant(stage.organization_id) as session:
                marked = await mark(session, lease, batch.board, [message], sending.lease_seconds)
            assert len(marked.messages) == 1
            claimed += 1
    return claimed / (time.perf_counter() - began)


async def measure(stage: Stage, rounds: int, many: int, few: int = 10_000) -> list[Row]:
    row = Row("claims_at_scale", "turns/s", "more", 0.7, 0.9)
    await _drop_search_index(stage.sql)
    print(f"  filling in {few:,} and {many:,} enrollments …", flush=True)
    small, large = await prepare(stage, few, "few"), await prepare(stage, many, "many")
    await stage.sql.execute("VACUUM ANALYZE leads, enrollments, email_accounts, email_sends", timeout=900)
    await claim_turns(stage, small)
    await claim_turns(stage, large)
    for number in range(rounds):
        order = (small, large) if number % 2 else (large, small)
        rates = {waiting.people: await claim_turns(stage, waiting) for waiting in order}
        row.take(rates[many], rates[few])
    return [row]


async def _drop_search_index(sql: asyncpg.Connection) -> None:  # type: ignore[type-arg]
    names = await sql.fetch(
        "SELECT indexname FROM pg_indexes WHERE tablename = 'leads' AND indexdef LIKE '%gin%'"
    )
    for row in names:
        await sql.execute(f"DROP INDEX {row['indexname']}")
