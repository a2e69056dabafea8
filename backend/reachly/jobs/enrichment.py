"""Jobs of enrichment."""

from __future__ import annotations

import uuid

from reachly.services.enrichment import service


async def enrich_batch(organization_id: uuid.UUID, _args: dict[str, str]) -> None:
    """Looks at all leads that wait."""
    await service.enrich_waiting(organization_id)
    await service.tell_enriched(organization_id)


HANDLERS = {"enrichment.enrich_batch": enrich_batch}
