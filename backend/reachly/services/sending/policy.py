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
from reachly.services.suppression.policy import classify_bounce

Kind = Literal["sent", "unknown", "bounced", "refused", "retry", "given_up", "throttled", "auth", "connect"]

MAILBOX_TROUBLE: frozenset[Kind] = frozenset({"throttled", "auth", "connect"})
"""What says nothing about the message: it goes back, and the mailbox waits."""

_THROTTLE_MINUTES = 15
_CONNECT_MINUTES = (1, 2, 5, 10, 20, 30, 60)


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a 4xx is tried again, in minutes after each refusal, and how soon a greylisted message is."""

    minutes: Sequence[int] = (15, 60, 240)
    greylist_minutes: int = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to write down.

    `kind`     sent, unknown, bounced (the address is bad: suppress), refused (it is not the person's fault), retry,
               given_up (a soft bounce), or trouble of the mailbox: throttled, auth, connect
    `status`   the row's state in the ledger
    `wait`     how long until the next try of this message, or of the whole mailbox where the mailbox is the trouble
    """

    kind: Kind
    status: str
    reason: str | None = None
    wait: timedelta | None = None

    @property
    def is_failure(self) -> bool:
        """Whether it counts towards the failures in a row that pause a campaign."""
        return self.kind in ("bounced", "refused", "given_up")


def judge(receipt: Receipt, attempts: int, failures: int, retry: Retry) -> Verdict:
    """`attempts` counts this one; `failures` are the mailbox's in a row before this one."""
    match receipt.outcome:
        case "accepted":
            verdict = Verdict("sent", "sent")
        case "unknown":
            verdict = Verdict("unknown", "unknown", "no_answer")
        case "throttled":
            wait = timedelta(minutes=_THROTTLE_MINUTES * min(8, 1 + failures))
            verdict = Verdict("throttled", "deferred", "throttled", wait)
        case "auth_failed":
            verdict = Verdict("auth", "deferred", "mailbox_error")
        case "connect_failed":
            verdict = Verdict("connect", "deferred", "mailbox_error", connect_wait(failures))
        case "refused":
            verdict = _refusal(receipt)
        case "deferred":
            minutes = _retry_minutes(receipt, attempts, retry)
            verdict = Verdict("given_up", "refused", "deferred_too_often")
            if minutes is not None:
                verdict = Verdict("retry", "deferred", "deferred", timedelta(minutes=minutes))
    return verdict


def _refusal(receipt: Receipt) -> Verdict:
    blame = classify_bounce(receipt.code, receipt.enhanced, receipt.text, receipt.stage)
    if blame == "hard":
        return Verdict("bounced", "refused", "bounced")
    if blame == "soft":
        return Verdict("given_up", "refused", "soft_bounce")
    return Verdict("refused", "refused", "refused_policy")


def _retry_minutes(receipt: Receipt, attempts: int, retry: Retry) -> int | None:
    if attempts > len(retry.minutes):
        return None
    if attempts == 1 and is_greylisting(receipt):
        return retry.greylist_minutes
    return retry.minutes[max(0, attempts - 1)]


def is_greylisting(receipt: Receipt) -> bool:
    """Whether the peer only wants to see whether we come back (RFC 6647)."""
    return receipt.stage in ("rcpt", "data") and any(
        word in receipt.text.lower() for word in ("greylist", "graylist", "grey list", "gray list", "try again in")
    )


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
