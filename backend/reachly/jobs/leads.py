"""Jobs of leads."""

from __future__ import annotations

import uuid

from reachly.services.leads import service


async def run_import(organization_id: uuid.UUID, args: dict[str, str]) -> None:
    """Reads an upload, from its beginning or from where a killed run stopped."""
    await service.run_import(organization_id, uuid.UUID(args["import_id"]))


async def run_undo(organization_id: uuid.UUID, args: dict[str, str]) -> None:
    """Takes back a large import."""
    await service.run_undo(organization_id, uuid.UUID(args["import_id"]))


HANDLERS = {"leads.import": run_import, "leads.undo": run_undo}
