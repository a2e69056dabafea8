"""Organizations, users, sessions, and the rows of sign-in throttling and audit."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import Select, and_, case, delete, exists, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from reachly.data.models.identity import (
    AuditEntry,
    IdempotencyKey,
    Organization,
    SignInAttempt,
    UsageDay,
    User,
    UserSession,
)
from reachly.data.models.outbox import CampaignStat
from reachly.data.session import Session


async def get_organization(session: Session, organization_id: uuid.UUID) -> Organization:
    return (await session.scalars(select(Organization).where(Organization.id == organization_id))).one()


async def find_user(session: Session, organization_id: uuid.UUID, user_id: uuid.UUID) -> User | None:
    return await session.get(User, (organization_id, user_id), populate_existing=True)


async def find_signed_in_user(
    session: Session, organization_id: uuid.UUID, user_id: uuid.UUID, family_id: uuid.UUID, now: datetime
) -> User | None:
    """The user while this very sign-in lives: asked with every request, so it is one statement."""
    alive = exists().where(
        UserSession.organization_id == organization_id, UserSession.family_id == family_id,
        UserSession.user_id == user_id, UserSession.revoked_at.is_(None), UserSession.expires_at > now,
    )  # fmt: skip
    query = _users(organization_id).where(User.id == user_id, User.is_active, alive)
    return (await session.scalars(query)).one_or_none()


async def lock_user(session: Session, organization_id: uuid.UUID, user_id: uuid.UUID) -> User | None:
    return await session.get(User, (organization_id, user_id), populate_existing=True, with_for_update=True)


async def find_user_by_email(session: Session, email_key: str) -> User | None:
    """Over all organizations: only sign-in may ask so."""
    return (await session.scalars(select(User).where(User.email_key == email_key))).one_or_none()


async def list_users(session: Session, organization_id: uuid.UUID) -> Sequence[User]:
    return (await session.scalars(_users(organization_id).order_by(User.created_at, User.id))).all()


async def lock_admins(session: Session, organization_id: uuid.UUID) -> Sequence[User]:
    """The active administrators, locked, so that two of them cannot leave at once."""
    query = (
        _users(organization_id)
        .where(User.role == "admin", User.is_active)
        .order_by(User.id)
        .with_for_update()
    )
    return (await session.scalars(query)).all()


def _users(organization_id: uuid.UUID) -> Select[User]:
    return select(User).where(User.organization_id == organization_id)


async def delete_user(session: Session, organization_id: uuid.UUID, user_id: uuid.UUID) -> None:
    await session.execute(delete(User).where(User.organization_id == organization_id, User.id == user_id))


async def delete_organization(session: Session, organization_id: uuid.UUID) -> None:
    await session.execute(delete(Organization).where(Organization.id == organization_id))


async def lock_session_by_hash(session: Session, token_hash: bytes) -> UserSession | None:
    """Over all organizations: the token names nothing else."""
    query = select(UserSession).where(UserSession.token_hash == token_hash).with_for_update()
    return (await session.scalars(query)).one_or_none()


async def list_live_sessions(
    session: Session, organization_id: uuid.UUID, user_id: uuid.UUID, now: datetime
) -> Sequence[UserSession]:
    """The present token of each family that still lives."""
    query = (
        select(UserSession)
        .where(
            UserSession.organization_id == organization_id, UserSession.user_id == user_id,
            UserSession.rotated_at.is_(None), UserSession.revoked_at.is_(None), UserSession.expires_at > now,
        )
        .order_by(UserSession.created_at.desc())
    )  # fmt: skip
    return (await session.scalars(query)).all()


async def get_family_starts(
    session: Session, organization_id: uuid.UUID, families: Sequence[uuid.UUID]
) -> dict[uuid.UUID, datetime]:
    """When each family signed in."""
    query = (
        select(UserSession.family_id, func.min(UserSession.created_at).label("began"))
        .where(UserSession.organization_id == organization_id, UserSession.family_id.in_(families))
        .group_by(UserSession.family_id)
    )
    return {row.family_id: row.began for row in await session.execute(query)}


async def revoke_family(
    session: Session, organization_id: uuid.UUID, family_id: uuid.UUID, now: datetime
) -> None:
    await session.execute(
        update(UserSession)
        .where(UserSession.organization_id == organization_id, UserSession.family_id == family_id,
               UserSession.revoked_at.is_(None))
        .values(revoked_at=now)
    )  # fmt: skip


async def revoke_user(
    session: Session, organization_id: uuid.UUID, user_id: uuid.UUID, now: datetime, *, but: uuid.UUID | None
) -> None:
    """Ends every family of the user except `but`."""
    await session.execute(
        update(UserSession)
        .where(UserSession.organization_id == organization_id, UserSession.user_id == user_id,
               UserSession.revoked_at.is_(None), UserSession.family_id.is_distinct_from(but))
        .values(revoked_at=now)
    )  # fmt: skip


async def lock_attempts(session: Session, email_key: str) -> None:
    """One sign-in of an account is counted at a time, so that a burst cannot pass the limit before it is seen."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 7))"), {"key": f"sign-in {email_key}"}
    )


async def add_attempt(session: Session, attempt: SignInAttempt) -> None:
    session.add(attempt)


async def set_succeeded(session: Session, attempt_id: uuid.UUID) -> None:
    await session.execute(update(SignInAttempt).where(SignInAttempt.id == attempt_id).values(succeeded=True))


