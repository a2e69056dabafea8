"""Many messages, a third of which lost their answers, over mailboxes that file in every way: the server's books decide.

In `make test` each mailbox gets a few dozen; REACHLY_MANY_DOUBTS=1000 gives each of them so many.
"""

from __future__ import annotations

import os
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from reachly.infra.settings import Settings
from reachly.kit import correlation
from reachly.kit.ids import new_id
from reachly.services.email_accounts.service import Connection
from reachly.services.sending import service
from reachly.services.sending.service import Tools
from tests.factories.filing import NEVER, FilingMailbox, Habits
from tests.factories.sending import add_mailbox
from tests.integration.sending.conftest import SetClock

MANY = int(os.environ.get("REACHLY_MANY_DOUBTS", "45"))
pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120 + 4 * MANY)]
GAP = timedelta(seconds=40)
HOUR = timedelta(hours=1)
_INSERT = """
INSERT INTO email_sends (organization_id, id, kind, intent_key, email_account_id, to_email, status, attempts,
    planned_at, claimed_at, handed_at, sent_at, message_id, reply_code, reason, created_at, updated_at)
VALUES ($1, $2, 'test', $3, $4, $5, $6, 1, $7, $7, $7, $8, $9, $10, $11, $7, $7)
"""
_OPEN = "INSERT INTO open_sends (organization_id, send_id) VALUES ($1, $2)"


@dataclass
class Kind:
    """A mailbox's habits, and what happens to its folder when so many of the messages have left. `proves`: it shows
    enough for some absences to be proven, or never; None: that depends on how many there are. `finds`: its copies are
    found."""

    habits: Habits = field(default_factory=Habits)
    then: Callable[[FilingMailbox, datetime], None] | None = None
    proves: bool | None = None
    finds: bool = True


def minutes(value: float) -> timedelta:
    return timedelta(minutes=value)


def jittered(seed: int, longest: float) -> Callable[[int, datetime], timedelta]:
    chance = random.Random(seed)
    return lambda n, at: minutes(chance.uniform(0, longest))


