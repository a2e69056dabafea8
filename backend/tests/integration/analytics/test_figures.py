"""Counters, the log, the ledger and the pulse, read as the pages read them."""

from __future__ import annotations

import csv as standard_csv
import io
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reachly.data import outbox
from reachly.data.models.outbox import COUNTERS
from reachly.data.models.sending import CapUsage, EmailSend
from reachly.data.session import tenant
from reachly.events import (
    AutoReplied,
    Bounced,
    CampaignStarted,
    Clicked,
    Event,
    MailboxChanged,
    MessageFailed,
    MessageSent,
    Opened,
    Rejudged,
    Replied,
    Unsubscribed,
)
from reachly.infra.settings import current_settings
from reachly.jobs.upkeep import UpkeepLoop
from reachly.kit import clock
from reachly.kit.errors import NotFound
from reachly.kit.ids import new_id
from reachly.services.analytics import service
from reachly.services.email_accounts import service as email_accounts
from reachly.services.identity import service as identity
from reachly.services.identity.schemas import Actor
from tests.factories.sending import Stage, add_campaign, add_mailbox

pytestmark = pytest.mark.anyio
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)  # a Tuesday


@pytest.fixture(autouse=True)
def noon() -> Any:
    with clock.installed(clock.VirtualClock(NOON)):
        yield


@pytest.fixture
async def stage(actor: Actor) -> Stage:
    account_id = await add_mailbox(actor.organization_id, 25, min_gap_seconds=600, daily_limit=40)
    return await add_campaign(actor.organization_id, [account_id], 3)


def ids(stage: Stage, person: int = 0, **more: Any) -> dict[str, Any]:
    return {
        "organization_id": stage.organization_id, "at": NOON, "campaign_id": stage.campaign_id,
        "lead_id": stage.lead_ids[person], "enrollment_id": stage.enrollment_ids[person],
        "email_account_id": stage.account_ids[0], "sequence_id": stage.step_ids[0], "variant": "A", **more,
    }  # fmt: skip


def one_of_each(stage: Stage) -> list[Event]:
    return [
        *(MessageSent(**ids(stage, n)) for n in range(3)),
        MessageSent(**ids(stage, at=NOON - timedelta(days=2), variant="B")),
        MessageFailed(**ids(stage)), Bounced(**ids(stage, 2, data={"hard": True, "step": 1})),
        Bounced(**ids(stage, 1, data={"hard": True, "step": 1}), in_session=True),
        Opened(**ids(stage), verdict="human"), Opened(**ids(stage), verdict="human", first=False),
        Opened(**ids(stage), verdict="machine"), Opened(**ids(stage), verdict="undecided"),
        Opened(**ids(stage, 1), verdict="human"), Rejudged(**ids(stage, 1), what="opened"),
        Rejudged(**ids(stage, 1), what="clicked", uncounts=False, first_machine=False),
        Clicked(**ids(stage), verdict="human"), Clicked(**ids(stage), verdict="machine", first=True),
        Clicked(**ids(stage), verdict="machine", first=False),
        Replied(**ids(stage), intent="interested"), Replied(**ids(stage), intent="interested", first=False),
        Replied(**ids(stage, 1), intent="question"), AutoReplied(**ids(stage)), Unsubscribed(**ids(stage, 1)),
        CampaignStarted(organization_id=stage.organization_id, at=NOON, campaign_id=stage.campaign_id),
        MailboxChanged(organization_id=stage.organization_id, at=NOON, email_account_id=stage.account_ids[0]),
    ]  # fmt: skip


async def emit(stage: Stage, events: list[Event]) -> None:
    async with tenant(stage.organization_id) as session:
        await outbox.emit(session, events)


async def counters(sql: Any) -> list[dict[str, Any]]:
    rows = await sql.fetch(
        "SELECT * FROM campaign_stats"
        " ORDER BY organization_id, campaign_id, sequence_id, variant, email_account_id, day"
    )
    return [dict(row) for row in rows]


async def test_counters_equal_a_recount(stage: Stage, sql: Any) -> None:
    await emit(stage, one_of_each(stage))
    before = await counters(sql)
    assert sum(sum(row[name] for name in COUNTERS) for row in before) == 18
    assert sum(row["opened_machine"] for row in before) == 2
    async with tenant(stage.organization_id) as session:
        assert await service.recount(session, stage.organization_id) == len(before)
    assert await counters(sql) == before


