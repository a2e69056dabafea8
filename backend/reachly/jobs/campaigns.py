"""Jobs of campaigns."""

from __future__ import annotations

import uuid

from reachly.services.campaigns import service


async def personalise(organization_id: uuid.UUID, args: dict[str, str]) -> None:
    """Pending enrollments of one campaign, or of all active ones."""
    campaign_id = args.get("campaign_id")
    await service.personalise(organization_id, uuid.UUID(campaign_id) if campaign_id else None)


async def enroll_import(organization_id: uuid.UUID, args: dict[str, str]) -> None:
    """The leads of an import that was meant for a campaign."""
    if args.get("campaign_id"):
        await service.enroll_import(
            organization_id, uuid.UUID(args["campaign_id"]), uuid.UUID(args["import_id"])
        )


HANDLERS = {"campaigns.personalise": personalise, "campaigns.enroll_import": enroll_import}
