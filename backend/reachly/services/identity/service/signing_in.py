"""Registering, signing in, staying signed in."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from reachly.data.errors import violated_constraint
from reachly.data.models.identity import Organization, SignInAttempt, User
from reachly.data.repositories import identity as repository
from reachly.data.session import Session, tenant
from reachly.data.system import system
from reachly.infra import metrics
from reachly.kit import clock
from reachly.kit.address import parse_address
from reachly.kit.errors import Conflict, FieldError, Invalid, RateLimited, Unauthenticated
from reachly.kit.ids import new_id
from reachly.kit.internet import limit_key
from reachly.services.identity import devices, passwords, policy, tokens
from reachly.services.identity.schemas import (
    PERMISSIONS,
    Actor,
    LoginIn,
    MeOut,
    RegisterIn,
    TokenOut,
)
from reachly.services.identity.service import sessions
from reachly.services.identity.service.organizations import organization_out, record, user_out


async def register(body: RegisterIn, *, ip: str, user_agent: str) -> TokenOut:
    """A new organization with its first administrator, signed in. Raises Conflict when the address has an account."""
    policy.require_timezone(body.timezone)
    await require_strong(body.password, "/password", body.email, body.name, body.organization_name)
    password_hash = await passwords.hash_password(body.password)
    try:
        async with system() as session:
            user = await create_organization(
                session, email=body.email, password_hash=password_hash, name=body.name,
                organization_name=body.organization_name, timezone=body.timezone,
            )  # fmt: skip
            signed_in = await _sign_in(session, user, ip=ip, user_agent=user_agent)
    except Exception as error:
        if violated_constraint(error) == "uq_users_email_key":
            fault = FieldError("/email", "This address has an account already.", "taken")
            told = "Sign in with this address, or register with another."
            raise Conflict(told, code="taken", errors=[fault]) from None
        raise
    metrics.sign_ups.inc()
    return signed_in


async def create_organization(
    session: Session, *, email: str, password_hash: str, name: str, organization_name: str, timezone: str,
    is_demo: bool = False, postal_address: str | None = None,
) -> User:  # fmt: skip
    """The rows of a new organization and its administrator, in the caller's transaction."""
    try:
        address = parse_address(email)
    except ValueError as error:
        fault = FieldError("/email", str(error), "address")
        raise Invalid("The e-mail address cannot be used.", errors=[fault]) from None
    now = clock.machine_now()
    organization = Organization(
        id=new_id(), name=organization_name or address.domain, domain=address.domain, timezone=timezone,
        postal_address=postal_address, settings={"demo": True} if is_demo else {}, created_at=now, updated_at=now,
    )  # fmt: skip
    session.add(organization)
    await session.flush()
    user = User(
        organization_id=organization.id, id=new_id(), email=email.strip(), email_key=address.key, name=name,
        password_hash=password_hash, role="admin", timezone=None, created_at=now, updated_at=now,
    )  # fmt: skip
    session.add(user)
    await session.flush()
    await session.refresh(organization)
    await session.refresh(user)
    return user


async def require_strong(password: str, pointer: str, *context: str) -> None:
    """Raises Invalid for a password that is on the lists of common ones, or made of what anybody knows of its owner."""
    weakness = await passwords.find_weakness(password, *context)
    if weakness:
        fault = FieldError(pointer, weakness, "weak_password")
        raise Invalid("This password is too easy to guess.", code="weak_password", errors=[fault])


async def login(body: LoginIn, *, ip: str, user_agent: str, device: str | None = None) -> TokenOut:
    """Signs in. Raises Unauthenticated alike for unknown address and wrong password, RateLimited when throttled.

    `device` is the browser's device cookie, if it has one.
    """
    refusal = Unauthenticated(
        "Address or password is wrong. Check both and try again.", code="bad_credentials"
    )
    try:
        key = parse_address(body.email).key
    except ValueError:
        key = body.email.strip().lower()[:320]
    attempt_id = await _begin_attempt(key, ip, device)
    async with system() as session:
        user = await repository.find_user_by_email(session, key)
    fits = await passwords.verify_password(body.password, user.password_hash if user else None)
    if user is None or not fits or not user.is_active:
        # A transaction of its own: the refusal would roll the request's back.
        async with system() as session:
            if user:
                await record(session, user.organization_id, user.id, "sign_in.refused", ip=ip)
        raise refusal
    async with system() as session:
        current = await repository.lock_user(session, user.organization_id, user.id)
        if current is None or current.password_hash != user.password_hash or not current.is_active:
            raise refusal  # changed while the password was being checked
        await repository.set_succeeded(session, attempt_id)
        await record(session, user.organization_id, user.id, "sign_in", ip=ip)
        return await _sign_in(session, current, ip=ip, user_agent=user_agent)


async def _begin_attempt(email_key: str, ip: str, device: str | None) -> uuid.UUID:
    """Counts the attempt as failed before the password is looked at, in its own transaction. Raises RateLimited."""
    known_device = devices.find(device, email_key)
    address = limit_key(ip)
    source = f"device {known_device}" if known_device else address
    async with system() as session:
        await repository.lock_attempts(session, email_key)
        counts = await repository.count_failures(session, email_key=email_key, ip=source, since=_window())
        is_known = known_device is not None or address in map(
            limit_key, await repository.list_known_addresses(session, email_key)
        )
        return await _count_attempt(
            session, email_key, source, is_throttled=policy.is_throttled(*counts, is_known=is_known)
        )


