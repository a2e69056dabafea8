"""Each rule of the scheduler, from the tables through planning and a turn: none lives in the pure policy alone."""

from __future__ import annotations

import asyncio
import itertools
import json
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reachly.data.session import tenant
from reachly.infra import settings as settings_module
from reachly.infra.settings import Settings
from reachly.integrations.mailer.port import Mailer
from reachly.jobs.sending import SendingLoop
from reachly.services.email_accounts.service import Connection
from reachly.services.identity.schemas import Actor
from reachly.services.scheduling import service as scheduling
from reachly.services.sending.service import open_mailer
from tests.factories.sending import ALWAYS, Step, add_campaign, add_mailbox
from tests.integration.sending.conftest import Relay, SetClock, drain

pytestmark = pytest.mark.anyio
AGAIN = Step(subject="", body="Again.", days=1)
WEEKDAYS = {"timezone": "UTC", "windows": {day: [["09:00", "17:00"]] for day in
            ("mon", "tue", "wed", "thu", "fri")}}  # fmt: skip


@pytest.fixture
def sending_with(settings: Settings) -> Iterator[Callable[..., Settings]]:
    """Installs the settings with other numbers of sending."""

    def change(**values: Any) -> Settings:
        changed = settings.model_copy(update={"sending": settings.sending.model_copy(update=values)})
        settings_module.install(changed)
        return changed

    yield change
    settings_module.install(settings)


async def reasons(actor: Actor, campaign_id: uuid.UUID) -> dict[str, int]:
    async with tenant(actor.organization_id) as session:
        told = await scheduling.explain_campaign(session, actor, campaign_id)
    return {reason.code: reason.count for reason in told.reasons}


async def test_a_domain_cap_holds_for_mailboxes_that_send_at_once(
    relay: Relay, actor: Actor, organization_id: uuid.UUID, sending_with: Any, sql: Any, at: SetClock
) -> None:
    small = sending_with(domain_daily_limit=50, messages_per_claim=7)
    accounts = [
        await add_mailbox(organization_id, relay.port, address=address)
        for address in ("mira@brightfjord.example", "sol@mail.brightfjord.example")
    ]
    stage = await add_campaign(organization_id, accounts, 120)
    other = await add_mailbox(organization_id, relay.port, address="mira@quietharbor.example")
    await add_campaign(organization_id, [other], 40, prefix="other")
    loops = [SendingLoop(small, name=f"sending:{n}") for n in range(8)]
    for _ in range(16):
        await asyncio.gather(*(one.run_once() for one in loops))
    sent = Counter(name[:4] for name in relay.recipients)
    assert sent == {"lead": 50, "othe": 40}, "the cap binds the domain and nobody else"
    usage = await sql.fetch("SELECT key, reserved, used FROM cap_usage WHERE scope = 'domain' ORDER BY key")
    assert [tuple(row) for row in usage] == [("brightfjord.example", 0, 50), ("quietharbor.example", 0, 40)]
    assert await reasons(actor, stage.campaign_id) == {"domain_cap": 70}
    turns = await sql.fetch("SELECT next_turn_at FROM email_accounts WHERE email_key LIKE '%brightfjord%'")
    midnight = (at.at + timedelta(days=1)).replace(hour=0)
    assert [row["next_turn_at"] for row in turns] == [midnight] * 2


async def test_the_providers_day_rolls_and_is_never_exceeded(
    relay: Relay, actor: Actor, organization_id: uuid.UUID, sending_with: Any, sql: Any, at: SetClock
) -> None:
    small = sending_with(provider_limits={"smtp": 7}, messages_per_claim=3)
    account = await add_mailbox(organization_id, relay.port, min_gap_seconds=5000)
    stage = await add_campaign(organization_id, [account], 40)
    loop = SendingLoop(small)
    end = at.at + timedelta(days=4)
    named = set()
    while at.at < end:
        await drain(loop)
        named |= set(await reasons(actor, stage.campaign_id))
        at.at = await sql.fetchval("SELECT next_turn_at FROM email_accounts")
    handed = sorted(r["handed_at"] for r in await sql.fetch("SELECT handed_at FROM email_sends"))
    for first, beyond in zip(handed, handed[7:], strict=False):
        assert beyond - first >= timedelta(days=1)
    assert len(handed) == 28, "and it is used to the full"
    assert named == {"provider_cap", "mailbox_gap"}


