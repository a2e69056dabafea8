"""What a person decides about a message of which nobody knows whether it arrived. No timer ever does this."""

from __future__ import annotations

import uuid
from typing import Literal

from reachly.data import outbox
from reachly.data.repositories.sending import candidates, enrollments, lost, reads
from reachly.data.repositories.sending.enrollments import Change
from reachly.data.repositories.sending.lost import OpenRow
from reachly.data.session import Session, tenant
from reachly.data.system import system
from reachly.kit import clock
from reachly.kit.errors import Conflict, NotFound
from reachly.services.campaigns.schemas import SendOut
from reachly.services.identity import service as identity
from reachly.services.identity.schemas import PERMISSIONS, Actor
from reachly.services.sending.service.rescue import set_next_turn
from reachly.services.sending.service.settling import note_arrived

Decision = Literal["resend", "arrived"]
OPEN = ("active", "held")
NOBODY = uuid.UUID(int=0)
"""Whoever runs the server, at its command line."""


async def decide_unknown(
    session: Session, actor: Actor, campaign_id: uuid.UUID | None, send_id: uuid.UUID, decision: Decision
) -> SendOut:
    """`arrived`: the sequence goes on from then. `resend`: it is due again at once, as another attempt of the same
    intent under the same Message-ID, so a mailbox that has it already can tell; the first one still counts towards
    today's limits. Both stand in the audit log. Raises NotFound, or Conflict where nothing is in doubt.
    """
    organization_id = actor.organization_id
    row = await lost.find_row(session, organization_id, send_id)
    if row is None or row.kind != "campaign" or campaign_id not in (None, row.campaign_id):
        raise NotFound("There is no such message.")
    if row.enrollment_id:
        await enrollments.lock(session, organization_id, [row.enrollment_id])
    if decision == "resend":
        await _require_open(session, organization_id, row)
    status = "sent" if decision == "arrived" else "deferred"
    if not await lost.settle_unknown(
        session, organization_id, send_id, clock.now(), status=status, settled_by="person",
        reason="resent_by_hand" if decision == "resend" else None,
    ):  # fmt: skip
        raise Conflict(f"Nothing is in doubt about this message: it is {row.status}.", code="not_unknown")
    await _note(session, actor, row, decision)
    events = []
    if decision == "arrived":
        events = await note_arrived(session, organization_id, row, "person")
    elif row.enrollment_id and row.email_account_id:
        change = Change(row.enrollment_id, clock.now())
        await enrollments.change(session, organization_id, clock.now(), [change], gently=True)
        await set_next_turn(session, organization_id, [row.email_account_id])
    shown = await reads.find_send(session, organization_id, send_id)
    await outbox.emit(session, events, wake=True)
    return SendOut.model_validate(dict(shown or {}))


async def decide_at_the_console(send_id: uuid.UUID, decision: Decision) -> SendOut:
    """The same for whoever runs the server. Raises NotFound or Conflict."""
    async with system() as session:
        organization_id = await lost.find_owner(session, send_id)
    if organization_id is None:
        raise NotFound("There is no such message.")
    actor = Actor(organization_id, NOBODY, "", "admin", PERMISSIONS["admin"])
    async with tenant(organization_id) as session:
        return await decide_unknown(session, actor, None, send_id, decision)


async def _require_open(session: Session, organization_id: uuid.UUID, row: OpenRow) -> None:
    person = (
        await candidates.find_person(session, organization_id, row.enrollment_id)
        if row.enrollment_id
        else None
    )
    if person is None or person.status not in OPEN:
        state = person.status if person else "deleted"
        raise Conflict(f"Nothing more goes to this person: their sequence is {state}.", code="ended")


async def _note(session: Session, actor: Actor, row: OpenRow, decision: Decision) -> None:
    detail = {
        "send_id": str(row.id), "step": row.step, "message_id": row.message_id, "attempt": row.attempts + 1,
        "handed_at": row.handed_at.isoformat() if row.handed_at else None,
    }  # fmt: skip
    by = actor.user_id if actor.user_id != NOBODY else None
    action = "message.resent" if decision == "resend" else "message.arrived"
    await identity.record(
        session, actor.organization_id, by, action, subject=row.to_email, detail=detail, ip=actor.ip
    )
