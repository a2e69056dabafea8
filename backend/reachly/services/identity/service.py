"""Registering, signing in, and the signed-in person's own affairs."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from reachly.data.errors import violated_constraint
from reachly.data.models.identity import AuditEntry, Organization, SignInAttempt, User
from reachly.data.repositories import identity as repository
from reachly.data.session import Session, tenant
from reachly.data.system import system
from reachly.kit import clock
from reachly.kit.address import parse_address
from reachly.kit.errors import Conflict, FieldError, Invalid, NotFound, RateLimited, Unauthenticated
from reachly.kit.ids import new_id
from reachly.kit.pagination import Page, cut_page, decode_cursor, encode_cursor
from reachly.services.identity import passwords, policy, sessions, tokens
from reachly.services.identity.schemas import (
    PERMISSIONS,
    Actor,
    AuditEntryOut,
    LoginIn,
    MemberOut,
    MeOut,
    OrganizationIn,
    OrganizationOut,
    PasswordIn,
    ProfileIn,
    RegisterIn,
    SessionOut,
    TokenOut,
    UsageMetric,
    UsageOut,
    UserOut,
)

PLAN_LIMITS: dict[str, dict[str, int]] = {"free": {"sends": 3_000, "leads_imported": 5_000}, "pro": {"sends": 100_000}}
METRICS = ("sends", "leads_imported")


async def register(body: RegisterIn, *, ip: str, user_agent: str) -> TokenOut:
    """A new organization with its first administrator, signed in. Raises Conflict when the address has an account."""
    policy.require_timezone(body.timezone)
    password_hash = await passwords.hash_password(body.password)
    try:
        async with system() as session:
            user = await create_organization(
                session, email=body.email, password_hash=password_hash, name=body.name,
                organization_name=body.organization_name, timezone=body.timezone,
            )  # fmt: skip
            return await _sign_in(session, user, ip=ip, user_agent=user_agent)
    except Exception as error:
        if violated_constraint(error) == "uq_users_email_key":
            fault = FieldError("/email", "This address has an account already.", "taken")
            raise Conflict("Sign in with this address, or register with another.", code="taken", errors=[fault]) from None
        raise


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


async def login(body: LoginIn, *, ip: str, user_agent: str) -> TokenOut:
    """Signs in. Raises Unauthenticated alike for unknown address and wrong password, RateLimited when throttled."""
    try:
        key = parse_address(body.email).key
    except ValueError:
        key = body.email.strip().lower()[:320]
    await _refuse_when_throttled(key, ip)
    async with system() as session:
        user = await repository.find_user_by_email(session, key)
    fits = await passwords.verify_password(body.password, user.password_hash if user else None)
    if user is None or not fits or not user.is_active:
        # A transaction of its own: the refusal would roll the request's back.
        async with system() as session:
            attempt = SignInAttempt(id=new_id(), email_key=key, ip=ip, succeeded=False, at=clock.machine_now())
            await repository.add_attempt(session, attempt)
            if user:
                await record(session, user.organization_id, user.id, "sign_in.refused", ip=ip)
        raise Unauthenticated("Address or password is wrong. Check both and try again.", code="bad_credentials")
    async with system() as session:
        current = await repository.lock_user(session, user.organization_id, user.id)
        assert current is not None
        await record(session, user.organization_id, user.id, "sign_in", ip=ip)
        return await _sign_in(session, current, ip=ip, user_agent=user_agent)


async def _refuse_when_throttled(email_key: str, ip: str) -> None:
    since = clock.machine_now() - timedelta(minutes=policy.WINDOW_MINUTES)
    async with system() as session:
        counts = await repository.count_failures(session, email_key=email_key, ip=ip, since=since)
    if policy.is_throttled(*counts):
        raise RateLimited(
            f"Too many failed sign-ins. Wait {policy.WINDOW_MINUTES} minutes, then try again.",
            code="sign_in_throttled",
            retry_after=policy.WINDOW_MINUTES * 60,
        )


async def _sign_in(session: Session, user: User, *, ip: str, user_agent: str) -> TokenOut:
    refresh_token = sessions.open_family(session, user, ip=ip, user_agent=user_agent)
    return await _tokens(session, user, refresh_token)


async def _tokens(session: Session, user: User, refresh_token: str) -> TokenOut:
    organization = await repository.get_organization(session, user.organization_id)
    permissions = sorted(PERMISSIONS[user.role])
    token, seconds = tokens.make_access_token(
        user_id=user.id, organization_id=user.organization_id, email=user.email, role=user.role,
        permissions=[str(p) for p in permissions], version=user.session_version,
    )  # fmt: skip
    me = MeOut(user=_user_out(user), organization=_organization_out(organization), permissions=permissions)
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
            return await _tokens(session, user, successor)
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
        user = await repository.find_user(session, claims.organization_id, claims.user_id)
    if user is None or not user.is_active or user.session_version != claims.session_version:
        raise Unauthenticated("The session has ended. Sign in again.", code="session_ended")
    role: Any = user.role
    return Actor(claims.organization_id, user.id, user.email, role, PERMISSIONS[user.role], ip), claims


async def _user(session: Session, actor: Actor) -> User:
    user = await repository.lock_user(session, actor.organization_id, actor.user_id)
    if user is None:
        raise NotFound("This account does not exist any more.")
    return user


async def get_me(session: Session, actor: Actor) -> MeOut:
    """Who is signed in."""
    return MeOut(
        user=_user_out(await _user(session, actor)),
        organization=await get_organization(session, actor),
        permissions=sorted(actor.permissions),
    )


async def get_profile(session: Session, actor: Actor) -> UserOut:
    return _user_out(await _user(session, actor))


async def update_profile(session: Session, actor: Actor, body: ProfileIn) -> UserOut:
    """Name and time zone."""
    user = await _user(session, actor)
    user.name = body.name
    user.timezone = policy.require_timezone(body.timezone) if body.timezone else None
    user.updated_at = clock.machine_now()
    return _user_out(user)


async def change_password(session: Session, actor: Actor, body: PasswordIn) -> None:
    """Ends every session of this person, tokens and sockets included."""
    user = await _user(session, actor)
    if not await passwords.verify_password(body.current_password, user.password_hash):
        fault = FieldError("/current_password", "This is not the present password.", "wrong")
        raise Invalid("The present password is needed to set a new one.", errors=[fault])
    user.password_hash = await passwords.hash_password(body.new_password)
    user.session_version += 1
    user.updated_at = clock.machine_now()
    await repository.revoke_user(session, actor.organization_id, user.id, clock.machine_now())
    await record(session, actor.organization_id, user.id, "password.changed", ip=actor.ip)


async def delete_account(session: Session, actor: Actor, *, organization: bool) -> None:
    """Removes the person; with `organization` an administrator removes everything."""
    admins = [user.id for user in await repository.lock_admins(session, actor.organization_id)]
    if organization:
        if actor.user_id not in admins:
            raise Conflict("Only an administrator can delete the organization.", code="not_admin")
        await repository.delete_organization(session, actor.organization_id)
        return
    policy.require_other_admin(admins, actor.user_id)
    await record(session, actor.organization_id, None, "account.deleted", subject=str(actor.user_id), ip=actor.ip)
    await repository.delete_user(session, actor.organization_id, actor.user_id)


async def get_usage(session: Session, actor: Actor) -> UsageOut:
    """What was used this month, beside the plan's limits."""
    organization = await repository.get_organization(session, actor.organization_id)
    since = clock.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    used = await repository.sum_usage(session, actor.organization_id, since.date())
    limits = PLAN_LIMITS.get(organization.plan_type, {})
    metrics = [UsageMetric(metric=name, used=used.get(name, 0), limit=limits.get(name)) for name in METRICS]
    return UsageOut(plan_type=organization.plan_type, since=since, metrics=metrics)


