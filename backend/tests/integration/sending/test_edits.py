"""E6: steps edited while a campaign runs touch only what is unsent."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest

from reachly.data.session import tenant
from reachly.infra.settings import Settings
from reachly.jobs.sending import SendingLoop
from reachly.services.campaigns import service as campaigns
from reachly.services.campaigns.schemas import CampaignPatch
from reachly.services.identity.schemas import Actor
from reachly.services.scheduling import service as scheduling
from reachly.services.sequences import service as sequences
from reachly.services.sequences.schemas import SequenceIn, SequencePatch
from tests.factories.sending import Stage, Step, add_campaign, add_mailbox
from tests.integration.sending.conftest import Relay, SetClock, drain, hold_mailers

pytestmark = pytest.mark.anyio
STEPS = [Step(body="First text."), Step(subject="", body="Second text.", days=2)]


async def edit(actor: Actor, stage: Stage, step: int, **changes: Any) -> None:
    async with tenant(actor.organization_id) as session:
        await sequences.update_sequence(session, actor, stage.step_ids[step - 1], SequencePatch(**changes))
    await scheduling.plan_campaign(actor.organization_id, stage.campaign_id)


async def test_an_edit_changes_what_is_unsent_and_nothing_else(
    relay: Relay, organization_id: uuid.UUID, actor: Actor, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    account = await add_mailbox(organization_id, relay.port, daily_limit=3)
    stage = await add_campaign(organization_id, [account], 6, steps=STEPS)
    await drain(loop)
    kept = await sql.fetch("SELECT id, body_text, content_hash, message_id FROM email_sends ORDER BY id")
    assert len(kept) == 3
    await edit(actor, stage, 1, email_template="Another first text.")
    await edit(actor, stage, 2, email_template="Another second text.", delay_days=1)
    async with tenant(organization_id) as session:
        await sequences.add_sequence(
            session, actor, stage.campaign_id, SequenceIn(email_template="A third one.", delay_days=1)
        )
    await scheduling.plan_campaign(organization_id, stage.campaign_id)
    due = await sql.fetch("SELECT DISTINCT next_due_at FROM enrollments WHERE last_sent_at IS NOT NULL")
    assert [row["next_due_at"] for row in due] == [at.at + timedelta(days=1)], (
        "the delay that runs is shortened"
    )
    for _ in range(12):
        at.move(days=1)
        await drain(loop)
    rows = await sql.fetch("SELECT to_email, step, body_text, status FROM email_sends")
    assert len(rows) == len({(row["to_email"], row["step"]) for row in rows}) == 18, (
        "nobody gets a step twice"
    )
    again = await sql.fetch(
        "SELECT id, body_text, content_hash, message_id FROM email_sends WHERE id = ANY($1::uuid[]) ORDER BY id",
        [row["id"] for row in kept],
    )
    assert [tuple(row) for row in again] == [tuple(row) for row in kept], "what was sent stays as it was"
    texts = sorted((row["step"], row["body_text"].split(".")[0]) for row in rows)
    assert [text for step, text in texts if step == 1] == ["Another first text"] * 3 + ["First text"] * 3
    assert {text for step, text in texts if step == 2} == {"Another second text"}


async def test_a_step_switched_off_is_stepped_over_by_those_before_it(
    relay: Relay, organization_id: uuid.UUID, actor: Actor, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    stage = await add_campaign(
        organization_id, [account], 2, steps=[*STEPS, Step(subject="", body="Third.", days=1)]
    )
    await drain(loop)
    await edit(actor, stage, 2, is_active=False)
    for _ in range(5):
        at.move(days=1)
        await drain(loop)
    steps = await sql.fetch("SELECT step, count(*) AS n FROM email_sends GROUP BY 1 ORDER BY 1")
    assert [tuple(row) for row in steps] == [(1, 2), (3, 2)]
    assert await sql.fetchval("SELECT status FROM campaigns") == "completed"


async def test_a_cap_that_is_set_at_noon_counts_what_left_in_the_morning(
    relay: Relay, organization_id: uuid.UUID, settings: Settings, sql: Any, actor: Actor, at: SetClock
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    follow_up = Step(subject="", body="Again.", days=3)
    stage = await add_campaign(organization_id, [account], 10, steps=[Step(), follow_up])
    await sql.execute(
        "UPDATE enrollments SET next_due_at = $1 WHERE sort_key >= 'lead0004'", at.at + timedelta(hours=1)
    )
    await drain(SendingLoop(settings))
    assert len(relay.recipients) == 4
    async with tenant(organization_id) as session:
        patch = CampaignPatch(daily_cap=7, new_leads_cap=6)
        await campaigns.update_campaign(session, actor, stage.campaign_id, patch, if_match=None)
    at.move(hours=1)
    await sql.execute(
        "UPDATE enrollments SET next_due_at = $1 WHERE status = 'active' AND last_sent_at IS NULL", at.at
    )
    await sql.execute("UPDATE email_accounts SET next_turn_at = $1", at.at)
    await drain(SendingLoop(settings))
    assert len(relay.recipients) == 6
    usage = await sql.fetch("SELECT scope, reserved, used FROM cap_usage WHERE scope <> 'mailbox' ORDER BY 1")
    assert [tuple(row) for row in usage] == [
        ("campaign", 0, 6),
        ("campaign_edit", 0, 2),
        ("new_leads", 0, 6),
        ("new_leads_edit", 0, 2),
    ]


async def test_an_edit_between_choice_and_mark_is_heeded(
    relay: Relay, organization_id: uuid.UUID, settings: Settings, sql: Any, actor: Actor
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    stage = await add_campaign(organization_id, [account], 5)
    edits: list[int] = []

    async def cap() -> None:
        if not edits:
            edits.append(1)
            async with tenant(organization_id) as session:
                patch = CampaignPatch(daily_cap=2)
                await campaigns.update_campaign(session, actor, stage.campaign_id, patch, if_match=None)

    await drain(SendingLoop(settings, mailer_factory=hold_mailers(before_open=cap)))
    assert len(relay.recipients) == 2
