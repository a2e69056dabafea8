"""`Idempotency-Key`: the answer to a POST is kept, so that doing it again does nothing again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from reachly.data.models.identity import IdempotencyKey
from reachly.data.repositories import identity as repository
from reachly.data.session import Session
from reachly.kit import clock
from reachly.kit.errors import Conflict, Invalid
from reachly.services.identity.schemas import Actor

KEPT = timedelta(hours=48)
LONGEST_RUN = timedelta(minutes=30)
"""A first call that has not ended by then died with its process; the next one takes its place."""


@dataclass(frozen=True, slots=True)
class SavedAnswer:
    """What the first call was told."""

    status: int
    body: str


async def begin_once(
    session: Session, actor: Actor, key: str, *, route: str, body_hash: bytes
) -> SavedAnswer | None:
    """None: go ahead, the key is yours until the transaction ends or `end_once`. Else the answer of the first call.

    Waits for a first call whose transaction is still open. Raises Invalid when the key was used for something else,
    Conflict when the first call runs outside of a transaction and has not ended.
    """
    now = clock.machine_now()
    row = IdempotencyKey(
        organization_id=actor.organization_id, user_id=actor.user_id, key=key, route=route, body_hash=body_hash,
        created_at=now,
    )  # fmt: skip
    if await repository.claim_key(session, row, expired=now - KEPT):
        return None
    kept = await repository.lock_key(session, actor.organization_id, actor.user_id, key)
    if kept is None:  # the first call failed in this moment
        raise _running()
    if (kept.route, kept.body_hash) != (route, body_hash):
        raise Invalid(
            "This Idempotency-Key was used for another request. Make a new key for a new request.",
            code="idempotency_key_reused",
        )
    if kept.status is not None:
        return SavedAnswer(kept.status, kept.body or "")
    if kept.created_at > now - LONGEST_RUN:
        raise _running()
    kept.created_at = now
    return None


def _running() -> Conflict:
    return Conflict(
        "The first request with this Idempotency-Key is still running. Ask again in a moment.",
        code="idempotency_key_in_use",
        retry_after=1,
    )


async def end_once(session: Session, actor: Actor, key: str, answer: SavedAnswer) -> None:
    """Keeps the answer under the key."""
    await repository.save_answer(
        session, actor.organization_id, actor.user_id, key, status=answer.status, body=answer.body
    )


async def drop_once(session: Session, actor: Actor, key: str) -> None:
    """Gives the key back: what it stood for did not happen."""
    await repository.delete_key(session, actor.organization_id, actor.user_id, key)


async def forget_answers(session: Session) -> None:
    """Deletes answers that are kept no longer; `session` is the system's."""
    await repository.delete_keys_before(session, clock.machine_now() - KEPT)
