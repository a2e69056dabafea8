"""A mailbox that is gone strands nobody: its people wait with that reason until somebody chooses, go on from another
mailbox as a new thread, stop, or get it back when it is connected again."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from reachly.data.repositories import email_accounts as repository
from reachly.data.session import Session, tenant
from reachly.infra.settings import Settings
from reachly.jobs.scheduling import HANDLERS
from reachly.jobs.sending import SendingLoop
from reachly.kit.ids import new_id
from reachly.services.email_accounts import service as email_accounts
from reachly.services.identity.schemas import Actor
from reachly.services.scheduling import service as scheduling
from reachly.services.scheduling.schemas import HandOverIn
from tests.factories.sending import Stage, Step, add_campaign, add_mailbox
from tests.integration.sending.conftest import Relay, SetClock, drain

pytestmark = pytest.mark.anyio

OLD, OTHER = "mira@brightfjord.example", "olav@brightfjord.example"
STEPS = (Step(subject="A question about rye"), Step(subject="", body="Did you see it?", days=1))
PEOPLE = 6


@pytest.fixture
async def world(
    organization_id: uuid.UUID, relay: Relay, at: SetClock, loop: SendingLoop
) -> tuple[Stage, Relay, SetClock, SendingLoop]:
    """Two mailboxes that have sent the first step to three people each; the second is due tomorrow."""
    boxes = [await add_mailbox(organization_id, relay.port, address=address) for address in (OLD, OTHER)]
    stage = await add_campaign(organization_id, boxes, PEOPLE, steps=STEPS)
    await drain(loop)
    assert len(relay.recipients) == PEOPLE
    return stage, relay, at, loop


async def disconnect(actor: Actor, account_id: uuid.UUID, people: str | None = None) -> None:
    """As the route does, with the job that the fact starts."""
    async with tenant(actor.organization_id) as session:
        await email_accounts.delete_account(session, actor, account_id, people)
    chosen = {"sender_gone": people} if people else {}
    await HANDLERS["scheduling.plan_mailbox"](
        actor.organization_id, {"email_account_id": str(account_id), **chosen}
    )


async def waiting(sql: Any) -> int:
    return int(await sql.fetchval("SELECT count(*) FROM enrollments WHERE blocked_reason = 'sender_gone'"))


def follow_ups(relay: Relay) -> list[tuple[str, str, str | None]]:
    """(sender, subject, what it answers) of what came after the first step."""
    found = []
    for envelope in relay.script.accepted[PEOPLE:]:
        header = envelope.data.partition(b"\r\n\r\n")[0].decode()
        fields = dict(
            line.split(": ", 1) for line in header.replace("\r\n ", " ").split("\r\n") if ": " in line
        )
        found.append((envelope.mail_from, fields["Subject"], fields.get("In-Reply-To")))
    return found


async def test_people_of_a_mailbox_that_is_gone_wait_with_that_reason(
    world: Any, actor: Actor, sql: Any
) -> None:
    stage, relay, at, loop = world
    await disconnect(actor, stage.account_ids[0])
    at.move(days=3)
    await drain(loop)
    assert [sender for sender, _, _ in follow_ups(relay)] == [OTHER] * 3
    assert await waiting(sql) == 3
    async with tenant(actor.organization_id) as session:
        why = (
            await scheduling.explain_enrollment(session, actor, stage.campaign_id, stage.enrollment_ids[0])
        ).held
    assert why is not None
    assert why.code == "sender_gone"
    assert OLD in why.detail


async def test_the_choice_to_continue_sends_from_another_mailbox_in_a_new_thread(
    world: Any, actor: Actor, sql: Any
) -> None:
    stage, relay, at, loop = world
    await disconnect(actor, stage.account_ids[0])
    async with tenant(actor.organization_id) as session:
        told = await scheduling.hand_over(session, actor, stage.campaign_id, HandOverIn(choice="continue"))
    assert told.people == 3
    await HANDLERS["scheduling.hand_over"](
        actor.organization_id, {"campaign_id": str(stage.campaign_id), "sender_gone": "continue"}
    )
    assert await waiting(sql) == 0
    at.move(days=3)
    await drain(loop)
    came = follow_ups(relay)
    assert len(came) == PEOPLE
    assert {sender for sender, _, _ in came} == {OTHER}
    assert (
        sorted(subject for _, subject, _ in came)
        == ["A question about rye"] * 3 + ["Re: A question about rye"] * 3
    )
    assert all((answers is None) == (subject[:3] != "Re:") for _, subject, answers in came)
    assert len(set(relay.recipients)) == PEOPLE
    assert len(relay.recipients) == 2 * PEOPLE


async def test_the_choice_to_stop_ends_them(world: Any, actor: Actor, sql: Any) -> None:
    stage, relay, at, loop = world
    await disconnect(actor, stage.account_ids[0], "stop")
    states = await sql.fetch("SELECT status, stopped_reason FROM enrollments WHERE status <> 'active'")
    assert [tuple(row) for row in states] == [("stopped", "Its mailbox is gone.")] * 3
    at.move(days=3)
    await drain(loop)
    assert len(follow_ups(relay)) == 3
    assert await sql.fetchval("SELECT status FROM campaigns") == "completed"


async def test_the_campaigns_own_setting_chooses(world: Any, actor: Actor, sql: Any) -> None:
    stage, relay, at, loop = world
    await sql.execute('UPDATE campaigns SET settings = settings || \'{"sender_gone": "continue"}\'')
    await disconnect(actor, stage.account_ids[0])
    at.move(days=3)
    await drain(loop)
    assert len(follow_ups(relay)) == PEOPLE


async def test_a_mailbox_that_is_connected_again_takes_its_people_back_in_their_thread(
    world: Any, actor: Actor, sql: Any
) -> None:
    stage, relay, at, loop = world
    await disconnect(actor, stage.account_ids[0])
    again = await add_mailbox(actor.organization_id, relay.port, address=OLD)
    async with tenant(actor.organization_id) as session:
        await email_accounts.take_back_people(session, actor.organization_id, again, OLD)
    await HANDLERS["scheduling.plan_mailbox"](actor.organization_id, {"email_account_id": str(again)})
    weights = await sql.fetch("SELECT weight FROM campaign_email_accounts ORDER BY weight")
    assert [row["weight"] for row in weights] == [0, 1]  # no new people until somebody gives it a share
    at.move(days=3)
    await drain(loop)
    came = follow_ups(relay)
    assert sorted(sender for sender, _, _ in came) == [OLD] * 3 + [OTHER] * 3
    assert all(answers for _, _, answers in came)


async def test_taking_the_mailbox_out_of_the_campaign_is_the_same(world: Any, actor: Actor, sql: Any) -> None:
    stage, _relay, _at, _loop = world
    await sql.execute("DELETE FROM campaign_email_accounts WHERE email_account_id = $1", stage.account_ids[0])
    await scheduling.plan_campaign(actor.organization_id, stage.campaign_id)
    assert await waiting(sql) == 3
    await sql.execute(
        "INSERT INTO campaign_email_accounts (organization_id, campaign_id, email_account_id) VALUES ($1, $2, $3)",
        actor.organization_id, stage.campaign_id, stage.account_ids[0],
    )  # fmt: skip
    await scheduling.plan_campaign(actor.organization_id, stage.campaign_id)
    assert await waiting(sql) == 0


@pytest.mark.parametrize("state", ["held", "deferred", "unread", "in doubt"])
async def test_whatever_they_waited_for_when_it_went(world: Any, actor: Actor, sql: Any, state: str) -> None:
    """A hold runs on; a retry, or a mailbox that could not be read, is over with it; a doubt comes first."""
    stage, _relay, at, _loop = world
    person, until = stage.enrollment_ids[0], at.at.replace(day=20)
    if state == "held":
        await sql.execute(
            "UPDATE enrollments SET status = 'held', held_until = $2, next_due_at = $2, blocked_reason = 'held_ooo'"
            " WHERE id = $1", person, until,
        )  # fmt: skip
    else:
        reason = {
            "deferred": "deferred",
            "unread": "held_unreadable_mailbox",
            "in doubt": "unknown_previous",
        }[state]
        await sql.execute(
            "UPDATE enrollments SET blocked_reason = $2, next_due_at = CASE WHEN $3 THEN NULL ELSE next_due_at END"
            " WHERE id = $1", person, reason, state == "in doubt",
        )  # fmt: skip
    await disconnect(actor, stage.account_ids[0], "continue")
    row = await sql.fetchrow("SELECT * FROM enrollments WHERE id = $1", person)
    if state == "in doubt":
        assert (row["blocked_reason"], row["next_due_at"]) == ("unknown_previous", None)
        return
    assert row["email_account_id"] == stage.account_ids[1]
    assert row["next_due_at"] is not None
    assert row["status"] == ("held" if state == "held" else "active")
    assert (row["next_due_at"] >= until) == (state == "held")


async def test_a_message_that_was_on_the_wire_when_its_mailbox_went_leaves_nobody_due(
    world: Any, actor: Actor, sql: Any, settings: Settings
) -> None:
    """The outcome is written after the disconnection: no due time may stand where no mailbox comes round."""
    from reachly.data.repositories.sending import enrollments
    from reachly.kit import clock

    stage, _, _, _ = world
    await disconnect(actor, stage.account_ids[0])
    now = clock.now()
    advance = enrollments.Advance(
        stage.enrollment_ids[0], "<a@b.example>", "<a@b.example>", "A question", now, 2, "active", now
    )
    async with tenant(actor.organization_id) as session:
        await enrollments.advance(session, actor.organization_id, now, [advance])
        change = enrollments.Change(stage.enrollment_ids[2], now)
        await enrollments.change(session, actor.organization_id, now, [change])
    rows = await sql.fetch(
        "SELECT next_due_at, blocked_reason FROM enrollments WHERE email_account_id IS NULL"
    )
    assert [tuple(row) for row in rows] == [(None, "sender_gone")] * 3


async def test_strangers_cannot_hand_over(world: Any, actor: Actor, new_actor: Any) -> None:
    from reachly.kit.errors import NotFound

    stage, _, _, _ = world
    other = await new_actor("elsewhere")
    async with tenant(other.organization_id) as session:
        for campaign_id in (stage.campaign_id, new_id()):
            with pytest.raises(NotFound):
                await scheduling.hand_over(session, other, campaign_id, HandOverIn(choice="stop"))


async def test_whoever_is_given_the_mailbox_while_it_goes_is_parted_from_it_too(
    actor: Actor,
    organization_id: uuid.UUID,
    relay: Relay,
    at: SetClock,
    sql: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A plan commits between the parting and the lock."""
    gone, other = [
        await add_mailbox(organization_id, relay.port, address=address) for address in (OLD, OTHER)
    ]
    await add_campaign(organization_id, [gone, other], 4)
    part, rounds = repository.part_from_people, []

    async def part_and_be_overtaken(session: Session, *arguments: Any) -> None:
        await part(session, *arguments)
        rounds.append(1)
        if len(rounds) == 1:
            await sql.execute(
                "UPDATE enrollments SET email_account_id = $1, next_due_at = $2 WHERE email_account_id = $3",
                gone, at.at, other,
            )  # fmt: skip

    monkeypatch.setattr(repository, "part_from_people", part_and_be_overtaken)
    async with tenant(organization_id) as session:
        await email_accounts.delete_account(session, actor, gone)
    assert len(rounds) == 2
    left = await sql.fetch("SELECT email_account_id, next_due_at FROM enrollments")
    assert [tuple(row) for row in left] == [(None, None)] * 4