async def verify_again(actor: Actor, password: str) -> User | None:
    """The signed-in person's row as it was when this password fitted; None where it does not fit.

    Counted like a sign-in, by session, and no row is locked while the hash is computed. Raises RateLimited.
    """
    source = f"session {actor.session_id}"
    async with system() as session:
        user = await repository.find_user(session, actor.organization_id, actor.user_id)
        if user is None:
            return None
        await repository.lock_attempts(session, user.email_key)
        own, _, _ = await repository.count_failures(
            session, email_key=user.email_key, ip=source, since=_window()
        )
        is_throttled = own >= policy.FAILURES_ACCOUNT_AND_ADDRESS
        attempt_id = await _count_attempt(session, user.email_key, source, is_throttled=is_throttled)
    if not await passwords.verify_password(password, user.password_hash):
        return None
    async with system() as session:
        await repository.set_succeeded(session, attempt_id)
    return user


def _window() -> datetime:
    return clock.machine_now() - timedelta(minutes=policy.WINDOW_MINUTES)


async def _count_attempt(session: Session, email_key: str, source: str, *, is_throttled: bool) -> uuid.UUID:
    if is_throttled:
        raise RateLimited(
            f"Too many wrong passwords. Wait {policy.WINDOW_MINUTES} minutes, then try again.",
            code="sign_in_throttled",
            retry_after=policy.WINDOW_MINUTES * 60,
        )
    now = clock.machine_now()
    attempt = SignInAttempt(id=new_id(), email_key=email_key, ip=source, succeeded=False, at=now)
    await repository.add_attempt(session, attempt)
    return attempt.id


async def keep_password(session: Session, email: str, password: str) -> bool:
    """Makes sure that an account has this password; False when there is no such account.

    For whoever runs the server, never for a door; `session` is the system's. A changed password ends every session.
    """
    user = await repository.find_user_by_email(session, parse_address(email).key)
    if user is None:
        return False
    if not await passwords.verify_password(password, user.password_hash):
        user.password_hash = await passwords.hash_password(password)
        user.session_version += 1
        user.updated_at = clock.machine_now()
        await session.flush()
    return True


async def forget_attempts(session: Session, *, days: int = 2) -> None:
    """Deletes sign-in attempts that no window looks at any more; `session` is the system's."""
    await repository.delete_attempts_before(session, clock.machine_now() - timedelta(days=days))


async def _sign_in(session: Session, user: User, *, ip: str, user_agent: str) -> TokenOut:
    row, refresh_token = sessions.open_family(session, user, ip=ip, user_agent=user_agent)
    return await _tokens(session, user, row.family_id, refresh_token)


async def _tokens(session: Session, user: User, family_id: uuid.UUID, refresh_token: str) -> TokenOut:
    organization = await repository.get_organization(session, user.organization_id)
    permissions = sorted(PERMISSIONS[user.role])
    token, seconds = tokens.make_access_token(
        user_id=user.id, organization_id=user.organization_id, email=user.email, role=user.role,
        permissions=[str(p) for p in permissions], version=user.session_version,
        session_id=family_id,
    )  # fmt: skip
    me = MeOut(user=user_out(user), organization=organization_out(organization), permissions=permissions)
    return TokenOut(access_token=token, expires_in=seconds, refresh_token=refresh_token, me=me)


async def refresh(token: str | None, *, ip: str, user_agent: str) -> TokenOut:
    """Rotates. A spent token ends its family: whoever stole it, and whoever it was stolen from, sign in anew."""
    refusal = Unauthenticated("The session has ended. Sign in again.", code="session_ended")
    reused = False
    async with system() as session:
        try:
            row, successor = await sessions.rotate(session, token or "", ip=ip, user_agent=user_agent)
            user = await repository.find_user(session, row.organization_id, row.user_id)
            if user is None or not user.is_active:
                raise refusal
            return await _tokens(session, user, row.family_id, successor)
        except sessions.Reused as error:
            reused = True
            await record(session, error.row.organization_id, error.row.user_id, "session.reused", ip=ip)
    assert reused
    raise refusal


async def logout(token: str | None) -> None:
    """Ends the family of this token; unknown tokens are no error."""
    if not token or len(token) > 512:
        return
    async with system() as session:
        row = await repository.lock_session_by_hash(session, tokens.hash_token(token))
        if row:
            await repository.revoke_family(session, row.organization_id, row.family_id, clock.machine_now())


async def authenticate(authorization: str | None, *, ip: str = "") -> Actor:
    """The caller named by an `Authorization: Bearer` header, as the rows stand now. Raises Unauthenticated."""
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthenticated("Send the access token as `Authorization: Bearer …`.", code="no_token")
    return (await authenticate_token(token.strip(), ip=ip))[0]


async def authenticate_token(token: str, *, ip: str = "") -> tuple[Actor, tokens.Claims]:
    """The same for a bare token, as sockets bring it; with its claims."""
    claims = tokens.read_access_token(token)
    async with tenant(claims.organization_id) as session:
        user = await repository.find_signed_in_user(
            session, claims.organization_id, claims.user_id, claims.session_id, clock.machine_now()
        )
    if user is None or user.session_version != claims.session_version:
        raise Unauthenticated("The session has ended. Sign in again.", code="session_ended")
    role: Any = user.role
    permissions = PERMISSIONS[user.role]
    actor = Actor(claims.organization_id, user.id, user.email, role, permissions, ip, claims.session_id)
    return actor, claims
