"""Received messages. One a mailbox and Message-ID: what a server delivers again is known by that."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reachly.data.session import Session, raw
from reachly.kit.ids import new_id


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A row of `inbound_messages` before its thread is known."""

    email_account_id: uuid.UUID
    message_id: str
    kind: str
    intent: str
    from_email: str
    from_name: str
    subject: str
    body_text: str
    facts: dict[str, Any]
    raw: bytes
    received_at: datetime
    send_id: uuid.UUID | None = None
    lead_id: uuid.UUID | None = None
    campaign_id: uuid.UUID | None = None
    enrollment_id: uuid.UUID | None = None


_COLUMNS = tuple(NewMessage.__dataclass_fields__)
_ADD = f"""
INSERT INTO inbound_messages (organization_id, id, created_at, {", ".join(_COLUMNS)})
VALUES ($1, $2, $3, {", ".join(f"${n}" for n in range(4, 4 + len(_COLUMNS)))})
ON CONFLICT (organization_id, email_account_id, message_id) DO NOTHING RETURNING id
"""  # noqa: S608 - fixed names
_KNOWN = """
SELECT EXISTS (SELECT FROM inbound_messages WHERE organization_id = $1 AND email_account_id = $2 AND message_id = $3)
"""
_REPLIED = """
SELECT EXISTS (SELECT FROM email_sends WHERE organization_id = $1 AND enrollment_id = $2 AND replied_at IS NOT NULL)
"""
# Both sides of a conversation, oldest first: what came in, and what we sent to that person.
_CONVERSATION = """
SELECT * FROM (
    SELECT id, 'in' AS direction, kind, from_email, from_name, '' AS to_email, subject, body_text AS text,
           received_at AS at, NULL::int AS step
    FROM inbound_messages WHERE organization_id = $1 AND thread_id = $2
    UNION ALL
    SELECT s.id, 'out', s.kind, coalesce(a.email_address, ''), coalesce(a.display_name, ''), s.to_email, s.subject,
           coalesce(s.body_text, ''), coalesce(s.sent_at, s.handed_at), NULLIF(s.step, 0)
    FROM email_sends s
    LEFT JOIN email_accounts a ON a.organization_id = s.organization_id AND a.id = s.email_account_id
    WHERE s.organization_id = $1 AND s.lead_id = $3 AND s.status IN ('sent', 'unknown') AND s.kind <> 'test'
) AS both_sides
ORDER BY at DESC, id DESC LIMIT $4
"""


async def is_known(
    session: Session, organization_id: uuid.UUID, account_id: uuid.UUID, message_id: str
) -> bool:
    return bool(await (await raw(session)).fetchval(_KNOWN, organization_id, account_id, message_id))


async def add_message(
    session: Session, organization_id: uuid.UUID, message: NewMessage, now: datetime
) -> uuid.UUID | None:
    """Keeps it; None when this mailbox has it already, also when another worker was quicker."""
    values = [getattr(message, name) for name in _COLUMNS]
    values[_COLUMNS.index("facts")] = json.dumps(message.facts)
    found: uuid.UUID | None = await (await raw(session)).fetchval(
        _ADD, organization_id, new_id(), now, *values
    )
    return found


async def set_thread(
    session: Session, organization_id: uuid.UUID, message_id: uuid.UUID, thread_id: uuid.UUID
) -> None:
    await (await raw(session)).execute(
        "UPDATE inbound_messages SET thread_id = $3 WHERE organization_id = $1 AND id = $2",
        organization_id, message_id, thread_id,
    )  # fmt: skip


async def has_human_reply(session: Session, organization_id: uuid.UUID, enrollment_id: uuid.UUID) -> bool:
    """Whether a person in a campaign has answered before."""
    return bool(await (await raw(session)).fetchval(_REPLIED, organization_id, enrollment_id))


async def list_conversation(
    session: Session, organization_id: uuid.UUID, thread_id: uuid.UUID, lead_id: uuid.UUID | None, limit: int
) -> Sequence[Mapping[str, Any]]:
    """The last messages of both sides, oldest first."""
    rows = await (await raw(session)).fetch(_CONVERSATION, organization_id, thread_id, lead_id, limit)
    return list(reversed(rows))
