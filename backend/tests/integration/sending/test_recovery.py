"""What a dead worker's journal proves is written down, also where others have called it unknown since."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest

from reachly.infra.settings import Settings
from reachly.jobs.sending import SendingLoop
from reachly.services.sending import service
from reachly.services.sending.service.journal import read_dead
from tests.factories.sending import add_campaign, add_mailbox
from tests.integration.sending.conftest import Relay, drain, end_leases, hold_mailers

pytestmark = pytest.mark.anyio
PEOPLE = 4


async def die_in_the_wave(sql: Any, settings: Settings, answers: dict[str, str]) -> list[uuid.UUID]:
    """A worker is killed when it has offered the first ones; `answers` by what the journal says of each."""
    held = asyncio.Event()

    async def hang() -> None:
        held.set()
        await asyncio.Event().wait()

    loop = SendingLoop(settings, mailer_factory=hold_mailers(before_send=hang))
    task = asyncio.create_task(loop.run_once())
    await held.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    ids = [row["id"] for row in await sql.fetch("SELECT id FROM email_sends ORDER BY to_email")]
    with read_dead(settings.data_dir) as (page,):
        lines = [line for line in page.path.read_text().splitlines() if line != "K"]
    for send_id, (_, outcome) in zip(ids, answers.items(), strict=False):
        lines.append(f"O {send_id.hex}")
        lines += [f"A {send_id.hex} {outcome}"] if outcome else []
    page.path.write_text("\n".join(lines) + "\n")
    return ids


@pytest.mark.parametrize("others_came_first", [False, True])
async def test_only_what_was_just_being_said_stays_in_doubt(
    relay: Relay, organization_id: uuid.UUID, settings: Settings, sql: Any, others_came_first: bool
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    await add_campaign(organization_id, [account], PEOPLE)
    ids = await die_in_the_wave(
        sql, settings, {"taken": "accepted", "not taken": "deferred", "being said": ""}
    )
    if others_came_first:  # on another machine, which has no journal
        await end_leases(sql)
        await service.rescue_expired()
        assert await sql.fetchval("SELECT count(*) FROM email_sends WHERE status = 'unknown'") == PEOPLE
    assert await service.recover_journals(settings) == 3
    assert await service.recover_journals(settings) == 0
    rows = {row["id"]: row for row in await sql.fetch("SELECT * FROM email_sends")}
    assert [rows[one]["status"] for one in ids] == ["sent", "deferred", "unknown", "deferred"]
    assert [rows[one]["settled_by"] for one in ids] == ["journal", "journal", None, "journal"]
    assert [rows[one]["attempts"] for one in ids] == [1, 0, 1, 0]
    usage = await sql.fetchrow("SELECT reserved, used FROM cap_usage WHERE scope = 'mailbox'")
    assert tuple(usage) == (0, 2)
    await sql.execute("UPDATE email_accounts SET next_turn_at = now()")
    await drain(SendingLoop(settings))
    assert sorted(relay.recipients) == ["lead0001@example.com", "lead0003@example.com"]
    assert tuple(await sql.fetchrow("SELECT reserved, used FROM cap_usage WHERE scope = 'mailbox'")) == (0, 4)
    sent = await sql.fetchval("SELECT count(*) FROM analytics_events WHERE event_type = 'sent'")
    assert sent == 3


async def test_what_was_settled_otherwise_meanwhile_is_left_alone(
    relay: Relay, organization_id: uuid.UUID, settings: Settings, sql: Any
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    await add_campaign(organization_id, [account], PEOPLE)
    await die_in_the_wave(sql, settings, {"taken": "accepted", "not taken": "deferred"})
    await sql.execute("UPDATE email_sends SET status = 'refused' WHERE to_email < 'lead0002'")
    await sql.execute(
        "UPDATE email_sends SET status = 'unknown', attempt_id = gen_random_uuid() WHERE status = 'sending'"
    )
    before = await sql.fetch("SELECT * FROM email_sends ORDER BY id")
    assert await service.recover_journals(settings) == 0
    assert await sql.fetch("SELECT * FROM email_sends ORDER BY id") == before
