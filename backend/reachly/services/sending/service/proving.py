"""What comes back proves what went out: an answer to a Message-ID of ours, or a server's report on it."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import Literal

from reachly.data.repositories.sending import caps, enrollments, lost
from reachly.data.session import Session
from reachly.events import Event
from reachly.kit import clock
from reachly.services.sending.service.settled import note_arrived

Proof = Literal["answer", "report"]
DOUBTFUL = frozenset({"unknown", "deferred"})


async def note_proof(
    session: Session, organization_id: uuid.UUID, send_id: uuid.UUID, proof: Proof
) -> list[Event]:
    """The message left, whatever the ledger says: one in doubt is settled, and one that was to be tried again (a server
    may refuse for now what it then delivers) is not sent a second time. Its sequence goes on from there; what the
    answer itself means is the caller's. The events to emit; none where nothing was in doubt.
    """
    row = await lost.find_row(session, organization_id, send_id)
    if row is None or row.status not in DOUBTFUL:
        return []
    if row.enrollment_id:
        await enrollments.lock(session, organization_id, [row.enrollment_id])
    settled = await lost.settle_proven(session, organization_id, send_id, clock.now(), proof)
    if settled is None:
        return []
    if settled.was == "deferred":  # its share of the caps was given back
        await caps.use(session, organization_id, row.caps)
    return await note_arrived(session, organization_id, [replace(row, handed_at=settled.handed_at)], proof)
