"""A mailbox on a real IMAP server, a campaign that has written to three people from it, and the loop that reads it."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from mailworld import MailWorld, MailWorldConfig, Rates
from reachly.data.models.sending import EmailSend
from reachly.data.session import tenant
from reachly.infra import outbound
from reachly.infra.settings import Settings
from reachly.jobs.inbox import InboxLoop
from reachly.kit import clock
from reachly.kit.ids import new_id
from reachly.services.identity.schemas import Actor
from tests.factories.inbound import MAILBOX
from tests.factories.sending import Stage, Step, add_campaign, add_mailbox

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)  # a Tuesday


@pytest.fixture(autouse=True)
def noon() -> Iterator[clock.VirtualClock]:
    with clock.installed(clock.VirtualClock(NOON)) as virtual:
        yield virtual


@dataclass
class Post:
    """`ids`: the Message-ID of what each person was sent; `people` are their addresses."""

    world: MailWorld
    loop: InboxLoop
    stage: Stage
    account_id: uuid.UUID
    sql: Any
    ids: list[str]
    people: list[str]

    async def read(self, *letters: bytes, mailbox: str = MAILBOX) -> None:
        """Delivers and looks."""
        for raw in letters:
            assert await self.world.deliver(mailbox, raw)
        await self.loop.run_once(everything=True)

    async def events(self, *kinds: str) -> list[dict[str, Any]]:
        rows = await self.sql.fetch("SELECT * FROM analytics_events ORDER BY seq")
        found = [{**row, "data": json.loads(row["event_data"])} for row in rows]
        return [row for row in found if not kinds or row["event_type"] in kinds]

    async def kinds(self) -> list[str]:
        """What was kept, in order."""
        rows = await self.sql.fetch("SELECT kind FROM inbound_messages ORDER BY created_at, id")
        return [row["kind"] for row in rows]

    async def enrollment(self, person: int = 0) -> Any:
        return await self.sql.fetchrow(
            "SELECT * FROM enrollments WHERE id = $1", self.stage.enrollment_ids[person]
        )

    async def send(self, person: int = 0) -> Any:
        return await self.sql.fetchrow("SELECT * FROM email_sends WHERE message_id = $1", self.ids[person])

    async def suppressed(self) -> dict[str, str]:
        rows = await self.sql.fetch("SELECT value, reason FROM suppressions ORDER BY value")
        return {row["value"]: row["reason"] for row in rows}

    async def statuses(self) -> list[str]:
        return [(await self.enrollment(n))["status"] for n in range(3)]


@pytest.fixture
async def world(noon: clock.VirtualClock, anyio_backend: str) -> AsyncIterator[MailWorld]:
    outbound.install(["127.0.0.1"])
    async with MailWorld(MailWorldConfig(rates=Rates.quiet())) as made:
        made.add_mailbox(MAILBOX, "secret")
        made.add_mailbox("other@brightfjord.example", "secret")
        yield made


@pytest.fixture
async def post(world: MailWorld, actor: Actor, settings: Settings, sql: Any) -> AsyncIterator[Post]:
    organization_id = actor.organization_id
    account_id = await add_mailbox(
        organization_id, world.smtp_port, address=MAILBOX, imap_port=world.imap_port, password="secret",
        next_sync_at=NOON,
    )  # fmt: skip
    stage = await add_campaign(
        organization_id, [account_id], 3, steps=[Step(), Step(days=3)], due=NOON + timedelta(days=3)
    )
    ids = [await add_send(stage, n) for n in range(3)]
    made = Post(
        world,
        InboxLoop(settings),
        stage,
        account_id,
        sql,
        ids,
        [f"lead{n:04d}@example.com" for n in range(3)],
    )
    await made.loop.run_once()  # the first look only takes the place
    yield made
    await made.loop.readers.close()


async def add_send(stage: Stage, person: int, **changes: Any) -> str:
    """A message of step 1 that was accepted yesterday; its Message-ID."""
    yesterday, message_id = NOON - timedelta(days=1), f"<{new_id()}@brightfjord.example>"
    values: dict[str, Any] = {
        "kind": "campaign", "intent_key": str(new_id()), "to_email": f"lead{person:04d}@example.com", "status": "sent",
        "planned_at": yesterday, "handed_at": yesterday, "sent_at": yesterday, "claimed_at": yesterday, "step": 1,
        "message_id": message_id, "created_at": yesterday, "updated_at": yesterday, "subject": "A question",
        "body_text": "Shall we talk?", "campaign_id": stage.campaign_id, "lead_id": stage.lead_ids[person],
        "sequence_id": stage.step_ids[0], "enrollment_id": stage.enrollment_ids[person],
        "email_account_id": stage.account_ids[0], **changes,
    }  # fmt: skip
    async with tenant(stage.organization_id) as session:
        session.add(EmailSend(organization_id=stage.organization_id, id=new_id(), **values))
    return message_id