async def add_usage(session: Session, organization_id: uuid.UUID, metric: str, n: int) -> None:
    """Counts towards the plan; called by the rooms that use it up."""
    await repository.add_usage(session, organization_id, clock.now().date(), metric, n)


async def get_organization(session: Session, actor: Actor) -> OrganizationOut:
    return await find_organization(session, actor.organization_id)


async def find_organization(session: Session, organization_id: uuid.UUID) -> OrganizationOut:
    """For rooms that act without a person."""
    return _organization_out(await repository.get_organization(session, organization_id))


async def update_organization(session: Session, actor: Actor, body: OrganizationIn) -> OrganizationOut:
    organization = await repository.get_organization(session, actor.organization_id)
    if not body.name:
        raise Invalid("Give the organization a name.", errors=[FieldError("/name", "It must not be empty.", "empty")])
    organization.name = body.name
    organization.domain = body.domain or None
    organization.timezone = policy.require_timezone(body.timezone)
    organization.postal_address = body.postal_address or None
    organization.updated_at = clock.machine_now()
    await record(session, actor.organization_id, actor.user_id, "organization.changed", ip=actor.ip)
    return _organization_out(organization)


async def list_members(session: Session, actor: Actor) -> list[MemberOut]:
    users = await repository.list_users(session, actor.organization_id)
    return [MemberOut(**_user_out(user).model_dump(), is_active=user.is_active) for user in users]


