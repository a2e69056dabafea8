"""From pending to active: leads whose address was checked get their own line; the others wait or are left out."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from reachly.data import outbox
from reachly.data.repositories import campaigns as repository
from reachly.data.session import Session, tenant
from reachly.events import EnrollmentsPersonalised, Event
from reachly.kit import clock
from reachly.kit.ids import NIL
from reachly.services.campaigns import policy
from reachly.services.campaigns.schemas import CampaignSettings
from reachly.services.campaigns.service.enrolling import stop_enrollments
from reachly.services.campaigns.service.holes import mark_some
from reachly.services.campaigns.service.languages import spoken_in
from reachly.services.campaigns.service.running import complete_if_done
from reachly.services.enrichment import service as enrichment

PAGE = 500
WAITING = ("awaiting_verification", "The address is still being checked.")


async def personalise(organization_id: uuid.UUID, campaign_id: uuid.UUID | None) -> int:
    """One campaign, or (None) every active one of the organization. How many became active.

    Page by page in transactions of their own; a second run finds nothing left to do.
    """
    if campaign_id is None:
        async with tenant(organization_id) as session:
            ids = await repository.list_active_ids(session, organization_id)
        return sum([await personalise(organization_id, each) for each in ids])
    done, after = 0, NIL
    while True:
        async with tenant(organization_id) as session:
            ready, last = await _page(session, organization_id, campaign_id, after)
        done += ready
        if last is None:
            return done
        after = last


async def _page(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID, after: uuid.UUID
) -> tuple[int, uuid.UUID | None]:
    """(became active, where to go on or None at the end)."""
    campaign = await repository.find_campaign(session, organization_id, campaign_id)
    if campaign is None or campaign.status != "active":
        return 0, None
    rows = await repository.list_to_personalise(session, organization_id, campaign_id, PAGE, after)
    mail_to = CampaignSettings.model_validate(campaign.settings).mail_to
    by_choice: dict[str, list[Any]] = {"mail": [], "wait": [], "skip": []}
    for row in rows:
        by_choice[policy.mailing_choice(row["verification"], mail_to)].append(row)
    waiting = [row["id"] for row in by_choice["wait"]]
    await repository.mark_waiting(session, organization_id, waiting, *WAITING)
    skipped = [row["id"] for row in by_choice["skip"]]
    await stop_enrollments(session, organization_id, skipped, "stopped", "undeliverable")
    language = await spoken_in(session, organization_id, campaign) if by_choice["mail"] else None
    await _write_lines(session, organization_id, by_choice["mail"], campaign.seed, language)
    await mark_some(session, organization_id, campaign, [row["id"] for row in by_choice["mail"]])
    events: list[Event] = []
    ready = len(by_choice["mail"])
    if ready:
        at = clock.now()
        events.append(
            EnrollmentsPersonalised(organization_id=organization_id, at=at, campaign_id=campaign_id)
        )
    last = len(rows) < PAGE
    if last and skipped:
        events += await complete_if_done(session, organization_id, campaign_id)
    await outbox.emit(session, events)
    return ready, None if last else rows[-1]["id"]


async def _write_lines(
    session: Session, organization_id: uuid.UUID, rows: Sequence[Any], seed: int, language: str | None
) -> None:
    if not rows:
        return
    seeds = {row["lead_id"]: f"{seed}|{row['email_key']}" for row in rows}
    lines = await enrichment.write_opening_lines(session, organization_id, seeds, language)
    texts = {
        row["id"]: {
            "opening_line": line.text,
            "facts": list(line.facts),
            "source": line.source,
            "language": line.language,
        }
        for row in rows
        if (line := lines.get(row["lead_id"]))
    }
    texts |= {row["id"]: {} for row in rows if row["id"] not in texts}
    await repository.save_personalization(session, organization_id, texts, clock.now())
