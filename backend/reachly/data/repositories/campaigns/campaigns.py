"""Campaigns and their mailboxes."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import and_, delete, func, or_, select, text

from reachly.data import stops
from reachly.data.models.campaigns import Campaign, CampaignEmailAccount
from reachly.data.models.outbox import COUNTERS, CampaignStat
from reachly.data.repositories.standing import STATE
from reachly.data.session import Session, raw


async def find_campaign(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID
) -> Campaign | None:
    return await session.get(Campaign, (organization_id, campaign_id), populate_existing=True)


async def lock_campaign(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID
) -> Campaign | None:
    return await session.get(
        Campaign, (organization_id, campaign_id), populate_existing=True, with_for_update=True
    )


async def page_campaigns(
    session: Session, organization_id: uuid.UUID, *, limit: int, after: tuple[datetime, uuid.UUID] | None,
    q: str | None, status: str | None,
) -> Sequence[Campaign]:  # fmt: skip
    """The newest first. `q` is looked for in the name: an organization has some hundreds, so no index is needed."""
    query = select(Campaign).where(Campaign.organization_id == organization_id)
    if status:
        query = query.where(Campaign.status == status)
    if q:
        query = query.where(Campaign.name.icontains(q, autoescape=True))
    if after:
        at, last = after
        query = query.where(
            or_(Campaign.created_at < at, and_(Campaign.created_at == at, Campaign.id < last))
        )
    return (
        await session.scalars(query.order_by(Campaign.created_at.desc(), Campaign.id.desc()).limit(limit))
    ).all()


async def list_active_ids(session: Session, organization_id: uuid.UUID) -> list[uuid.UUID]:
    query = select(Campaign.id).where(
        Campaign.organization_id == organization_id, Campaign.status == "active"
    )
    return list((await session.scalars(query.order_by(Campaign.id))).all())


async def delete_campaign(session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID) -> None:
    await session.execute(
        delete(Campaign).where(Campaign.organization_id == organization_id, Campaign.id == campaign_id)
    )
    stops.request(session, organization_id)


async def list_account_ids(
    session: Session, organization_id: uuid.UUID, campaign_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, list[uuid.UUID]]:
    """The mailboxes of each campaign."""
    query = (
        select(CampaignEmailAccount.campaign_id, CampaignEmailAccount.email_account_id)
        .where(
            CampaignEmailAccount.organization_id == organization_id,
            CampaignEmailAccount.campaign_id.in_(campaign_ids),
        )
        .order_by(CampaignEmailAccount.email_account_id)
    )
    result: dict[uuid.UUID, list[uuid.UUID]] = {campaign_id: [] for campaign_id in campaign_ids}
    for campaign_id, account_id in await session.execute(query):
        result[campaign_id].append(account_id)
    return result


async def set_account_ids(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID, account_ids: Sequence[uuid.UUID]
) -> None:
    """Exactly these mailboxes; weights of those that stay are kept."""
    await session.execute(
        delete(CampaignEmailAccount).where(
            CampaignEmailAccount.organization_id == organization_id, CampaignEmailAccount.campaign_id == campaign_id,
            CampaignEmailAccount.email_account_id.not_in(account_ids),
        )
    )  # fmt: skip
    await session.execute(
        text(
            "INSERT INTO campaign_email_accounts (organization_id, campaign_id, email_account_id)"
            " SELECT :organization_id, :campaign_id, id FROM unnest(CAST(:ids AS uuid[])) AS id ON CONFLICT DO NOTHING"
        ),
        {"organization_id": organization_id, "campaign_id": campaign_id, "ids": list(account_ids)},
    )


async def list_account_weights(
    session: Session, organization_id: uuid.UUID, campaign_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, dict[uuid.UUID, int]]:
    """The weight of each mailbox, per campaign."""
    query = select(
        CampaignEmailAccount.campaign_id, CampaignEmailAccount.email_account_id, CampaignEmailAccount.weight
    ).where(
        CampaignEmailAccount.organization_id == organization_id,
        CampaignEmailAccount.campaign_id.in_(campaign_ids),
    )
    result: dict[uuid.UUID, dict[uuid.UUID, int]] = {campaign_id: {} for campaign_id in campaign_ids}
    for campaign_id, account_id, weight in await session.execute(query):
        result[campaign_id][account_id] = weight
    return result


async def set_account_weights(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID, weights: Mapping[uuid.UUID, int]
) -> None:
    """Of the mailboxes that are named; the others keep theirs."""
    await session.execute(
        text(
            "UPDATE campaign_email_accounts AS c SET weight = w.weight"
            " FROM unnest(CAST(:ids AS uuid[]), CAST(:weights AS int[])) AS w(id, weight)"
            " WHERE c.organization_id = :organization_id AND c.campaign_id = :campaign_id AND c.email_account_id = w.id"
        ),
        {
            "organization_id": organization_id, "campaign_id": campaign_id, "ids": list(weights),
            "weights": list(weights.values()),
        },
    )  # fmt: skip


_PROGRESS = f"""
SELECT e.campaign_id, {STATE} AS state, e.blocked_reason, count(*) FROM enrollments e
WHERE e.organization_id = $1 AND e.campaign_id = ANY($2::uuid[]) GROUP BY 1, 2, 3
"""  # noqa: S608 - the constant rule of states


@dataclass(slots=True)
class StateCounts:
    """People of one campaign by state, and those who are blocked by reason."""

    states: Counter[str] = field(default_factory=Counter)
    blocked_by: Counter[str] = field(default_factory=Counter)


async def count_progress(
    session: Session, organization_id: uuid.UUID, campaign_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, StateCounts]:
    """Enrollments by state, per campaign."""
    counts = {campaign_id: StateCounts() for campaign_id in campaign_ids}
    for campaign_id, state, reason, n in await (await raw(session)).fetch(
        _PROGRESS, organization_id, list(campaign_ids)
    ):
        counts[campaign_id].states[state] += int(n)
        if state == "blocked":
            counts[campaign_id].blocked_by[reason] += int(n)
    return counts


async def sum_figures(
    session: Session, organization_id: uuid.UUID, campaign_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, Mapping[str, int]]:
    """Counters of each campaign, from the outbox's table."""
    sums = [func.coalesce(func.sum(getattr(CampaignStat, name)), 0).label(name) for name in COUNTERS]
    query = (
        select(CampaignStat.campaign_id, *sums)
        .where(CampaignStat.organization_id == organization_id, CampaignStat.campaign_id.in_(campaign_ids))
        .group_by(CampaignStat.campaign_id)
    )
    rows = await session.execute(query)
    return {row.campaign_id: {name: int(getattr(row, name)) for name in COUNTERS} for row in rows}