async def list_sessions(session: Session, actor: Actor, refresh_token: str | None) -> list[SessionOut]:
    """Where this person is signed in."""
    rows = await repository.list_live_sessions(session, actor.organization_id, actor.user_id, clock.machine_now())
    starts = await repository.get_family_starts(session, actor.organization_id, [row.family_id for row in rows])
    mine = tokens.hash_token(refresh_token) if refresh_token else b""
    return [
        SessionOut(
            id=row.family_id, user_agent=row.user_agent, ip=row.ip, created_at=starts[row.family_id],
            last_used_at=row.created_at, is_current=row.token_hash == mine,
        )
        for row in rows
    ]  # fmt: skip


async def end_session(session: Session, actor: Actor, family_id: uuid.UUID) -> None:
    """Raises NotFound when it is not one of the caller's."""
    rows = await repository.list_live_sessions(session, actor.organization_id, actor.user_id, clock.machine_now())
    if family_id not in {row.family_id for row in rows}:
        raise NotFound("This session does not exist or has ended.")
    await repository.revoke_family(session, actor.organization_id, family_id, clock.machine_now())


async def page_audit_log(
    session: Session, actor: Actor, *, limit: int, cursor: str | None
) -> Page[AuditEntryOut]:
    """The latest first."""
    after = None
    if cursor:
        at, entry_id = decode_cursor(cursor, 2)
        after = (datetime.fromisoformat(str(at)), uuid.UUID(str(entry_id)))
    rows, more = cut_page(await repository.page_audit(session, actor.organization_id, limit + 1, after), limit)
    names = ("id", "at", "user_id", "action", "subject", "detail", "ip")
    items = [AuditEntryOut(**{name: getattr(row, name) for name in names}) for row in rows]
    return Page(items=items, next_cursor=encode_cursor(rows[-1].at.isoformat(), str(rows[-1].id)) if more else None)


async def record(
    session: Session, organization_id: uuid.UUID, user_id: uuid.UUID | None, action: str, *,
    subject: str | None = None, detail: dict[str, Any] | None = None, ip: str = "",
) -> None:  # fmt: skip
    """One line of the audit log, in the caller's transaction."""
    entry = AuditEntry(
        organization_id=organization_id, id=new_id(), user_id=user_id, action=action, subject=subject,
        detail=detail or {}, ip=ip, at=clock.machine_now(),
    )  # fmt: skip
    await repository.add_audit(session, entry)


def _user_out(user: User) -> UserOut:
    role: Any = user.role
    return UserOut(
        id=user.id, email=user.email, name=user.name, role=role, timezone=user.timezone, created_at=user.created_at
    )


def _organization_out(row: Organization) -> OrganizationOut:
    return OrganizationOut(
        id=row.id, name=row.name, domain=row.domain, plan_type=row.plan_type, timezone=row.timezone,
        postal_address=row.postal_address, is_demo=bool(row.settings.get("demo")), created_at=row.created_at,
    )  # fmt: skip
