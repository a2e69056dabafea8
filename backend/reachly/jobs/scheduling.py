"""Jobs of scheduling."""

from __future__ import annotations

import uuid
from typing import cast

from reachly.services.campaigns.schemas import SenderGone
from reachly.services.scheduling import service


async def plan(organization_id: uuid.UUID, args: dict[str, str]) -> None:
    """Every running enrollment of a campaign."""
    await service.plan_campaign(organization_id, uuid.UUID(args["campaign_id"]))


async def plan_new(organization_id: uuid.UUID, args: dict[str, str]) -> None:
    """Those of a campaign that have no plan yet."""
    await service.plan_new(organization_id, uuid.UUID(args["campaign_id"]))


async def plan_mailbox(organization_id: uuid.UUID, args: dict[str, str]) -> None:
    """Every campaign that uses a mailbox, or used it."""
    choice = cast("SenderGone | None", args.get("sender_gone"))
    await service.plan_mailbox(organization_id, uuid.UUID(args["email_account_id"]), choice)


async def hand_over(organization_id: uuid.UUID, args: dict[str, str]) -> None:
    """People of a campaign whose mailbox is gone go on from another one, or end."""
    choice = cast("SenderGone", args["sender_gone"])
    await service.plan_campaign(organization_id, uuid.UUID(args["campaign_id"]), choice)


HANDLERS = {
    "scheduling.plan": plan,
    "scheduling.plan_new": plan_new,
    "scheduling.plan_mailbox": plan_mailbox,
    "scheduling.hand_over": hand_over,
}
