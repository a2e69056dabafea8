"""The organization, its members, its plan and its audit log."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from reachly.data.models.identity import AuditEntry, Organization, User
from reachly.data.repositories import identity as repository
from reachly.data.session import Session
from reachly.events import QuotaReached
from reachly.infra.settings import current_settings
from reachly.kit import clock
from reachly.kit.errors import Conflict, FieldError, Invalid
from reachly.kit.ids import new_id
from reachly.kit.pagination import Page, cut_page, encode_cursor, read_time_cursor
from reachly.services.identity import policy
from reachly.services.identity.policy import Quota
from reachly.services.identity.schemas import (
    Actor,
    AuditEntryOut,
    MemberOut,
    OrganizationIn,
    OrganizationOut,
    UsageMetric,
    UsageOut,
    UserOut,
)

DOMAIN_LIMIT = "domain_daily_limit"  # in the settings of an organization


async def get_usage(session: Session, actor: Actor) -> UsageOut:
    """What was used this month, beside the plan's limits."""
    organization = await repository.get_organization(session, actor.organization_id)
    since = _month()
    used = await _used(session, actor.organization_id)
    limits = policy.PLAN_LIMITS.get(organization.plan_type, {})
    metrics = [
        UsageMetric(metric=name, used=used.get(name, 0), limit=limits.get(name)) for name in policy.METRICS
    ]
    return UsageOut(plan_type=organization.plan_type, since=since, metrics=metrics)


def _month() -> datetime:
    return clock.now().replace(day=1, hour=0, minute=0, second=0, microsecond=0)


async def _used(session: Session, organization_id: uuid.UUID) -> dict[str, int]:
    """This month's use by metric. Messages are counted when they are sent, by the counters of their campaigns."""
    since = _month().date()
    used = await repository.sum_usage(session, organization_id, since)
    return {**used, "sends": await repository.count_sends(session, organization_id, since)}


async def find_quota(
    session: Session, organization_id: uuid.UUID, plan_type: str | None = None, metric: str = "sends"
) -> Quota | None:
    """What the plan still allows; None when it has no limit, which costs no statement where the plan is known."""
    if plan_type is None:
        plan_type = (await repository.get_organization(session, organization_id)).plan_type
    limit = policy.PLAN_LIMITS.get(plan_type, {}).get(metric)
    if limit is None:
        return None
    used = (await _used(session, organization_id)).get(metric, 0)
    until = (_month() + timedelta(days=31)).replace(day=1)
    return Quota(metric, plan_type, limit, used, until)


async def require_quota(session: Session, organization_id: uuid.UUID, metric: str) -> None:
    """Raises Conflict when the plan allows no more of it this month."""
    quota = await find_quota(session, organization_id, metric=metric)
    if quota and not quota.left:
        raise Conflict(quota.told, code="quota_reached")


def quota_reached(organization_id: uuid.UUID, quota: Quota) -> QuotaReached:
    """The fact, for whoever meets it."""
    data = {"metric": quota.metric, "used": quota.used, "limit": quota.limit, "plan_type": quota.plan_type}
    return QuotaReached(organization_id=organization_id, at=clock.now(), data=data)


async def add_usage(session: Session, organization_id: uuid.UUID, metric: str, n: int) -> list[QuotaReached]:
    """Counts towards the plan; called by the rooms that use it up (sending need not: its counters are read).

    Returns what to emit with the caller's own facts: once, when the month's limit is reached.
    """
    await repository.add_usage(session, organization_id, clock.now().date(), metric, n)
    quota = await find_quota(session, organization_id, metric=metric)
    if quota is None or not quota.used - n < quota.limit <= quota.used:
        return []
    return [quota_reached(organization_id, quota)]


async def get_organization(session: Session, actor: Actor) -> OrganizationOut:
    return await find_organization(session, actor.organization_id)


async def find_organization(session: Session, organization_id: uuid.UUID) -> OrganizationOut:
    """For rooms that act without a person."""
    return organization_out(await repository.get_organization(session, organization_id))


async def update_organization(session: Session, actor: Actor, body: OrganizationIn) -> OrganizationOut:
    """Changes what is named. Raises Invalid."""
    organization = await repository.get_organization(session, actor.organization_id)
    if body.name == "":
        raise Invalid(
            "Give the organization a name.", errors=[FieldError("/name", "It must not be empty.", "empty")]
        )
    organization.name = body.name or organization.name
    if body.timezone is not None:
        organization.timezone = policy.require_timezone(body.timezone)
    for name in {"domain", "postal_address"} & body.model_fields_set:
        setattr(organization, name, getattr(body, name) or None)
    detail = {}
    if "domain_daily_limit" in body.model_fields_set:
        organization.settings = {**organization.settings, DOMAIN_LIMIT: body.domain_daily_limit}
        detail = {DOMAIN_LIMIT: body.domain_daily_limit}
    organization.updated_at = clock.machine_now()
    await session.flush()
    await record(
        session, actor.organization_id, actor.user_id, "organization.changed", detail=detail, ip=actor.ip
    )
    return organization_out(organization)


def domain_limit(own: int | None) -> int | None:
    """Messages a day from all mailboxes of one domain: the organization's own number, else the server's; None: no
    limit. The one place where this is decided."""
    return own if own is not None else current_settings().sending.domain_daily_limit


async def list_members(session: Session, actor: Actor) -> list[MemberOut]:
    users = await repository.list_users(session, actor.organization_id)
    return [MemberOut(**user_out(user).model_dump(), is_active=user.is_active) for user in users]


async def page_audit_log(
    session: Session, actor: Actor, *, limit: int, cursor: str | None
) -> Page[AuditEntryOut]:
    """The latest first."""
    after = read_time_cursor(cursor) if cursor else None
    rows, more = cut_page(
        await repository.page_audit(session, actor.organization_id, limit + 1, after), limit
    )
    names = ("id", "at", "user_id", "action", "subject", "detail", "ip")
    items = [AuditEntryOut(**{name: getattr(row, name) for name in names}) for row in rows]
    return Page(
        items=items, next_cursor=encode_cursor(rows[-1].at.isoformat(), str(rows[-1].id)) if more else None
    )


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


def user_out(user: User) -> UserOut:
    role: Any = user.role
    return UserOut(
        id=user.id,
        email=user.email,
        name=user.name,
        role=role,
        timezone=user.timezone,
        created_at=user.created_at,
    )


def organization_out(row: Organization) -> OrganizationOut:
    return OrganizationOut(
        id=row.id, name=row.name, domain=row.domain, plan_type=row.plan_type, timezone=row.timezone,
        postal_address=row.postal_address, is_demo=bool(row.settings.get("demo")), created_at=row.created_at,
        sending_held=row.sending_held, sending_held_at=row.sending_held_at,
        domain_daily_limit=row.settings.get(DOMAIN_LIMIT), server_domain_daily_limit=domain_limit(None),
    )  # fmt: skip
