"""Random states of the tables: the rule that is named holds the message, and taking it away changes the next decision
as announced, until it leaves. Every due message that does not leave has a reason."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reachly.data.session import tenant
from reachly.infra import settings as settings_module
from reachly.infra.settings import Settings
from reachly.jobs.sending import SendingLoop
from reachly.kit import clock
from reachly.kit.ids import new_id
from reachly.services.identity.schemas import Actor
from reachly.services.scheduling import service as scheduling
from reachly.services.scheduling.policy import BlockReason
from reachly.services.scheduling.schemas import Why
from reachly.services.suppression import service as suppression
from tests.factories.sending import Stage, add_campaign, add_mailbox
from tests.integration.sending.conftest import Relay, SetClock, drain

pytestmark = pytest.mark.anyio
ORDER = [code.value for code in BlockReason]
NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)  # a Monday
BOX, DOMAIN, COMPANY = "mira@brightfjord.example", "brightfjord.example", "acme.example"


def week(hours: list[list[str]], days: str = "mon tue wed thu fri") -> dict[str, Any]:
    return dict.fromkeys(days.split(), hours)


OPEN = {"timezone": "UTC", "windows": week([["09:00", "17:00"]])}
NOW = (NOON.date(),)

# code -> (what brings it about, what takes it away): SQL with $1 the campaign and further arguments
SCHEDULE = "UPDATE campaigns SET send_schedule = send_schedule || $2::jsonb WHERE id = $1"
USED = (
    "INSERT INTO cap_usage (organization_id, scope, key, day, used)"
    " SELECT organization_id, $2, coalesce($3, id::text), $4, 100 FROM campaigns WHERE id = $1"
)
UNUSED = "DELETE FROM cap_usage WHERE scope = $2 AND $1::uuid IS NOT NULL"
MAILBOX = "UPDATE email_accounts SET {} WHERE $1::uuid IS NOT NULL"
LEAD = "UPDATE leads SET {} WHERE $1::uuid IS NOT NULL"
OF_THE_PERSON = ("awaiting_verification",)  # the turn finds that out
Change = tuple[str, tuple[Any, ...]]
RULES: dict[str, tuple[Change, Change]] = {
    "restored": (
        ("UPDATE organizations SET sending_held = 'restored' WHERE $1::uuid IS NOT NULL", ()),
        ("UPDATE organizations SET sending_held = NULL WHERE $1::uuid IS NOT NULL", ()),
    ),
    "campaign_paused": (
        ("UPDATE campaigns SET status = 'paused', paused_for = 'hand' WHERE id = $1", ()),
        ("UPDATE campaigns SET status = 'active', paused_for = NULL WHERE id = $1", ()),
    ),
    "awaiting_verification": (
        (LEAD.format("verification = 'unverified'"), ()), (LEAD.format("verification = 'deliverable'"), ()),
    ),
    "mailbox_error": (
        (MAILBOX.format("status = 'auth_failed'"), ()), (MAILBOX.format("status = 'connected'"), ()),
    ),
    "mailbox_paused": ((MAILBOX.format("is_active = false"), ()), (MAILBOX.format("is_active = true"), ())),
    "schedule_ended": (
        (SCHEDULE, (json.dumps({"end_date": "2026-10-01"}),)), (SCHEDULE, (json.dumps({"end_date": "2027-10-01"}),)),
    ),
    "waiting_delay": (
        ("UPDATE email_sequences SET delay_days = 1 WHERE campaign_id = $1", ()),
        ("UPDATE email_sequences SET delay_days = 0 WHERE campaign_id = $1", ()),
    ),
    "outside_window": (
        (SCHEDULE, (json.dumps({"windows": week([["13:00", "17:00"]])}),)),
        (SCHEDULE, (json.dumps({"windows": OPEN["windows"]}),)),
    ),
    "holiday": (
        (SCHEDULE, (json.dumps({"holidays": ["2026-10-05"]}),)), (SCHEDULE, (json.dumps({"holidays": []}),)),
    ),
    "recipient_hours": ((LEAD.format("timezone = 'America/Denver'"), ()), (LEAD.format("timezone = 'UTC'"), ())),
    "campaign_cap": ((USED, ("campaign", None, *NOW)), (UNUSED, ("campaign",))),
    "new_lead_cap": ((USED, ("new_leads", None, *NOW)), (UNUSED, ("new_leads",))),
    "company_cap": ((USED, ("company", COMPANY, *NOW)), (UNUSED, ("company",))),
    "mailbox_absent": (
        (MAILBOX.format("absences = '[{\"start\": \"2026-10-05\", \"end\": \"2026-10-06\"}]'"), ()),
        (MAILBOX.format("absences = '[]'"), ()),
    ),
    "throttled": (
        (MAILBOX.format("not_before = $2"), (NOON + timedelta(hours=1),)), (MAILBOX.format("not_before = NULL"), ()),
    ),
    "ramp": (
        (MAILBOX.format("ramp_enabled = true, ramp_start = 0, ramp_step = 1, ramp_started_at = $2"), (NOON,)),
        (MAILBOX.format("ramp_enabled = false"), ()),
    ),
    "mailbox_cap": ((USED, ("mailbox", BOX, *NOW)), (UNUSED, ("mailbox",))),
    "domain_cap": ((USED, ("domain", DOMAIN, *NOW)), (UNUSED, ("domain",))),
    "outside_workday": (
        (MAILBOX.format("workday = $2::jsonb"), (json.dumps(week([["14:00", "17:00"]])),)),
        (MAILBOX.format("workday = NULL"), ()),
    ),
    "mailbox_gap": (
        (MAILBOX.format("last_handed_at = $2"), (NOON - timedelta(minutes=5),)),
        (MAILBOX.format("last_handed_at = NULL"), ()),
    ),
}  # fmt: skip


@pytest.fixture
def limited(settings: Settings) -> Iterator[Settings]:
    sending = settings.sending.model_copy(
        update={"domain_daily_limit": 100, "provider_limits": {"smtp": 150}}
    )
    made = settings.model_copy(update={"sending": sending})
    settings_module.install(made)
    yield made
    settings_module.install(settings)


async def make(organization_id: uuid.UUID, relay: Relay) -> Stage:
    account = await add_mailbox(
        organization_id, relay.port, address=BOX, daily_limit=100, min_gap_seconds=600, gap_jitter_seconds=0
    )
    return await add_campaign(
        organization_id, [account], 1, domain=COMPANY, send_schedule=OPEN, daily_cap=100, new_leads_cap=100,
        company_cap=100, settings={"recipient_hours": True},
    )  # fmt: skip


async def why(actor: Actor, stage: Stage) -> Why | None:
    async with tenant(actor.organization_id) as session:
        one = await scheduling.explain_enrollment(session, actor, stage.campaign_id, stage.enrollment_ids[0])
        every = await scheduling.explain_campaign(session, actor, stage.campaign_id)
    counted = {reason.code: reason.count for reason in every.reasons}
    if one.held and one.next_due_at and one.next_due_at <= clock.now() and one.held.code not in OF_THE_PERSON:
        assert counted == {one.held.code: 1}, "both ways of asking agree"
    return one.held


async def apply(sql: Any, stage: Stage, change: Change) -> None:
    await sql.execute(change[0], stage.campaign_id, *change[1])
    await scheduling.plan_campaign(stage.organization_id, stage.campaign_id)  # as after every edit


@pytest.mark.parametrize("seed", range(16))
async def test_taking_away_what_is_named_changes_the_next_decision_until_it_leaves(
    seed: int,
    relay: Relay,
    actor: Actor,
    organization_id: uuid.UUID,
    limited: Settings,
    sql: Any,
    at: SetClock,
) -> None:
    draw = random.Random(seed)
    stage = await make(organization_id, relay)
    chosen = draw.sample(sorted(RULES), k=1 if seed >= 12 else draw.randint(2, 6))
    for code in chosen:
        await apply(sql, stage, RULES[code][0])
    loop, seen = SendingLoop(limited), []
    while (held := await why(actor, stage)) is not None and held.code != "waiting_turn":
        assert held.detail
        assert held.change
        assert held.code not in seen
        seen.append(held.code)
        assert seen == sorted(seen, key=ORDER.index), "in one fixed order"
        await sql.execute("UPDATE email_accounts SET next_turn_at = $1", at.at)
        await drain(loop)
        assert relay.recipients == [], f"{held.code} holds it"
        again = await why(actor, stage)
        assert again is not None
        assert again.code == held.code, "a turn in vain does not change the reason"
        await apply(sql, stage, RULES[held.code][1])
    assert set(seen) == set(chosen)
    await drain(loop)
    assert relay.recipients == [f"lead0000@{COMPANY}"]


@pytest.mark.parametrize("code", sorted(RULES))
async def test_the_announced_time_is_kept(
    code: str,
    relay: Relay,
    actor: Actor,
    organization_id: uuid.UUID,
    limited: Settings,
    sql: Any,
    at: SetClock,
) -> None:
    stage = await make(organization_id, relay)
    await apply(sql, stage, RULES[code][0])
    held = await why(actor, stage)
    assert held is not None
    assert held.code == code
    if held.until is None:
        return
    loop = SendingLoop(limited)
    at.at = held.until - timedelta(seconds=1)
    await sql.execute("UPDATE email_accounts SET next_turn_at = $1", at.at)
    await drain(loop)
    assert relay.recipients == []
    at.at = held.until
    now = await why(actor, stage)
    assert now is None or now.code != code, f"{code} was to end at {held.until}"
    await drain(loop)
    assert len(relay.recipients) == 1 or await why(actor, stage) is not None


async def test_the_providers_day_is_named_until_its_oldest_message_leaves_it(
    relay: Relay, actor: Actor, organization_id: uuid.UUID, limited: Settings, sql: Any, at: SetClock
) -> None:
    stage = await make(organization_id, relay)
    sending = limited.sending.model_copy(update={"provider_limits": {"smtp": 3}})
    limited = limited.model_copy(update={"sending": sending})
    settings_module.install(limited)
    for hours in (23, 20, 3):
        await sql.execute(
            "INSERT INTO email_sends (organization_id, id, kind, intent_key, email_account_id, to_email, status,"
            " planned_at, claimed_at, handed_at, message_id, created_at, updated_at)"
            " SELECT $1, id, 'test', id::text, $3, 'x@example.com', 'sent', $4, $4, $4, id::text, $4, $4"
            " FROM (SELECT $2::uuid AS id) AS one",
            organization_id, new_id(), stage.account_ids[0], at.at - timedelta(hours=hours),
        )  # fmt: skip
    held = await why(actor, stage)
    assert held is not None
    assert (held.code, held.until) == ("provider_cap", at.at + timedelta(hours=1))
    await drain(SendingLoop(limited))
    assert relay.recipients == []
    at.move(hours=1)
    await drain(SendingLoop(limited))
    assert len(relay.recipients) == 1


@pytest.mark.parametrize("what", ["suppressed", "undeliverable"])
async def test_what_ends_a_sequence_is_named_before_the_turn_ends_it(
    what: str,
    relay: Relay,
    actor: Actor,
    organization_id: uuid.UUID,
    limited: Settings,
    sql: Any,
    at: SetClock,
) -> None:
    stage = await make(organization_id, relay)
    if what == "suppressed":
        async with tenant(organization_id) as session:
            await suppression.suppress(session, organization_id, COMPANY, "manual", "test")
    else:
        await sql.execute("UPDATE leads SET verification = 'undeliverable'")
    async with tenant(organization_id) as session:
        one = await scheduling.explain_enrollment(session, actor, stage.campaign_id, stage.enrollment_ids[0])
    assert one.held is not None
    assert one.held.code == what
    await drain(SendingLoop(limited))
    assert relay.recipients == []
    async with tenant(organization_id) as session:
        ended = await scheduling.explain_enrollment(
            session, actor, stage.campaign_id, stage.enrollment_ids[0]
        )
    assert ended.held is not None
    assert ended.held.code in (what, "enrollment_ended")