async def count_failures(
    session: Session, *, email_key: str, ip: str, since: datetime
) -> tuple[int, int, int]:
    """Failed sign-ins since `since`: (this account from this address, this account, this address).

    The first begins anew with every success: whoever mistyped and then got in has not failed.
    """
    account, address = SignInAttempt.email_key == email_key, SignInAttempt.ip == ip
    got_in = func.coalesce(
        select(func.max(SignInAttempt.at)).where(account, address, SignInAttempt.succeeded).scalar_subquery(),
        since,
    )
    query = select(
        func.count(case((and_(account, address, SignInAttempt.at > got_in), 1))),
        func.count(case((account, 1))),
        func.count(case((address, 1))),
    ).where(or_(account, address), SignInAttempt.at > since, SignInAttempt.succeeded.is_(False))
    row = (await session.execute(query)).one()
    return row[0], row[1], row[2]


async def list_known_addresses(session: Session, email_key: str, limit: int = 500) -> list[str]:
    """From where this account has signed in before, the latest first."""
    query = (
        select(UserSession.ip)
        .join(User, and_(User.organization_id == UserSession.organization_id, User.id == UserSession.user_id))
        .where(User.email_key == email_key)
        .group_by(UserSession.ip)
        .order_by(func.max(UserSession.created_at).desc())
        .limit(limit)
    )
    return list(await session.scalars(query))


async def delete_attempts_before(session: Session, before: datetime) -> None:
    await session.execute(delete(SignInAttempt).where(SignInAttempt.at < before))


async def claim_key(session: Session, row: IdempotencyKey, *, expired: datetime) -> bool:
    """Whether the key was free; waits for a transaction that is about to take it. An expired one is taken over."""
    values = {name: getattr(row, name) for name in _KEY_COLUMNS}
    statement = insert(IdempotencyKey).values(values)
    fresh = statement.on_conflict_do_update(
        index_elements=["organization_id", "user_id", "key"],
        set_={**{name: statement.excluded[name] for name in _KEY_COLUMNS}, "status": None, "body": None},
        where=IdempotencyKey.created_at < expired,
    ).returning(IdempotencyKey.key)
    return await session.scalar(fresh) is not None


_KEY_COLUMNS = ("organization_id", "user_id", "key", "route", "body_hash", "created_at")


async def lock_key(
    session: Session, organization_id: uuid.UUID, user_id: uuid.UUID, key: str
) -> IdempotencyKey | None:
    return await session.get(
        IdempotencyKey, (organization_id, user_id, key), populate_existing=True, with_for_update=True
    )


async def save_answer(
    session: Session, organization_id: uuid.UUID, user_id: uuid.UUID, key: str, *, status: int, body: str
) -> None:
    await session.execute(
        update(IdempotencyKey)
        .where(IdempotencyKey.organization_id == organization_id, IdempotencyKey.user_id == user_id,
               IdempotencyKey.key == key)
        .values(status=status, body=body)
    )  # fmt: skip


async def delete_key(session: Session, organization_id: uuid.UUID, user_id: uuid.UUID, key: str) -> None:
    await session.execute(
        delete(IdempotencyKey).where(
            IdempotencyKey.organization_id == organization_id, IdempotencyKey.user_id == user_id,
            IdempotencyKey.key == key, IdempotencyKey.status.is_(None),
        )
    )  # fmt: skip


async def delete_keys_before(session: Session, before: datetime) -> None:
    await session.execute(delete(IdempotencyKey).where(IdempotencyKey.created_at < before))


async def add_audit(session: Session, entry: AuditEntry) -> None:
    session.add(entry)


async def page_audit(
    session: Session, organization_id: uuid.UUID, limit: int, after: tuple[datetime, uuid.UUID] | None
) -> Sequence[AuditEntry]:
    query = select(AuditEntry).where(AuditEntry.organization_id == organization_id)
    if after:
        query = query.where(
            or_(AuditEntry.at < after[0], and_(AuditEntry.at == after[0], AuditEntry.id < after[1]))
        )
    return (
        await session.scalars(query.order_by(AuditEntry.at.desc(), AuditEntry.id.desc()).limit(limit))
    ).all()


async def notify(session: Session, channel: str, payload: str) -> None:
    """Says something to every process that listens, at the commit and not before."""
    await session.execute(select(func.pg_notify(channel, payload)))


async def add_usage(session: Session, organization_id: uuid.UUID, day: date, metric: str, n: int) -> None:
    statement = insert(UsageDay).values(organization_id=organization_id, day=day, metric=metric, used=n)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["organization_id", "day", "metric"], set_={"used": UsageDay.used + n}
        )
    )


async def count_sends(session: Session, organization_id: uuid.UUID, since: date) -> int:
    """Messages of campaigns since a day (UTC), as the counters of the outbox have them."""
    query = select(func.coalesce(func.sum(CampaignStat.sent), 0)).where(
        CampaignStat.organization_id == organization_id, CampaignStat.day >= since
    )
    return int(await session.scalar(query) or 0)


async def sum_usage(session: Session, organization_id: uuid.UUID, since: date) -> dict[str, int]:
    query = (
        select(UsageDay.metric, func.sum(UsageDay.used))
        .where(UsageDay.organization_id == organization_id, UsageDay.day >= since)
        .group_by(UsageDay.metric)
    )
    return {metric: int(used) for metric, used in await session.execute(query)}
