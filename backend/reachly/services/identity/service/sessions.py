"""Refresh families: rotation, one grace successor, and what happens when a spent token comes back."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from reachly.data.models.identity import User, UserSession
from reachly.data.repositories import identity as repository
from reachly.data.session import Session
from reachly.infra import crypto
from reachly.infra.settings import current_settings
from reachly.kit import clock
from reachly.kit.errors import Unauthenticated
from reachly.kit.ids import new_id
from reachly.services.identity import tokens

GRACE = timedelta(seconds=10)  # two tabs that refresh at once are honest


class Reused(Exception):
    """A spent token came back after its grace: its family is revoked already."""

    def __init__(self, row: UserSession) -> None:
        super().__init__("reused")
        self.row = row


def open_family(session: Session, user: User, *, ip: str, user_agent: str) -> tuple[UserSession, str]:
    """A new sign-in, and the refresh token to hand out."""
    return _add(session, user.organization_id, user.id, new_id(), ip, user_agent)


def _add(
    session: Session,
    organization_id: uuid.UUID,
    user_id: uuid.UUID,
    family: uuid.UUID,
    ip: str,
    user_agent: str,
) -> tuple[UserSession, str]:
    token, now = tokens.make_refresh_token(), clock.machine_now()
    row = UserSession(
        organization_id=organization_id, id=new_id(), user_id=user_id, family_id=family,
        token_hash=tokens.hash_token(token), user_agent=user_agent[:300], ip=ip[:64], created_at=now,
        expires_at=now + timedelta(days=current_settings().security.refresh_days),
    )  # fmt: skip
    session.add(row)
    return row, token


async def rotate(session: Session, token: str, *, ip: str, user_agent: str) -> tuple[UserSession, str]:
    """The spent token's row and its successor. Raises Unauthenticated or Reused (which must be committed)."""
    refusal = Unauthenticated("The session has ended. Sign in again.", code="session_ended")
    if not token or len(token) > 512:
        raise refusal
    row = await repository.lock_session_by_hash(session, tokens.hash_token(token))
    now = clock.machine_now()
    if row is None or row.revoked_at or row.expires_at <= now:
        raise refusal
    ring = current_settings().security.encryption_ring()
    place: Any = {"table": "sessions", "column": "successor_sealed", "row_id": row.id}
    if row.rotated_at:
        if now - row.rotated_at <= GRACE and row.successor_sealed:
            return row, crypto.open_sealed(row.successor_sealed, ring=ring, **place)
        await repository.revoke_family(session, row.organization_id, row.family_id, now)
        raise Reused(row)
    _, successor = _add(session, row.organization_id, row.user_id, row.family_id, ip, user_agent)
    row.rotated_at = now
    row.successor_sealed = crypto.seal(successor, ring=ring, **place)
    return row, successor