async def test_a_batch_of_a_relay_stops_at_the_providers_limit(
    relay: Relay, organization_id: uuid.UUID, sending_with: Any, sql: Any, at: SetClock
) -> None:
    small = sending_with(provider_limits={"smtp": 30})
    account = await add_mailbox(organization_id, relay.port)
    await add_campaign(organization_id, [account], 50)
    loop = SendingLoop(small)
    await drain(loop)
    assert len(relay.recipients) == 30
    assert await sql.fetchval("SELECT next_turn_at FROM email_accounts") == at.at + timedelta(days=1)
    at.move(hours=12)  # the next local day begins, but the provider's has not gone by
    await sql.execute("UPDATE email_accounts SET next_turn_at = $1", at.at)
    await drain(loop)
    assert len(relay.recipients) == 30
    at.move(hours=12)
    await drain(loop)
    assert len(relay.recipients) == 50


async def test_people_are_written_to_from_a_mailbox_of_their_own_provider(
    relay: Relay, organization_id: uuid.UUID, settings: Settings, sql: Any, at: SetClock
) -> None:
    relayed = await add_mailbox(organization_id, relay.port, address="a@brightfjord.example")
    server = {
        "host": "smtp.gmail.com",
        "port": 587,
        "security": "starttls",
        "username": "b@brightfjord.example",
    }
    google = await add_mailbox(
        organization_id, relay.port, address="b@brightfjord.example", smtp_config=server
    )
    stage = await add_campaign(organization_id, [relayed, google], 60, settings={"match_provider": True})
    at_google = stage.lead_ids[::3]
    await sql.execute("UPDATE leads SET mail_provider = 'gmail' WHERE id = ANY($1::uuid[])", at_google)
    await scheduling.plan_campaign(organization_id, stage.campaign_id)
    found = await sql.fetch("SELECT lead_id, email_account_id FROM enrollments")
    matched = {row["email_account_id"] for row in found if row["lead_id"] in at_google}
    others = {row["email_account_id"] for row in found if row["lead_id"] not in at_google}
    assert matched == {google}
    assert others == {relayed, google}, "a preference excludes nobody"

    def to_relay(connection: Connection) -> Mailer:
        config = replace(connection.mailer, host="127.0.0.1", port=relay.port, security="none", username="")
        return open_mailer(replace(connection, provider="smtp", mailer=config))

    await sql.execute("DELETE FROM enrollments WHERE email_account_id <> $1", google)
    await drain(SendingLoop(settings, mailer_factory=to_relay))
    keys = {row["id"]: row["email_key"] for row in await sql.fetch("SELECT id, email_key FROM leads")}
    first = relay.recipients[: len(at_google)]
    assert set(first) == {keys[lead] for lead in at_google}, "of those due at once they go first"
    assert len(relay.recipients) > len(first)


