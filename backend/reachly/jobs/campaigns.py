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


async def look_over(organization_id: uuid.UUID, args: dict[str, str]) -> None:
    """Who in a campaign lacks a field that its words need."""
    await service.look_over(organization_id, uuid.UUID(args["campaign_id"]))


async def look_over_marked(organization_id: uuid.UUID, _args: dict[str, str]) -> None:
    """Whether those who waited for a field still do."""
    await service.look_over_marked(organization_id)


async def look_over_lead(organization_id: uuid.UUID, args: dict[str, str]) -> None:
    """Whether one person lacks a field anywhere."""
    await service.look_over_lead(organization_id, uuid.UUID(args["lead_id"]))


async def end_suppressed(organization_id: uuid.UUID, args: dict[str, str]) -> None:
    """Out of every campaign, for one person who is suppressed."""
    await service.end_suppressed(organization_id, uuid.UUID(args["lead_id"]))


HANDLERS = {
    "campaigns.personalise": personalise,
    "campaigns.enroll_import": enroll_import,
    "campaigns.look_over": look_over,
    "campaigns.look_over_marked": look_over_marked,
    "campaigns.look_over_lead": look_over_lead,
    "campaigns.end_suppressed": end_suppressed,
}
