"""A step that is switched off or deleted is a stop: nothing of it begins after the answer."""

from __future__ import annotations

import asyncio
import uuid
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest
from sqlalchemy import text

from reachly.data.repositories.sending import marks
from reachly.data.session import tenant
from reachly.infra.settings import Settings
from reachly.jobs.sending import SendingLoop
from reachly.services.identity.schemas import Actor
from reachly.services.scheduling import service as scheduling
from reachly.services.sending import service
from reachly.services.sequences import service as sequences
from reachly.services.sequences.schemas import SequencePatch
from tests.factories.sending import Step, add_campaign, add_mailbox
from tests.integration.sending.conftest import Relay, drain, hold_mailers

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(60)]
OLD = "Old words"


def subjects(relay: Relay) -> set[str]:
    """Of what the server took."""
    return {str(message_from_bytes(one.data, policy=default)["subject"]) for one in relay.script.accepted}


@pytest.mark.parametrize("what", ["off", "deleted"])
@pytest.mark.parametrize("when", ["before_open", "before_send"])
async def test_nothing_of_a_step_that_is_gone_begins(
    what: str, when: str, relay: Relay, actor: Actor, organization_id: uuid.UUID, settings: Settings, sql: Any
) -> None:
    """Chosen and not yet marked, or marked and not yet on the wire; the people go on with the next step."""
    account = await add_mailbox(organization_id, relay.port)
    steps = (Step(subject=OLD), Step(subject="New words"))
    stage = await add_campaign(organization_id, [account], 6, steps=steps)
    calls: list[int] = []

    async def end_step() -> None:
        calls.append(1)
        if len(calls) > 1:
            return
        async with tenant(organization_id) as session:
            if what == "off":
                await sequences.update_sequence(
                    session, actor, stage.step_ids[0], SequencePatch(is_active=False)
                )
            else:
                await sequences.delete_sequence(session, actor, stage.step_ids[0])
        await service.recall(loop.tools, organization_id)

    loop = SendingLoop(settings, mailer_factory=hold_mailers(**{when: end_step}))
    await drain(loop)
    assert OLD not in subjects(relay)
    await scheduling.plan_campaign(organization_id, stage.campaign_id)
    await sql.execute("UPDATE enrollments SET next_due_at = now() WHERE status = 'active'")
    await sql.execute("UPDATE email_accounts SET next_turn_at = now()")
    await drain(loop)
    assert len(relay.recipients) == len(set(relay.recipients)) == 6
    assert OLD not in subjects(relay)
    assert await sql.fetchval("SELECT sum(reserved) FROM cap_usage") == 0


async def test_a_claim_waits_for_the_campaign_before_its_steps_and_sees_what_both_became(
    actor: Actor, organization_id: uuid.UUID
) -> None:
    """Whoever deletes or reorders holds the campaign and comes to its steps: none of them may be held by then."""
    account = await add_mailbox(organization_id, 25)
    stage = await add_campaign(organization_id, [account], 1, steps=(Step(), Step()))
    campaign_id, step_ids = stage.campaign_id, stage.step_ids

    async def claim() -> Any:
        async with tenant(organization_id) as session:
            return await marks.lock_campaigns(session, organization_id, [campaign_id], step_ids)

    states, steps = await claim()
    assert (states[campaign_id][0], steps) == ("active", set(step_ids))
    async with tenant(organization_id) as session:
        edit = "UPDATE campaigns SET status = 'paused', version = version + 1 WHERE id = :id"
        await session.execute(text(edit), {"id": campaign_id})
        waiting = asyncio.create_task(claim())
        await asyncio.sleep(0.3)
        lock = "SELECT 1 FROM email_sequences WHERE campaign_id = :id FOR UPDATE NOWAIT"
        await session.execute(text(lock), {"id": campaign_id})
        off = "UPDATE email_sequences SET is_active = false WHERE id = :id"
        await session.execute(text(off), {"id": step_ids[0]})
    after, left = await waiting
    assert after == {campaign_id: ("paused", states[campaign_id][1] + 1)}
    assert left == {step_ids[1]}
