"""Campaigns as they stand, with their progress and figures."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from reachly.data.models.campaigns import Campaign
from reachly.data.repositories import campaigns as repository
from reachly.data.session import Session
from reachly.infra.settings import current_settings
from reachly.kit import clock
from reachly.kit.errors import NotFound
from reachly.kit.pagination import Page, cut_page, encode_cursor, read_time_cursor
from reachly.services.campaigns import policy
from reachly.services.campaigns.schemas import CampaignOut, CampaignSettings, Progress
from reachly.services.identity.schemas import Actor
from reachly.services.sequences import service as sequences

NO_SUCH = "There is no such campaign."


async def page_campaigns(
    session: Session, actor: Actor, *, limit: int, cursor: str | None, q: str | None, status: str | None
) -> Page[CampaignOut]:
    """The newest first."""
    after = read_time_cursor(cursor) if cursor else None
    found = await repository.page_campaigns(
        session, actor.organization_id, limit=limit + 1, after=after, q=q, status=status
    )
    rows, more = cut_page(found, limit)
    items = await campaigns_out(session, actor.organization_id, rows)
    next_cursor = encode_cursor(rows[-1].created_at.isoformat(), str(rows[-1].id)) if more else None
    return Page(items=items, next_cursor=next_cursor)


async def get_campaign(session: Session, actor: Actor, campaign_id: uuid.UUID) -> CampaignOut:
    """Raises NotFound."""
    return await campaign_out(session, await get_row(session, actor.organization_id, campaign_id))


async def find_settings(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID
) -> CampaignSettings | None:
    """The settings alone, for rooms that need one of them."""
    row = await repository.find_campaign(session, organization_id, campaign_id)
    return CampaignSettings.model_validate(row.settings) if row else None


async def list_mailbox_ids(session: Session, actor: Actor, campaign_id: uuid.UUID) -> list[uuid.UUID]:
    """The campaign's mailboxes. Raises NotFound."""
    row = await get_row(session, actor.organization_id, campaign_id)
    return (await repository.list_account_ids(session, actor.organization_id, [row.id]))[row.id]


async def list_active_ids(session: Session, organization_id: uuid.UUID) -> list[uuid.UUID]:
    """Campaigns that run."""
    return await repository.list_active_ids(session, organization_id)


async def get_row(session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID) -> Campaign:
    row = await repository.find_campaign(session, organization_id, campaign_id)
    if row is None:
        raise NotFound(NO_SUCH)
    return row


async def lock_row(session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID) -> Campaign:
    row = await repository.lock_campaign(session, organization_id, campaign_id)
    if row is None:
        raise NotFound(NO_SUCH)
    return row


def is_late(row: Campaign) -> bool:
    """Paused for being late, or paused for longer than the grace: only a person can say whether it should go on."""
    if row.status != "paused":
        return False
    grace = timedelta(hours=current_settings().sending.grace_hours)
    return row.paused_for == "late" or (row.paused_at is not None and clock.now() - row.paused_at > grace)


async def campaign_out(session: Session, row: Campaign) -> CampaignOut:
    """One row with everything around it."""
    return (await campaigns_out(session, row.organization_id, [row]))[0]


async def campaigns_out(
    session: Session, organization_id: uuid.UUID, rows: Sequence[Campaign]
) -> list[CampaignOut]:
    """Rows with everything around them, in a handful of statements however many there are."""
    ids = [row.id for row in rows]
    if not ids:
        return []
    accounts = await repository.list_account_ids(session, organization_id, ids)
    weights = await repository.list_account_weights(session, organization_id, ids)
    progress = await repository.count_progress(session, organization_id, ids)
    figures = await repository.sum_figures(session, organization_id, ids)
    next_sends = await repository.list_next_sends(session, organization_id, ids)
    steps = await sequences.list_steps_of(session, organization_id, ids)
    outs = []
    for row in rows:
        own = steps[row.id]
        shown: dict[str, Any] = {n: getattr(row, n) for n in CampaignOut.model_fields if hasattr(row, n)}
        shown["settings"] = CampaignSettings.model_validate(row.settings)
        shown["is_late"] = is_late(row)
        outs.append(
            CampaignOut(
                **shown, email_account_ids=accounts[row.id], email_account_weights=weights[row.id],
                steps=sum(step.is_active for step in own),
                subject_template=own[0].subject_template if own else None,
                email_template=own[0].email_template if own else None,
                progress=Progress(
                    total=progress[row.id].states.total(), blocked_by=progress[row.id].blocked_by,
                    **progress[row.id].states,
                ),
                figures=policy.figures_of(figures.get(row.id, {})),
                next_send_at=next_sends.get(row.id) if row.status == "active" else None,
            )
        )  # fmt: skip
    return outs
