"""The ledger for whoever audits it."""

from __future__ import annotations

import uuid

from reachly.data.repositories.sending import audit as repository
from reachly.data.repositories.sending.audit import LedgerRow
from reachly.data.session import tenant

__all__ = ["LedgerRow", "read_ledger"]


async def read_ledger(organization_id: uuid.UUID, campaign_id: uuid.UUID) -> list[LedgerRow]:
    """Every intended message of a campaign, whatever became of it, by recipient and step."""
    async with tenant(organization_id) as session:
        return await repository.list_ledger(session, organization_id, campaign_id)
