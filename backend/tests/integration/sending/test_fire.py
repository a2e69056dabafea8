"""Two workers, dead workers, slow workers, pauses and stops in the middle: nobody gets anything twice."""

from __future__ import annotations

import asyncio
import uuid
from pathlib import Path
from typing import Any

import pytest

from reachly.data.repositories.sending import marks
from reachly.data.session import tenant
from reachly.infra.settings import Settings
from reachly.jobs.sending import SendingLoop
from reachly.services.campaigns import service as campaigns
from reachly.services.identity.schemas import Actor
from reachly.services.sending import service
from reachly.services.sending.service import journal
from reachly.services.suppression import service as suppression
from tests.factories.sending import Step, add_campaign, add_mailbox
from tests.integration.sending.conftest import Relay, SetClock, drain, end_leases, hold_mailers, one_at_a_time

pytestmark = pytest.mark.anyio
FIRST = "lead0000@example.com"


async def test_many_workers_on_many_mailboxes_send_everything_once(
    relay: Relay, organization_id: uuid.UUID, settings: Settings, sql: Any
) -> None:
    accounts = [
        await add_mailbox(organization_id, relay.port, address=f"m{n}@brightfjord.example") for n in range(6)
    ]
    await add_campaign(organization_id, accounts, 300)
    loops = [
        SendingLoop(one_at_a_time(settings, messages_per_claim=9), name=f"sending:{n}") for n in range(3)
    ]
    while sum(await asyncio.gather(*(one.run_once() for one in loops))):
        pass
    assert len(relay.recipients) == len(set(relay.recipients)) == 300
    assert await sql.fetchval("SELECT count(*) FROM email_sends WHERE status = 'sent'") == 300
    assert await sql.fetchval("SELECT coalesce(sum(reserved), 0) FROM cap_usage") == 0
    assert await sql.fetchval("SELECT status FROM campaigns") == "completed"


@pytest.mark.parametrize("boot", ["", "this start"])
async def test_a_worker_killed_between_mark_and_record_leaves_no_second_copy(
    relay: Relay, organization_id: uuid.UUID, settings: Settings, sql: Any, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, boot: str,
) -> None:  # fmt: skip
    """Its journal proves that it had not offered the one that it had marked; without one nobody knows."""
    (tmp_path / "boot").write_text(boot)
    monkeypatch.setattr(journal, "BOOT_ID", tmp_path / "boot")
    account = await add_mailbox(organization_id, relay.port)
    await add_campaign(organization_id, [account], 4)
    held, calls = asyncio.Event(), []

    async def hang() -> None:
        calls.append(1)
        if len(calls) == 2:
            held.set()
            await asyncio.Event().wait()

    dead = SendingLoop(one_at_a_time(settings), mailer_factory=hold_mailers(before_send=hang))
    task = asyncio.create_task(dead.run_once())
    await held.wait()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await end_leases(sql)
    loop = SendingLoop(settings)
    await sql.execute("UPDATE email_accounts SET next_turn_at = now()")
    await drain(loop)
    states = await sql.fetch("SELECT status, count(*) AS n FROM email_sends GROUP BY 1 ORDER BY 1")
    assert [tuple(state) for state in states] == ([("sent", 4)] if boot else [("sent", 3), ("unknown", 1)])
    assert len(relay.recipients) == len(set(relay.recipients)) == (4 if boot else 3)
    used = await sql.fetchrow("SELECT reserved, used FROM cap_usage WHERE scope = 'mailbox'")
    assert tuple(used) == (0, 4), "an unknown one counts as sent"


