"""What came back on messages that were sent: opens, clicks, answers, bounces, opt-outs."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from reachly.data.session import Session, raw

Mark = Literal[
    "opened_at",
    "clicked_at",
    "opened_machine_at",
    "clicked_machine_at",
    "replied_at",
    "bounced_at",
    "unsubscribed_at",
]


@dataclass(frozen=True, slots=True)
class SentRow:
    """A message that was handed over, with what came back so far."""

    id: uuid.UUID
    kind: str
    status: str
    campaign_id: uuid.UUID | None
    enrollment_id: uuid.UUID | None
    lead_id: uuid.UUID | None
    email_account_id: uuid.UUID | None
    sequence_id: uuid.UUID | None
    step: int
    variant: str
    to_email: str
    subject: str
    message_id: str
    handed_at: datetime | None
    opened_at: datetime | None
    clicked_at: datetime | None
    opened_machine_at: datetime | None
    clicked_machine_at: datetime | None
    replied_at: datetime | None
    bounced_at: datetime | None
    unsubscribed_at: datetime | None
    links: list[uuid.UUID]


_COLUMNS = ", ".join(SentRow.__dataclass_fields__)
_BY_ID = f"SELECT {_COLUMNS} FROM email_sends WHERE organization_id = $1 AND id = ANY($2::uuid[]) ORDER BY id"  # noqa: S608
_BY_MESSAGE = f"""
SELECT {_COLUMNS} FROM email_sends
WHERE organization_id = $1 AND (message_id = ANY($2::text[]) OR provider_message_id = ANY($2::text[]))
ORDER BY handed_at DESC NULLS LAST, id
"""  # noqa: S608
_BY_RECIPIENT = f"""
SELECT {_COLUMNS} FROM email_sends
WHERE organization_id = $1 AND email_account_id = $2 AND handed_at >= $4
  AND lead_id IN (SELECT id FROM leads WHERE organization_id = $1 AND email_key = $3)
ORDER BY handed_at DESC, id LIMIT 20
"""  # noqa: S608
_LINK = """
SELECT l.url FROM email_sends s JOIN tracked_links l ON l.organization_id = s.organization_id AND l.id = s.links[$3 + 1]
WHERE s.organization_id = $1 AND s.id = $2
"""


async def list_sent(
    session: Session, organization_id: uuid.UUID, ids: Sequence[uuid.UUID], *, lock: bool = False
) -> list[SentRow]:
    """Messages by id, in the order of their ids; locked against a second hit that counts itself the first."""
    query = _BY_ID + (" FOR UPDATE" if lock else "")
    return [
        SentRow(**row) for row in await (await raw(session)).fetch(query, organization_id, sorted(set(ids)))
    ]


async def list_by_message_ids(
    session: Session, organization_id: uuid.UUID, message_ids: Sequence[str]
) -> list[SentRow]:
    """Messages that bear one of these Message-IDs, ours or the provider's; the latest first."""
    rows = await (await raw(session)).fetch(_BY_MESSAGE, organization_id, list(message_ids))
    return [SentRow(**row) for row in rows]


async def list_by_recipient(
    session: Session, organization_id: uuid.UUID, account_id: uuid.UUID, email_key: str, since: datetime
) -> list[SentRow]:
    """What this mailbox sent to this person lately, the latest first."""
    rows = await (await raw(session)).fetch(_BY_RECIPIENT, organization_id, account_id, email_key, since)
    return [SentRow(**row) for row in rows]


async def mark_first(
    session: Session, organization_id: uuid.UUID, column: Mark, ids: Sequence[uuid.UUID], at: datetime
) -> None:
    """Sets the moment where there is none yet."""
    where = f"organization_id = $1 AND id = ANY($2::uuid[]) AND {column} IS NULL"
    query = f"UPDATE email_sends SET {column} = $3 WHERE {where}"  # noqa: S608
    await (await raw(session)).execute(query, organization_id, sorted(set(ids)), at)


async def move_mark(
    session: Session, organization_id: uuid.UUID, column: Mark, send_id: uuid.UUID, at: datetime | None
) -> None:
    """Another moment than the one that stands there, or none."""
    query = f"UPDATE email_sends SET {column} = $3 WHERE organization_id = $1 AND id = $2"  # noqa: S608
    await (await raw(session)).execute(query, organization_id, send_id, at)


async def find_link(
    session: Session, organization_id: uuid.UUID, send_id: uuid.UUID, link: int
) -> str | None:
    """The stored target of the `link`-th place (from 0) of a message."""
    url: str | None = await (await raw(session)).fetchval(_LINK, organization_id, send_id, link)
    return url
