"""What is in doubt is asked of the mailbox, which may file well, late, under other names, elsewhere, or not at all."""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from reachly.infra.settings import Settings
from reachly.integrations.mailer.fake import DROP
from reachly.integrations.mailer.port import Envelope
from reachly.integrations.reader.fake import FakeReader, MailboxScript
from reachly.integrations.reader.port import ReaderError
from reachly.jobs.sending import SendingLoop
from reachly.services.email_accounts.service import Connection
from reachly.services.sending import service
from tests.factories.filing import NEVER, FilingMailbox, Habits
from tests.factories.sending import Step, add_campaign, add_mailbox
from tests.integration.sending.conftest import Relay, SetClock, drain

pytestmark = pytest.mark.anyio
FIRST = "lead0000@example.com"
ONE = (Step(),)
STEPS = [Step(), Step(subject="", body="Just asking again.", days=2)]
UNKNOWN = ("unknown", "no_answer", None)
NEVER_LEFT = ("deferred", "never_left", "sent_folder")
SENT = ("sent", None, "sent_folder")


class Office:
    """One mailbox behind the relay, one message of which is in doubt, and the others around it."""

    def __init__(self, relay: Relay, sql: Any, at: SetClock, settings: Settings, owner: uuid.UUID) -> None:
        self.relay, self.sql, self.at, self.owner = relay, sql, at, owner
        self.filing = FilingMailbox()
        self.told = 0
        self.broken: uuid.UUID | None = None
        self.loop = SendingLoop(settings, reader_factory=self.read)

    def read(self, connection: Connection) -> FakeReader:
        assert connection.reader is not None
        if connection.account_id == self.broken:
            box = MailboxScript()
            box.fault = ReaderError("timeout", "It did not answer.")
            return FakeReader(connection.reader, box)
        return self.filing.reader(connection.reader)

    async def open(self, **changes: Any) -> uuid.UUID:
        self.account = await add_mailbox(self.owner, self.relay.port, imap_port=21598, **changes)
        return self.account

    async def send(self, prefix: str, people: int = 1, steps: Any = ONE) -> None:
        """A campaign of its own; the server's own books go to the mailbox, which files as it does."""
        await add_campaign(self.owner, [self.account], people, steps=steps, prefix=prefix)
        await drain(self.loop)
        self.tell()

    def tell(self) -> None:
        for envelope in self.relay.script.accepted[self.told :]:
            self.filing.accept(envelope.data, self.at.at)
        self.told = len(self.relay.script.accepted)

    async def doubt(
        self, *, arrives: bool, before: bool = True, after: bool = True, steps: Any = ONE, then: Any = None
    ) -> None:
        """One message whose answer is lost, with messages around it that had theirs."""
        if before:
            await self.send("before", 2)
            self.at.move(minutes=1)
        self.relay.script.answer("final", DROP, address=FIRST)
        await add_campaign(self.owner, [self.account], 1, steps=steps)
        await drain(self.loop)
        if not arrives:  # the books say that it never came in
            self.relay.script.accepted[:] = [e for e in self.relay.script.accepted if e.rcpt_to != FIRST]
        self.tell()
        if then:
            then()
        if after:
            self.at.move(minutes=1)
            await self.send("after", 2)

    async def look(self, **later: float) -> None:
        self.at.move(**(later or {"minutes": 10}))
        await self.sql.execute("UPDATE email_accounts SET reconcile_at = NULL")
        await service.reconcile_due(self.loop.tools)

    async def state(self) -> tuple[str, str | None, str | None]:
        row = await self.sql.fetchrow(
            "SELECT status, reason, settled_by FROM email_sends WHERE to_email = $1 AND step = 1", FIRST
        )
        return tuple(row)

    async def evidence(self) -> list[dict[str, Any]]:
        kept = await self.sql.fetchval("SELECT evidence::text FROM email_sends WHERE to_email = $1", FIRST)
        return json.loads(kept or "[]")

    def arrived(self) -> int:
        return self.relay.recipients.count(FIRST)


@pytest.fixture
async def office(
    relay: Relay, organization_id: uuid.UUID, settings: Settings, sql: Any, at: SetClock
) -> AsyncIterator[Office]:
    made = Office(relay, sql, at, settings, organization_id)
    yield made
    await made.loop.tools.close()


