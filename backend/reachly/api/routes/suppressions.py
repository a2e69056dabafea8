"""Who is never written to."""

from __future__ import annotations

import uuid

from fastapi import APIRouter

from reachly.api.deps import Caller, Cursor, Db, Limit, Search, require
from reachly.api.idempotency import ONCE, KeepingRoute
from reachly.kit.pagination import Page
from reachly.services.identity.schemas import Permission
from reachly.services.suppression import service
from reachly.services.suppression.schemas import SuppressionIn, SuppressionOut

router = APIRouter(prefix="/api/suppressions", tags=["suppressions"], route_class=KeepingRoute)


@router.get("", dependencies=[require(Permission.LEADS_READ)])
async def page_suppressions(
    session: Db, actor: Caller, limit: Limit = 50, cursor: Cursor = None, q: Search = None
) -> Page[SuppressionOut]:
    return await service.page_suppressions(session, actor, limit=limit, cursor=cursor, q=q)


@router.post("", status_code=201, dependencies=[require(Permission.LEADS_WRITE), ONCE])
async def add_suppression(body: SuppressionIn, session: Db, actor: Caller) -> SuppressionOut:
    """An address, or a whole domain."""
    return await service.add_suppression(session, actor, body)


@router.delete("/{suppression_id}", status_code=204, dependencies=[require(Permission.ORG_ADMIN)])
async def delete_suppression(suppression_id: uuid.UUID, session: Db, actor: Caller) -> None:
    await service.delete_suppression(session, actor, suppression_id)
