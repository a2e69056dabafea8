"""The signed-in person and their organization."""

from __future__ import annotations

from fastapi import APIRouter, Response

from reachly.api.cookies import clear_refresh_cookie
from reachly.api.deps import SIGNED_IN, Caller, Cursor, Db, Limit, require
from reachly.kit.pagination import Page
from reachly.services.identity import service
from reachly.services.identity.schemas import (
    AuditEntryOut,
    MemberOut,
    OrganizationIn,
    OrganizationOut,
    PasswordIn,
    Permission,
    ProfileIn,
    UsageOut,
    UserOut,
)
from reachly.services.sending import service as sending

router = APIRouter(prefix="/api", tags=["users"])
ADMIN = require(Permission.ORG_ADMIN)


@router.get("/users/profile", dependencies=[SIGNED_IN])
async def get_profile(session: Db, actor: Caller) -> UserOut:
    return await service.get_profile(session, actor)


@router.put("/users/profile", dependencies=[SIGNED_IN])
async def update_profile(body: ProfileIn, session: Db, actor: Caller) -> UserOut:
    return await service.update_profile(session, actor, body)


@router.put("/users/password", status_code=204, dependencies=[SIGNED_IN])
async def change_password(body: PasswordIn, actor: Caller) -> None:
    """Ends every other session of this person at once. Wrong guesses are limited like sign-ins."""
    await service.change_password(actor, body)


@router.delete("/users/account", status_code=204, dependencies=[SIGNED_IN])
async def delete_account(actor: Caller, response: Response, organization: bool = False) -> None:
    """The last administrator gets 409 unless `?organization=true`, which deletes the organization."""
    await sending.delete_account(actor, organization=organization)
    clear_refresh_cookie(response)


@router.get("/users/usage", dependencies=[SIGNED_IN])
async def get_usage(session: Db, actor: Caller) -> UsageOut:
    return await service.get_usage(session, actor)


@router.get("/organization", dependencies=[SIGNED_IN])
async def get_organization(session: Db, actor: Caller) -> OrganizationOut:
    return await service.get_organization(session, actor)


@router.put("/organization", dependencies=[ADMIN])
async def update_organization(body: OrganizationIn, session: Db, actor: Caller) -> OrganizationOut:
    """A limit of its domains holds from the next turn of each mailbox on."""
    return await sending.update_organization(session, actor, body)


@router.get("/organization/members", dependencies=[SIGNED_IN])
async def list_members(session: Db, actor: Caller) -> list[MemberOut]:
    return await service.list_members(session, actor)


@router.get("/organization/audit-log", dependencies=[ADMIN])
async def page_audit_log(
    session: Db, actor: Caller, limit: Limit = 50, cursor: Cursor = None
) -> Page[AuditEntryOut]:
    return await service.page_audit_log(session, actor, limit=limit, cursor=cursor)
