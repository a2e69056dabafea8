"""The loop on the virtual clock does what the simulation says, message for message."""

from __future__ import annotations

import asyncio
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reachly.infra.settings import Settings
from reachly.jobs.sending import SendingLoop
from reachly.kit import clock
from reachly.kit.schedule import parse_schedule
from reachly.services.scheduling import policy
from reachly.services.sending.service import auditing
from tests.factories.sending import ALWAYS, Stage, Step, add_campaign, add_mailbox
from tests.integration.sending.conftest import Relay

pytestmark = pytest.mark.anyio
START = datetime(2026, 10, 5, 6, tzinfo=UTC)  # a Monday
WINDOW = {"timezone": "Europe/Oslo", "windows": {day: [["09:00", "12:00"], ["13:00", "17:00"]] for day in
          ("mon", "tue", "wed", "thu", "fri")}}  # fmt: skip
STEPS = [Step(), Step(subject="", body="Again.", days=2), Step(subject="", body="Last.", days=3, hours=5)]
BOXES = [f"m{n}@brightfjord.example" for n in range(3)]
MAILBOX = {"min_gap_seconds": 240, "gap_jitter_seconds": 120, "daily_limit": 20, "timezone": "Europe/Oslo"}


async def play(stage: Stage, settings: Settings, days: int) -> list[tuple[str, int, str, datetime]]:
    virtual = clock.current()
    assert isinstance(virtual, clock.VirtualClock)
    stop = asyncio.Event()
    loop = asyncio.create_task(SendingLoop(settings).run(stop))
    async with clock.actor("test"):
        await clock.sleep_until(START + timedelta(days=days))
        stop.set()
    await asyncio.wait_for(loop, 120)
    rows = await auditing.read_ledger(stage.organization_id, stage.campaign_id)
    assert {row.status for row in rows} == {"sent"}
    return [(row.email, row.step, row.mailbox, row.planned_at) for row in rows]


def plan(people: int, *, new_leads_cap: int | None) -> list[tuple[str, int, str, datetime]]:
    """The same world, as the pure policy sees it."""
    leads = [
        policy.LeadPlan(key=f"lead{n:04d}@example.com", campaign="c", sender=BOXES[n % 3], due=FIRST_DUE)
        for n in range(people)
    ]
    campaign = policy.CampaignPlan(
        key="c", seed="7", schedule=parse_schedule(WINDOW), mailboxes=dict.fromkeys(BOXES, 1),
        steps=tuple(policy.Step(step.days, step.hours) for step in STEPS), new_leads_cap=new_leads_cap,
    )  # fmt: skip
    always = parse_schedule({**ALWAYS, "timezone": "Europe/Oslo"})
    boxes = [
        policy.MailboxState(
            policy.Mailbox(address=box, workday=always, daily_limit=20, min_gap=240, jitter=120)
        )
        for box in BOXES
    ]
    world = policy.World(now=START, campaigns=[campaign], mailboxes=boxes, leads=leads)
    return [(p.lead_key, p.step, p.mailbox, p.planned_at) for p in policy.simulate(world).planned]


FIRST_DUE = datetime(2026, 10, 5, 7, tzinfo=UTC)  # 09:00 in Oslo


@pytest.mark.parametrize("new_leads_cap", [None, 25])
async def test_ledger_and_simulation_agree(
    new_leads_cap: int | None, relay: Relay, actor: Any, sql: Any, settings: Settings
) -> None:
    await sql.execute("UPDATE organizations SET postal_address = '1 Example Street, Oslo'")
    organization_id: uuid.UUID = actor.organization_id
    with clock.installed(clock.VirtualClock(START, actors=2)):
        accounts = [await add_mailbox(organization_id, relay.port, address=box, **MAILBOX) for box in BOXES]
        stage = await add_campaign(
            organization_id,
            accounts,
            90,
            steps=STEPS,
            send_schedule=WINDOW,
            due=FIRST_DUE,
            new_leads_cap=new_leads_cap,
        )
        ledger = await play(stage, settings, 21)
    planned = plan(90, new_leads_cap=new_leads_cap)
    assert len(ledger) == 270
    by_time = sorted(planned, key=lambda one: (one[3], one[2]))
    assert sorted(ledger, key=lambda one: (one[3], one[2])) == by_time
    assert len(relay.recipients) == 270
    assert await sql.fetchval("SELECT status FROM campaigns") == "completed"
