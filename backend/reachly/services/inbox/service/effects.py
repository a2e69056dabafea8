"""What a received message causes: in the caller's transaction, enrollments before messages, facts last (by the caller).

Campaigns are completed afterwards in a transaction of their own, because they are locked before enrollments.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any

from reachly.data.session import Session
from reachly.events import AutoReplied, Bounced, Event, Replied, Unsubscribed
from reachly.infra.settings import current_settings
from reachly.kit import clock
from reachly.services.campaigns import service as campaigns
from reachly.services.campaigns.schemas import CampaignSettings
from reachly.services.email_accounts import service as email_accounts
from reachly.services.inbox import policy
from reachly.services.inbox.policy import Classified, Inbound, Reading
from reachly.services.inbox.service.matching import Mailbox, key_of
from reachly.services.sending.service import engagement
from reachly.services.sending.service.engagement import Mark, SentRow
from reachly.services.suppression import policy as verdicts
from reachly.services.suppression import service as suppression

SHOWN_WORDS = 500


@dataclass(slots=True)
class Effects:
    """`wake`: due times have changed. `ended`: campaigns in which somebody's way ended. `stopped`: enrollments that
    were open until now, and stay locked until the commit."""

    events: list[Event] = field(default_factory=list)
    wake: bool = False
    ended: set[uuid.UUID] = field(default_factory=set)
    stopped: set[uuid.UUID] = field(default_factory=set)
    facts: dict[str, Any] = field(default_factory=dict)


def ids_of(row: SentRow) -> dict[str, Any]:
    """The ids that every fact about a message carries."""
    return {
        "campaign_id": row.campaign_id, "lead_id": row.lead_id, "enrollment_id": row.enrollment_id, "send_id": row.id,
        "email_account_id": row.email_account_id, "sequence_id": row.sequence_id, "variant": row.variant,
    }  # fmt: skip


async def apply_reply(
    session: Session, mailbox: Mailbox, row: SentRow, inbound: Inbound, read: Classified, *, had_reply: bool
) -> Effects:
    """A person has answered. Stops their sequence where the campaign says so; an answer that opts out stops all."""
    organization_id, now, effects = mailbox.organization_id, clock.now(), Effects()
    wants_out = read.kind == "unsubscribe"
    settings = await _settings(session, organization_id, row)
    if row.enrollment_id and not wants_out and settings.stop_on_reply:
        await _stop(session, effects, organization_id, row, "replied", "a reply")
    elif row.enrollment_id and not wants_out:
        await campaigns.end_otherwise(session, organization_id, row.enrollment_id, "replied", "a reply")
    if wants_out:
        await _opt_out(session, effects, organization_id, row.lead_id, "by reply", row)
    await _mark(session, organization_id, "replied_at", row, now)
    said = {"step": row.step, "subject": inbound.subject[:200], "from": inbound.from_email}
    effects.events.append(
        Replied(
            organization_id=organization_id,
            at=now,
            intent=read.intent,
            first=not had_reply,
            data=said,
            **ids_of(row),
        )
    )
    if wants_out:
        addresses = [key_of(row.to_email), key_of(inbound.from_email)]
        await _suppress(session, organization_id, addresses, "asked", "reply")
        await _mark(session, organization_id, "unsubscribed_at", row, now)
        if row.unsubscribed_at is None and row.kind == "campaign":
            data = {"source": "reply", "step": row.step}
            effects.events.append(
                Unsubscribed(organization_id=organization_id, at=now, data=data, **ids_of(row))
            )
    return effects


async def apply_wish(
    session: Session, mailbox: Mailbox, lead_id: uuid.UUID | None, inbound: Inbound
) -> Effects:
    """Somebody we know, but did not write to from here, wants no mail."""
    effects = Effects()
    await _opt_out(session, effects, mailbox.organization_id, lead_id, "by mail")
    await _suppress(session, mailbox.organization_id, [key_of(inbound.from_email)], "asked", "mail")
    return effects


async def apply_auto_reply(
    session: Session, mailbox: Mailbox, row: SentRow, reading: Reading, received_at: datetime
) -> Effects:
    """Nobody has answered: no reply is counted and nothing stops. Who is away is waited for; who has left is let go."""
    organization_id, now, effects = mailbox.organization_id, clock.now(), Effects()
    today = min(received_at, now).date()
    absence = reading.absence or policy.Absence(None, False, ())
    returns = absence.returns
    effects.facts = {"left": absence.has_left, "returns": returns.isoformat() if returns else None}
    if absence.has_left:
        effects.facts["successors"] = list(absence.successors)[:3]
    settings = await _settings(session, organization_id, row)
    if row.enrollment_id and absence.has_left:
        await _stop(session, effects, organization_id, row, "stopped", "no longer with the company")
    elif row.enrollment_id and settings.out_of_office == "hold":
        day = policy.hold_until(today, returns, settings.out_of_office_days)
        until = max(datetime.combine(day, time(), UTC), now + timedelta(hours=12))
        if await campaigns.hold_enrollment(session, organization_id, row.enrollment_id, until):
            effects.facts["held_until"] = until.isoformat()
            effects.wake = True
    data = {"step": row.step, "from": reading.inbound.from_email, **effects.facts}
    effects.events.append(AutoReplied(organization_id=organization_id, at=now, data=data, **ids_of(row)))
    return effects


async def apply_bounce(session: Session, mailbox: Mailbox, row: SentRow, read: Classified) -> Effects:
    """A report that the message could not be delivered: counted once, whatever comes after it."""
    organization_id, now, effects = mailbox.organization_id, clock.now(), Effects()
    own = next((one for one in read.report.recipients if key_of(one.address) == key_of(row.to_email)), None) if (
        read.report
    ) else None  # fmt: skip
    status, diagnostic, action = (own.status, own.diagnostic, own.action) if own else ("", "", "failed")
    verdict = verdicts.classify_report(status, diagnostic, action)
    effects.facts = {"status": status[:40], "diagnostic": diagnostic[:SHOWN_WORDS], "verdict": verdict.kind}
    if row.enrollment_id:
        await _stop(
            session, effects, organization_id, row, "bounced", f"{status} {diagnostic}".strip()[:SHOWN_WORDS]
        )
    fresh = (await engagement.list_sent(session, organization_id, [row.id], lock=True))[0]
    if fresh.bounced_at is not None:
        return effects
    await _mark(session, organization_id, "bounced_at", row, now)
    sending, soft = current_settings().sending, 0
    if row.lead_id and verdict.kind == "soft":
        since = now - timedelta(days=sending.soft_bounce_days)
        soft = (await engagement.count_bounces(session, organization_id, [row.lead_id], since)).get(
            row.lead_id, 0
        )
    if verdicts.should_suppress(verdict, soft, sending.soft_bounces):
        await _suppress(session, organization_id, [key_of(row.to_email)], "bounced", "report")
    data = {"hard": verdict.suppresses, "step": row.step, "reason": verdict.kind, "text": diagnostic[:SHOWN_WORDS],
            "email": row.to_email, "status": status[:40]}  # fmt: skip
    effects.events.append(Bounced(organization_id=organization_id, at=now, data=data, **ids_of(row)))
    return effects


async def apply_complaint(session: Session, mailbox: Mailbox, row: SentRow, inbound: Inbound) -> Effects:
    """Somebody has called it spam: never again, for good, in the whole organization."""
    organization_id, now, effects = mailbox.organization_id, clock.now(), Effects()
    await _opt_out(session, effects, organization_id, row.lead_id, "complaint", row)
    await _suppress(session, organization_id, [key_of(row.to_email)], "complained", "feedback report")
    await _mark(session, organization_id, "unsubscribed_at", row, now)
    if row.unsubscribed_at is None and row.kind == "campaign":
        kind = inbound.feedback.kind if inbound.feedback else "abuse"
        data = {"source": "complaint", "step": row.step, "kind": kind[:40]}
        effects.events.append(Unsubscribed(organization_id=organization_id, at=now, data=data, **ids_of(row)))
    return effects


async def _settings(session: Session, organization_id: uuid.UUID, row: SentRow) -> CampaignSettings:
    found = (
        await campaigns.find_settings(session, organization_id, row.campaign_id) if row.campaign_id else None
    )
    return found or CampaignSettings()


async def _stop(
    session: Session, effects: Effects, organization_id: uuid.UUID, row: SentRow, status: str, reason: str
) -> None:
    assert row.enrollment_id is not None
    if await campaigns.stop_enrollments(session, organization_id, [row.enrollment_id], status, reason):
        effects.wake = True
        effects.stopped.add(row.enrollment_id)
        if row.campaign_id:
            effects.ended.add(row.campaign_id)
    else:
        await campaigns.end_otherwise(session, organization_id, row.enrollment_id, status, reason)


async def _opt_out(
    session: Session, effects: Effects, organization_id: uuid.UUID, lead_id: uuid.UUID | None, reason: str,
    row: SentRow | None = None,
) -> None:  # fmt: skip
    """Out of every campaign; `row`: the message that caused it, whose campaign may be over for them."""
    if lead_id:
        stopped = await campaigns.stop_lead(session, organization_id, lead_id, "unsubscribed", reason)
        effects.stopped |= stopped.keys()
        effects.ended |= set(stopped.values())
        effects.wake = True
    if row and row.enrollment_id:
        await campaigns.end_otherwise(session, organization_id, row.enrollment_id, "unsubscribed", reason)


async def _mark(
    session: Session, organization_id: uuid.UUID, column: Mark, row: SentRow, now: datetime
) -> None:
    await engagement.mark_first(session, organization_id, column, [row.id], now)


async def _suppress(
    session: Session,
    organization_id: uuid.UUID,
    addresses: Sequence[str],
    reason: Any,
    source: str,
) -> None:
    """Never our own mailboxes, whatever a message claims."""
    keys = {address for address in addresses if "@" in address}
    keys -= await email_accounts.find_own(session, organization_id, keys)
    if keys:
        await suppression.suppress_addresses(session, organization_id, sorted(keys), reason, source)
