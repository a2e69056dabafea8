"""The signed-in person's own affairs."""

from __future__ import annotations

import uuid
from typing import Any

from reachly.data.models.identity import User
from reachly.data.repositories import identity as repository
from reachly.data.session import Session, tenant
from reachly.infra.cache import CHANNEL, Kind, cache, key_of
from reachly.kit import clock
from reachly.kit.errors import Conflict, FieldError, Invalid, NotFound
from reachly.services.identity import passwords, policy, tokens
from reachly.services.identity.schemas import (
    Actor,
    MeOut,
    PasswordIn,
    ProfileIn,
    SessionOut,
    UserOut,
)
from reachly.services.identity.service.organizations import get_organization, record, user_out
from reachly.services.identity.service.signing_in import require_strong, verify_again


async def _user(session: Session, actor: Actor, *, lock: bool = False) -> User:
    find = repository.lock_user if lock else repository.find_user
    user = await find(session, actor.organization_id, actor.user_id)
    if user is None:
        raise NotFound("This account does not exist any more.")
    return user


async def get_me(session: Session, actor: Actor) -> MeOut:
    """Who is signed in."""
    return MeOut(
        user=user_out(await _user(session, actor)),
        organization=await get_organization(session, actor),
        permissions=sorted(actor.permissions),
    )


async def get_profile(session: Session, actor: Actor) -> UserOut:
    """Kept in the cache; whoever changes it makes every process forget it."""

    async def load() -> dict[str, Any]:
        return user_out(await _user(session, actor)).model_dump(mode="json")

    return UserOut.model_validate(await cache().get_or_load(Kind.USER, actor.user_id, load))


async def update_profile(session: Session, actor: Actor, body: ProfileIn) -> UserOut:
    """Name and time zone, of these what is named."""
    user = await _user(session, actor, lock=True)
    if body.name is not None:
        user.name = body.name
    if "timezone" in body.model_fields_set:
        user.timezone = policy.require_timezone(body.timezone) if body.timezone else None
    user.updated_at = clock.machine_now()
    await _forget_profile(session, user.id)
    return user_out(user)


async def _forget_profile(session: Session, user_id: uuid.UUID) -> None:
    """Here at once, and everywhere at the commit: what is read in between may be the old one."""
    await cache().forget(Kind.USER, user_id)
    await repository.notify(session, CHANNEL, key_of(Kind.USER, user_id))


async def change_password(actor: Actor, body: PasswordIn) -> None:
    """Ends every other session of this person, and all access tokens and sockets: this one goes on by refreshing.

    Guesses at the present password are counted like sign-ins. Raises Invalid, RateLimited.
    """
    verified = await verify_again(actor, body.current_password)
    if verified is None:
        raise _not_the_present_one()
    await require_strong(body.new_password, "/new_password", verified.email, verified.name)
    password_hash = await passwords.hash_password(body.new_password)
    async with tenant(actor.organization_id) as session:
        user = await _user(session, actor, lock=True)
        if user.password_hash != verified.password_hash:
            raise _not_the_present_one()  # changed elsewhere in this moment
        user.password_hash = password_hash
        user.session_version += 1
        user.updated_at = now = clock.machine_now()
        await repository.revoke_user(session, actor.organization_id, user.id, now, but=actor.session_id)
        await record(session, actor.organization_id, user.id, "password.changed", ip=actor.ip)


def _not_the_present_one() -> Invalid:
    fault = FieldError("/current_password", "This is not the present password.", "wrong")
    return Invalid("The present password is needed to set a new one.", errors=[fault])


async def delete_account(session: Session, actor: Actor, *, organization: bool) -> None:
    """Removes the person; with `organization` an administrator removes everything."""
    if organization:
        await require_administrator(session, actor)
        await repository.delete_organization(session, actor.organization_id)
        return
    admins = [user.id for user in await repository.lock_admins(session, actor.organization_id)]
    policy.require_other_admin(admins, actor.user_id)
    await record(
        session, actor.organization_id, None, "account.deleted", subject=str(actor.user_id), ip=actor.ip
    )
    await repository.delete_user(session, actor.organization_id, actor.user_id)
    await _forget_profile(session, actor.user_id)


async def require_administrator(session: Session, actor: Actor) -> None:
    """Who may delete the organization. Raises Conflict."""
    admins = await repository.lock_admins(session, actor.organization_id)
    if actor.user_id not in {user.id for user in admins}:
        raise Conflict("Only an administrator can delete the organization.", code="not_admin")


async def list_sessions(session: Session, actor: Actor, refresh_token: str | None) -> list[SessionOut]:
    """Where this person is signed in."""
    rows = await repository.list_live_sessions(
        session, actor.organization_id, actor.user_id, clock.machine_now()
    )
    starts = await repository.get_family_starts(
        session, actor.organization_id, [row.family_id for row in rows]
    )
    mine = tokens.hash_token(refresh_token) if refresh_token else b""
    return [
        SessionOut(
            id=row.family_id, user_agent=row.user_agent, ip=row.ip, created_at=starts[row.family_id],
            last_used_at=row.created_at, is_current=row.family_id == actor.session_id or row.token_hash == mine,
        )
        for row in rows
    ]  # fmt: skip


async def end_session(session: Session, actor: Actor, family_id: uuid.UUID) -> None:
    """Raises NotFound when it is not one of the caller's."""
    rows = await repository.list_live_sessions(
        session, actor.organization_id, actor.user_id, clock.machine_now()
    )
    if family_id not in {row.family_id for row in rows}:
        raise NotFound("This session does not exist or has ended.")
    await repository.revoke_family(session, actor.organization_id, family_id, clock.machine_now())
