"""Jobs of analytics."""

from __future__ import annotations

import uuid

from reachly.services.analytics import service


async def check_mailbox(organization_id: uuid.UUID, args: dict[str, str]) -> None:
    """Whether a mailbox (all of them where none is named) bounces more than it may."""
    named = args.get("email_account_id")
    await service.check_deliverability(organization_id, uuid.UUID(named) if named else None)


HANDLERS = {"analytics.check_mailbox": check_mailbox}
