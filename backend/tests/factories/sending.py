"""A campaign that is ready to send: mailboxes, steps, leads and enrollments, straight into the tables."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from reachly.data.models.campaigns import Campaign, CampaignEmailAccount, Enrollment
from reachly.data.models.email_accounts import EmailAccount
from reachly.data.models.leads import Lead
from reachly.data.models.sequences import EmailSequence
from reachly.data.session import tenant
from reachly.infra import crypto
from reachly.infra.settings import current_settings
from reachly.kit import clock
from reachly.kit.ids import new_id
from reachly.services.sending import service

ALWAYS = {"timezone": "UTC", "windows": {day: [["00:00", "24:00"]] for day in
          ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}}  # fmt: skip
BODY = (
    'Hi {{ first_name | fallback: "there" }},\n\nshall we talk about {{ company | fallback: "your team" }}?'
)


@dataclass(frozen=True)
class Step:
    subject: str = 'A question, {{ first_name | fallback: "hello" }}'
    body: str = BODY
    days: int = 0
    hours: int = 0


@dataclass
class Stage:
    """What was made. `leads` and `enrollments` are in the order of `people`."""

    organization_id: uuid.UUID
    campaign_id: uuid.UUID
    account_ids: list[uuid.UUID] = field(default_factory=list)
    step_ids: list[uuid.UUID] = field(default_factory=list)
    lead_ids: list[uuid.UUID] = field(default_factory=list)
    enrollment_ids: list[uuid.UUID] = field(default_factory=list)


async def add_mailbox(
    organization_id: uuid.UUID, port: int, *, address: str = "mira@brightfjord.example", imap_port: int | None = None,
    password: str = "", **changes: Any,
) -> uuid.UUID:  # fmt: skip
    """A mailbox without any gap, 10,000 a day, on a relay at this port."""
    account_id, now = new_id(), clock.now()
    ring = current_settings().security.encryption_ring()

    def sealed(column: str) -> str | None:
        if not password:
            return None
        return crypto.seal(password, ring=ring, table="email_accounts", column=column, row_id=account_id)

    server = {"host": "127.0.0.1", "security": "none", "username": address if password else ""}
    values: dict[str, Any] = {
        "provider": "smtp", "email_address": address, "email_key": address, "display_name": "Mira Sol",
        "smtp_config": {**server, "port": port}, "imap_config": {**server, "port": imap_port} if imap_port else None,
        "smtp_password": sealed("smtp_password"), "imap_password": sealed("imap_password"), "daily_limit": 10_000,
        "min_gap_seconds": 0, "gap_jitter_seconds": 0, "created_at": now, "updated_at": now, **changes,
    }  # fmt: skip
    async with tenant(organization_id) as session:
        session.add(EmailAccount(organization_id=organization_id, id=account_id, **values))
    return account_id


async def add_campaign(
    organization_id: uuid.UUID, account_ids: Sequence[uuid.UUID], people: int, *,
    steps: Sequence[Step] = (Step(),), settings: dict[str, Any] | None = None, due: datetime | None = None,
    prefix: str = "lead", domain: str = "example.com", **changes: Any,
) -> Stage:  # fmt: skip
    """An active campaign with `people` due now, spread over the mailboxes in turn."""
    now = clock.now()
    stage = Stage(organization_id, new_id(), list(account_ids))
    async with tenant(organization_id) as session:
        values = {
            "status": "active", "send_schedule": ALWAYS, "settings": settings or {}, "seed": 7, "started_at": now,
            "created_at": now, "updated_at": now, **changes,
        }  # fmt: skip
        session.add(Campaign(organization_id=organization_id, id=stage.campaign_id, name="Autumn", **values))
        await session.flush()
        for account_id in account_ids:
            session.add(CampaignEmailAccount(
                organization_id=organization_id, campaign_id=stage.campaign_id, email_account_id=account_id
            ))  # fmt: skip
        for number, step in enumerate(steps, 1):
            step_id = new_id()
            stage.step_ids.append(step_id)
            session.add(EmailSequence(
                organization_id=organization_id, id=step_id, campaign_id=stage.campaign_id, sequence_number=number,
                delay_days=step.days, delay_hours=step.hours, subject_template=step.subject,
                email_template=step.body, created_at=now, updated_at=now,
            ))  # fmt: skip
        await session.flush()
        for number in range(people):
            await _add_person(session, stage, number, f"{prefix}{number:04d}@{domain}", due or now)
        await session.flush()
        await service.set_next_turn(session, organization_id, account_ids)
    return stage


async def _add_person(session: Any, stage: Stage, number: int, email: str, due: datetime) -> None:
    now, lead_id, enrollment_id = clock.now(), new_id(), new_id()
    stage.lead_ids.append(lead_id)
    stage.enrollment_ids.append(enrollment_id)
    session.add(Lead(
        organization_id=stage.organization_id, id=lead_id, email=email, email_key=email,
        domain=email.rpartition("@")[2], first_name=f"Ada{number}", company="Lovelace & Sons",
        verification="deliverable", created_at=now, updated_at=now,
    ))  # fmt: skip
    await session.flush()
    account_id = stage.account_ids[number % len(stage.account_ids)] if stage.account_ids else None
    session.add(Enrollment(
        organization_id=stage.organization_id, id=enrollment_id, campaign_id=stage.campaign_id, lead_id=lead_id,
        email_account_id=account_id, status="active", next_due_at=due if account_id else None,
        sort_key=email, personalized_at=now,
        created_at=now, updated_at=now,
    ))  # fmt: skip
