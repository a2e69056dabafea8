"""What may happen to a person while their message is on the wire: a new plan, an absence, another one coming due."""

from __future__ import annotations

import asyncio
import uuid
from datetime import timedelta
from typing import Any

import pytest

from reachly.data.session import tenant
from reachly.infra.settings import Settings
from reachly.jobs.sending import SendingLoop
from reachly.services.campaigns import service as campaigns
from reachly.services.scheduling import service as scheduling
from tests.factories.sending import Step, add_campaign, add_mailbox
from tests.integration.sending.conftest import Relay, SetClock, drain, hold_mailers, one_at_a_time

pytestmark = pytest.mark.anyio
FIRST = "lead0000@example.com"


async def test_a_plan_made_anew_leaves_alone_what_is_on_the_wire(
    relay: Relay, organization_id: uuid.UUID, settings: Settings, sql: Any
) -> None:
    """Its sender is fixed from the mark on, and its next alarm is set by whoever learns the answer."""
    accounts = [
        await add_mailbox(organization_id, relay.port, address=f"m{n}@brightfjord.example") for n in range(4)
    ]
    stage = await add_campaign(
        organization_id, accounts, 12, steps=[Step(), Step(subject="", body="Again.", days=2)]
    )
    under_way = """
    SELECT e.id, e.email_account_id, e.next_due_at, e.next_step, e.updated_at
    FROM email_sends s JOIN enrollments e ON e.id = s.enrollment_id WHERE s.status = 'sending'
    """
    seen: list[int] = []
    one_asks = asyncio.Lock()

    async def plan() -> None:
        async with one_asks:
            before = {row["id"]: row for row in await sql.fetch(under_way)}
            await scheduling.plan_campaign(organization_id, stage.campaign_id)
            after = [row for row in await sql.fetch(under_way) if row["id"] in before]
            assert [row for row in after if row != before[row["id"]]] == []
            seen.append(len(after))

    await drain(SendingLoop(one_at_a_time(settings), mailer_factory=hold_mailers(before_send=plan)))
    assert len(seen) == 12
    assert all(seen), "the message itself is on the wire"
    assert len(relay.recipients) == len(set(relay.recipients)) == 12
    query = """
    SELECT count(*) FROM email_sends s JOIN enrollments e ON e.id = s.enrollment_id
    WHERE e.email_account_id <> s.email_account_id
    """
    assert await sql.fetchval(query) == 0, "the follow-up leaves from the same mailbox"


@pytest.mark.parametrize(("answer", "step"), [("250 2.0.0 taken", 2), ("451 4.3.0 later", 1)])
async def test_an_absence_that_is_read_while_a_message_is_on_the_wire_is_waited_for(
    answer: str,
    step: int,
    relay: Relay,
    organization_id: uuid.UUID,
    settings: Settings,
    sql: Any,
    at: SetClock,
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    steps = [Step(), Step(subject="", body="Again.", hours=1)]
    stage = await add_campaign(organization_id, [account], 1, steps=steps)
    relay.script.answer("final", answer, address=FIRST)
    back = at.at + timedelta(days=5)

    async def go_away() -> None:
        async with tenant(organization_id) as session:
            assert await campaigns.hold_enrollment(session, organization_id, stage.enrollment_ids[0], back)

    await drain(SendingLoop(settings, mailer_factory=hold_mailers(before_send=go_away)))
    query = "SELECT status, next_due_at, next_step FROM enrollments"
    assert tuple(await sql.fetchrow(query)) == ("held", back, step)
    at.move(days=4)
    await drain(SendingLoop(settings))
    assert len(relay.script.accepted) == step - 1
    at.move(days=1, hours=1)
    await drain(SendingLoop(settings))
    assert len(relay.script.accepted) == step
    assert (await sql.fetchrow(query))["status"] == ("completed" if step == 2 else "active")


async def test_what_comes_due_while_a_turn_is_under_way_gets_a_turn(
    relay: Relay, organization_id: uuid.UUID, settings: Settings, sql: Any, at: SetClock
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    await add_campaign(organization_id, [account], 2)
    query = "UPDATE enrollments SET next_due_at = $1 WHERE sort_key <> $2"
    await sql.execute(query, at.at + timedelta(seconds=1), FIRST)

    async def time_goes_by() -> None:
        at.move(seconds=2)

    await SendingLoop(settings, mailer_factory=hold_mailers(before_send=time_goes_by)).run_once()
    assert relay.recipients == [FIRST]
    assert await sql.fetchval("SELECT next_turn_at FROM email_accounts") is not None
    await drain(SendingLoop(settings))
    assert len(relay.recipients) == 2