async def test_a_copy_settles_a_doubt_as_sent_and_the_sequence_goes_on(office: Office) -> None:
    await office.open()
    handed = office.at.at
    await office.doubt(arrives=True, before=False, after=False, steps=STEPS)
    await office.look(minutes=1)
    assert await office.state() == SENT
    assert await office.sql.fetchval("SELECT sent_at FROM email_sends") == handed
    [kept] = await office.evidence()
    assert (kept["was"], kept["by"], kept["verdict"], kept["key"], kept["folder"]) == (
        "no_answer",
        "sent_folder",
        "sent",
        "message_id",
        "Sent",
    )
    office.at.move(days=2)
    await drain(office.loop)
    assert office.relay.recipients == [FIRST, FIRST]
    assert office.relay.script.accepted[1].data.count(b"In-Reply-To") == 1
    assert await office.sql.fetchval("SELECT sum(sent) FROM campaign_stats") == 2


async def test_between_two_controls_absence_is_a_proof_and_it_is_sent_again(office: Office) -> None:
    await office.open()
    await office.doubt(arrives=False)
    await office.look()
    assert await office.state() == NEVER_LEFT
    assert await office.sql.fetchval("SELECT sum(used) FROM cap_usage WHERE scope = 'mailbox'") == 4
    [kept] = await office.evidence()
    named = [uuid.UUID(name) for name in (*kept["before"], *kept["after"])]
    rows = await office.sql.fetch("SELECT to_email FROM email_sends WHERE id = ANY($1)", named)
    assert sorted(row["to_email"].partition("0")[0] for row in rows) == ["after", "after", "before", "before"]
    assert (len(kept["before"]), kept["key"], kept["was"]) == (2, "message_id", "no_answer")
    await drain(office.loop)
    assert office.arrived() == 1
    assert (await office.state())[0] == "sent"


@pytest.mark.parametrize("side", ["before", "after"])
async def test_with_a_control_on_one_side_only_nothing_is_proven(office: Office, side: str) -> None:
    await office.open(files_sent=True)
    await office.doubt(arrives=False, before=side == "before", after=side == "after")
    await office.look(hours=5)
    assert await office.state() == UNKNOWN


async def test_nothing_is_proven_before_the_copies_had_their_time(office: Office) -> None:
    await office.open()
    await office.doubt(arrives=False)
    await office.look(minutes=2)
    assert await office.state() == UNKNOWN


async def test_a_worker_that_slept_may_still_finish_its_message(office: Office) -> None:
    """Whoever gives slow servers ten minutes for an answer gives them to a worker that wakes up, too; a message that
    left in that time is no later control."""
    mail = office.loop.tools.settings.mail.model_copy(update={"command_seconds": 600.0})
    office.loop.tools.settings = office.loop.tools.settings.model_copy(update={"mail": mail})
    await office.open()
    await office.doubt(arrives=False)
    await office.sql.execute("UPDATE email_sends SET reason = 'worker_lost' WHERE status = 'unknown'")
    await office.look(hours=2)
    assert (await office.state())[0] == "unknown"
    await office.send("latest")
    await office.look(hours=2)
    assert await office.state() == NEVER_LEFT


BAD = {
    "stopped": Habits(delay=lambda n, at: NEVER if n >= 2 else timedelta(0)),
    "stopped after it": Habits(delay=lambda n, at: NEVER if n >= 3 else timedelta(0)),
    "never": Habits(delay=lambda n, at: NEVER),
    "late": Habits(delay=lambda n, at: timedelta(hours=3)),
    "unevenly late": Habits(delay=lambda n, at: timedelta(minutes=60 if n == 2 else 5 * n)),
    "other ids, no token": Habits(own_ids=True, strips=True),
    "another folder": Habits(folder="INBOX"),
}


@pytest.mark.parametrize("habit", BAD)
async def test_a_mailbox_that_does_not_show_everything_proves_nothing(office: Office, habit: str) -> None:
    """The message arrived. Whatever the folder shows of it, it is not sent again."""
    office.filing.habits = BAD[habit]
    await office.open(files_sent=True)
    await office.doubt(arrives=True)
    for _ in range(12):
        await office.look(minutes=10)
        await drain(office.loop)
        office.tell()
    assert office.arrived() == 1
    assert (await office.state())[0] in ("unknown", "sent")


