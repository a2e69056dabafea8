"""What happened, in one commit: ledger, enrollments, caps, suppressions and facts."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from reachly.data.repositories.sending import candidates, caps, enrollments, outcomes, reconcile
from reachly.data.repositories.sending.caps import Usage
from reachly.data.repositories.sending.enrollments import Advance, Change
from reachly.data.repositories.sending.outcomes import Outcome
from reachly.data.repositories.sending.rows import CapKey, Lease, MailboxRow, StepRow
from reachly.data.session import Session
from reachly.events import Bounced, EnrollmentsReady, Event, MessageFailed, MessageSent, PersonSuppressed
from reachly.infra.settings import SendingSettings
from reachly.integrations.mailer.port import Receipt
from reachly.services.scheduling.policy import NoSlot
from reachly.services.sending.policy import MAILBOX_TROUBLE, REPLANNED, Verdict, add_reference
from reachly.services.sending.service import board as boards
from reachly.services.sending.service.composing import Message
from reachly.services.suppression import service as suppression

SHOWN_WORDS = 500
UNKNOWN_DETAIL = (
    "Whether the last message arrived is not known: the connection was lost before the answer came."
)


@dataclass(frozen=True, slots=True)
class Result:
    """One message and what the peer said. `receipt` None: it was marked and then not written. `change`: what becomes of
    the enrollment of one that was withdrawn."""

    message: Message
    verdict: Verdict
    receipt: Receipt | None
    change: Change | None = None


@dataclass(slots=True)
class Recorded:
    """`runs`: per campaign, whether a success came, and the failures since. `ended`: campaigns in which somebody's way
    ended. `through`: enrollments that are through with a campaign that goes on after an answer. `replan`: campaigns
    that may have been planned anew while something of theirs was in flight, which was passed over.
    `missed`: some were this attempt's no more."""

    events: list[Event] = field(default_factory=list)
    runs: dict[uuid.UUID, tuple[bool, int]] = field(default_factory=dict)
    ended: set[uuid.UUID] = field(default_factory=set)
    usage: dict[CapKey, Usage] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    advances: list[Advance] = field(default_factory=list)
    through: list[uuid.UUID] = field(default_factory=list)
    replan: set[uuid.UUID] = field(default_factory=set)
    missed: bool = False


async def record(
    session: Session, lease: Lease, mailbox: MailboxRow, results: Sequence[Result], now: datetime,
    settings: SendingSettings,
) -> Recorded:  # fmt: skip
    """Writes what is still this attempt's; a row that somebody took meanwhile is left alone. Emits nothing itself."""
    organization_id = lease.organization_id
    await enrollments.lock(session, organization_id, [r.message.item.intent.enrollment_id for r in results])
    written = await outcomes.record(
        session, organization_id, lease.attempt_id, now, [_outcome(result) for result in results]
    )
    ours = [result for result in results if result.message.send_id in written]
    spent = {r.message.send_id for r in ours if r.verdict.kind in ("sent", "unknown")}
    campaign_ids = sorted({result.message.item.ready.campaign.id for result in ours})
    steps = await candidates.list_steps(session, organization_id, campaign_ids)
    done = Recorded(missed=len(ours) < len(results))
    for result in ours:
        _apply(done, result, mailbox, steps[result.message.item.ready.campaign.id], now)
    done.events += [
        EnrollmentsReady(organization_id=organization_id, at=now, campaign_id=id_)
        for id_ in sorted(done.replan)
    ]
    await enrollments.advance(session, organization_id, now, done.advances)
    await enrollments.end_answered(session, organization_id, now, done.through)
    await enrollments.change(session, organization_id, now, done.changes, gently=True)
    await _suppress(session, done, organization_id, ours, now, settings)
    # As late as can be: a counter that many mailboxes share is locked from here to the commit.
    done.usage = await caps.settle(
        session, organization_id,
        used=[key for r in ours if r.message.send_id in spent for key in r.message.item.intent.caps],
        released=[key for r in ours if r.message.send_id not in spent for key in r.message.item.intent.caps],
    )  # fmt: skip
    if any(result.verdict.kind == "unknown" for result in ours):  # its copy may be there already
        await reconcile.ask_by(session, organization_id, [mailbox.id], now)
    return done


def _outcome(result: Result) -> Outcome:
    verdict, receipt = result.verdict, result.receipt
    return Outcome(
        send_id=result.message.send_id,
        status=verdict.status,
        reason=verdict.reason,
        bounced=verdict.kind in ("bounced", "soft"),
        reply_code=receipt.code if receipt else None,
        reply_text=receipt.text if receipt else None,
        provider_message_id=receipt.provider_message_id if receipt else None,
        provider_thread_id=receipt.provider_thread_id if receipt else None,
        counts=verdict.counts and verdict.kind not in MAILBOX_TROUBLE,
    )


