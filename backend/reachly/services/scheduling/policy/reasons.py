"""Why a due message does not leave: one code, one sentence, and what would change it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum


class BlockReason(StrEnum):
    """In the order in which they are asked: what a person must mend first, then states, then clocks and counts."""

    SUPPRESSED = "suppressed"
    ENROLLMENT_ENDED = "enrollment_ended"
    RESTORED = "restored"
    CAMPAIGN_NOT_ACTIVE = "campaign_not_active"
    CAMPAIGN_LATE = "campaign_late"
    CAMPAIGN_PAUSED = "campaign_paused"
    UNKNOWN_PREVIOUS = "unknown_previous"
    UNDELIVERABLE = "undeliverable"
    MISSING_FIELD = "missing_field"
    AWAITING_VERIFICATION = "awaiting_verification"
    AWAITING_PERSONALIZATION = "awaiting_personalization"
    SENDER_GONE = "sender_gone"
    NO_MAILBOX = "no_mailbox"
    MAILBOX_ERROR = "mailbox_error"
    MAILBOX_PAUSED = "mailbox_paused"
    SCHEDULE_ENDED = "schedule_ended"
    NO_COMMON_SLOT = "no_common_slot"
    HELD_OOO = "held_ooo"
    HELD = "held"
    HELD_UNREADABLE_MAILBOX = "held_unreadable_mailbox"
    REPLY_SEEN = "reply_seen"
    DEFERRED = "deferred"
    NOT_PLANNED = "not_planned"
    WAITING_DELAY = "waiting_delay"
    OUTSIDE_WINDOW = "outside_window"
    HOLIDAY = "holiday"
    RECIPIENT_HOURS = "recipient_hours"
    CAMPAIGN_CAP = "campaign_cap"
    NEW_LEAD_CAP = "new_lead_cap"
    COMPANY_CAP = "company_cap"
    MAILBOX_ABSENT = "mailbox_absent"
    THROTTLED = "throttled"
    PROVIDER_CAP = "provider_cap"
    HEALTH_CAP = "health_cap"
    RAMP = "ramp"
    MAILBOX_CAP = "mailbox_cap"
    DOMAIN_CAP = "domain_cap"
    OUTSIDE_WORKDAY = "outside_workday"
    MAILBOX_GAP = "mailbox_gap"
    WAITING_TURN = "waiting_turn"


@dataclass(frozen=True, slots=True)
class Blocked:
    """The one rule that holds a message now. `until` is None where only a person can change it."""

    code: BlockReason
    until: datetime | None
    detail: str
    change: str

    def as_json(self) -> dict[str, str | None]:
        return {
            "code": self.code.value,
            "until": self.until.isoformat() if self.until else None,
            "detail": self.detail,
            "change": self.change,
        }


_R = BlockReason
UNDELIVERABLE_CHANGE = (
    "Correct the address, or let the campaign write to addresses of that verdict; if it has stopped, let the person"
    " go on here."
)
_SENTENCES: dict[BlockReason, tuple[str, str]] = {
    _R.SUPPRESSED: (
        "The address is on the do-not-contact list.",
        "If it was put there by mistake, an administrator takes it off; then let the person go on here.",
    ),
    _R.ENROLLMENT_ENDED: (
        "The sequence has ended for this person.",
        "Enrol the person in another campaign.",
    ),
    _R.CAMPAIGN_NOT_ACTIVE: ("The campaign is not running.", "Start the campaign."),
    _R.RESTORED: (
        "This database was restored from a copy: what left after the copy was made is not in it.",
        "An administrator looks what has left meanwhile, and lets sending go on.",
    ),
    _R.CAMPAIGN_LATE: (
        "Nothing could be sent for longer than the grace time, and the campaign asks first.",
        "Resume the campaign and confirm that what is late should still go.",
    ),
    _R.CAMPAIGN_PAUSED: ("The campaign is paused.", "Resume the campaign."),
    _R.UNKNOWN_PREVIOUS: (
        "It is not known whether the previous message arrived.",
        "It settles when the mailbox's Sent folder is read, or when you decide.",
    ),
    _R.AWAITING_VERIFICATION: (
        "The address has not been verified yet.",
        "Verification finishes by itself; the message is looked at again then.",
    ),
    _R.UNDELIVERABLE: (
        "Verification found that the address cannot receive mail, or doubts it more than the campaign allows.",
        UNDELIVERABLE_CHANGE,
    ),
    _R.AWAITING_PERSONALIZATION: ("The personal text is not written yet.", "Personalization finishes."),
    _R.MISSING_FIELD: (
        "A field of the template is empty.",
        "Fill the field or give the template a fallback.",
    ),
    _R.NOT_PLANNED: ("No time has been planned yet.", "The planner runs; it does so after every change."),
    _R.SENDER_GONE: (
        "The mailbox that has written to this person is no longer the campaign's.",
        "Go on from another mailbox as a new thread, or stop; or give the campaign that mailbox back.",
    ),
    _R.NO_MAILBOX: ("No mailbox is assigned.", "Add an active mailbox to the campaign."),
    _R.MAILBOX_ERROR: ("The mailbox cannot send: it needs attention.", "Reconnect the mailbox."),
    _R.MAILBOX_PAUSED: ("The mailbox is switched off.", "Switch the mailbox on."),
    _R.SCHEDULE_ENDED: ("The campaign's end date lies before the next slot.", "Move the end date."),
    _R.NO_COMMON_SLOT: (
        "Windows, workday and recipient hours never meet within a fortnight.",
        "Widen a window or switch recipient hours off.",
    ),
    _R.HELD_OOO: ("The recipient is away.", "The stated return date passes, or you release the hold."),
    _R.HELD: ("The person is on hold.", "The hold runs out, or you release it."),
    _R.HELD_UNREADABLE_MAILBOX: (
        "The mailbox cannot be read, so a reply could be missed.",
        "Reading works again: check the mailbox's incoming settings.",
    ),
    _R.REPLY_SEEN: (
        "A message of this person has just arrived; it is read before anything else goes.",
        "The message is read, which takes a minute or two.",
    ),
    _R.DEFERRED: ("The receiving server asked to try again later.", "The retry time comes."),
    _R.WAITING_DELAY: (
        "The delay after the previous step is still running.",
        "The delay runs out, or is shortened.",
    ),
    _R.OUTSIDE_WINDOW: (
        "It is outside the campaign's sending window.",
        "The next window opens, or you widen it.",
    ),
    _R.HOLIDAY: ("It is a holiday.", "The next working day comes, or holidays are switched off."),
    _R.RECIPIENT_HOURS: (
        "It is outside the recipient's local hours.",
        "Their working hours begin, or recipient hours are switched off.",
    ),
    _R.CAMPAIGN_CAP: (
        "The campaign's daily limit is reached.",
        "The next day begins, or the limit is raised.",
    ),
    _R.NEW_LEAD_CAP: (
        "The daily limit on new people is reached.",
        "The next day begins, or the limit is raised.",
    ),
    _R.COMPANY_CAP: (
        "Enough messages went to this company today.",
        "The next day begins, or the limit per company is raised.",
    ),
    _R.MAILBOX_ABSENT: ("The mailbox is on a planned absence.", "The absence ends, or is removed."),
    _R.THROTTLED: ("The provider asked this mailbox to slow down.", "The provider's waiting time passes."),
    _R.PROVIDER_CAP: (
        "The provider's limit for 24 hours is reached.",
        "Older messages leave the 24-hour window.",
    ),
    _R.HEALTH_CAP: ("The mailbox is slowed down to protect its reputation.", "Its health recovers."),
    _R.RAMP: ("The mailbox is still ramping up.", "The next day allows more, or the ramp is raised."),
    _R.MAILBOX_CAP: ("The mailbox's daily limit is reached.", "The next day begins, or the limit is raised."),
    _R.DOMAIN_CAP: (
        "The sending domain's daily limit is reached.",
        "The next day begins, or the limit is raised.",
    ),
    _R.OUTSIDE_WORKDAY: ("It is outside the mailbox's workday.", "The workday begins, or is widened."),
    _R.MAILBOX_GAP: ("The mailbox waits between two messages.", "The gap passes, or is shortened."),
    _R.WAITING_TURN: (
        "Other messages of this mailbox go first.",
        "Its turn comes, or another mailbox is added.",
    ),
}


def blocked(
    code: BlockReason, until: datetime | None = None, detail: str | None = None, change: str | None = None
) -> Blocked:
    """The reason with its sentences; `detail` and `change` replace the general ones where more is known."""
    sentence, usual = _SENTENCES[code]
    return Blocked(code, until, detail or sentence, change or usual)


def blocked_across_edit(code: BlockReason, until: datetime | None, carried_until: datetime) -> Blocked:
    """A cap that counts across an edit until `carried_until`, which holds it longer than the day does."""
    counts_until = carried_until.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    sentence, usual = _SENTENCES[code]
    by_hand = usual.partition(", or ")[2]
    change = (
        f"Older messages leave the 24 hours, or {by_hand}"
        if by_hand
        else "Older messages leave the 24 hours."
    )
    detail = f"{sentence} Its settings were changed, so it counts the last 24 hours until {counts_until}."
    return blocked(code, until, detail, change)
