"""Steps of a campaign and their variants."""

from __future__ import annotations

import uuid

from fastapi import APIRouter

from reachly.api.deps import Caller, Db, require
from reachly.api.idempotency import ONCE, KeepingRoute
from reachly.services.identity.schemas import Permission
from reachly.services.sequences import service
from reachly.services.sequences.schemas import (
    ReorderIn,
    SequenceIn,
    SequenceOut,
    SequencePatch,
    VariantIn,
    VariantOut,
    VariantPatch,
)

router = APIRouter(prefix="/api", tags=["sequences"], route_class=KeepingRoute)
READ, WRITE = require(Permission.CAMPAIGNS_READ), require(Permission.CAMPAIGNS_WRITE)


@router.get("/campaigns/{campaign_id}/sequences", dependencies=[READ])
async def list_sequences(campaign_id: uuid.UUID, session: Db, actor: Caller) -> list[SequenceOut]:
    return await service.list_sequences(session, actor, campaign_id)


@router.post("/campaigns/{campaign_id}/sequences", status_code=201, dependencies=[WRITE, ONCE])
async def add_sequence(campaign_id: uuid.UUID, body: SequenceIn, session: Db, actor: Caller) -> SequenceOut:
    """A further step at the end."""
    return await service.add_sequence(session, actor, campaign_id, body)


@router.post("/campaigns/{campaign_id}/sequences/reorder", dependencies=[WRITE])
async def reorder_sequences(
    campaign_id: uuid.UUID, body: ReorderIn, session: Db, actor: Caller
) -> list[SequenceOut]:
    """Only while nothing was sent."""
    return await service.reorder_sequences(session, actor, campaign_id, body)


@router.put("/sequences/{sequence_id}", dependencies=[WRITE])
async def update_sequence(
    sequence_id: uuid.UUID, body: SequencePatch, session: Db, actor: Caller
) -> SequenceOut:
    """Touches only what is not sent yet."""
    return await service.update_sequence(session, actor, sequence_id, body)


@router.delete("/sequences/{sequence_id}", status_code=204, dependencies=[WRITE])
async def delete_sequence(sequence_id: uuid.UUID, session: Db, actor: Caller) -> None:
    """A step with sends is deactivated instead, so that the ledger stays whole."""
    await service.delete_sequence(session, actor, sequence_id)


@router.post("/sequences/{sequence_id}/variants", status_code=201, dependencies=[WRITE, ONCE])
async def add_variant(sequence_id: uuid.UUID, body: VariantIn, session: Db, actor: Caller) -> VariantOut:
    return await service.add_variant(session, actor, sequence_id, body)


@router.put("/sequences/{sequence_id}/variants/{variant_id}", dependencies=[WRITE])
async def update_variant(
    sequence_id: uuid.UUID, variant_id: uuid.UUID, body: VariantPatch, session: Db, actor: Caller
) -> VariantOut:
    return await service.update_variant(session, actor, sequence_id, variant_id, body)


@router.delete("/sequences/{sequence_id}/variants/{variant_id}", status_code=204, dependencies=[WRITE])
async def delete_variant(sequence_id: uuid.UUID, variant_id: uuid.UUID, session: Db, actor: Caller) -> None:
    await service.delete_variant(session, actor, sequence_id, variant_id)
