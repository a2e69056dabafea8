"""Jobs of verification."""

from __future__ import annotations

import uuid

from reachly.services.verification import service


async def verify_batch(organization_id: uuid.UUID, _args: dict[str, str]) -> None:
    """Judges all leads that wait, whichever import or edit they come from."""
    await service.verify_waiting(organization_id)


HANDLERS = {"verification.verify_batch": verify_batch}