async def test_recount_mends_wrong_counters_of_one_organization_only(
    stage: Stage, sql: Any, new_actor: Any
) -> None:
    other = await new_actor("otherfjord")
    theirs = await add_campaign(other.organization_id, [], 1)
    await emit(stage, one_of_each(stage))
    await emit(
        theirs, [MessageSent(organization_id=other.organization_id, at=NOON, campaign_id=theirs.campaign_id)]
    )
    right = [row for row in await counters(sql) if row["organization_id"] == stage.organization_id]
    await sql.execute("UPDATE campaign_stats SET sent = sent + 7")
    async with tenant(stage.organization_id) as session:
        await service.recount(session, stage.organization_id)
    after = await counters(sql)
    assert [row for row in after if row["organization_id"] == stage.organization_id] == right
    assert [row["sent"] for row in after if row["organization_id"] == other.organization_id] == [8]


async def test_overview_compares_with_the_span_before(actor: Actor, stage: Stage) -> None:
    await emit(stage, one_of_each(stage))
    await emit(stage, [MessageSent(**ids(stage, at=NOON - timedelta(days=20)))])
    async with tenant(actor.organization_id) as session:
        out = await service.get_overview(session, actor, since=None, until=None)
    assert (out.totals.sent, out.totals.bounced, out.totals.refused) == (4, 2, 1)
    assert (out.totals.attempted, out.totals.delivered, out.totals.opened) == (5, 3, 1)
    assert (out.totals.replied, out.totals.interested, out.totals.auto_replied) == (2, 1, 1)
    assert (out.previous.sent, len(out.days), out.days[-1].sent, out.days[-3].sent) == (1, 14, 3, 1)
    assert (out.leads, out.mailboxes, out.unread_threads) == (3, 1, 0)
    line = out.campaigns[0]
    assert (line.name, line.totals.sent, line.progress.not_yet) == ("Autumn", 4, 3)
    assert line.next_send_at is not None


async def test_campaign_figures_by_step_variant_and_mailbox(actor: Actor, stage: Stage) -> None:
    await emit(stage, one_of_each(stage))
    async with tenant(actor.organization_id) as session:
        out = await service.get_campaign_figures(session, actor, stage.campaign_id, since=None, until=None)
        with pytest.raises(NotFound):
            await service.get_campaign_figures(session, actor, new_id(), since=None, until=None)
    assert [(day.day.day, day.sent) for day in out.days] == [(8, 1), (9, 0), (10, 3)]
    assert [(step.step, step.variant, step.sent) for step in out.steps] == [(1, "A", 3)]
    assert [(box.email_address, box.sent) for box in out.mailboxes] == [("mira@brightfjord.example", 4)]
    assert sum(out.waiting.values()) == 3


async def test_mailbox_that_is_gone_keeps_its_figures(actor: Actor, stage: Stage, sql: Any) -> None:
    await emit(stage, one_of_each(stage))
    await sql.execute("UPDATE enrollments SET next_due_at = NULL, email_account_id = NULL")
    await sql.execute("DELETE FROM email_accounts")
    async with tenant(actor.organization_id) as session:
        out = await service.list_mailbox_figures(session, actor, since=None, until=None)
    assert [(box.email_account_id, box.sent) for box in out] == [(None, 4)]


async def test_activity_is_paged_by_number_with_names(actor: Actor, stage: Stage) -> None:
    await emit(stage, one_of_each(stage))
    seen, cursor = [], None
    async with tenant(actor.organization_id) as session:
        while True:
            page = await service.page_activity(session, actor, limit=7, cursor=cursor, campaign_id=None)
            seen += page.items
            cursor = page.next_cursor
            if cursor is None:
                break
        narrowed = await service.page_activity(
            session, actor, limit=100, cursor=None, campaign_id=stage.campaign_id
        )
    assert [fact.seq for fact in seen] == list(range(24, 0, -1))
    assert (seen[0].event, seen[-1].event) == ("mailbox_changed", "sent")
    assert (seen[-1].campaign_name, seen[-1].lead_email) == ("Autumn", "lead0000@example.com")
    assert len(narrowed.items) == 23


