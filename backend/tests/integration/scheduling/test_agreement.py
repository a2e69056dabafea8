"""With no replies, what the simulation shows from the tables and what the ledger holds afterwards agree, message for
message: mailbox, step and second, under every rule at once."""

from __future__ import annotations

import asyncio
import random
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reachly.data.session import tenant
from reachly.infra import settings as settings_module
from reachly.infra.settings import Settings
from reachly.jobs.sending import SendingLoop
from reachly.kit import clock
from reachly.services.campaigns import service as campaigns
from reachly.services.campaigns.schemas import CampaignPatch
from reachly.services.email_accounts import service as email_accounts
from reachly.services.email_accounts.schemas import EmailAccountPatch
from reachly.services.identity.schemas import Actor
from reachly.services.scheduling import service as scheduling
from reachly.services.sending.service import auditing
from tests.factories.sending import Stage, Step, add_campaign, add_mailbox
from tests.integration.sending.conftest import Relay

pytestmark = pytest.mark.anyio
START = datetime(2026, 10, 22, 5, tzinfo=UTC)  # a Thursday; on Sunday the clocks of Europe go back
WINDOW = {"windows": {day: [["08:30", "12:00"], ["13:00", "17:30"]] for day in
          ("mon", "tue", "wed", "thu", "fri")}}  # fmt: skip