KINDS = {
    "files": Kind(proves=True),
    "never files": Kind(Habits(lambda n, at: NEVER), proves=False, finds=False),
    "stops filing": Kind(Habits(lambda n, at: NEVER if n > MANY // 3 else minutes(0))),
    "stops and begins again": Kind(Habits(lambda n, at: NEVER if MANY // 3 < n < MANY // 2 else minutes(0))),
    "files every other hour": Kind(Habits(lambda n, at: NEVER if at.hour % 2 else minutes(0))),
    "five minutes late": Kind(Habits(lambda n, at: minutes(5))),
    "an hour late": Kind(Habits(lambda n, at: HOUR)),
    "unevenly late": Kind(Habits(jittered(1, 20))),
    "a little late": Kind(Habits(jittered(2, 6))),
    "its own ids": Kind(Habits(own_ids=True), proves=True),
    "its own ids, no token": Kind(Habits(own_ids=True, strips=True), proves=False, finds=False),
    "other ids from the middle on": Kind(Habits(lambda n, at: minutes(0))),
    "another folder": Kind(Habits(folder="INBOX"), proves=False),
    "another calendar": Kind(Habits(calendar=timedelta(days=-40)), proves=True),
    "emptied": Kind(then=lambda box, now: box.empty()),
    "archived": Kind(then=lambda box, now: box.archive(now - minutes(10))),
    "archived now and then": Kind(then=lambda box, now: box.archive(now + HOUR)),
}


class Town:
    """All those mailboxes, and for each message whether the server took it."""

    def __init__(self, settings: Settings, organization_id: uuid.UUID, sql: Any, at: SetClock) -> None:
        self.organization_id, self.sql, self.at = organization_id, sql, at
        self.boxes: dict[uuid.UUID, tuple[str, FilingMailbox]] = {}
        self.took: dict[uuid.UUID, bool] = {}
        self.tools = Tools(settings, make_reader=self.read)
        self.chance = random.Random(MANY)

    def read(self, connection: Connection) -> Any:
        assert connection.reader is not None
        return self.boxes[connection.account_id][1].reader(connection.reader)

    async def open(self) -> None:
        for n, (name, kind) in enumerate(KINDS.items()):
            account = await add_mailbox(
                self.organization_id, 2, imap_port=3, address=f"box{n}@brightfjord.example"
            )
            self.boxes[account] = name, FilingMailbox(kind.habits)

    async def send(self, n: int) -> None:
        """One message of each mailbox."""
        rows: list[tuple[Any, ...]] = []
        for account, (name, box) in self.boxes.items():
            if name == "other ids from the middle on" and n == MANY // 2:
                box.habits = Habits(own_ids=True)
            send_id, lost = new_id(), self.chance.random() < 0.33
            took = not lost or self.chance.random() < 0.5
            rows.append(self._row(send_id, account, n, lost=lost))
            if took:
                box.accept(self._raw(send_id), self.at.at)
            self.took[send_id] = took
            if n and n % (MANY // 4) == 0 and (then := KINDS[name].then):
                then(box, self.at.at)
        await self.sql.executemany(_INSERT, rows)
        await self.sql.executemany(_OPEN, [row[:2] for row in rows if row[5] == "unknown"])

    def _row(self, send_id: uuid.UUID, account: uuid.UUID, n: int, *, lost: bool) -> tuple[Any, ...]:
        now, said = (
            self.at.at,
            ("unknown", None, None, "no_answer") if lost else ("sent", self.at.at, 250, None),
        )
        status, sent_at, code, reason = said
        message_id, to = f"<{send_id}@brightfjord.example>", f"p{n}@example.com"
        who = (self.organization_id, send_id, str(send_id), account, to)
        return (*who, status, now, sent_at, message_id, code, reason)

    def _raw(self, send_id: uuid.UUID) -> bytes:
        message_id = f"<{send_id}@brightfjord.example>"
        token = correlation.make_token(message_id)
        head = (
            f"From: box@brightfjord.example\r\nMessage-ID: {message_id}\r\n{correlation.HEADER}: {token}\r\n"
        )
        return f"{head}\r\nHello\r\n".encode()

    async def look(self, **later: float) -> None:
        self.at.move(**later)
        await service.reconcile_due(self.tools)


async def test_no_habit_of_a_mailbox_makes_a_second_copy_or_a_false_word(
    database: Any, settings: Settings, organization_id: uuid.UUID, sql: Any, at: SetClock
) -> None:
    town = Town(settings, organization_id, sql, at)
    await town.open()
    for n in range(MANY):
        await town.send(n)
        at.move(seconds=GAP.total_seconds())
        if n % max(4, MANY // 100) == 0:
            await town.look()
    for _ in range(14):
        await town.look(minutes=30)
    await town.tools.close()
    ends = await sql.fetch(
        "SELECT id, email_account_id, status FROM email_sends WHERE reason IS NOT NULL OR settled_by IS NOT NULL"
    )
    said: dict[tuple[str, str, bool], int] = {}
    for row in ends:
        key = (town.boxes[row["email_account_id"]][0], row["status"], town.took[row["id"]])
        said[key] = said.get(key, 0) + 1
    assert {key: n for key, n in said.items() if key[1:] == ("deferred", True)} == {}, "each is a second copy"
    assert {key: n for key, n in said.items() if key[1:] == ("sent", False)} == {}, "each is lost"
    for name, kind in KINDS.items():
        proven = (name, "deferred", False) in said
        assert kind.proves in (None, proven), (name, said)
        assert bool(said.get((name, "sent", True))) is kind.finds, (name, said)
    if MANY >= 1000:
        print("\n" + "\n".join(f"{n:>6}  {' '.join(map(str, key))}" for key, n in sorted(said.items())))