async def test_timeline_is_one_persons(actor: Actor, stage: Stage) -> None:
    await emit(stage, one_of_each(stage))
    async with tenant(actor.organization_id) as session:
        entries = await service.get_timeline(session, actor, stage.lead_ids[2])
        with pytest.raises(NotFound):
            await service.get_timeline(session, actor, new_id())
    assert sorted(entry.event for entry in entries) == ["bounced", "enrolled", "sent"]
    bounce = next(entry for entry in entries if entry.event == "bounced")
    assert (bounce.step, bounce.campaign_name, bounce.detail) == (
        1,
        "Autumn",
        {"hard": True, "in_session": False},
    )


def send(stage: Stage, person: int = 0, **changes: Any) -> EmailSend:
    values: dict[str, Any] = {
        "kind": "campaign", "intent_key": str(new_id()), "to_email": f"lead{person:04d}@example.com", "status": "sent",
        "planned_at": NOON - timedelta(hours=1), "handed_at": NOON, "sent_at": NOON, "claimed_at": NOON,
        "message_id": f"<{new_id()}@reachly.test>", "step": 1, "created_at": NOON, "updated_at": NOON,
        "campaign_id": stage.campaign_id, "lead_id": stage.lead_ids[person], "sequence_id": stage.step_ids[0],
        "enrollment_id": stage.enrollment_ids[person], "email_account_id": stage.account_ids[0], **changes,
    }  # fmt: skip
    return EmailSend(organization_id=stage.organization_id, id=new_id(), **values)


async def export(actor: Actor, campaign_id: uuid.UUID, file_format: Any) -> str:
    async with tenant(actor.organization_id) as session:
        parts, _ = await service.export_campaign(session, actor, campaign_id, file_format)
    return "".join([part async for part in parts])


async def test_export_is_safe_to_open_in_a_spreadsheet(
    actor: Actor, stage: Stage, sql: Any, monkeypatch: Any
) -> None:
    monkeypatch.setattr("reachly.services.analytics.service.exporting.EXPORT_PAGE", 2)
    await sql.execute(
        "UPDATE leads SET first_name = '=HYPERLINK(\"http://evil.example\")', last_name = '@SUM(1)'"
    )
    async with tenant(actor.organization_id) as session:
        session.add_all([send(stage, n % 3, subject='+1 "quoted"\nsecond line') for n in range(5)])
    rows = list(standard_csv.DictReader(io.StringIO(await export(actor, stage.campaign_id, "csv"))))
    assert len(rows) == 5
    assert {row["first_name"][:2] for row in rows} == {"'="}
    assert {row["last_name"][:2] for row in rows} == {"'@"}
    assert {row["subject"] for row in rows} == {'\'+1 "quoted"\nsecond line'}
    assert rows[0]["mailbox"] == "mira@brightfjord.example"


async def test_export_as_json_is_one_document(actor: Actor, stage: Stage) -> None:
    assert json.loads(await export(actor, stage.campaign_id, "json")) == []
    async with tenant(actor.organization_id) as session:
        session.add_all([send(stage, n) for n in range(3)])
    found = json.loads(await export(actor, stage.campaign_id, "json"))
    assert [row["to_email"] for row in found] == [f"lead{n:04d}@example.com" for n in range(3)]


async def test_export_of_a_strangers_campaign_does_not_exist(stage: Stage, new_actor: Any) -> None:
    other = await new_actor("otherfjord")
    async with tenant(other.organization_id) as session:
        with pytest.raises(NotFound):
            await service.export_campaign(session, other, stage.campaign_id, "csv")


async def test_pulse_says_what_the_engine_does(actor: Actor, stage: Stage) -> None:
    async with tenant(actor.organization_id) as session:
        session.add_all([send(stage), send(stage, 1, handed_at=NOON - timedelta(days=1))])
        session.add(CapUsage(
            organization_id=actor.organization_id, scope="mailbox", key="mira@brightfjord.example", day=NOON.date(),
            reserved=0, used=38,
        ))  # fmt: skip
    async with tenant(actor.organization_id) as session:
        out = await service.get_pulse(session, actor)
        assert await service.count_sent_today(session, actor.organization_id) == {stage.account_ids[0]: 38}
    assert (out.now, out.active_campaigns, out.mailboxes_sending, out.mailboxes_in_trouble) == (NOON, 1, 1, 0)
    assert out.next_send_at == NOON
    assert (out.sent_today, out.planned_today) == (
        1,
        3,
    )  # two of the three that are due fit under the cap of 40
    assert [(h.hour, h.planned, h.sent) for h in out.hours if h.planned or h.sent] == [(11, 1, 0), (12, 2, 1)]
    assert sum(reason.count for reason in out.waiting) == 3
    assert out.last_seq == 0


