"""The loop: leases, place, re-deliveries, renumbering, errors, the clock."""

from __future__ import annotations

import asyncio
import json
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mailworld import MailWorld
from reachly.data.repositories import email_accounts as repository
from reachly.infra.settings import Settings
from reachly.integrations.reader.fake import FakeReader, MailboxScript
from reachly.integrations.reader.port import Fetched, ReaderError
from reachly.jobs.inbox import SIDE_BY_SIDE, InboxLoop
from reachly.kit import clock
from reachly.services.email_accounts import service as email_accounts
from reachly.services.email_accounts.service import Connection
from reachly.services.identity.schemas import Actor
from tests.conftest import NewActor
from tests.factories.inbound import MAILBOX, letter, report
from tests.factories.sending import add_mailbox
from tests.integration.inbox.conftest import NOON, Post

pytestmark = pytest.mark.anyio


async def account(sql: Any, address: str = MAILBOX) -> Any:
    return await sql.fetchrow("SELECT * FROM email_accounts WHERE email_key = $1", address)


async def test_first_look_takes_the_place_and_the_next_goes_on_from_there(post: Post) -> None:
    row = await account(post.sql)
    assert set(json.loads(row["sync_cursor"])) == {"imap"}
    assert (row["last_synced_at"], row["sync_lease_until"], row["sync_error"]) == (NOON, None, None)
    assert row["next_sync_at"] == NOON + timedelta(seconds=60)


async def test_mail_from_before_the_connection_is_not_read(
    world: MailWorld, actor: Actor, settings: Settings, sql: Any
) -> None:
    await world.deliver(MAILBOX, letter("lead0000@example.com", "An old answer"))
    await add_mailbox(
        actor.organization_id,
        world.smtp_port,
        imap_port=world.imap_port,
        password="secret",
        next_sync_at=NOON,
    )
    loop = InboxLoop(settings)
    await loop.run_once()
    await loop.run_once(everything=True)
    await loop.readers.close()
    assert await sql.fetchval("SELECT count(*) FROM inbound_messages") == 0


