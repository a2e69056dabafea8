"""Reads of the event log in the order of its numbers."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select

from reachly.data.models.outbox import AnalyticsEvent, OrganizationSeq
from reachly.data.session import Session


async def get_last_number(session: Session, organization_id: uuid.UUID) -> int:
    query = select(OrganizationSeq.last).where(OrganizationSeq.organization_id == organization_id)
    return await session.scalar(query) or 0


async def list_events(
    session: Session, organization_id: uuid.UUID, after: int, limit: int
) -> Sequence[AnalyticsEvent]:
    query = (
        select(AnalyticsEvent)
        .where(AnalyticsEvent.organization_id == organization_id, AnalyticsEvent.seq > after,
               AnalyticsEvent.live_name.is_not(None))
        .order_by(AnalyticsEvent.seq)
        .limit(limit)
    )  # fmt: skip
    return (await session.scalars(query)).all()