async def test_pulse_counts_trouble_and_does_not_promise_a_send(actor: Actor, stage: Stage, sql: Any) -> None:
    await sql.execute("UPDATE email_accounts SET status = 'auth_failed'")
    await emit(stage, one_of_each(stage))
    async with tenant(actor.organization_id) as session:
        out = await service.get_pulse(session, actor)
    assert (out.mailboxes_sending, out.mailboxes_in_trouble, out.next_send_at) == (0, 1, None)
    assert (out.planned_today, out.last_seq) == (0, 24)


async def test_deliverability_is_said_once_and_only_beyond_chance(stage: Stage, sql: Any) -> None:
    await emit(stage, [MessageSent(**ids(stage)) for _ in range(20)])
    await emit(stage, [Bounced(**ids(stage)) for _ in range(2)])
    assert await service.check_deliverability(stage.organization_id) == 0
    await emit(stage, [Bounced(**ids(stage)) for _ in range(4)])
    assert await service.check_deliverability(stage.organization_id, stage.account_ids[0]) == 1
    assert await service.check_deliverability(stage.organization_id, stage.account_ids[0]) == 0
    fact = await sql.fetchrow("SELECT * FROM analytics_events WHERE event_type = 'deliverability_fell'")
    told = json.loads(fact["event_data"])
    assert (fact["live_name"], told["attempted"], told["bounced"]) == ("deliverability:alert", 20, 6)
    assert told["at_least"] > told["limit"]


async def test_deliverability_of_everybody_is_looked_at_daily(stage: Stage, sql: Any) -> None:
    await emit(stage, [MessageSent(**ids(stage)) for _ in range(14)])
    await emit(stage, [Bounced(**ids(stage), in_session=True) for _ in range(6)])
    await UpkeepLoop(current_settings()).clean_up()
    await UpkeepLoop(current_settings()).clean_up()
    facts = await sql.fetch("SELECT * FROM analytics_events WHERE event_type = 'deliverability_fell'")
    assert [fact["email_account_id"] for fact in facts] == stage.account_ids


async def test_quota_is_said_when_it_is_reached_and_not_again(actor: Actor, sql: Any) -> None:
    await sql.execute("UPDATE organizations SET plan_type = 'free'")
    async with tenant(actor.organization_id) as session:
        told = [
            await identity.add_usage(session, actor.organization_id, "leads_imported", n)
            for n in (4_999, 1, 1)
        ]
        plenty = await identity.add_usage(session, actor.organization_id, "exports", 10_000)
        await outbox.emit(session, [event for events in told for event in events])
    assert [len(events) for events in told] == [0, 1, 0]
    assert plenty == []
    assert told[1][0].data == {"metric": "leads_imported", "used": 5_000, "limit": 5_000, "plan_type": "free"}
    assert await sql.fetchval("SELECT live_name FROM analytics_events") == "quota:warning"


@pytest.mark.parametrize(
    ("change", "idle"),
    [
        ("SELECT 1", None),
        ("UPDATE campaigns SET status = 'paused'", "paused"),
        ("UPDATE campaigns SET status = 'completed'", "through"),
        ("UPDATE campaigns SET status = 'draft'", "no_campaign"),
        ("UPDATE email_accounts SET is_active = false", "no_mailbox"),
        ("UPDATE organizations SET sending_held = 'restored'", "restored"),
    ],
)
async def test_pulse_and_mailbox_promise_nothing_where_nothing_is_sent(
    actor: Actor, stage: Stage, sql: Any, change: str, idle: str | None
) -> None:
    await sql.execute(change)
    async with tenant(actor.organization_id) as session:
        pulse = await service.get_pulse(session, actor)
        boxes = await service.with_sent_today(
            session, actor, await email_accounts.list_accounts(session, actor)
        )
    assert pulse.idle == idle
    goes_on = idle is None
    assert (pulse.mailboxes_sending, pulse.next_send_at is not None) == (int(goes_on), goes_on)
    assert [box.next_send_at is not None for box in boxes] == [goes_on]
    if not goes_on:
        assert pulse.planned_today == pulse.sent_today
