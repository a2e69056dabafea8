"""Watching over mailboxes and counters."""

from __future__ import annotations

import uuid
from datetime import timedelta

from reachly.data import outbox
from reachly.data.repositories import analytics as repository
from reachly.data.session import Session, tenant
from reachly.data.system import system
from reachly.events import DeliverabilityFell
from reachly.kit import clock
from reachly.services.analytics import policy
from reachly.services.campaigns.policy import figures_of

QUIET_DAYS = 7


async def check_deliverability(organization_id: uuid.UUID, account_id: uuid.UUID | None = None) -> int:
    """Says once a week of each mailbox (or of one) whose bounces are beyond chance above the limit; how many.

    The lower bound of the rate decides, not the rate: two of twenty may be chance. In a transaction of its own.
    """
    async with tenant(organization_id) as session:
        await repository.lock_check(session, organization_id)
        names = await repository.list_mailbox_names(session, organization_id)
        ids = [account_id] if account_id in names else [] if account_id else list(names)
        events = [
            event
            for each in ids
            if each and (event := await _judge(session, organization_id, each, names[each]))
        ]
        await outbox.emit(session, events)
        return len(events)


async def check_everybody() -> int:
    """The same for every organization in which something has bounced of late; how many mailboxes were spoken of."""
    since = clock.now() - timedelta(days=policy.BOUNCE_DAYS)
    async with system() as session:
        organization_ids = await repository.list_bounced(session, since.date())
    return sum([await check_deliverability(organization_id) for organization_id in organization_ids])


async def _judge(
    session: Session, organization_id: uuid.UUID, account_id: uuid.UUID, address: str
) -> DeliverabilityFell | None:
    now = clock.now()
    since = now - timedelta(days=policy.BOUNCE_DAYS)
    counted = await repository.sum_mailbox(session, organization_id, account_id, since.date())
    figures = figures_of(counted)
    attempted, bounced = figures.attempted, figures.bounced
    if not policy.has_fallen(attempted, bounced):
        return None
    lately = now - timedelta(days=QUIET_DAYS)
    if await repository.has_lately(session, organization_id, account_id, DeliverabilityFell.name, lately):
        return None
    return DeliverabilityFell(
        organization_id=organization_id,
        at=now,
        email_account_id=account_id,
        data={
            "email_address": address, "attempted": attempted, "bounced": bounced, "days": policy.BOUNCE_DAYS,
            "at_least": round(policy.lower_bound(bounced, attempted), 4), "limit": policy.BOUNCE_RATE,
        },
    )  # fmt: skip


async def recount(session: Session, organization_id: uuid.UUID) -> int:
    """Makes the counters anew from the facts, in the caller's transaction; how many rows there are then."""
    return await repository.recount(session, organization_id)
