"""What the user does on the stage, and what is read off it at the end."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mailworld.record import Book
from reachly.data.session import tenant
from reachly.demo.audit import Audit, Limits, Person, examine
from reachly.demo.story import POSTAL_ADDRESS, Story
from reachly.demo.user import User
from reachly.demo.world import Stage
from reachly.kit import clock
from reachly.services.campaigns import service as campaigns
from reachly.services.sending.service import auditing
from reachly.services.sending.service.auditing import LedgerRow

Told = Callable[[datetime, int], None]
"""Called as time passes, with the product's now and the number of messages received so far."""

PAGE = 200
STEP = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of a play. `counts` has `sent` and what is in COUNTED over all steps, `by_step` for each of them.

    `bounced` counts the refused too, as everywhere.
    """

    ledger: Sequence[LedgerRow]
    people: Sequence[Person]
    counts: dict[str, int]
    by_step: dict[int, dict[str, int]]
    audit: Audit


COUNTED = ("refused", "opened", "clicked", "replied", "bounced", "unsubscribed")
MARKED = tuple(name for name in COUNTED if name != "refused")


async def prepare(stage: Stage, user: User, story: Story, content: bytes, *, secret: str, seed: int) -> str:
    """Everything up to the press of Start, as a person does it; the campaign's id."""
    await user.set_postal_address(POSTAL_ADDRESS)
    for box in story.boxes:
        stage.mail.add_mailbox(box.address, secret)
    mailboxes = await user.connect(story.boxes, stage.servers, secret)
    campaign_id = await user.write_campaign(story, mailboxes)
    organization_id = uuid.UUID((await user.ask("GET", "/api/organization"))["id"])
    async with tenant(organization_id) as session:
        await campaigns.set_seed(session, organization_id, uuid.UUID(campaign_id), seed)
    await user.import_leads(content, campaign_id, lambda: clock.sleep(1))
    await user.start(campaign_id)
    return campaign_id


async def live_until(end: datetime, stage: Stage, told: Told) -> None:
    """Lets time pass."""
    while (now := clock.now()) < end:
        told(now, len(stage.mail.received))
        await clock.sleep_until(min(end, now + STEP))
    told(end, len(stage.mail.received))


async def judge(user: User, story: Story, campaign_id: str, book: Book) -> Outcome:
    """Reads ledger and people, and audits them against what the mail world received."""
    organization_id = uuid.UUID((await user.ask("GET", "/api/organization"))["id"])
    ledger = await auditing.read_ledger(organization_id, uuid.UUID(campaign_id))
    people = await _list_people(user, campaign_id)
    limits = {box.address: Limits(box.daily_limit, box.gap) for box in story.boxes}
    audit = examine(ledger, people, book, story.schedule, limits, clock.now())
    by_step = {
        step: _count(row for row in ledger if row.step == step) for step in sorted({r.step for r in ledger})
    }
    return Outcome(ledger, people, _count(ledger), by_step, audit)


def _count(rows: Any) -> dict[str, int]:
    found: Counter[str] = Counter()
    for row in rows:
        found["sent"] += row.status == "sent"
        found["refused"] += row.status == "refused" and row.bounced_at is not None
        for name in MARKED:
            found[name] += getattr(row, f"{name}_at") is not None
    return {name: found[name] for name in ("sent", *COUNTED)}


async def _list_people(user: User, campaign_id: str) -> list[Person]:
    people: list[Person] = []
    cursor = None
    while True:
        wanted = {"limit": PAGE, **({"cursor": cursor} if cursor else {})}
        page = await user.ask("GET", f"/api/campaigns/{campaign_id}/enrollments", params=wanted)
        for row in page["items"]:
            due = datetime.fromisoformat(row["next_due_at"]) if row["next_due_at"] else None
            people.append(Person(row["email"].lower(), row["status"], due, row["blocked_reason"]))
        cursor = page["next_cursor"]
        if cursor is None:
            return people