async def test_a_worker_that_slept_past_its_lease_changes_nothing(
    relay: Relay, organization_id: uuid.UUID, settings: Settings, sql: Any
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    await add_campaign(organization_id, [account], 1)
    held, go_on = asyncio.Event(), asyncio.Event()

    async def sleep() -> None:
        held.set()
        await go_on.wait()

    slow = SendingLoop(settings, mailer_factory=hold_mailers(before_send=sleep))
    task = asyncio.create_task(slow.run_once())
    await held.wait()
    await end_leases(sql)
    await drain(SendingLoop(settings))
    before = await sql.fetchrow("SELECT * FROM email_sends")
    assert before["status"] == "unknown"
    go_on.set()
    await task
    after = await sql.fetchrow("SELECT * FROM email_sends")
    assert dict(after) == dict(before), "what it learned too late is not written over"
    assert relay.recipients == [FIRST], "one copy only"
    assert tuple(await sql.fetchrow("SELECT reserved, used FROM cap_usage WHERE scope = 'mailbox'")) == (0, 1)


async def test_what_has_not_left_when_its_lease_is_over_goes_later_and_is_not_in_doubt(
    relay: Relay, organization_id: uuid.UUID, settings: Settings, sql: Any
) -> None:
    """`run_once` has no heartbeat: this is a worker that the database cannot hear any more."""
    account = await add_mailbox(organization_id, relay.port)
    await add_campaign(organization_id, [account], 3)
    short = settings.model_copy(
        update={"sending": settings.sending.model_copy(update={"lease_seconds": 0.3})}
    )

    async def dawdle() -> None:
        await asyncio.sleep(0.5)

    await SendingLoop(short, mailer_factory=hold_mailers(before_send=dawdle)).run_once()
    assert relay.recipients == []
    assert (
        await sql.fetchval("SELECT count(*) FROM email_sends WHERE status IN ('sending', 'unknown', 'sent')")
        == 0
    )
    assert await sql.fetchval("SELECT failures_in_a_row FROM email_accounts") == 0, (
        "the mailbox did nothing wrong"
    )
    await sql.execute("UPDATE email_accounts SET next_turn_at = now()")
    await end_leases(sql)
    await drain(SendingLoop(settings))
    assert len(relay.recipients) == len(set(relay.recipients)) == 3


async def test_a_heartbeat_brings_no_lease_back_that_had_run_out(
    relay: Relay, organization_id: uuid.UUID, settings: Settings, sql: Any
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    await add_campaign(organization_id, [account], 2)
    found: list[bool] = []

    async def beat() -> None:
        attempts = set(loop.tools.attempts)
        found.append(await service.renew_leases(settings.sending, attempts) == attempts)
        await end_leases(sql)
        found.append(await service.renew_leases(settings.sending, attempts) == set())

    loop = SendingLoop(settings, mailer_factory=hold_mailers(before_send=beat))
    await drain(loop)
    assert found == [True, True]


async def test_a_worker_that_slept_before_the_mark_sends_nothing(
    relay: Relay, organization_id: uuid.UUID, settings: Settings, sql: Any
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    await add_campaign(organization_id, [account], 3)
    held, go_on = asyncio.Event(), asyncio.Event()

    async def sleep() -> None:
        held.set()
        await go_on.wait()

    slow = SendingLoop(settings, mailer_factory=hold_mailers(before_open=sleep))
    task = asyncio.create_task(slow.run_once())
    await held.wait()
    await end_leases(sql)
    await sql.execute("UPDATE email_accounts SET next_turn_at = now()")
    await drain(SendingLoop(settings))
    assert len(relay.recipients) == 3
    go_on.set()
    await task
    assert len(relay.recipients) == 3
    assert await sql.fetchval("SELECT count(*) FROM email_sends WHERE status = 'sent'") == 3


async def test_after_a_pause_nothing_new_starts(
    relay: Relay, organization_id: uuid.UUID, settings: Settings, sql: Any, actor: Actor
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    stage = await add_campaign(organization_id, [account], 10)
    calls: list[int] = []

    async def pause() -> None:
        calls.append(1)
        if len(calls) == 4:
            async with tenant(organization_id) as session:
                await campaigns.pause_campaign(session, actor, stage.campaign_id)

    loop = SendingLoop(one_at_a_time(settings), mailer_factory=hold_mailers(before_send=pause))
    await drain(loop)
    assert len(relay.recipients) == 4, "the one that was on its way finishes, no other starts"
    states = await sql.fetch("SELECT status, count(*) AS n FROM email_sends GROUP BY 1")
    assert [tuple(state) for state in states] == [("sent", 4)]
    reasons = await sql.fetch("SELECT DISTINCT blocked_reason FROM enrollments WHERE status = 'active'")
    assert [tuple(reason) for reason in reasons] == [("campaign_paused",)]
    assert await sql.fetchval("SELECT coalesce(sum(reserved), 0) FROM cap_usage") == 0


@pytest.mark.parametrize("what", ["suppressed", "domain", "replied", "deleted"])
async def test_a_stop_that_comes_after_the_choice_is_heeded(
    what: str, relay: Relay, organization_id: uuid.UUID, settings: Settings, sql: Any
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    stage = await add_campaign(organization_id, [account], 3)

    async def stop() -> None:
        async with tenant(organization_id) as session:
            if what == "suppressed":
                await suppression.suppress_addresses(
                    session, organization_id, [FIRST], "unsubscribed", "test"
                )
            elif what == "replied":
                ids = [stage.enrollment_ids[0]]
                await campaigns.stop_enrollments(session, organization_id, ids, "replied", "a reply")
            elif what == "domain":
                await suppression.suppress(session, organization_id, "example.com", "manual", "test")
        if what == "deleted":
            await sql.execute("DELETE FROM leads WHERE id = $1", stage.lead_ids[0])

    loop = SendingLoop(settings, mailer_factory=hold_mailers(before_open=stop))
    await drain(loop)
    others = [] if what == "domain" else ["lead0001@example.com", "lead0002@example.com"]
    assert relay.recipients == others
    assert await sql.fetchval("SELECT count(*) FROM email_sends WHERE to_email = $1", FIRST) == 0
    states = {"suppressed": "unsubscribed", "domain": "stopped", "replied": "replied", "deleted": None}
    state = await sql.fetchval("SELECT status FROM enrollments WHERE id = $1", stage.enrollment_ids[0])
    assert state == states[what]
    assert await sql.fetchval("SELECT coalesce(sum(reserved), 0) FROM cap_usage") == 0
    if (
        what == "domain"
    ):  # the stop itself has ended everybody: the worker's minutely look completes the campaign
        await service.complete_done_campaigns()
    assert await sql.fetchval("SELECT status FROM campaigns") == "completed"


async def test_a_suppressed_person_is_not_in_the_ledger(
    relay: Relay, organization_id: uuid.UUID, loop: SendingLoop, sql: Any
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    await add_campaign(organization_id, [account], 2)
    async with tenant(organization_id) as session:
        await suppression.suppress_addresses(session, organization_id, [FIRST], "complained", "test")
    await drain(loop)
    assert relay.recipients == ["lead0001@example.com"]
    assert await sql.fetchval("SELECT count(*) FROM email_sends") == 1


async def test_a_worker_that_is_stopped_gives_the_rest_back(
    relay: Relay, organization_id: uuid.UUID, settings: Settings, sql: Any
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    await add_campaign(organization_id, [account], 8)
    stop, calls = asyncio.Event(), []

    async def count() -> None:
        calls.append(1)
        if len(calls) == 3:
            stop.set()

    loop = SendingLoop(one_at_a_time(settings), mailer_factory=hold_mailers(before_send=count))
    await asyncio.wait_for(loop.run(stop), 60)
    states = await sql.fetch("SELECT status, count(*) AS n FROM email_sends GROUP BY 1 ORDER BY 1")
    assert [tuple(state) for state in states] == [("sent", 3)]
    assert await sql.fetchval("SELECT count(*) FROM enrollments WHERE next_due_at IS NOT NULL") == 5
    assert await sql.fetchval("SELECT lease_until FROM email_accounts") is None
    await drain(SendingLoop(settings))
    assert len(relay.recipients) == len(set(relay.recipients)) == 8


async def test_an_error_of_our_own_frees_the_mailbox_at_once(
    relay: Relay, organization_id: uuid.UUID, settings: Settings, sql: Any
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    await add_campaign(organization_id, [account], 2)

    async def fail() -> None:
        raise RuntimeError("a defect")

    await SendingLoop(settings, mailer_factory=hold_mailers(before_open=fail)).run_once()
    assert await sql.fetchval("SELECT count(*) FROM email_sends") == 0
    assert await sql.fetchval("SELECT lease_until < now() FROM email_accounts")
    await drain(SendingLoop(settings))
    assert len(relay.recipients) == 2


async def test_a_step_that_was_sent_is_never_sent_again_whatever_the_alarm_says(
    relay: Relay, organization_id: uuid.UUID, loop: SendingLoop, sql: Any, at: SetClock
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    await add_campaign(organization_id, [account], 2, steps=[Step(), Step(subject="", body="Again.", days=3)])
    await drain(loop)
    await sql.execute("UPDATE enrollments SET next_step = 1, next_due_at = $1", at.at)
    await sql.execute("UPDATE email_accounts SET next_turn_at = $1", at.at)
    await drain(loop)
    assert len(relay.recipients) == 2
    rows = await sql.fetch("SELECT next_step, next_due_at > $1 AS later FROM enrollments", at.at)
    assert [tuple(row) for row in rows] == [(2, True)] * 2


async def test_a_suppression_that_is_about_to_be_committed_is_waited_for(
    relay: Relay, organization_id: uuid.UUID, settings: Settings, sql: Any
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    await add_campaign(organization_id, [account], 3)
    added = asyncio.Event()
    adding: list[asyncio.Task[None]] = []

    async def suppress() -> None:
        async with tenant(organization_id) as session:
            await suppression.suppress(session, organization_id, "example.com", "manual", "test")
            added.set()
            await asyncio.sleep(0.5)  # not committed yet: nobody else can see it

    async def begin() -> None:
        adding.append(asyncio.create_task(suppress()))
        await added.wait()

    await drain(SendingLoop(settings, mailer_factory=hold_mailers(before_open=begin)))
    await asyncio.gather(*adding)
    assert relay.recipients == []
    assert await sql.fetchval("SELECT count(*) FROM email_sends") == 0
    assert {row["status"] for row in await sql.fetch("SELECT status FROM enrollments")} == {"stopped"}


async def test_a_suppression_is_answered_only_when_no_mark_can_miss_it(
    relay: Relay, organization_id: uuid.UUID, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = await add_mailbox(organization_id, relay.port)
    await add_campaign(organization_id, [account], 1)
    hold, answered = marks.hold_mailbox, []
    adding: list[asyncio.Task[None]] = []

    async def suppress() -> None:
        async with tenant(organization_id) as session:
            await suppression.suppress(session, organization_id, "example.com", "manual", "test")

    async def before_the_mark_is_committed(*args: Any, **more: Any) -> bool:
        adding.append(asyncio.create_task(suppress()))
        await asyncio.sleep(0.3)
        answered.append(adding[0].done())
        return await hold(*args, **more)

    monkeypatch.setattr(marks, "hold_mailbox", before_the_mark_is_committed)
    await SendingLoop(settings).run_once()
    await asyncio.wait_for(adding[0], 60)
    assert answered == [False]
    assert relay.recipients == [FIRST], "that one was on its way before the answer"