async def test_what_is_filed_late_is_found_late(office: Office) -> None:
    office.filing.habits = Habits(delay=lambda n, at: timedelta(minutes=40))
    await office.open()
    await office.doubt(arrives=True)
    await office.look(minutes=10)
    assert await office.state() == UNKNOWN
    await office.look(minutes=40)
    assert await office.state() == SENT
    kept = json.loads(await office.sql.fetchval("SELECT copies_seen::text FROM email_accounts"))
    assert kept["delay"] >= 40 * 60, "and it is known to be late from now on"


async def test_a_copy_under_another_id_is_found_by_our_token_and_the_thread_goes_on_by_its_id(
    office: Office,
) -> None:
    office.filing.habits = Habits(own_ids=True)
    await office.open()
    await office.doubt(arrives=True, steps=STEPS)
    await office.look(minutes=1)
    assert await office.state() == SENT
    row = await office.sql.fetchrow(
        "SELECT provider_message_id, message_id FROM email_sends WHERE to_email = $1", FIRST
    )
    assert row["provider_message_id"] == "<3@provider.example>"
    office.at.move(days=3)
    await drain(office.loop)
    assert b"In-Reply-To: <3@provider.example>" in office.relay.script.accepted[-1].data


async def test_where_only_the_token_survives_absence_is_proven_by_it(office: Office) -> None:
    office.filing.habits = Habits(own_ids=True)
    await office.open()
    await office.doubt(arrives=False)
    await office.look()
    assert await office.state() == NEVER_LEFT
    assert (await office.evidence())[0]["key"] == "token"


async def test_an_emptied_folder_proves_nothing_and_later_messages_do_not_change_that(office: Office) -> None:
    await office.open()
    await office.doubt(arrives=True, then=office.filing.empty)
    await office.look()
    await office.send("later", 5)
    await office.look(hours=1)
    assert await office.state() == UNKNOWN


async def test_a_copy_that_a_rule_has_moved_is_found_where_it_lies(office: Office) -> None:
    await office.open()
    tomorrow = office.at.at + timedelta(days=1)
    await office.doubt(arrives=True, then=lambda: office.filing.archive(tomorrow))
    await office.look()
    assert await office.state() == SENT
    assert (await office.evidence())[0]["folder"] == "Archive"


async def test_a_copy_that_the_server_dates_otherwise_is_a_copy(office: Office) -> None:
    """Our clock may have jumped, or the server's be wrong: absence among the days that we think of proves nothing."""
    await office.open()
    await office.send("before", 2)
    office.filing.habits = Habits(calendar=timedelta(days=-40))
    await office.doubt(arrives=True, before=False, after=False)
    office.filing.habits = Habits()
    office.at.move(minutes=1)
    await office.send("after", 2)
    await office.look()
    assert await office.state() == SENT


async def test_copies_of_ours_are_no_controls(office: Office) -> None:
    """A mailbox that files nothing gets its copies from us, and they prove nothing, also when it files again."""
    office.filing.habits = Habits(delay=lambda n, at: NEVER)
    await office.open(files_sent=False)
    await office.send("before", 2)
    copies = office.filing.box.folders["Sent"].messages
    assert [stored.raw for stored in copies] == [e.data for e in office.relay.script.accepted]
    await office.doubt(arrives=False, before=False)
    assert await office.sql.fetchval("SELECT count(*) FROM email_sends WHERE copy_filed_at IS NOT NULL") == 4
    await office.sql.execute("UPDATE email_accounts SET files_sent = true")
    await office.look(hours=1)
    assert await office.state() == UNKNOWN