DAYTIME = {day: [["08:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat")}
STEPS = [Step(), Step(subject="", body="Again.", days=2), Step(subject="", body="Last.", days=1, hours=5)]
PLACES = [
    {"country": "Norway"}, {"timezone": "America/New_York"}, {"country": "IN"}, {"country": "US", "city": "Denver"}, {},
]  # fmt: skip

Line = tuple[str, int, uuid.UUID | None, datetime]


async def planned_for(actor: Actor, stage: Stage) -> list[Line]:
    async with tenant(actor.organization_id) as session:
        told = await scheduling.simulate_campaign(session, actor, stage.campaign_id)
    assert told.problem is None
    assert told.total == len(told.messages), "all of them are shown"
    return [(one.email, one.step, one.email_account_id, one.planned_at) for one in told.messages]


async def play(settings: Settings, days: float) -> None:
    stop = asyncio.Event()
    loop = asyncio.create_task(SendingLoop(settings).run(stop))
    async with clock.actor("test"):
        await clock.sleep_until(START + timedelta(days=days))
        stop.set()
    await asyncio.wait_for(loop, 240)


async def make_world(organization_id: uuid.UUID, port: int, sql: Any, seed: int) -> list[Stage]:
    """Three mailboxes with their own days, two campaigns that share them, people in five places."""
    draw = random.Random(seed)
    absences = [{"start": "2026-10-27", "end": "2026-10-28"}]
    boxes = [
        await add_mailbox(
            organization_id, port, address=f"m{n}@{'mail.' if n else ''}brightfjord.example",
            min_gap_seconds=draw.choice([300, 900]), gap_jitter_seconds=draw.choice([0, 240]),
            daily_limit=draw.randint(9, 14), timezone=draw.choice(["Europe/Oslo", "UTC"]) if n else "Asia/Kolkata",
            workday=DAYTIME if n else None, absences=absences if n == 2 else [],
            ramp_enabled=n == 1, ramp_start=4, ramp_step=2, ramp_started_at=START,
        )
        for n in range(3)
    ]  # fmt: skip
    stages = []
    for number, zone in enumerate(("Europe/Oslo", "America/New_York")):
        schedule = {**WINDOW, "timezone": zone, "holidays": ["recipient", "2026-11-03"]}
        stage = await add_campaign(
            organization_id, boxes, 30, steps=STEPS, send_schedule=schedule, prefix=f"c{number}-",
            settings={"recipient_hours": number == 0, "match_provider": number == 1}, daily_cap=draw.choice([None, 17]),
            new_leads_cap=draw.choice([8, 12]), company_cap=draw.choice([None, 2]), seed=70 + number,
        )  # fmt: skip
        for lead_id in stage.lead_ids:
            place = draw.choice(PLACES)
            company = draw.choice(
                ["acme.example", "bolt.example", "cedar.example", "dune.example", "elm.example"]
            )
            await sql.execute(
                "UPDATE leads SET country = $2, timezone = $3, custom_fields = $4, mail_provider = $5,"
                " email = split_part(email, '@', 1) || '@' || $6, email_key = split_part(email, '@', 1) || '@' || $6,"
                " domain = $6 WHERE id = $1",
                lead_id, place.get("country", ""), place.get("timezone", ""),
                '{"city": "Denver"}' if "city" in place else "{}", draw.choice(["", "gmail"]), company,
            )  # fmt: skip
        await sql.execute(
            "UPDATE enrollments e SET sort_key = l.email_key FROM leads l WHERE l.id = e.lead_id AND campaign_id = $1",
            stage.campaign_id,
        )
        weights = [draw.randint(1, 4) for _ in boxes]
        for box, weight in zip(boxes, weights, strict=True):
            await sql.execute(
                "UPDATE campaign_email_accounts SET weight = $3 WHERE campaign_id = $1 AND email_account_id = $2",
                stage.campaign_id, box, weight,
            )  # fmt: skip
        stages.append(stage)
    for stage in stages:
        await scheduling.plan_campaign(organization_id, stage.campaign_id)
    return stages


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_the_simulation_from_the_tables_and_the_ledger_agree(
    seed: int, relay: Relay, actor: Actor, organization_id: uuid.UUID, settings: Settings, sql: Any
) -> None:
    numbers = {"domain_daily_limit": 25, "provider_limits": {"smtp": 13}}
    changed = settings.model_copy(update={"sending": settings.sending.model_copy(update=numbers)})
    settings_module.install(changed)
    with clock.installed(clock.VirtualClock(START, actors=2)):
        stages = await make_world(organization_id, relay.port, sql, seed)
        plans = [await planned_for(actor, stage) for stage in stages]
        await play(changed, 80)
    for stage, plan in zip(stages, plans, strict=True):
        rows = await auditing.read_ledger(organization_id, stage.campaign_id)
        ledger = [(row.email, row.step, row.email_account_id, row.planned_at) for row in rows]
        assert {row.status for row in rows} == {"sent"}
        assert sorted(ledger, key=str) == sorted(plan, key=str)
        assert len(ledger) == 90
    assert await sql.fetchval("SELECT count(*) FROM campaigns WHERE status = 'completed'") == 2


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_they_agree_after_edits_of_zones_and_caps_too(
    seed: int, relay: Relay, actor: Actor, organization_id: uuid.UUID, settings: Settings, sql: Any
) -> None:
    """In the middle of a working day, with what left before it still counting across the edits."""
    numbers = {"domain_daily_limit": 12, "provider_limits": {"smtp": 13}}
    changed = settings.model_copy(update={"sending": settings.sending.model_copy(update=numbers)})
    settings_module.install(changed)
    with clock.installed(clock.VirtualClock(START, actors=2)):
        stages = await make_world(organization_id, relay.port, sql, seed)
        await play(changed, 1.4)
        before = set(await sql.fetch("SELECT id FROM email_sends"))
        await edit_all(actor, stages, random.Random(seed))
        assert await sql.fetchval("SELECT count(*) FROM email_accounts WHERE carried IS NOT NULL") == 3
        assert await sql.fetchval("SELECT count(*) FROM email_accounts WHERE domain_carried IS NOT NULL") == 3
        plans = [await planned_for(actor, stage) for stage in stages]
        await play(changed, 80)
    assert len(before) > 8, "something counts across the edits"
    early = {row["id"] for row in before}
    for stage, plan in zip(stages, plans, strict=True):
        rows = await auditing.read_ledger(organization_id, stage.campaign_id)
        ledger = [
            (row.email, row.step, row.email_account_id, row.planned_at) for row in rows if row.id not in early
        ]
        assert sorted(ledger, key=str) == sorted(plan, key=str)
        assert len(rows) == 90


async def edit_all(actor: Actor, stages: list[Stage], draw: random.Random) -> None:
    for account_id in stages[0].account_ids:
        zone = draw.choice(["Europe/London", "Atlantic/Azores", "Europe/Lisbon"])
        body = EmailAccountPatch(timezone=zone, daily_limit=draw.randint(8, 16), ramp_step=3)
        await email_accounts.update_account(actor, account_id, body)
    for stage in stages:
        schedule = {**WINDOW, "timezone": draw.choice(["Europe/Oslo", "Europe/Lisbon"])}
        patch = CampaignPatch(send_schedule=schedule, daily_cap=15, new_leads_cap=9, company_cap=3)
        async with tenant(actor.organization_id) as session:
            await campaigns.update_campaign(session, actor, stage.campaign_id, patch, if_match=None)
        await scheduling.plan_campaign(actor.organization_id, stage.campaign_id)
