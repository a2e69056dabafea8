"""Each state in which a message is held, how it comes about, and the deeds that its advice speaks of."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from reachly.integrations.reader.port import ReaderError
from reachly.services.leads.service import VerdictOn
from reachly.services.verification import service as verification
from tests.api.advising import (
    COMPANY,
    OPEN,
    PERSON,
    WEEK,
    Case,
    World,
    another_mailbox,
    ask,
    look,
    nothing,
    put_account,
    put_campaign,
    run,
    scheduled,
    wait,
)
from tests.integration.sending.test_last_look import answer

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)  # a Monday
BOX, DOMAIN = "mira@brightfjord.example", "brightfjord.example"
ALL_WEEK = {day: [["00:00", "24:00"]] for day in (*WEEK, "sat", "sun")}
LATE = [["14:00", "17:00"]]
PROVIDER_LIMIT = 150
NOT_PRODUCED = {"health_cap"}  # no code sets a cap by health yet
resume = ask("POST", "/api/campaigns/{campaign}/enrollments/{enrollment}/resume")
start = ask("POST", "/api/campaigns/{campaign}/start")
pause = ask("POST", "/api/campaigns/{campaign}/pause")
FALLBACK = {"email_template": 'Hi {{ plan | fallback: "there" }}, a question.'}


async def unknown(world: World) -> None:
    """The server took the first message and said nothing."""
    world.relay.script.answer("final", "drop")
    await world.ask(
        "POST", f"{world.path}/sequences", {"email_template": "Just asking again.", "delay_days": 1}
    )
    await world.settle()
    (send,) = (await world.ask("GET", f"{world.path}/sends"))["items"]
    assert send["status"] == "unknown"
    world.ids["send"] = send["id"]
    world.at.move(days=1)
    await world.settle()


async def greylisted(world: World) -> None:
    world.relay.script.answer("rcpt", "450 4.2.0 Greylisted, try again later")
    await world.settle()


async def disconnect(world: World) -> None:
    await another_mailbox(world)
    await world.ask("DELETE", f"/api/email-accounts/{world.account}")
    await world.settle()


async def connect_again(world: World) -> None:
    server = {
        "host": "127.0.0.1",
        "port": world.relay.port,
        "security": "none",
        "username": "",
        "password": "",
    }
    made = await world.ask("POST", "/api/email-accounts/connect/smtp", {"email_address": BOX, "smtp": server})
    kept = (await world.ask("GET", world.path))["email_account_ids"]
    await world.put_campaign(email_account_ids=[*kept, made["id"]])


async def answered(world: World) -> None:
    message_id = await world.sql.fetchval("SELECT message_id FROM email_sends")
    world.box.deliver(answer(message_id, PERSON), world.at.at)
    await world.settle()


async def unreadable(world: World) -> None:
    world.box.fault = ReaderError("timeout", "It did not answer.")
    await world.settle()


async def readable(world: World) -> None:
    world.box.fault = None
    await wait(world)


async def field_lacks(world: World) -> None:
    await world.ask("PUT", f"/api/sequences/{world.step}", {"email_template": "Hi {{ plan }}, a question."})


async def verified(world: World) -> None:
    verdict = VerdictOn(uuid.UUID(world.lead), world.address, "deliverable", "", "")
    await verification._save(world.ada.organization_id, [verdict])
    held = await world.why()
    if held and held["code"] == "awaiting_verification":
        await wait(world)


async def draft(world: World) -> None:
    if (await world.ask("GET", world.path))["status"] == "active":
        await pause(world)
    made = await world.ask("POST", "/api/campaigns", {
        "name": "Autumn", "subject_template": "Another question", "email_template": "Hello", "send_schedule": OPEN,
        "email_account_ids": [world.account],
    })  # fmt: skip
    await world.ask("POST", f"/api/campaigns/{made['id']}/enrollments", {"lead_ids": [world.lead]})
    await world.run_jobs()
    (person,) = (await world.ask("GET", f"/api/campaigns/{made['id']}/enrollments"))["items"]
    world.ids |= {"campaign": made["id"], "enrollment": person["id"]}


async def with_no_mailbox(world: World) -> None:
    await pause(world)
    await ask("PUT", "/api/email-accounts/{account}/toggle", {"is_active": False})(world)


async def late_with_no_mailbox(world: World) -> None:
    await with_no_mailbox(world)
    await late(world)


async def mend_and_start(world: World) -> None:
    await ask("PUT", "/api/email-accounts/{account}/toggle", {"is_active": True})(world)
    await ask("POST", "/api/email-accounts/{account}/test")(world)
    await world.ask("POST", f"{world.path}/start?confirm_late=true")


async def archived(world: World) -> None:
    await pause(world)
    await world.ask("POST", f"{world.path}/archive")


async def corrected(world: World) -> None:
    await world.ask("PUT", f"/api/leads/{world.lead}", {"email": "ines.right@acme.example"})
    await resume(world)
    world.ids["address"] = "ines.right@acme.example"


async def doubted(world: World) -> None:
    await world.put_campaign(settings={"mail_to": "deliverable"})
    await world.sql.execute("UPDATE leads SET verification = 'risky'")


async def allowed(world: World) -> None:
    await world.put_campaign(settings={"mail_to": "risky"})
    await resume(world)


async def enrol_elsewhere(world: World) -> None:
    await draft(world)
    await start(world)


async def unlist(world: World) -> None:
    (entry,) = (await world.ask("GET", "/api/suppressions"))["items"]
    await world.ask("DELETE", f"/api/suppressions/{entry['id']}")
    await world.ask("POST", f"{world.path}/enrollments/{world.enrollment}/resume")


async def ramping(world: World) -> None:
    await world.put_account(ramp_enabled=True, ramp_start=1, ramp_step=5)
    await world.use_up("mailbox", BOX, 1)


async def sent_today(world: World) -> None:
    """As many messages as the provider takes in 24 hours have left by another way (test messages)."""
    await world.sql.execute(
        "INSERT INTO email_sends (organization_id, id, kind, intent_key, email_account_id, to_email, status,"
        " planned_at, claimed_at, handed_at, message_id, created_at, updated_at)"
        " SELECT $1, id, 'test', id::text, $2, 'x@example.com', 'sent', $3, $3, $3, id::text, $3, $3"
        " FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, $4)) AS many",
        world.ada.organization_id, uuid.UUID(world.account), world.at.at - timedelta(hours=1), PROVIDER_LIMIT,
    )  # fmt: skip


async def just_enrolled(world: World) -> None:
    """Somebody whom no job has looked at yet."""
    body = {"email": "olav@acme.example", "campaign_id": world.campaign, "timezone": "UTC"}
    lead = await world.ask("POST", "/api/leads", body)
    await world.sql.execute("UPDATE leads SET verification = 'deliverable'")
    people = (await world.ask("GET", f"{world.path}/enrollments"))["items"]
    (enrollment,) = [one["id"] for one in people if one["lead_id"] == lead["id"]]
    world.ids |= {"lead": lead["id"], "enrollment": enrollment, "address": "olav@acme.example"}


def used(scope: str, key: str) -> Any:
    return lambda world: world.use_up(scope, key.format_map(world.ids))


late = run(
    "UPDATE campaigns SET status = 'paused', paused_for = 'late', paused_at = $1", NOON - timedelta(days=4)
)
CASES: dict[str, Case] = {
    "suppressed": Case(
        "If it was put there by mistake, an administrator takes it off; then let the person go on here.",
        ask("POST", "/api/suppressions", {"value": PERSON}), {"taken off": unlist}, alone=True,
    ),
    "enrollment_ended": Case(
        "Enrol the person in another campaign.",
        run("UPDATE enrollments SET status = 'replied', next_due_at = NULL"), {"enrol elsewhere": enrol_elsewhere},
        alone=True,
    ),
    "enrollment_ended, by hand": Case(
        "Let the person go on here, or enrol them in another campaign.",
        ask("POST", "/api/campaigns/{campaign}/enrollments/{enrollment}/stop"),
        {"go on": resume, "enrol elsewhere": enrol_elsewhere}, alone=True,
    ),
    "campaign_not_active, archived": Case(
        "It is archived: clone it, or enrol the person in another campaign.", archived,
        {"enrol elsewhere": enrol_elsewhere}, alone=True,
    ),
    "restored": Case(
        "An administrator looks what has left meanwhile, and lets sending go on.",
        run("UPDATE organizations SET sending_held = 'restored', sending_held_at = now()"),
        {"goes on": ask("POST", "/api/organization/resume-sending")},
    ),
    "campaign_not_active": Case("Start the campaign.", draft, {"start": start}, alone=True),
    "campaign_paused, and no mailbox sends": Case(
        "Switch on or reconnect one of its mailboxes, then start the campaign.", with_no_mailbox,
        {"mend and start": mend_and_start}, alone=True,
    ),
    "campaign_late, and no mailbox sends": Case(
        "Switch on or reconnect one of its mailboxes, then start the campaign.", late_with_no_mailbox,
        {"mend and start": mend_and_start}, alone=True,
    ),
    "campaign_late": Case(
        "Resume the campaign and confirm that what is late should still go.",
        late,
        {"confirm": ask("POST", "/api/campaigns/{campaign}/start?confirm_late=true")},
    ),
    "campaign_paused": Case(
        "Resume the campaign.", pause, {"resume": start},
    ),
    "unknown_previous": Case(
        "It settles when the mailbox's Sent folder is read, or when you decide.", unknown,
        {"arrived": ask("POST", "/api/campaigns/{campaign}/sends/{send}/arrived"),
         "resend": ask("POST", "/api/campaigns/{campaign}/sends/{send}/resend"),
         "in bulk": ask("POST", "/api/unknown-messages/resolve", {"decision": "arrived", "all": True})},
        alone=True,
    ),
    "undeliverable": Case(
        "Correct the address, or let the campaign write to addresses of that verdict; if it has stopped, let the person"
        " go on here.",
        run("UPDATE leads SET verification = 'undeliverable'"), {"correct": corrected}, alone=True,
    ),
    "undeliverable, doubted": Case(
        "Correct the address, or let the campaign write to addresses of that verdict; if it has stopped, let the person"
        " go on here.",
        doubted, {"correct": corrected, "allow": allowed}, alone=True,
    ),
    "missing_field": Case(
        "Fill the field or give the template a fallback.", field_lacks,
        {"fill": ask("PUT", "/api/leads/{lead}", {"custom_fields": {"plan": "Plum"}}),
         "fallback": ask("PUT", "/api/sequences/{step}", FALLBACK)},
        alone=True,  # a start is refused, and says so, while everybody lacks it
    ),
    "awaiting_verification": Case(
        "Verification finishes by itself; the message is looked at again then.",
        run("UPDATE leads SET verification = 'unverified'"),
        {"finishes": verified},
    ),
    "awaiting_personalization": Case(
        "Personalization finishes.", just_enrolled, {"finishes": nothing}, alone=True,
    ),
    "sender_gone": Case(
        "Go on from another mailbox as a new thread, or stop; or give the campaign that mailbox back.", disconnect,
        {"continue": ask("POST", "/api/campaigns/{campaign}/hand-over", {"choice": "continue"}),
         "stop": ask("POST", "/api/campaigns/{campaign}/hand-over", {"choice": "stop"}),
         "back": connect_again},
        needs_first=True, alone=True,
    ),
    "no_mailbox": Case(
        "Add an active mailbox to the campaign.", put_campaign(email_account_ids=[]), {"add": another_mailbox},
        alone=True,
    ),
    "mailbox_error": Case(
        "Reconnect the mailbox.", run("UPDATE email_accounts SET status = 'auth_failed', status_reason = 'refused'"),
        {"test": ask("POST", "/api/email-accounts/{account}/test")},
    ),
    "mailbox_paused": Case(
        "Switch the mailbox on.", ask("PUT", "/api/email-accounts/{account}/toggle", {"is_active": False}),
        {"on": ask("PUT", "/api/email-accounts/{account}/toggle", {"is_active": True})},
    ),
    "schedule_ended": Case(
        "Move the end date.", scheduled(end_date="2026-10-01"), {"move": scheduled(end_date="2027-10-01")},
    ),
    "no_common_slot": Case(
        "Widen a window or switch recipient hours off.",
        put_account(workday={"sat": [["09:00", "17:00"]]}),
        {"window": put_campaign(send_schedule={**OPEN, "windows": {**OPEN["windows"], "sat": [["09:00", "17:00"]]}}),
         "workday": put_account(workday=OPEN["windows"])},
    ),
    "held_ooo": Case(
        "The stated return date passes, or you release the hold.",
        run("UPDATE enrollments SET status = 'held', blocked_reason = 'held_ooo', held_until = $1, blocked_until = $1,"
            " next_due_at = NULL", NOON + timedelta(days=2)),
        {"release": resume}, alone=True,
    ),
    "held": Case(
        "The hold runs out, or you release it.",
        run("UPDATE enrollments SET status = 'held', held_until = NULL, next_due_at = NULL"), {"release": resume},
        alone=True,
    ),
    "held_unreadable_mailbox": Case(
        "Reading works again: check the mailbox's incoming settings.", unreadable, {"readable": readable},
        needs_first=True, alone=True,
    ),
    "reply_seen": Case(
        "The message is read, which takes a minute or two.", answered, {"read": look}, needs_first=True, alone=True,
    ),
    "deferred": Case("The retry time comes.", greylisted, {"wait": wait}, alone=True),
    "not_planned": Case(
        "The planner runs; it does so after every change.", run("UPDATE enrollments SET next_due_at = NULL"),
        {"a change": put_campaign(daily_cap=90)}, alone=True,
    ),
    "waiting_delay": Case(
        "The delay runs out, or is shortened.", ask("PUT", "/api/sequences/{step}", {"delay_days": 1}),
        {"wait": wait, "shorten": ask("PUT", "/api/sequences/{step}", {"delay_days": 0})},
    ),
    "outside_window": Case(
        "The next window opens, or you widen it.", scheduled(windows=dict.fromkeys(WEEK, LATE)),
        {"wait": wait, "widen": scheduled(windows=ALL_WEEK)},
    ),
    "holiday": Case(
        "The next working day comes, or holidays are switched off.", scheduled(holidays=["2026-10-05"]),
        {"wait": wait, "off": scheduled(holidays=[])},
    ),
    "recipient_hours": Case(
        "Their working hours begin, or recipient hours are switched off.",
        ask("PUT", "/api/leads/{lead}", {"timezone": "America/Denver"}),
        {"wait": wait, "off": put_campaign(settings={"recipient_hours": False})},
    ),
    "campaign_cap": Case(
        "The next day begins, or the limit is raised.", used("campaign", "{campaign}"),
        {"wait": wait, "raise": put_campaign(daily_cap=200)},
    ),
    "new_lead_cap": Case(
        "The next day begins, or the limit is raised.", used("new_leads", "{campaign}"),
        {"wait": wait, "raise": put_campaign(new_leads_cap=200)},
    ),
    "company_cap": Case(
        "The next day begins, or the limit per company is raised.", used("company", COMPANY),
        {"wait": wait, "raise": put_campaign(company_cap=200)},
    ),
    "mailbox_absent": Case(
        "The absence ends, or is removed.", put_account(absences=[{"start": "2026-10-05", "end": "2026-10-06"}]),
        {"wait": wait, "remove": put_account(absences=[])},
    ),
    "throttled": Case(
        "The provider's waiting time passes.",
        run("UPDATE email_accounts SET not_before = $1", NOON + timedelta(hours=1)), {"wait": wait},
    ),
    "provider_cap": Case("Older messages leave the 24-hour window.", sent_today, {"wait": wait}, alone=True),
    "ramp": Case(
        "The next day allows more, or the ramp is raised.", ramping,
        {"wait": wait, "raise": put_account(ramp_start=50), "off": put_account(ramp_enabled=False)},
    ),
    "mailbox_cap": Case(
        "The next day begins, or the limit is raised.", used("mailbox", BOX),
        {"wait": wait, "raise": put_account(daily_limit=200)},
    ),
    "domain_cap": Case(
        "The next day begins, or the limit is raised.", used("domain", DOMAIN),
        {"wait": wait, "raise": ask("PUT", "/api/organization", {"domain_daily_limit": 300})},
    ),
    "outside_workday": Case(
        "The workday begins, or is widened.", put_account(workday=dict.fromkeys(WEEK, LATE)),
        {"wait": wait, "widen": put_account(workday=ALL_WEEK)},
    ),
    "mailbox_gap": Case(
        "The gap passes, or is shortened.",
        run("UPDATE email_accounts SET last_handed_at = $1", NOON - timedelta(minutes=5)),
        {"wait": wait, "shorten": put_account(min_gap_seconds=0)},
    ),
}  # fmt: skip
