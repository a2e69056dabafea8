"""A product with one person to write to, whoever uses it through the API, and each advice of `explain` as deeds.

What comes from outside (an answer of a server, a verdict on an address, a restored copy) is arranged in the tables or
at the peers; what the advice tells a person to do goes through the API, and what it tells them to wait for is waited
for.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import asyncpg

from reachly.integrations.reader.fake import MailboxScript
from reachly.jobs.inbox import InboxLoop
from reachly.jobs.sending import SendingLoop
from reachly.worker import HANDLERS
from tests.api.conftest import PASSWORD, Person
from tests.integration.sending.conftest import Relay, SetClock, drain

OUTSIDE = "verification."  # what it finds out is arranged
WEEK = ("mon", "tue", "wed", "thu", "fri")
OPEN = {"timezone": "UTC", "windows": {day: [["09:00", "17:00"]] for day in WEEK}}
PERSON, COMPANY = "ines@acme.example", "acme.example"
Deed = Callable[["World"], Awaitable[None]]


@dataclass
class World:
    """`campaign`, `enrollment`, `lead`, `account`, `step` are ids as the API gives them, `address` is the person's."""

    ada: Person
    sql: Any
    dsn: str
    relay: Relay
    box: MailboxScript
    at: SetClock
    sending: SendingLoop
    inbox: InboxLoop
    ids: dict[str, str] = field(default_factory=dict)
    moved: int = 0

    def __getattr__(self, name: str) -> str:
        try:
            return self.ids[name]
        except KeyError:
            raise AttributeError(name) from None

    @property
    def path(self) -> str:
        return f"/api/campaigns/{self.campaign}"

    async def ask(self, method: str, path: str, body: Any = None, expect: int | None = None) -> Any:
        """What the API answers to Ada, who signs in again where her sign-in has run out."""
        answer = await self.ada.http.request(method, path, json=body)
        if answer.status_code == 401:
            again = await self.ada.http.post(
                "/api/auth/login", json={"email": self.ada.email, "password": PASSWORD}
            )
            self.ada.http.headers["authorization"] = f"Bearer {again.json()['access_token']}"
            answer = await self.ada.http.request(method, path, json=body)
        assert answer.status_code == expect if expect else answer.status_code < 300, (path, answer.text)
        return answer.json() if answer.content else None

    async def why(self) -> dict[str, Any] | None:
        """What `explain` says of the person; None: nothing holds the message."""
        told: dict[str, Any] | None = (
            await self.ask("GET", f"{self.path}/enrollments/{self.enrollment}/explain")
        )["held"]
        return told

    async def settle(self) -> None:
        """What the worker does by itself: the jobs that wait, then every turn that is due."""
        await self.run_jobs()
        await self.turns()
        await self.run_jobs()

    def kept(self) -> int:
        """How many messages for this person the server has."""
        return self.relay.recipients.count(self.address)

    async def turns(self) -> None:
        await drain(self.sending)

    async def run_jobs(self) -> None:
        connection = await asyncpg.connect(self.dsn)
        try:
            while jobs := await connection.fetch(
                "DELETE FROM pgqueuer WHERE status = 'queued' RETURNING id, entrypoint, payload"
            ):
                for job in sorted(jobs, key=lambda row: row["id"]):
                    if not job["entrypoint"].startswith(OUTSIDE):
                        payload = json.loads(job["payload"])
                        args = {name: str(value) for name, value in payload["args"].items()}
                        await HANDLERS[job["entrypoint"]](self.ada.organization_id, args)
        finally:
            await connection.close()

    async def put_campaign(self, **changes: Any) -> None:
        await self.ask("PUT", self.path, changes)

    async def put_account(self, **changes: Any) -> None:
        await self.ask("PUT", f"/api/email-accounts/{self.account}", changes)

    async def send_first(self, delay_days: int = 1) -> None:
        """The first message has left and the second is due."""
        step = {"email_template": "Just asking again.", "delay_days": delay_days}
        await self.ask("POST", f"{self.path}/sequences", step)
        await self.settle()
        assert len(self.relay.recipients) == 1, await self.why()
        self.at.move(days=delay_days)

    async def use_up(self, scope: str, key: str, n: int = 100) -> None:
        """So many have left today under this cap."""
        await self.sql.execute(
            "INSERT INTO cap_usage (organization_id, scope, key, day, used) VALUES ($1, $2, $3, $4, $5)"
            " ON CONFLICT (organization_id, scope, key, day) DO UPDATE SET used = excluded.used",
            self.ada.organization_id, scope, key, self.at.at.date(), n,
        )  # fmt: skip


async def wait(world: World) -> None:
    """Until the time that explain names."""
    held = await world.why()
    assert held is not None
    assert held["until"], f"{held['code']} says to wait and not until when"
    then = datetime.fromisoformat(held["until"])
    assert then > world.at.at
    world.at.at = then
    world.moved += 1


@dataclass(frozen=True)
class Case:
    """A state that one rule holds, the advice in the words of `reasons.py`, and each deed that it speaks of.

    `needs_first`: it is about somebody who was written to before. `alone`: not together with other states.
    """

    advice: str
    arrange: Deed
    deeds: Mapping[str, Deed]
    needs_first: bool = False
    alone: bool = False


def put_campaign(**changes: Any) -> Deed:
    return lambda world: world.put_campaign(**changes)


def put_account(**changes: Any) -> Deed:
    return lambda world: world.put_account(**changes)


def run(query: str, *arguments: Any) -> Deed:
    """A fact from outside, in the tables."""

    async def deed(world: World) -> None:
        await world.sql.execute(query, *arguments)

    return deed


def ask(method: str, path: str, body: Any = None) -> Deed:
    """`path` with names of ids in braces."""
    return lambda world: world.ask(method, path.format_map(world.ids), body)


def scheduled(**changes: Any) -> Deed:
    return put_campaign(send_schedule={**OPEN, **changes})


async def nothing(_world: World) -> None:
    """The worker does it by itself."""


async def look(world: World) -> None:
    world.at.move(minutes=2)
    await world.sql.execute("UPDATE email_accounts SET next_sync_at = $1", world.at.at)
    await world.inbox.run_once()
    await world.run_jobs()


async def another_mailbox(world: World) -> None:
    connected = await world.ask("POST", "/api/email-accounts/connect/smtp", {
        "email_address": "olav@brightfjord.example", "daily_limit": 100,
        "smtp": {"host": "127.0.0.1", "port": world.relay.port, "security": "none", "username": "", "password": ""},
    })  # fmt: skip
    kept = (await world.ask("GET", world.path))["email_account_ids"]
    await world.put_campaign(email_account_ids=[*kept, connected["id"]])
