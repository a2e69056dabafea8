"""`explain`: the one rule that holds a due message now. Facts in, one reason out, in a fixed order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from reachly.kit.holidays import is_public_holiday
from reachly.kit.schedule import DayWindows, SendSchedule, known_zone
from reachly.services.scheduling.policy.alignment import NoSlot, align, message_calendar
from reachly.services.scheduling.policy.calendar import local_days, to_instant, to_seconds
from reachly.services.scheduling.policy.mailbox import MailboxState, Slot, next_slot
from reachly.services.scheduling.policy.reasons import (
    UNDELIVERABLE_CHANGE,
    Blocked,
    BlockReason,
    blocked,
    blocked_across_edit,
)
from reachly.services.scheduling.policy.zones import country_code

BY_HAND = "by hand"  # a status_reason that tells nothing more
RESUMABLE = frozenset({"stopped", "failed"})
ENDED = frozenset({"replied", "bounced", "unsubscribed", "completed", "stopped", "failed"})


@dataclass(frozen=True, slots=True)
class Standing:
    """All that is known about one message that is not sent yet. Counts left: None means no such cap."""

    due: datetime | None
    schedule: SendSchedule
    mailbox: MailboxState | None
    campaign_status: str = "active"
    campaign_detail: str | None = None  # the campaign's status_reason
    can_start: bool = True  # a mailbox of it can send; a start without one is refused
    campaign_late: bool = False  # paused because it was late beyond its grace
    restored: bool = False  # the organization's sending is held since its database was restored
    enrollment_status: str = "active"
    first: bool = True
    ended_as: str | None = None  # why it was stopped
    suppressed: str | None = None  # the reason on the do-not-contact list
    previous_unknown: bool = False
    verification: Literal["done", "pending", "undeliverable"] = "done"
    personalized: bool = True
    missing_fields: tuple[str, ...] = ()
    sender_gone: bool = False  # written to from a mailbox that is no longer the campaign's
    mailbox_status: Literal["active", "paused", "error"] = "active"
    mailbox_detail: str | None = None
    held_until: datetime | None = None
    hold: Literal["out_of_office", "unreadable", "reply", "other"] | None = None
    retry_at: datetime | None = None
    retry_detail: str | None = None  # the server's words
    recipient_zone: str | None = None
    recipient_country: str | None = None
    recipient_hours: DayWindows | None = None
    campaign_left: int | None = None
    new_leads_left: int | None = None
    company_left: int | None = None
    # Of these, the caps that an edit holds longer than the day does: when they let go, and until when they count so.
    carried: Mapping[BlockReason, tuple[datetime, datetime]] = field(default_factory=dict)
    ahead: int = 0  # due messages of this mailbox that go before this one


def explain(standing: Standing, now: datetime) -> Blocked | None:
    """The first rule, in the order of `BlockReason`, that forbids this message now; None: it may leave.

    `until` is the instant at which that rule lifts, so the next decision can only change then or by hand.
    """
    for rule in _RULES:
        found = rule(standing, now)
        if found is not None:
            return found
    return None


def explain_mailbox(
    state: MailboxState, status: Literal["active", "paused", "error"], detail: str | None, now: datetime
) -> Blocked | None:
    """What keeps a mailbox from sending anything now, whoever is due; None: it may."""
    code = {"error": BlockReason.MAILBOX_ERROR, "paused": BlockReason.MAILBOX_PAUSED}.get(status)
    if code is not None:
        return blocked(code, detail=detail)
    return _of_slot(next_slot(state, now))


def _of_slot(slot: Slot) -> Blocked | None:
    if slot.reason is None:
        return None
    if slot.carried_until is not None:
        return blocked_across_edit(slot.reason, slot.at, slot.carried_until)
    return blocked(slot.reason, slot.at)


def _person(s: Standing, _now: datetime) -> Blocked | None:
    if s.suppressed:
        detail = f"The address is on the do-not-contact list ({s.suppressed})."
        return blocked(BlockReason.SUPPRESSED, detail=detail)
    if s.enrollment_status in ENDED:
        return _ended(s)
    return None


def _ended(s: Standing) -> Blocked:
    """Only who was stopped or given up can be let go on; who answered, bounced or came to the end cannot."""
    change = None
    if s.ended_as == BlockReason.UNDELIVERABLE:
        change = UNDELIVERABLE_CHANGE
    elif s.enrollment_status in RESUMABLE:
        change = "Let the person go on here, or enrol them in another campaign."
    why = f" ({s.ended_as})" if s.ended_as else ""
    detail = f"The sequence has ended: {s.enrollment_status}{why}."
    return blocked(BlockReason.ENROLLMENT_ENDED, detail=detail, change=change)


def _campaign(s: Standing, _now: datetime) -> Blocked | None:
    if s.restored:
        return blocked(BlockReason.RESTORED)
    if s.campaign_status == "active":
        return None
    change = None if s.can_start else "Switch on or reconnect one of its mailboxes, then start the campaign."
    if s.campaign_status == "archived":
        change = "It is archived: clone it, or enrol the person in another campaign."
    if s.campaign_status != "paused":
        return blocked(BlockReason.CAMPAIGN_NOT_ACTIVE, detail=s.campaign_detail, change=change)
    code = BlockReason.CAMPAIGN_LATE if s.campaign_late else BlockReason.CAMPAIGN_PAUSED
    detail = None if s.campaign_detail in (None, BY_HAND) else s.campaign_detail
    return blocked(code, detail=detail, change=change)


def _readiness(s: Standing, _now: datetime) -> Blocked | None:
    if s.previous_unknown:
        return blocked(BlockReason.UNKNOWN_PREVIOUS)
    if s.verification == "undeliverable":
        return blocked(BlockReason.UNDELIVERABLE)
    if s.missing_fields:
        names = ", ".join(s.missing_fields[:5])
        return blocked(BlockReason.MISSING_FIELD, detail=f"These fields are empty: {names}.")
    if s.verification == "pending":
        return blocked(BlockReason.AWAITING_VERIFICATION)
    if not s.personalized or s.enrollment_status == "pending":
        return blocked(BlockReason.AWAITING_PERSONALIZATION)
    return None


def _mailbox_state(s: Standing, _now: datetime) -> Blocked | None:
    if s.sender_gone:
        return blocked(BlockReason.SENDER_GONE)
    if s.mailbox is None:
        return blocked(BlockReason.NO_MAILBOX)
    if s.mailbox_status == "error":
        return blocked(BlockReason.MAILBOX_ERROR, detail=s.mailbox_detail)
    if s.mailbox_status == "paused":
        return blocked(BlockReason.MAILBOX_PAUSED, detail=s.mailbox_detail)
    return None


def _common_slot(s: Standing, now: datetime) -> Blocked | None:
    found = _aligned(s, max(now, s.due) if s.due else now)
    return blocked(found.reason, detail=found.detail) if isinstance(found, NoSlot) else None


def _hold(s: Standing, now: datetime) -> Blocked | None:
    if s.hold == "unreadable":
        return blocked(BlockReason.HELD_UNREADABLE_MAILBOX, s.held_until)
    if s.hold == "reply":
        return blocked(BlockReason.REPLY_SEEN, s.held_until)
    if s.held_until is not None and s.held_until > now:
        code = BlockReason.HELD_OOO if s.hold == "out_of_office" else BlockReason.HELD
        return blocked(code, s.held_until)
    if s.enrollment_status == "held" and s.held_until is None:
        return blocked(BlockReason.HELD)
    if s.retry_at is not None and s.retry_at > now:
        return blocked(BlockReason.DEFERRED, s.retry_at, s.retry_detail)
    if s.due is None:
        return blocked(BlockReason.NOT_PLANNED)
    if s.due > now:
        return blocked(BlockReason.WAITING_DELAY, s.due)
    return None


def _hours(s: Standing, now: datetime) -> Blocked | None:
    aligned = _aligned(s, now)
    if isinstance(aligned, NoSlot) or aligned <= now:
        return None
    at = to_seconds(now)
    plain = replace(s.schedule, skip_dates=frozenset(), skip_countries=(), skip_recipient_holidays=False)
    if not message_calendar(plain).is_open(at):
        return blocked(BlockReason.OUTSIDE_WINDOW, aligned)
    if not message_calendar(s.schedule).is_open(at) or _recipient_holiday(s, now):
        return blocked(BlockReason.HOLIDAY, aligned)
    detail = f"It is outside the recipient's local hours ({s.recipient_zone})."
    return blocked(BlockReason.RECIPIENT_HOURS, aligned, detail)


def _recipient_holiday(s: Standing, now: datetime) -> bool:
    own = s.recipient_zone is not None and s.recipient_hours is not None and known_zone(s.recipient_zone)
    zone = s.recipient_zone if own and s.recipient_zone else s.schedule.timezone
    local = now.astimezone(local_days(zone).zone).date()
    return s.schedule.skip_recipient_holidays and is_public_holiday(country_code(s.recipient_country), local)


def _counts(s: Standing, now: datetime) -> Blocked | None:
    code = None
    if s.campaign_left is not None and s.campaign_left <= 0:
        code = BlockReason.CAMPAIGN_CAP
    elif s.first and s.new_leads_left is not None and s.new_leads_left <= 0:
        code = BlockReason.NEW_LEAD_CAP
    elif s.company_left is not None and s.company_left <= 0:
        code = BlockReason.COMPANY_CAP
    if code is None:
        return None
    midnight = to_instant(local_days(s.schedule.timezone).end(to_seconds(now)))
    free, carried_until = s.carried.get(code, (midnight, None))
    aligned = _aligned(s, free)
    until = free if isinstance(aligned, NoSlot) else aligned
    return blocked_across_edit(code, until, carried_until) if carried_until else blocked(code, until)


def _mailbox_slot(s: Standing, now: datetime) -> Blocked | None:
    if s.mailbox is None:
        return None
    held = _of_slot(next_slot(s.mailbox, now))
    if held is not None:
        return held
    if s.ahead > 0:
        detail = f"{s.ahead} other messages of this mailbox go first."
        return blocked(BlockReason.WAITING_TURN, detail=detail if s.ahead > 1 else None)
    return None


def _aligned(s: Standing, at: datetime) -> datetime | NoSlot:
    """By campaign and recipient. The mailbox's own week is asked only whether it ever meets them."""
    workday = s.mailbox.mailbox.workday if s.mailbox else None
    parties = (s.recipient_zone, s.recipient_country)
    found = align(at, s.schedule, *parties, recipient_hours=s.recipient_hours)
    if isinstance(found, NoSlot) or workday is None:
        return found
    both = align(at, s.schedule, *parties, recipient_hours=s.recipient_hours, workday=workday)
    return both if isinstance(both, NoSlot) else found


_RULES: tuple[Callable[[Standing, datetime], Blocked | None], ...] = (
    _person,
    _campaign,
    _readiness,
    _mailbox_state,
    _common_slot,
    _hold,
    _hours,
    _counts,
    _mailbox_slot,
)
