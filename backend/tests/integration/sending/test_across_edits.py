"""A cap counts across an edit of zone, cap or window: from the form to the wire, by the ledger's own books."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import asyncpg
import pytest

from reachly.data.session import tenant
from reachly.infra.settings import Settings
from reachly.jobs.sending import SendingLoop
from reachly.kit.errors import Conflict
from reachly.services.campaigns import service as campaigns
from reachly.services.campaigns.schemas import CampaignPatch, TestSendIn
from reachly.services.email_accounts import service as email_accounts
from reachly.services.email_accounts.schemas import EmailAccountPatch, ServerIn, SmtpConnectIn
from reachly.services.identity.schemas import Actor, OrganizationIn
from reachly.services.scheduling import service as scheduling
from reachly.services.sending import service as sending
from tests.factories.sending import ALWAYS, Stage, add_campaign, add_mailbox
from tests.integration.sending.conftest import Relay, SetClock, drain, hold_mailers

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]
A_DAY = timedelta(days=1)
LATE = datetime(2026, 10, 5, 22, 1, tzinfo=UTC)  # in Helsinki a day has just begun
HELSINKI = "Europe/Helsinki"
EVERY_DAY = dict(ALWAYS["windows"])


@pytest.fixture
def at(at: SetClock) -> SetClock:
    at.at = LATE
    return at


async def edit_mailbox(actor: Actor, account: uuid.UUID, **changes: Any) -> None:
    await email_accounts.update_account(actor, account, EmailAccountPatch(**changes))


async def edit_campaign(actor: Actor, stage: Stage, **changes: Any) -> None:
    async with tenant(actor.organization_id) as session:
        patch = CampaignPatch(**changes)
        await campaigns.update_campaign(session, actor, stage.campaign_id, patch, if_match=None)


async def edit_organization(actor: Actor, limit: int | None) -> None:
    body = OrganizationIn(name="Brightfjord", postal_address="1 Example Street", domain_daily_limit=limit)
    async with tenant(actor.organization_id) as session:
        await sending.update_organization(session, actor, body)


async def go_on(loop: SendingLoop, sql: Any, at: SetClock, **by: float) -> int:
    """Time passes, and everybody looks at once; how many have left by then."""
    at.move(**by)
    await sql.execute("UPDATE enrollments SET next_due_at = $1 WHERE status = 'active'", at.at)
    await sql.execute("UPDATE email_accounts SET next_turn_at = $1", at.at)
    await drain(loop)
    return int(await sql.fetchval("SELECT count(*) FROM email_sends WHERE handed_at IS NOT NULL"))


async def reason_of(actor: Actor, stage: Stage) -> tuple[str, str, datetime | None]:
    async with tenant(actor.organization_id) as session:
        told = await scheduling.explain_campaign(session, actor, stage.campaign_id)
    (reason,) = told.reasons
    return reason.code, reason.detail, reason.until


async def test_another_zone_begins_no_new_day_for_a_mailbox(
    relay: Relay, actor: Actor, organization_id: uuid.UUID, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    account = await add_mailbox(organization_id, relay.port, daily_limit=50)
    stage = await add_campaign(organization_id, [account], 130)
    assert await go_on(loop, sql, at) == 50
    await edit_mailbox(actor, account, timezone=HELSINKI)
    assert await go_on(loop, sql, at) == 50, "midnight has just passed in Helsinki"
    code, detail, until = await reason_of(actor, stage)
    assert (code, until) == ("mailbox_cap", LATE + A_DAY)
    assert "counts the last 24 hours until 2026-10-06 22:01 UTC" in detail
    async with tenant(organization_id) as session:
        told = await scheduling.explain_mailbox(session, actor, account)
    assert [(cap.code, cap.used, cap.left) for cap in told.caps][:1] == [("mailbox_cap", 50, 0)]
    await edit_mailbox(actor, account, timezone="UTC")
    await edit_mailbox(actor, account, timezone="Pacific/Kiritimati")
    assert await go_on(loop, sql, at, hours=3) == 50, "and no way back and forth brings one"
    assert await go_on(loop, sql, at, hours=20.9) == 50
    assert await go_on(loop, sql, at, hours=0.2) == 100
    assert await sql.fetchval("SELECT sum(reserved) FROM cap_usage") == 0


async def test_a_raised_cap_counts_what_left_before_and_a_lowered_one_at_once(
    relay: Relay, actor: Actor, organization_id: uuid.UUID, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    account = await add_mailbox(organization_id, relay.port, daily_limit=5)
    await add_campaign(organization_id, [account], 60)
    assert await go_on(loop, sql, at) == 5
    await edit_mailbox(actor, account, daily_limit=8)
    assert await go_on(loop, sql, at) == 8
    assert await go_on(loop, sql, at, hours=2) == 8, "a new day, but the 24 hours hold eight"
    await edit_mailbox(actor, account, daily_limit=6, workday=EVERY_DAY)
    assert await go_on(loop, sql, at, hours=21) == 8
    assert await go_on(loop, sql, at, hours=1) == 14


async def test_what_is_no_edit_changes_nothing(
    relay: Relay, actor: Actor, organization_id: uuid.UUID, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    """The form is saved as it was, and a draft has no cap in force yet."""
    account = await add_mailbox(organization_id, relay.port, daily_limit=6, timezone="UTC")
    stage = await add_campaign(organization_id, [account], 60, daily_cap=50, status="draft", started_at=None)
    await edit_campaign(actor, stage, daily_cap=60)
    await sql.execute("UPDATE campaigns SET status = 'active', started_at = $1", at.at)
    assert await go_on(loop, sql, at) == 6
    await edit_mailbox(actor, account, daily_limit=6, timezone="UTC", ramp_step=9, signature="Mira")
    await edit_campaign(actor, stage, name="Winter", daily_cap=60, send_schedule=ALWAYS)
    assert await go_on(loop, sql, at, hours=2) == 12
    assert await sql.fetchval("SELECT count(*) FROM cap_usage WHERE scope LIKE '%_edit'") == 0


async def test_a_ramp_climbs_at_midnight_as_ever(
    relay: Relay, actor: Actor, organization_id: uuid.UUID, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    ramp = {"ramp_enabled": True, "ramp_start": 4, "ramp_step": 3, "ramp_started_at": LATE}
    account = await add_mailbox(organization_id, relay.port, daily_limit=50, **ramp)
    await add_campaign(organization_id, [account], 90)
    assert await go_on(loop, sql, at) == 4
    assert await go_on(loop, sql, at, hours=2) == 11, "no edit: each day its own"
    await edit_mailbox(actor, account, ramp_enabled=False)
    assert await go_on(loop, sql, at) == 50, "the cap in force now, over the same 24 hours"


@pytest.mark.parametrize(
    ("cap", "code"),
    [("daily_cap", "campaign_cap"), ("new_leads_cap", "new_lead_cap"), ("company_cap", "company_cap")],
)
async def test_another_zone_begins_no_new_day_for_a_campaign(
    cap: str, code: str, relay: Relay, actor: Actor, organization_id: uuid.UUID, loop: SendingLoop, sql: Any,
    at: SetClock,
) -> None:  # fmt: skip
    boxes = [
        await add_mailbox(organization_id, relay.port, address=f"m{n}@brightfjord.example") for n in range(3)
    ]
    stage = await add_campaign(organization_id, boxes, 90, domain="globex.example", **{cap: 20})
    assert await go_on(loop, sql, at) == 20
    await edit_campaign(actor, stage, send_schedule={**ALWAYS, "timezone": HELSINKI})
    assert await go_on(loop, sql, at) == 20
    told, detail, until = await reason_of(actor, stage)
    assert (told, until) == (code, LATE + A_DAY)
    assert "counts the last 24 hours" in detail
    await edit_campaign(actor, stage, **{cap: 23})
    assert await go_on(loop, sql, at, hours=3) == 23
    assert await go_on(loop, sql, at, hours=20.9) == 23
    assert await go_on(loop, sql, at, hours=0.2) == 46
    assert await sql.fetchval("SELECT sum(reserved) FROM cap_usage") == 0


async def test_a_new_cap_of_a_campaign_counts_what_left_without_one(
    relay: Relay, actor: Actor, organization_id: uuid.UUID, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    account = await add_mailbox(organization_id, relay.port, daily_limit=9)
    stage = await add_campaign(organization_id, [account], 60)
    assert await go_on(loop, sql, at) == 9
    await edit_campaign(actor, stage, daily_cap=12)
    assert await go_on(loop, sql, at, hours=2) == 12


async def test_the_domain_counts_across_the_zone_of_any_of_its_mailboxes(
    relay: Relay, actor: Actor, organization_id: uuid.UUID, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    one, two = [
        await add_mailbox(organization_id, relay.port, address=address)
        for address in ("mira@brightfjord.example", "sol@mail.brightfjord.example")
    ]
    await add_campaign(organization_id, [one, two], 90)
    await edit_organization(actor, 20)
    assert await go_on(loop, sql, at) == 20
    await edit_mailbox(actor, two, timezone=HELSINKI)
    assert await go_on(loop, sql, at) == 20
    async with tenant(organization_id) as session:
        told = await scheduling.explain_mailbox(session, actor, two)
    assert told.held is not None
    assert (told.held.code, told.held.until) == ("domain_cap", LATE + A_DAY)
    await edit_organization(actor, 22)
    assert await go_on(loop, sql, at, hours=3) == 22, "both look at one count, in whatever day they are"
    assert await go_on(loop, sql, at, hours=21.1) == 44


async def test_who_is_connected_again_or_in_a_zone_of_its_own_begins_no_new_day(
    relay: Relay, actor: Actor, organization_id: uuid.UUID, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    await edit_organization(actor, 30)
    account = await add_mailbox(organization_id, relay.port, daily_limit=20)
    stage = await add_campaign(organization_id, [account], 130)
    assert await go_on(loop, sql, at) == 20
    async with tenant(organization_id) as session:
        await email_accounts.delete_account(session, actor, account)
    server = ServerIn(
        host="127.0.0.1", port=relay.port, username="", password="", security="none", allow_unencrypted=True
    )  # fmt: skip
    again = await email_accounts.connect_smtp(
        actor,
        SmtpConnectIn(
            email_address="mira@brightfjord.example", display_name="Mira", smtp=server, timezone=HELSINKI,
            daily_limit=20, min_gap_seconds=0, gap_jitter_seconds=0,
        ),
    )  # fmt: skip
    await edit_campaign(
        actor, stage, email_account_ids=[again.id], email_account_weights={again.id: 1}
    )  # fmt: skip
    await scheduling.plan_campaign(organization_id, stage.campaign_id)
    assert await go_on(loop, sql, at) == 20
    other = await email_accounts.connect_smtp(
        actor,
        SmtpConnectIn(
            email_address="sol@brightfjord.example", display_name="Sol", smtp=server, timezone="Pacific/Kiritimati",
            daily_limit=50, min_gap_seconds=0, gap_jitter_seconds=0,
        ),
    )  # fmt: skip
    await edit_campaign(
        actor, stage, email_account_ids=[again.id, other.id], email_account_weights={again.id: 1, other.id: 1}
    )  # fmt: skip
    await scheduling.plan_campaign(organization_id, stage.campaign_id)
    assert await go_on(loop, sql, at) == 30, "what the domain had left"
    async with tenant(organization_id) as session:
        await email_accounts.delete_account(session, actor, again.id)
        await email_accounts.delete_account(session, actor, other.id)
    last = await email_accounts.connect_smtp(
        actor,
        SmtpConnectIn(
            email_address="ada@brightfjord.example", display_name="Ada", smtp=server, timezone="America/New_York",
            daily_limit=50, min_gap_seconds=0, gap_jitter_seconds=0,
        ),
    )  # fmt: skip
    await edit_campaign(actor, stage, email_account_ids=[last.id], email_account_weights={last.id: 1})
    await scheduling.plan_campaign(organization_id, stage.campaign_id)
    assert await go_on(loop, sql, at) == 30, "nobody of the domain is left, what they sent is"
    first = SmtpConnectIn(
        email_address="ada@quietharbor.example", display_name="Ada", smtp=server, timezone="UTC"
    )
    new = (await email_accounts.connect_smtp(actor, first)).id
    kept = await sql.fetchval("SELECT domain_carried FROM email_accounts WHERE id = $1", new)
    assert kept is None, "the first of a domain begins its day as ever"


async def test_a_test_mail_asks_across_the_edit_too(
    relay: Relay, actor: Actor, organization_id: uuid.UUID, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    account = await add_mailbox(organization_id, relay.port, daily_limit=3)
    stage = await add_campaign(organization_id, [account], 9)
    asked = TestSendIn(to_email="me@elsewhere.example")
    assert (await sending.send_test(actor, stage.campaign_id, asked)).ok
    assert await go_on(loop, sql, at) == 3
    await edit_mailbox(actor, account, timezone=HELSINKI)
    with pytest.raises(Conflict):
        await sending.send_test(actor, stage.campaign_id, asked)
    await edit_mailbox(actor, account, daily_limit=4)
    assert (await sending.send_test(actor, stage.campaign_id, asked)).ok
    assert await go_on(loop, sql, at) == 4


async def test_an_edit_between_choice_and_mark_is_heeded(
    relay: Relay, actor: Actor, organization_id: uuid.UUID, settings: Settings, sql: Any, at: SetClock
) -> None:
    account = await add_mailbox(organization_id, relay.port, daily_limit=5)
    await add_campaign(organization_id, [account], 30)
    assert await go_on(SendingLoop(settings), sql, at) == 5
    edits: list[int] = []

    async def lower() -> None:
        if not edits:
            edits.append(1)
            await edit_mailbox(actor, account, daily_limit=2)

    at.move(hours=24)
    held = SendingLoop(settings, mailer_factory=hold_mailers(before_open=lower))
    assert await go_on(held, sql, at) == 7, "the turn had chosen five"


async def test_workers_side_by_side_share_what_an_edit_leaves(
    relay: Relay, actor: Actor, organization_id: uuid.UUID, loop: SendingLoop, settings: Settings, sql: Any,
    at: SetClock,
) -> None:  # fmt: skip
    """Eight mailboxes in two zones, so on two days, and four workers: what the campaign has left is left once."""
    boxes = [
        await add_mailbox(
            organization_id,
            relay.port,
            address=f"m{n}@brightfjord.example",
            timezone=HELSINKI if n % 2 else "UTC",
        )
        for n in range(8)
    ]
    stage = await add_campaign(organization_id, boxes, 160, daily_cap=20)
    await edit_organization(actor, 33)
    assert await go_on(loop, sql, at) == 20
    await edit_campaign(actor, stage, daily_cap=31, send_schedule={**ALWAYS, "timezone": HELSINKI})
    await edit_organization(actor, 32)
    workers = [SendingLoop(settings) for _ in range(4)]
    for hours, sent in ((0, 31), (3, 31), (20.5, 31)):
        at.move(hours=hours)
        await sql.execute("UPDATE enrollments SET next_due_at = $1 WHERE status = 'active'", at.at)
        await sql.execute("UPDATE email_accounts SET next_turn_at = $1", at.at)
        await asyncio.gather(*(drain(worker) for worker in workers))
        assert await sql.fetchval("SELECT count(*) FROM email_sends WHERE status = 'sent'") == sent
    await edit_campaign(actor, stage, daily_cap=None)
    await sql.execute("UPDATE email_accounts SET next_turn_at = $1", at.at)
    await asyncio.gather(*(drain(worker) for worker in workers))
    assert await sql.fetchval("SELECT count(*) FROM email_sends WHERE status = 'sent'") == 32, "the domain's"
    assert await sql.fetchval("SELECT sum(reserved) FROM cap_usage") == 0
    for worker in workers:
        await worker.tools.close()


async def test_a_turn_asks_no_more_than_before_an_edit(
    relay: Relay, actor: Actor, organization_id: uuid.UUID, loop: SendingLoop, sql: Any, at: SetClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """What an edit carries lies in rows that a turn reads anyway."""
    account = await add_mailbox(organization_id, relay.port, daily_limit=90, min_gap_seconds=1)
    stage = await add_campaign(organization_id, [account], 9, daily_cap=60, company_cap=50, new_leads_cap=40)
    asked: list[str] = []

    def noted(name: str) -> Any:
        inner = getattr(asyncpg.Connection, name)

        async def ask(self: Any, query: str, *args: Any, **more: Any) -> Any:
            asked.append(query)
            return await inner(self, query, *args, **more)

        return ask

    for name in ("fetch", "fetchrow", "fetchval", "execute"):
        monkeypatch.setattr(asyncpg.Connection, name, noted(name))
    counts = []
    for turn in range(4):
        if turn == 3:
            await edit_mailbox(actor, account, timezone=HELSINKI)
            await edit_campaign(actor, stage, send_schedule={**ALWAYS, "timezone": HELSINKI})
        asked.clear()
        assert await go_on(loop, sql, at, minutes=5) == turn + 1
        counts.append(len(asked))
    assert counts[2] == counts[3] > 10


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
async def test_no_local_day_and_no_24_hours_with_an_edit_hold_more_than_the_cap(
    seed: int,
    relay: Relay,
    actor: Actor,
    organization_id: uuid.UUID,
    loop: SendingLoop,
    sql: Any,
    at: SetClock,
) -> None:
    """Zones, caps and windows at random, and everybody always due: judged by what the ledger says."""
    draw = random.Random(seed)
    box = await add_mailbox(organization_id, relay.port, daily_limit=9)
    stage = await add_campaign(organization_id, [box], 400, daily_cap=7)
    zones = ["UTC", HELSINKI, "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago"]
    limits = {"mailbox": (9, "UTC"), "campaign": (7, "UTC")}
    edits: dict[str, list[datetime]] = {"mailbox": [], "campaign": []}
    before = 0
    for _ in range(40):
        if (which := draw.choice(["mailbox", "campaign", ""])) != "":
            limit, zone = draw.choice([limits[which][0], draw.randint(4, 12)]), draw.choice(zones)
            real, limits[which] = (limit, zone) != limits[which], (limit, zone)
            if which == "mailbox":
                await edit_mailbox(actor, box, daily_limit=limit, timezone=zone)
            else:
                await edit_campaign(actor, stage, daily_cap=limit, send_schedule={**ALWAYS, "timezone": zone})
            edits[which] += [at.at] if real else []  # saved as it was is no edit
        after = await go_on(loop, sql, at, minutes=draw.choice([0, 20, 300, 500, 900]))
        sent = [row["handed_at"] for row in await sql.fetch("SELECT handed_at FROM email_sends")]
        for which, (limit, zone) in limits.items():
            if after > before:
                _judge(sent, at.at, limit, zone, edits[which])
        before = after
    assert before > 30


def _judge(sent: Sequence[datetime], now: datetime, limit: int, zone: str, edits: Sequence[datetime]) -> None:
    day = now.astimezone(ZoneInfo(zone)).date()
    assert sum(one.astimezone(ZoneInfo(zone)).date() == day for one in sent) <= limit
    if any(now - A_DAY < edit <= now for edit in edits):
        assert sum(one > now - A_DAY for one in sent) <= limit