async def list_next_sends(
    session: Session, organization_id: uuid.UUID, campaign_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, datetime]:
    """When each campaign's next message may leave: due, and its mailbox's turn."""
    rows = await session.execute(
        text(
            "SELECT e.campaign_id, min(greatest(e.next_due_at, a.next_turn_at)) AS at FROM enrollments e"
            " JOIN email_accounts a ON a.organization_id = e.organization_id AND a.id = e.email_account_id"
            " WHERE e.organization_id = :organization_id AND e.campaign_id = ANY(:ids)"
            " AND e.next_due_at IS NOT NULL AND e.status = 'active' GROUP BY e.campaign_id"
        ),
        {"organization_id": organization_id, "ids": list(campaign_ids)},
    )
    return {row.campaign_id: row.at for row in rows if row.at}


async def has_sends(session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID) -> bool:
    """Whether the ledger knows the campaign: such a one is never deleted."""
    return bool(
        await session.scalar(
            text("SELECT EXISTS (SELECT FROM email_sends WHERE organization_id = :o AND campaign_id = :c)"),
            {"o": organization_id, "c": campaign_id},
        )
    )


async def has_running_import(session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID) -> bool:
    """Whether leads may still come in by an import: then nothing is completed."""
    return bool(
        await session.scalar(
            text(
                "SELECT EXISTS (SELECT FROM imports WHERE organization_id = :o AND campaign_id = :c"
                " AND status IN ('uploading', 'queued', 'running'))"
            ),
            {"o": organization_id, "c": campaign_id},
        )
    )
