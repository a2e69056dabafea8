"""After a doubt has ended: the sequence goes on from a message that arrived, or the message is due again."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from reachly.data.repositories.sending import candidates, enrollments
from reachly.data.repositories.sending.enrollments import Advance, Change
from reachly.data.repositories.sending.lost import OpenRow
from reachly.data.repositories.sending.rows import CampaignRow, EnrollmentRow, MailboxRow, StepRow
from reachly.data.session import Session
from reachly.events import Event, MessageSent
from reachly.kit import clock
from reachly.services.scheduling.policy import NoSlot
from reachly.services.sending.policy import add_reference
from reachly.services.sending.service import board as boards
from reachly.services.sending.service.lots import next_step
from reachly.services.sending.service.rescue import facts_of, set_next_turn, words_of


async def note_arrived(
    session: Session, organization_id: uuid.UUID, rows: Sequence[OpenRow], settled_by: str
) -> list[Event]:
    """These left, from the instant at which each was handed over: their sequences go on. The events to emit."""
    now = clock.now()
    accounts = sorted({row.email_account_id for row in rows if row.email_account_id})
    boxes = [await candidates.get_mailbox(session, organization_id, account_id) for account_id in accounts]
    mailboxes = {box.id: box for box in boxes if box is not None}
    campaign_ids = sorted({row.campaign_id for row in rows if row.campaign_id})
    people = await candidates.list_people(
        session, organization_id, [row.enrollment_id for row in rows if row.enrollment_id]
    )
    campaigns = await candidates.list_campaigns(session, organization_id, campaign_ids)
    steps = await candidates.list_steps(session, organization_id, campaign_ids)
    advances = []
    for row in rows:
        person = people.get(row.enrollment_id) if row.enrollment_id else None
        campaign = campaigns.get(row.campaign_id) if row.campaign_id else None
        if person is not None and campaign is not None:
            mailbox = mailboxes.get(row.email_account_id) if row.email_account_id else None
            advances.append(_advance(row, person, campaign, steps[campaign.id], mailbox, now))
    await enrollments.advance(session, organization_id, now, advances)
    await enrollments.end_answered(session, organization_id, now, [one.enrollment_id for one in advances])
    await set_next_turn(session, organization_id, accounts)
    return [_sent(organization_id, row, mailboxes, settled_by) for row in rows if row.kind == "campaign"]


async def make_due(session: Session, organization_id: uuid.UUID, rows: Sequence[OpenRow]) -> None:
    """They go again, as soon as caps and windows let them."""
    now = clock.now()
    changes = [Change(row.enrollment_id, now) for row in rows if row.enrollment_id]
    await enrollments.change(session, organization_id, now, changes, gently=True)
    accounts = sorted({row.email_account_id for row in rows if row.email_account_id})
    await set_next_turn(session, organization_id, accounts)


def _advance(
    row: OpenRow,
    person: EnrollmentRow,
    campaign: CampaignRow,
    steps: Sequence[StepRow],
    mailbox: MailboxRow | None,
    now: datetime,
) -> Advance:
    sent_at = row.handed_at or now
    threaded = person.thread_message_id is not None and row.subject.lower().startswith("re:")
    due, following = boards.due_of(person, campaign, next_step(steps, row.step + 1), sent_at, mailbox)
    blocked = due if isinstance(due, NoSlot) else None
    return Advance(
        enrollment_id=person.id,
        thread_message_id=(person.thread_message_id or row.final_id) if threaded else row.final_id,
        thread_references=add_reference(person.thread_references if threaded else "", row.final_id),
        thread_subject=(person.thread_subject or "") if threaded else row.subject,
        sent_at=sent_at,
        next_step=following.sequence_number if following else row.step + 1,
        status="active" if following else "completed",
        due=None if isinstance(due, NoSlot) else due,
        reason=blocked.reason.value if blocked else None,
        detail=blocked.detail if blocked else None,
    )


def _sent(
    organization_id: uuid.UUID, row: OpenRow, mailboxes: dict[uuid.UUID, MailboxRow], settled_by: str
) -> MessageSent:
    box = mailboxes.get(row.email_account_id) if row.email_account_id else None
    data = {**words_of(row), "email_account": box.email_address if box else "", "settled_by": settled_by}
    return MessageSent(**facts_of(organization_id, row), data=data)
