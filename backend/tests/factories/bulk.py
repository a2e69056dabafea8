"""Thousands of people due at once: one statement instead of a row each."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from reachly.data.session import raw, tenant
from reachly.kit import clock
from reachly.services.sending import service

_LEADS = """
INSERT INTO leads (organization_id, id, email, email_key, domain, first_name, last_name, company, position, country,
                   verification, custom_fields, created_at, updated_at)
SELECT $1, uuidv7(), address, address, $4, 'Ada' || n, 'Lovelace', 'Lovelace & Sons', 'Head of engines', 'NO',
       'deliverable', '{"city": "Bergen"}', $5, $5
FROM (SELECT n, $3 || lpad(n::text, 6, '0') || '@' || $4 AS address FROM generate_series($2::int, $6::int) AS n) AS who
"""
_ENROLLMENTS = """
INSERT INTO enrollments (organization_id, id, campaign_id, lead_id, email_account_id, status, next_due_at, sort_key,
                         personalized_at, created_at, updated_at)
SELECT $1, uuidv7(), $2, l.id, ($3::uuid[])[1 + l.n % cardinality($3::uuid[])], 'active', $4, l.email_key, $5, $5, $5
FROM (SELECT id, email_key, row_number() OVER (ORDER BY email_key)::int AS n FROM leads
      WHERE organization_id = $1 AND email_key LIKE $6 || '%') AS l ORDER BY l.email_key
"""


async def add_people(
    organization_id: uuid.UUID, campaign_id: uuid.UUID, account_ids: Sequence[uuid.UUID], people: int, *,
    due: datetime | None = None, prefix: str = "p", domain: str = "example.com",
    wake: bool = True,
) -> None:  # fmt: skip
    """`people` new leads, all of them in the campaign and due, spread over the mailboxes in turn."""
    now = clock.now()
    async with tenant(organization_id) as session:
        connection = await raw(session)
        await connection.execute(_LEADS, organization_id, 1, prefix, domain, now, people)
        await connection.execute(
            _ENROLLMENTS, organization_id, campaign_id, list(account_ids), due or now, now, prefix
        )
        if wake:
            await service.set_next_turn(session, organization_id, account_ids)
