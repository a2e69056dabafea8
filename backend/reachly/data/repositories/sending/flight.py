"""Messages in flight: written as `sending`, with a lease, and without an outcome yet."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from reachly.data.repositories.suppression import announce
from reachly.data.session import Session, raw
from reachly.data.stops import STOP_CHANNEL

_OPEN = """
SELECT send_id, attempt_id FROM open_sends
WHERE organization_id = $1 AND lease_until >= $2
"""
_STILL_OPEN = """
SELECT send_id, attempt_id FROM open_sends
WHERE organization_id = $1 AND lease_until >= $2 AND send_id = ANY($3::uuid[])
"""
_STANDINGS = """
SELECT s.id AS send_id, s.kind, s.to_email, s.campaign_id, s.enrollment_id, c.status AS campaign,
       e.status AS enrollment, coalesce(a.is_active AND a.status = 'connected', false) AS mailbox,
       coalesce(q.is_active, false) AS step
FROM email_sends s
LEFT JOIN campaigns c ON c.organization_id = $1 AND c.id = s.campaign_id
LEFT JOIN enrollments e ON e.organization_id = $1 AND e.id = s.enrollment_id
LEFT JOIN email_sequences q ON q.organization_id = $1 AND q.id = s.sequence_id
LEFT JOIN email_accounts a ON a.organization_id = $1 AND a.id = s.email_account_id
WHERE s.organization_id = $1 AND s.id = ANY($2::uuid[])
ORDER BY s.id
"""
_TO_PEOPLE = """
SELECT o.send_id, o.attempt_id FROM email_sends s
JOIN open_sends o ON o.organization_id = $1 AND o.send_id = s.id
WHERE s.organization_id = $1 AND s.enrollment_id = ANY($2::uuid[]) AND o.lease_until >= $3
"""


@dataclass(frozen=True, slots=True)
class Flight:
    """One message in one attempt to send it."""

    send_id: uuid.UUID
    attempt_id: uuid.UUID


@dataclass(frozen=True, slots=True)
class Standing:
    """A message in flight, and how everything that may stop it stands now. None: it is gone, or never was."""

    send_id: uuid.UUID
    kind: str
    to_email: str
    campaign_id: uuid.UUID | None
    enrollment_id: uuid.UUID | None
    campaign: str | None
    enrollment: str | None
    mailbox: bool
    step: bool


async def list_open(session: Session, organization_id: uuid.UUID, machine_now: datetime) -> set[Flight]:
    """What is in flight; a message whose worker has lost its lease is not."""
    rows = await (await raw(session)).fetch(_OPEN, organization_id, machine_now)
    return {Flight(**row) for row in rows}


async def list_still_open(
    session: Session, organization_id: uuid.UUID, machine_now: datetime, flights: Collection[Flight]
) -> set[Flight]:
    """Those of them that are in flight in the same attempt."""
    ids = [flight.send_id for flight in flights]
    rows = await (await raw(session)).fetch(_STILL_OPEN, organization_id, machine_now, ids)
    return {Flight(**row) for row in rows} & set(flights)


async def list_standings(
    session: Session, organization_id: uuid.UUID, send_ids: Sequence[uuid.UUID]
) -> list[Standing]:
    """How everything that may stop these messages stands."""
    rows = await (await raw(session)).fetch(_STANDINGS, organization_id, list(send_ids))
    return [Standing(**row) for row in rows]


async def list_to_enrollments(
    session: Session, organization_id: uuid.UUID, enrollment_ids: Collection[uuid.UUID], machine_now: datetime
) -> set[Flight]:
    """What is in flight to these people. With their enrollments locked, none is proof: a claim takes the same lock."""
    rows = await (await raw(session)).fetch(_TO_PEOPLE, organization_id, list(enrollment_ids), machine_now)
    return {Flight(**row) for row in rows}


async def await_claims(session: Session, organization_id: uuid.UUID) -> None:
    """Waits for the claims in progress, which may have asked for suppressions before the last one was committed."""
    await announce(session, organization_id)


async def call_back(
    session: Session, organization_id: uuid.UUID, send_ids: Collection[uuid.UUID] = ()
) -> None:
    """Tells the workers that something in flight may no longer go: they look, or take exactly these back."""
    payload = f"{organization_id}:{','.join(map(str, sorted(send_ids)))}"
    await (await raw(session)).execute("SELECT pg_notify($1, $2)", STOP_CHANNEL, payload)