async def test_what_a_mailbox_does_is_learned_again_and_again(office: Office) -> None:
    async def known() -> bool | None:
        office.at.move(hours=2)
        await office.send(f"later{office.told}x")
        value: bool | None = await office.sql.fetchval("SELECT files_sent FROM email_accounts")
        return value

    await office.open()
    await office.send("first")
    assert await known() is True
    office.filing.habits = Habits(delay=lambda n, at: NEVER)
    states = [await known() for _ in range(5)]
    assert states == [True, None, None, False, False], "one message without a copy is not the end of it"
    assert len(office.filing.box.folders["Sent"].messages) == 4, "from then on we file"
    office.filing.habits = Habits()
    assert await known() is False
    assert await known() is True, "a copy of its own lies beside ours"
    office.filing.catch_up()
    before = len(office.filing.box.folders["Sent"].messages)
    await known()
    office.filing.catch_up()
    assert len(office.filing.box.folders["Sent"].messages) == before + 1, "and we file no more"
    assert await office.sql.fetchval("SELECT files_seen_at FROM email_accounts") is not None


async def test_a_mailbox_that_cannot_be_read_settles_nothing_and_slows_down_no_other(office: Office) -> None:
    """Each mailbox has its own pace, and the one that has waited longest comes first."""
    broken = office.broken = await office.open()
    await office.doubt(arrives=True, before=False, after=False)
    waits = []
    for _ in range(7):
        waits.append((await service.reconcile_due(office.loop.tools)).next_at)
        office.at.at = waits[-1]
    steps = [round((b - a).total_seconds() / 60) for a, b in itertools.pairwise(waits)]
    assert steps == [2, 4, 8, 16, 30, 30]
    assert await office.state() == UNKNOWN
    await office.open(address="sol@brightfjord.example")
    office.relay.script.answer("final", DROP, address="other0000@example.com")
    await office.send("other")
    at: datetime = office.at.at
    rows = await office.sql.fetch("SELECT id, reconcile_at FROM email_accounts")
    due = {row["id"]: row["reconcile_at"] for row in rows}
    assert due.pop(broken) > at
    assert [*due.values()] == [at + timedelta(minutes=1)], "what has just become doubtful was asked at once"
    office.at.move(minutes=1)
    await service.reconcile_due(office.loop.tools)
    states = dict(await office.sql.fetch("SELECT to_email, status FROM email_sends"))
    assert states == {FIRST: "unknown", "other0000@example.com": "sent"}


async def test_a_later_control_wakes_the_look(office: Office) -> None:
    await office.open()
    await office.doubt(arrives=False, after=False)
    for _ in range(8):
        found = await service.reconcile_due(office.loop.tools)
        assert found.next_at is not None
        office.at.at = found.next_at
    asleep_until = await office.sql.fetchval("SELECT reconcile_at FROM email_accounts")
    await service.reconcile_due(office.loop.tools)
    await office.send("after", 3)
    awake_at = await office.sql.fetchval("SELECT reconcile_at FROM email_accounts")
    assert awake_at - office.at.at <= timedelta(minutes=4), asleep_until
    assert office.loop._reconcile_at == awake_at, "and this worker knows when that is"
    for _ in range(3):
        office.at.move(minutes=4)
        await service.reconcile_due(office.loop.tools)
    assert await office.state() == NEVER_LEFT
    assert await office.sql.fetchval("SELECT reconcile_at FROM email_accounts") is None, "nothing is in doubt"


async def test_what_was_decided_and_sent_again_meanwhile_is_another_story(office: Office) -> None:
    """A look that began before must not settle the next attempt by what it saw of the first one."""
    await office.open()
    await office.doubt(arrives=False)
    office.at.move(minutes=10)
    resent: list[Envelope] = []

    class Slow(FakeReader):
        async def find_copies(self, message_ids: Any, **more: Any) -> Any:
            found = await super().find_copies(message_ids, **more)
            if more.get("elsewhere") and not resent:
                await office.sql.execute(
                    "UPDATE email_sends SET attempts = 2, handed_at = handed_at + interval '9 min' WHERE to_email = $1",
                    FIRST,
                )
                resent.append(office.relay.script.accepted[0])
            return found

    office.filing.catch_up()
    office.loop.tools.readers._factory = lambda connection: Slow(connection.reader, office.filing.box)
    await office.loop.tools.readers.close()
    await office.sql.execute("UPDATE email_accounts SET reconcile_at = NULL")
    await service.reconcile_due(office.loop.tools)
    assert resent
    assert await office.state() == UNKNOWN
