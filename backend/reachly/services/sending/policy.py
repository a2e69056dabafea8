"""What a peer's answer means for the message, the person, the mailbox and the next try. Pure.

Whether a refusal is the person's fault is asked of `suppression.policy`, which reads late bounces by the same rules.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from reachly.integrations.mailer.port import Receipt
from reachly.integrations.mailer.replies import is_shutdown
from reachly.services.suppression.policy import Verdict as Refusal
from reachly.services.suppression.policy import classify_reply_code, next_retry

Kind = Literal[
    "sent",
    "unknown",
    "bounced",
    "soft",
    "refused",
    "retry",
    "throttled",
    "auth",
    "connect",
    "sender",
    "withdrawn",
]

MAILBOX_TROUBLE: frozenset[Kind] = frozenset({"throttled", "auth", "connect", "sender"})
"""What says nothing about the message: it goes back, and the mailbox waits."""

ABOUT_THE_PERSON = frozenset({"rcpt", "final"})
"""The stages at which a peer answers about one recipient or one whole message."""

REPLANNED = frozenset({"mailbox_paused", "campaign_paused", "campaign_not_active", "step_off"})
"""Reasons for withdrawing a message that a plan made meanwhile may have overtaken."""

_THROTTLE_MINUTES = 15
_CONNECT_MINUTES = (1, 2, 5, 10, 20, 30, 60)


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a 4xx is tried again, in minutes after each refusal, and how soon a greylisted message is."""

    minutes: Sequence[int] = (15, 60, 240)
    greylist_minutes: int = 5

    @property
    def first(self) -> timedelta:
        """How long to wait where nothing was said about the person: as after a first refusal, each time."""
        return timedelta(minutes=self.minutes[0] if self.minutes else 15)

    def after(self, attempts: int, refusal: Refusal) -> timedelta | None:
        """None: give up."""
        waits = [timedelta(minutes=minutes) for minutes in self.minutes]
        return next_retry(attempts, refusal, waits, timedelta(minutes=self.greylist_minutes))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to write down.

    `kind`     sent, unknown, bounced (the address is bad: suppress), soft (a soft bounce: given up, the person counts),
               refused (given up, not the person's fault), retry, trouble of the mailbox: throttled, auth, connect,
               sender (it may not send, or not now), or withdrawn: stopped before it began
    `status`   the row's state in the ledger
    `wait`     how long until the next try of this message, or of the whole mailbox where the mailbox is the trouble
    `counts`   whether it is one of the tries that a person has; what is said of a session or a server is none
    """

    kind: Kind
    status: str
    reason: str | None = None
    wait: timedelta | None = None
    counts: bool = True

    @property
    def is_failure(self) -> bool:
        """Whether it counts towards the failures in a row that pause a campaign."""
        return self.kind in ("bounced", "soft", "refused")


SENT = Verdict("sent", "sent")

FIRST_WAVE = 4
"""Messages to a mailbox's server of which nothing is known yet."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How many messages go to one server at once: what it takes in about a second, so that a stop or a crash finds few
    of them under way. `each`: seconds for one message over the last waves, the later ones counting more. A mean of
    times, not of rates, so that who slows down is believed at once and who speeds up little by little."""

    size: int = FIRST_WAVE
    each: float = 0.0

    def after(self, taken: int, seconds: float) -> Pace:
        """The next wave, when the server has answered for so many messages in that time; at most four times as big."""
        if not taken:
            return self
        seen = max(seconds / taken, 1e-6)
        each = (self.each + seen) / 2 if self.each else seen
        return Pace(max(1, min(int(1 / each + 1e-9), taken * 4)), each)


NEVER_OFFERED = Verdict("connect", "deferred", "mailbox_error")
"""Marked, and then the session ended with a message before it: nothing of it was written."""


def judge(receipt: Receipt, attempts: int, failures: int, retry: Retry) -> Verdict:
    """`attempts` counts this one; `failures` are the mailbox's in a row before this one."""
    match receipt.outcome:
        case "accepted":
            verdict = SENT
        case "unknown":
            verdict = Verdict("unknown", "unknown", "no_answer")
        case "throttled":
            verdict = Verdict("throttled", "deferred", "throttled", throttle_wait(failures))
        case "auth_failed":
            verdict = Verdict("auth", "deferred", "mailbox_error")
        case "connect_failed":
            verdict = Verdict("connect", "deferred", "mailbox_error", connect_wait(failures))
        case "refused" | "deferred":
            verdict = _turned_away(receipt, _read(receipt), attempts, failures, retry)
    return verdict


def _turned_away(receipt: Receipt, refusal: Refusal, attempts: int, failures: int, retry: Retry) -> Verdict:
    """Only an answer to this recipient or to this whole message can end a person's way, or use up one of its tries."""
    if receipt.stage not in ABOUT_THE_PERSON:
        if refusal.kind == "too_large" and receipt.code is not None:  # it can never go, and holds nobody up
            return Verdict("refused", "quarantined", "too_large")
        if receipt.stage == "mail":
            return Verdict("sender", "deferred", "mailbox_error", connect_wait(failures), counts=False)
    elif receipt.outcome == "refused":
        return _give_up(refusal, "refused")
    elif _is_personal(receipt, refusal):
        wait = retry.after(attempts, refusal)
        if wait is None:
            return _give_up(refusal, "deferred_too_often")
        return Verdict("retry", "deferred", "deferred", wait)
    return Verdict("retry", "deferred", "deferred", retry.first, counts=False)


def _is_personal(receipt: Receipt, refusal: Refusal) -> bool:
    """Whether a "not now" speaks of the recipient, and not of the server, the sender, or a broken session."""
    if receipt.code is None or is_shutdown(receipt.code, receipt.text):
        return False
    return refusal.blame == "person" or refusal.kind == "greylisted"


def _read(receipt: Receipt) -> Refusal:
    return classify_reply_code(receipt.code, receipt.enhanced, receipt.text, receipt.stage)


def _give_up(refusal: Refusal, reason: str) -> Verdict:
    if refusal.suppresses:
        return Verdict("bounced", "refused", "bounced")
    if refusal.kind == "soft" and refusal.blame == "person":
        return Verdict("soft", "refused", reason if reason != "refused" else "soft_bounce")
    return Verdict("refused", "refused", reason if reason != "refused" else f"refused_{refusal.kind}")


def throttle_wait(failures: int) -> timedelta:
    """How long a mailbox that its provider slows down waits."""
    return timedelta(minutes=_THROTTLE_MINUTES * min(8, 1 + failures))


def connect_wait(failures: int) -> timedelta:
    """How long a mailbox that cannot be reached waits after `failures` failures in a row."""
    return timedelta(minutes=_CONNECT_MINUTES[min(failures, len(_CONNECT_MINUTES) - 1)])


def intent_key(enrollment_id: uuid.UUID, sequence_id: uuid.UUID) -> str:
    """What makes a second copy of a step impossible."""
    return f"{enrollment_id}:{sequence_id}"


def make_message_id(sender_key: str, unique: uuid.UUID) -> str:
    """RFC 5322 3.6.4: unique, with a right side that is the sender's own domain."""
    return f"<{unique}@{sender_key.rpartition('@')[2]}>"


def add_reference(references: str, message_id: str, keep: int = 30) -> str:
    """The References of the next message. The first id stays when a long thread is cut (RFC 5322 3.6.4)."""
    ids = [*references.split(), message_id]
    if len(ids) > keep:
        ids = [ids[0], *ids[-(keep - 1) :]]
    return " ".join(ids)
