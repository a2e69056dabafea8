"""Rows of which the journal of a worker knows more than the ledger. Fenced by the worker's own attempt."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import datetime

from reachly.data.repositories.sending import opens
from reachly.data.session import Session, raw

_BEFORE = """
FROM (SELECT id, status FROM email_sends
      WHERE organization_id = $1 AND attempt_id = $2 AND id = ANY($3::uuid[]) AND status IN ('sending', 'unknown')
      ORDER BY id FOR NO KEY UPDATE) AS before
WHERE s.organization_id = $1 AND s.id = before.id
RETURNING s.id, before.status AS was
"""
_SENT = f"""
UPDATE email_sends AS s SET status = 'sent', settled_by = 'journal', sent_at = s.handed_at, reason = NULL,
    updated_at = $4
{_BEFORE}
"""  # noqa: S608 - fixed text
_NEVER_LEFT = f"""
UPDATE email_sends AS s SET status = 'deferred', settled_by = 'journal', handed_at = NULL, reason = 'never_left',
    attempts = greatest(s.attempts - 1, 0), updated_at = $4
{_BEFORE}
"""  # noqa: S608 - fixed text


async def note_sent(
    session: Session, organization_id: uuid.UUID, attempt_id: uuid.UUID, send_ids: Collection[uuid.UUID], now: datetime
) -> dict[uuid.UUID, str]:  # fmt: skip
    """The server took them; the former state of those that were not settled otherwise."""
    return await _settle(session, _SENT, "sent", organization_id, attempt_id, send_ids, now)


async def note_never_left(
    session: Session, organization_id: uuid.UUID, attempt_id: uuid.UUID, send_ids: Collection[uuid.UUID], now: datetime
) -> dict[uuid.UUID, str]:  # fmt: skip
    """No server has them; the former state of those that were not settled otherwise."""
    return await _settle(session, _NEVER_LEFT, "deferred", organization_id, attempt_id, send_ids, now)


async def _settle(
    session: Session, query: str, status: str, organization_id: uuid.UUID, attempt_id: uuid.UUID,
    send_ids: Collection[uuid.UUID], now: datetime,
) -> dict[uuid.UUID, str]:  # fmt: skip
    if not send_ids:
        return {}
    rows = await (await raw(session)).fetch(query, organization_id, attempt_id, sorted(send_ids), now)
    settled = {row["id"]: row["was"] for row in rows}
    await opens.note(session, organization_id, dict.fromkeys(settled, status))
    return settled