async def test_weights_share_out_people_and_the_sender_stays(
    relay: Relay, organization_id: uuid.UUID, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    light = await add_mailbox(organization_id, relay.port, address="a@brightfjord.example")
    heavy = await add_mailbox(organization_id, relay.port, address="b@brightfjord.example")
    stage = await add_campaign(organization_id, [light, heavy], 200, steps=[Step(), AGAIN])
    await sql.execute("UPDATE campaign_email_accounts SET weight = 4 WHERE email_account_id = $1", heavy)
    await scheduling.plan_campaign(organization_id, stage.campaign_id)
    query = "SELECT id, email_account_id FROM enrollments ORDER BY id"
    drawn = [tuple(row) for row in await sql.fetch(query)]
    shares = Counter(account for _, account in drawn)
    assert 140 <= shares[heavy] <= 180
    assert shares[light] + shares[heavy] == 200
    await drain(loop)
    await sql.execute("UPDATE campaign_email_accounts SET weight = 9 WHERE email_account_id = $1", light)
    await scheduling.plan_campaign(organization_id, stage.campaign_id)
    assert [tuple(row) for row in await sql.fetch(query)] == drawn, "nobody changes hands in a sequence"
    at.move(days=1)
    await drain(loop)
    boxes = await sql.fetch(
        "SELECT count(DISTINCT email_account_id) AS boxes, count(*) AS n FROM email_sends GROUP BY enrollment_id"
    )
    assert {tuple(row) for row in boxes} == {(1, 2)}


async def test_no_more_than_the_cap_goes_to_one_company_a_day(
    relay: Relay, actor: Actor, organization_id: uuid.UUID, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    accounts = [
        await add_mailbox(organization_id, relay.port, address=f"m{n}@brightfjord.example") for n in range(2)
    ]
    stage = await add_campaign(organization_id, accounts, 6, domain="acme.example", company_cap=2)
    free = await add_campaign(organization_id, accounts, 3, prefix="x", domain="gmail.com", company_cap=2)
    days = []
    for _ in range(4):
        await drain(loop)
        days.append(sum(name.endswith("acme.example") for name in relay.recipients))
        if len(days) == 1:
            assert await reasons(actor, stage.campaign_id) == {"company_cap": 4}
        at.move(days=1)
    assert days == [2, 4, 6, 6]
    assert await reasons(actor, free.campaign_id) == {}
    assert sum(name.endswith("gmail.com") for name in relay.recipients) == 3, "free mail is no company"


async def test_a_planned_absence_is_kept_and_named(
    relay: Relay, actor: Actor, organization_id: uuid.UUID, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    away = [{"start": "2026-10-05", "end": "2026-10-07"}]
    account = await add_mailbox(organization_id, relay.port, absences=away, timezone="Europe/Oslo")
    stage = await add_campaign(organization_id, [account], 2)
    await drain(loop)
    assert relay.recipients == []
    assert await reasons(actor, stage.campaign_id) == {"mailbox_absent": 2}
    back = datetime(2026, 10, 7, 22, tzinfo=UTC)  # midnight in Oslo
    assert await sql.fetchval("SELECT next_turn_at FROM email_accounts") == back
    at.at = back
    await drain(loop)
    assert len(relay.recipients) == 2


async def test_recipients_hours_are_found_from_field_place_phone_and_domain(
    relay: Relay, actor: Actor, organization_id: uuid.UUID, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    stage = await add_campaign(organization_id, [account], 5, settings={"recipient_hours": True})
    known: list[dict[str, Any]] = [
        {"timezone": "Asia/Tokyo", "country": "US"},
        {"country": "US", "custom_fields": {"city": "Denver"}},
        {"custom_fields": {"phone": "+91 11 2345 6789"}},
        {"email": "a@bolt.de"},
        {},
    ]
    for lead_id, facts in zip(stage.lead_ids, known, strict=True):
        await sql.execute(
            "UPDATE leads SET timezone = $2, country = $3, custom_fields = $4::jsonb,"
            " email_key = coalesce($5, email_key) WHERE id = $1",
            lead_id, facts.get("timezone", ""), facts.get("country", ""), json.dumps(facts.get("custom_fields", {})),
            facts.get("email"),
        )  # fmt: skip
    await scheduling.plan_campaign(organization_id, stage.campaign_id)
    due = [
        await sql.fetchval("SELECT next_due_at FROM enrollments WHERE lead_id = $1", lead_id)
        for lead_id in stage.lead_ids
    ]
    assert due == [
        datetime(2026, 10, 6, 0, tzinfo=UTC),  # 09:00 in Tokyo
        datetime(2026, 10, 5, 15, tzinfo=UTC),  # 09:00 in Denver
        datetime(2026, 10, 6, 3, 30, tzinfo=UTC),  # 09:00 in India
        at.at,  # 14:00 in Berlin
        at.at,  # not known: the campaign's own clock
    ]
    await drain(loop)
    assert len(relay.recipients) == 2
    at.at = datetime(2026, 10, 5, 23, tzinfo=UTC)  # Denver was left out so far: it is evening there now
    told = await reasons(actor, stage.campaign_id)
    assert told == {"recipient_hours": 1}
    for moment in (datetime(2026, 10, 6, 0, tzinfo=UTC), datetime(2026, 10, 6, 3, 30, tzinfo=UTC)):
        at.at = moment
        await drain(loop)
    assert len(relay.recipients) == 4
    at.at = datetime(2026, 10, 6, 15, tzinfo=UTC)
    await drain(loop)
    assert len(relay.recipients) == 5


async def test_holidays_of_campaign_and_recipient_are_kept(
    relay: Relay, organization_id: uuid.UUID, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    at.at = datetime(
        2028, 5, 17, 10, tzinfo=UTC
    )  # Wednesday: Norway's constitution day, on which Germany works
    account = await add_mailbox(organization_id, relay.port)
    schedule = {**WEEKDAYS, "holidays": ["recipient", "2028-05-18"]}
    stage = await add_campaign(organization_id, [account], 2, send_schedule=schedule)
    for lead_id, country in zip(stage.lead_ids, ("Norway", "Germany"), strict=True):
        await sql.execute("UPDATE leads SET country = $2 WHERE id = $1", lead_id, country)
    await scheduling.plan_campaign(organization_id, stage.campaign_id)
    await drain(loop)
    assert relay.recipients == ["lead0001@example.com"]
    later = datetime(2028, 5, 19, 9, tzinfo=UTC)  # the day between is the campaign's own day off
    assert await sql.fetchval("SELECT max(next_due_at) FROM enrollments") == later
    at.at = later
    await drain(loop)
    assert relay.recipients == ["lead0001@example.com", "lead0000@example.com"]


async def test_a_ramp_opens_a_little_more_every_day(
    relay: Relay, actor: Actor, organization_id: uuid.UUID, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    account = await add_mailbox(
        organization_id, relay.port, ramp_enabled=True, ramp_start=2, ramp_step=1, ramp_started_at=at.at
    )
    stage = await add_campaign(organization_id, [account], 12)
    sent = []
    for _ in range(4):
        await drain(loop)
        sent.append(len(relay.recipients))
        if len(sent) == 1:
            assert await reasons(actor, stage.campaign_id) == {"ramp": 10}
        at.move(days=1)
    assert [later - earlier for earlier, later in itertools.pairwise([0, *sent])] == [2, 3, 4, 3]


async def test_a_throttled_mailbox_is_named(
    relay: Relay, actor: Actor, organization_id: uuid.UUID, loop: SendingLoop, at: SetClock
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    stage = await add_campaign(organization_id, [account], 3)
    relay.script.answer("rcpt", "451 4.7.28 Too many messages, slow down")
    await drain(loop)
    async with tenant(organization_id) as session:
        told = await scheduling.explain_campaign(session, actor, stage.campaign_id)
    assert [(r.code, r.count, r.until) for r in told.reasons] == [
        ("throttled", 3, at.at + timedelta(minutes=15))
    ]


async def test_delays_count_hours_and_working_days_only_by_choice(
    relay: Relay, organization_id: uuid.UUID, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    at.at = datetime(2026, 10, 9, 12, tzinfo=UTC)  # a Friday
    account = await add_mailbox(organization_id, relay.port)
    plain = await add_campaign(
        organization_id, [account], 1, steps=[Step(), Step(body="x", days=1, hours=5)], send_schedule=ALWAYS
    )
    working = await add_campaign(
        organization_id, [account], 1, steps=[Step(), Step(body="x", days=1, hours=2)], send_schedule=WEEKDAYS,
        prefix="w",
    )  # fmt: skip
    await sql.execute(
        "UPDATE email_sequences SET working_days_only = true WHERE id = $1", working.step_ids[1]
    )
    await drain(loop)
    query = "SELECT next_due_at FROM enrollments WHERE campaign_id = $1"
    assert await sql.fetchval(query, plain.campaign_id) == datetime(2026, 10, 10, 17, tzinfo=UTC)
    assert await sql.fetchval(query, working.campaign_id) == datetime(2026, 10, 12, 14, tzinfo=UTC)