def _apply(
    done: Recorded, result: Result, mailbox: MailboxRow, steps: Sequence[StepRow], now: datetime
) -> None:
    item, verdict = result.message.item, result.verdict
    campaign_id, enrollment_id = item.ready.campaign.id, item.intent.enrollment_id
    words = (result.receipt.text if result.receipt else "")[:SHOWN_WORDS]
    match verdict.kind:
        case "sent":
            advance = _advance(result, mailbox, steps, now)
            done.advances.append(advance)
            if advance.status == "completed":
                done.ended.add(campaign_id)
                if not item.ready.campaign.settings.get("stop_on_reply", True):
                    done.through.append(enrollment_id)
            done.events.append(MessageSent(**_facts(result, mailbox, now)))
        case "unknown":
            done.changes.append(Change(enrollment_id, None, "unknown_previous", UNKNOWN_DETAIL))
            done.events.append(MessageFailed(**_facts(result, mailbox, now, reason="unknown")))
        case "retry":
            due = now + (verdict.wait or timedelta(0))
            done.changes.append(Change(enrollment_id, due, "deferred", words, due))
        case "bounced" | "soft":
            hard = verdict.kind == "bounced"
            status = "bounced" if hard else "failed"
            done.changes.append(
                Change(enrollment_id, None, status=status, stopped=f"{verdict.reason}: {words}")
            )
            done.ended.add(campaign_id)
            done.events.append(
                Bounced(
                    **_facts(result, mailbox, now, hard=hard, reason=verdict.reason, text=words),
                    in_session=True,
                )
            )
        case "refused":
            done.changes.append(
                Change(enrollment_id, None, status="failed", stopped=f"{verdict.reason}: {words}")
            )
            done.ended.add(campaign_id)
            done.events.append(
                MessageFailed(**_facts(result, mailbox, now, reason=verdict.reason, text=words))
            )
        case "withdrawn":
            done.changes += [result.change] if result.change else []
            if verdict.reason in REPLANNED:
                done.replan.add(campaign_id)
        case _:  # the mailbox's trouble: the message goes as soon as the mailbox does
            done.changes.append(Change(enrollment_id, now))
    if verdict.kind == "sent":
        done.runs[campaign_id] = (True, 0)
    elif verdict.is_failure:
        success, n = done.runs.get(campaign_id, (False, 0))
        done.runs[campaign_id] = (success, n + 1)


def _advance(result: Result, mailbox: MailboxRow, steps: Sequence[StepRow], now: datetime) -> Advance:
    """The thread as it stands on the wire, and the next step as it stands in the campaign now."""
    message = result.message
    ready = message.item.ready
    person = ready.person
    final_id = (
        result.receipt.provider_message_id if result.receipt else None
    ) or message.item.intent.message_id
    threaded = message.threaded
    due, following = boards.follow_up_due(person, ready.campaign, steps, ready.step, now, mailbox)
    blocked = due if isinstance(due, NoSlot) else None
    return Advance(
        enrollment_id=person.id,
        thread_message_id=(person.thread_message_id or final_id) if threaded else final_id,
        thread_references=add_reference(person.thread_references if threaded else "", final_id),
        thread_subject=(person.thread_subject or "") if threaded else message.rendered.subject,
        sent_at=now,
        next_step=following.sequence_number if following else ready.step.sequence_number + 1,
        status="active" if following else "completed",
        due=None if isinstance(due, NoSlot) else due,
        reason=blocked.reason.value if blocked else None,
        detail=blocked.detail if blocked else None,
    )


def _facts(result: Result, mailbox: MailboxRow, now: datetime, **more: Any) -> dict[str, Any]:
    message = result.message
    intent = message.item.intent
    return {
        "organization_id": mailbox.organization_id, "at": now, "campaign_id": intent.campaign_id,
        "lead_id": intent.lead_id, "enrollment_id": intent.enrollment_id, "send_id": message.send_id,
        "email_account_id": mailbox.id, "sequence_id": intent.sequence_id, "variant": intent.variant,
        "data": {
            "step": intent.step, "subject": message.rendered.subject, "email": intent.to_email,
            "email_account": mailbox.email_address, "message_id": message.item.intent.message_id, **more,
        },
    }  # fmt: skip


async def _suppress(
    session: Session,
    done: Recorded,
    organization_id: uuid.UUID,
    results: Sequence[Result],
    now: datetime,
    settings: SendingSettings,
) -> None:
    """A bad address at once; a good one that could not take it after several times."""
    hard = [r for r in results if r.verdict.kind == "bounced"]
    soft = [r for r in results if r.verdict.kind == "soft"]
    counts = await outcomes.count_bounces(
        session, organization_id, [r.message.item.intent.lead_id for r in soft],
        now - timedelta(days=settings.soft_bounce_days),
    )  # fmt: skip
    hard += [r for r in soft if counts.get(r.message.item.intent.lead_id, 0) >= settings.soft_bounces]
    keys = [r.message.item.ready.person.email_key for r in hard]
    if keys:
        # Their other campaigns hear of it by a job: here rows of this turn are locked, and those are others'.
        await suppression.suppress_addresses(session, organization_id, keys, "bounced", "sending", ends=False)
    done.events += [
        PersonSuppressed(organization_id=organization_id, at=now, lead_id=r.message.item.intent.lead_id)
        for r in hard
    ]