async def test_a_look_asks_for_our_own_addresses_only_when_mail_came_and_only_for_those_it_names(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An organization may have ten thousand mailboxes; nearly every look finds nothing."""
    asked: list[set[str]] = []
    real = repository.find_keys

    async def find_keys(session: Any, organization_id: uuid.UUID, wanted: Any) -> set[str]:
        asked.append(set(wanted))
        return await real(session, organization_id, wanted)

    monkeypatch.setattr(repository, "find_keys", find_keys)
    await post.read()
    assert asked == []
    await post.read(letter(post.people[0], "Write to zoe@example.com.", answers=post.ids[0]))
    assert asked == [{MAILBOX, post.people[0], "zoe@example.com"}]
    await post.read(letter(MAILBOX, "A copy of mine."))
    assert await post.kinds() == ["reply"]


async def test_mail_delivered_twice_counts_once(post: Post) -> None:
    answer = letter(post.people[0], "Thanks!", answers=post.ids[0])
    await post.read(answer, answer)
    await post.read(answer)
    assert await post.kinds() == ["reply"]
    assert await post.sql.fetchval("SELECT sum(replied) FROM campaign_stats") == 1


class Scripted:
    """Readers of one mailbox in memory."""

    def __init__(self) -> None:
        self.script = MailboxScript(username=MAILBOX, password="secret")
        self.made = 0

    def __call__(self, connection: Connection) -> FakeReader:
        self.made += 1
        assert connection.reader is not None
        return FakeReader(connection.reader, self.script)


@pytest.fixture
async def scripted(post: Post, settings: Settings) -> Scripted:
    """The same post, its mailbox in memory from now on."""
    made = Scripted()
    await post.loop.readers.close()
    post.loop = InboxLoop(settings, reader_factory=made)
    await post.sql.execute("UPDATE email_accounts SET sync_cursor = '{}'")
    await post.loop.run_once(everything=True)
    return made


async def test_renumbered_mailbox_counts_nothing_twice(post: Post, scripted: Scripted) -> None:
    answer = letter(post.people[0], "Thanks!", answers=post.ids[0])
    scripted.script.deliver(answer, NOON)
    scripted.script.deliver(report(post.people[1], post.ids[1]), NOON)
    await post.loop.run_once(everything=True)
    scripted.script.renumber()
    await post.loop.run_once(everything=True)
    assert await post.kinds() == ["reply", "bounce"]
    assert sorted(fact["event_type"] for fact in await post.events()) == ["bounced", "replied"]


async def test_reader_stays_open_from_look_to_look(post: Post, scripted: Scripted) -> None:
    for _ in range(3):
        await post.loop.run_once(everything=True)
    assert scripted.made == 1


async def test_unreadable_mailbox_waits_longer_each_time(post: Post, scripted: Scripted) -> None:
    scripted.script.fault = ReaderError("timeout", "imap.example, port 993, did not answer in time.")
    waits = []
    for _ in range(3):
        await post.loop.run_once(everything=True)
        row = await account(post.sql)
        waits.append((row["next_sync_at"] - NOON).total_seconds())
    assert waits == [60, 120, 240]
    assert (row["status"], row["last_synced_at"]) == ("connected", NOON)
    assert row["sync_error"] == "imap.example, port 993, did not answer in time."
    scripted.script.fault = None
    scripted.script.deliver(letter(post.people[0], "Thanks!", answers=post.ids[0]), NOON)
    await post.loop.run_once(everything=True)
    row = await account(post.sql)
    assert (row["sync_error"], await post.kinds()) == (None, ["reply"])
    assert set(json.loads(row["sync_cursor"])) == {"imap"}


async def test_only_repeated_refusals_of_the_sign_in_set_a_mailbox_aside(
    post: Post, scripted: Scripted
) -> None:
    scripted.script.fault = ReaderError("auth", "The server did not accept user name and password.")
    seen = []
    for _ in range(4):
        await post.loop.run_once(everything=True)
        seen.append((await account(post.sql))["status"])
    assert seen == ["connected", "connected", "auth_failed", "auth_failed"]
    assert [fact["data"]["status"] for fact in await post.events("mailbox_changed")] == ["auth_failed"]
    assert (await account(post.sql))["next_sync_at"] == NOON + timedelta(minutes=8), "it is tried again"


async def test_mailbox_that_can_be_read_again_returns_by_itself(post: Post, scripted: Scripted) -> None:
    scripted.script.fault = ReaderError("auth", "The server did not accept user name and password.")
    for _ in range(3):
        await post.loop.run_once(everything=True)
    scripted.script.fault = None
    await post.loop.run_once(everything=True)
    row = await account(post.sql)
    assert (row["status"], row["status_reason"], row["sync_error"]) == ("connected", None, None)
    told = [fact["data"]["status"] for fact in await post.events("mailbox_changed")]
    assert told == ["auth_failed", "connected"]
    jobs = await post.sql.fetchval(
        "SELECT count(*) FROM pgqueuer WHERE entrypoint = 'scheduling.plan_mailbox'"
    )
    assert jobs == 1, (
        "what waited for it is planned anew, once: nobody works here, so the first plan still waits"
    )


async def test_reading_does_not_mend_what_sending_found(post: Post, scripted: Scripted) -> None:
    scripted.script.fault = ReaderError("auth", "The server did not accept user name and password.")
    for _ in range(3):
        await post.loop.run_once(everything=True)
    await post.sql.execute("UPDATE email_accounts SET status_reason = 'Sending (SMTP): 535 5.7.8'")
    scripted.script.fault = None
    await post.loop.run_once(everything=True)
    assert (await account(post.sql))["status"] == "auth_failed"


async def test_more_mail_than_one_look_takes_is_read_in_several(post: Post, scripted: Scripted) -> None:
    for n in range(450):
        scripted.script.deliver(letter("x@elsewhere.example", str(n)), NOON)
    scripted.script.deliver(letter(post.people[0], "Thanks!", answers=post.ids[0]), NOON)
    rounds = 0
    while await post.loop.run_once(everything=not rounds):
        rounds += 1
    assert (rounds, await post.kinds()) == (2, ["reply"])


class Deaf(FakeReader):
    """Its server says nothing until `over`; `seen` tells of a look that was answered."""

    seen: asyncio.Event
    over: asyncio.Event

    async def fetch_new(self, cursor: str | None) -> tuple[list[Fetched], str]:
        await self.over.wait()
        self.seen.set()
        return await super().fetch_new(cursor)


async def test_an_organization_whose_servers_hang_holds_up_nobody_else(
    actor: Actor, new_actor: NewActor, settings: Settings, sql: Any
) -> None:
    slow = [f"slow{n:02}@brightfjord.example" for n in range(2 * SIDE_BY_SIDE)]
    for address in slow:
        await add_mailbox(actor.organization_id, 9, address=address, imap_port=9, next_sync_at=NOON)
    other = await new_actor("quietharbor")
    await add_mailbox(
        other.organization_id, 9, address="zoe@quietharbor.example", imap_port=9, next_sync_at=NOON
    )
    hung, answered, seen, never_mind = asyncio.Event(), asyncio.Event(), asyncio.Event(), asyncio.Event()
    answered.set()

    def open_one(connection: Connection) -> FakeReader:
        assert connection.reader is not None
        config = connection.reader
        reader = Deaf(config, MailboxScript(username=config.username, password=config.password))
        mine = connection.organization_id == other.organization_id
        reader.over, reader.seen = (answered, seen) if mine else (hung, never_mind)
        return reader

    stop = asyncio.Event()
    with clock.installed(clock.RealClock()):  # on the virtual one they are read one after the other
        running = asyncio.create_task(InboxLoop(settings, reader_factory=open_one).run(stop))
        try:
            await asyncio.wait_for(seen.wait(), 60)
            assert not never_mind.is_set()
        finally:
            stop.set()
            hung.set()
            await running


async def test_mailbox_leased_by_another_worker_is_left_alone(post: Post, settings: Settings) -> None:
    mine = await email_accounts.lease_syncs(10, everything=True)
    assert [due.email_key for due in mine] == [MAILBOX]
    assert await email_accounts.lease_syncs(10, everything=True) == []
    assert await email_accounts.find_next_sync() is None
    await post.sql.execute("UPDATE email_accounts SET sync_lease_until = now() - interval '1 second'")
    assert len(await email_accounts.lease_syncs(10, everything=True)) == 1


async def test_look_asked_for_meanwhile_is_not_lost(post: Post) -> None:
    (due,) = await email_accounts.lease_syncs(10, everything=True)
    asked = NOON + timedelta(seconds=1)
    await post.sql.execute("UPDATE email_accounts SET next_sync_at = $1", asked)
    async with email_session(due.organization_id) as session:
        later = NOON + timedelta(hours=1)
        await email_accounts.finish_sync(session, due, place={"imap": "x"}, next_at=later)
    assert (await account(post.sql))["next_sync_at"] == asked


def email_session(organization_id: uuid.UUID) -> Any:
    from reachly.data.session import tenant

    return tenant(organization_id)


async def test_message_that_cannot_be_stored_does_not_hold_up_the_others(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    from reachly.services.inbox.service import reading

    real = reading.store_inbound

    async def fail_on_poison(mailbox: Any, raw: bytes, received_at: datetime) -> Any:
        if b"poison" in raw:
            raise ValueError("a fault of ours")
        return await real(mailbox, raw, received_at)

    monkeypatch.setattr(reading, "store_inbound", fail_on_poison)
    poison = letter(post.people[0], "poison", answers=post.ids[0])
    await post.read(poison, letter(post.people[1], "Thanks!", answers=post.ids[1]))
    assert await post.statuses() == ["active", "replied", "active"]


async def test_on_the_virtual_clock_a_nudge_is_a_look_into_every_mailbox(
    post: Post, noon: clock.VirtualClock
) -> None:
    stop = asyncio.Event()
    noon.expect(2)
    loop = asyncio.create_task(post.loop.run(stop))

    async def user() -> datetime:
        async with clock.actor("user"):
            await clock.sleep(90)
            assert await post.world.deliver(MAILBOX, letter(post.people[0], "Thanks!", answers=post.ids[0]))
            clock.nudge("inbox")
            await clock.sleep(0.001)
            return (await post.send())["replied_at"]

    assert await asyncio.create_task(user()) == NOON + timedelta(seconds=90)
    stop.set()
    await loop


async def test_on_the_virtual_clock_mailboxes_are_polled(post: Post, noon: clock.VirtualClock) -> None:
    await post.world.deliver(MAILBOX, letter(post.people[0], "Thanks!", answers=post.ids[0]))
    stop = asyncio.Event()
    noon.expect(2)
    loop = asyncio.create_task(post.loop.run(stop))

    async def user() -> None:
        async with clock.actor("user"):
            await clock.sleep(61)

    await asyncio.create_task(user())
    assert (await post.send())["replied_at"] == NOON + timedelta(seconds=60)
    stop.set()
    await loop


async def test_on_the_real_clock_it_reads_what_is_due_and_stops(post: Post) -> None:
    await post.world.deliver(MAILBOX, letter(post.people[0], "Thanks!", answers=post.ids[0]))
    stop = asyncio.Event()
    with clock.installed(clock.RealClock()):
        await post.sql.execute("UPDATE email_accounts SET next_sync_at = $1", datetime.now(UTC))
        loop = asyncio.create_task(post.loop.run(stop))
        async with asyncio.timeout(60):
            while not await post.kinds():
                await asyncio.sleep(0.02)
        stop.set()
        async with asyncio.timeout(60):
            await loop
    assert await post.kinds() == ["reply"]
