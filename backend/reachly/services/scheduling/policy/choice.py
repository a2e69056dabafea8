"""Who goes first, and from which mailbox."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import blake2b
from itertools import accumulate
from typing import Generic, TypeVar

from reachly.services.scheduling.policy.reasons import BlockReason

T = TypeVar("T")
WEIGHT_UNITS = 1 << 64


@dataclass(slots=True, eq=False)  # one a message: a frozen one costs three times as much to make
class Candidate(Generic[T]):
    """A message that is due. `key` is stable over databases (campaign seed and normalised address, never an id).

    `open` says whether campaign window and recipient allow it now (`align(due …) <= now`). `item` is the
    caller's own handle and is not looked at.
    """

    item: T
    key: str
    campaign: str
    due: datetime
    first: bool  # the first mail to this person, not a follow-up
    companies: tuple[
        tuple[str, int], ...
    ] = ()  # the counters of its company, with the campaign's cap on each
    sender: str | None = None  # address of the fixed mailbox; None: still free
    provider: str | None = None  # recipient's mail provider
    open: bool = True


@dataclass(slots=True)
class Budget:
    """What is left today. A missing campaign means no such cap. `choose` draws it down in place."""

    mailbox: int
    campaigns: dict[str, int] = field(default_factory=dict)
    new_leads: dict[str, int] = field(default_factory=dict)  # by campaign
    companies: dict[str, int] = field(
        default_factory=dict
    )  # how many each counts: campaigns with other caps share it


@dataclass(frozen=True, slots=True)
class Choice(Generic[T]):
    """`taken` in sending order; `passed` has one reason for every other candidate."""

    taken: list[Candidate[T]]
    passed: list[tuple[Candidate[T], BlockReason]]


def rank(candidate: Candidate[T], provider: str | None) -> tuple[bool, datetime, bool, str]:
    """The order of sending: follow-ups before first mails, then due time, provider match, stable key."""
    mismatch = provider is not None and candidate.provider != provider
    return (candidate.first, candidate.due, mismatch, candidate.key)


def choose(
    candidates: Iterable[Candidate[T]],
    budget: Budget,
    now: datetime,
    *,
    sender: str | None = None,
    provider: str | None = None,
) -> Choice[T]:
    """Which of the due candidates one mailbox takes in this turn.

    `sender` is the mailbox whose turn it is: a candidate fixed to another one is never taken. `provider` (of the
    mailbox) makes recipients of the same provider go first among equals; it excludes nobody.
    """
    taken: list[Candidate[T]] = []
    passed: list[tuple[Candidate[T], BlockReason]] = []
    for candidate in sorted(candidates, key=lambda one: rank(one, provider)):
        reason = _refusal(candidate, budget, now, sender)
        if reason is None:
            _draw(candidate, budget)
            taken.append(candidate)
        else:
            passed.append((candidate, reason))
    return Choice(taken, passed)


def _refusal(
    candidate: Candidate[T], budget: Budget, now: datetime, sender: str | None
) -> BlockReason | None:
    if candidate.due > now:
        return BlockReason.WAITING_DELAY
    if sender is not None and candidate.sender is not None and candidate.sender != sender:
        return BlockReason.NO_MAILBOX
    if not candidate.open:
        return BlockReason.OUTSIDE_WINDOW
    if budget.campaigns.get(candidate.campaign, 1) <= 0:
        return BlockReason.CAMPAIGN_CAP
    if candidate.first and budget.new_leads.get(candidate.campaign, 1) <= 0:
        return BlockReason.NEW_LEAD_CAP
    if any(budget.companies.get(counter, 0) >= cap for counter, cap in candidate.companies):
        return BlockReason.COMPANY_CAP
    return BlockReason.WAITING_TURN if budget.mailbox <= 0 else None


def _draw(candidate: Candidate[T], budget: Budget) -> None:
    budget.mailbox -= 1
    if candidate.campaign in budget.campaigns:
        budget.campaigns[candidate.campaign] -= 1
    if candidate.first and candidate.campaign in budget.new_leads:
        budget.new_leads[candidate.campaign] -= 1
    for counter, _ in candidate.companies:
        budget.companies[counter] = budget.companies.get(counter, 0) + 1


def assign_sender(
    lead_key: str,
    mailboxes: Mapping[str, int],
    seed: str,
    *,
    providers: Mapping[str, str] | None = None,
    recipient_provider: str | None = None,
) -> str | None:
    """The mailbox (address) that writes to this person for the whole sequence; None if no weight is positive.

    `mailboxes` maps addresses to weights. The draw depends on seed, key and the set of mailboxes only. With
    `providers` (address to provider) a mailbox of the recipient's own provider is preferred where there is one.
    """
    if providers and recipient_provider:
        same = {box: weight for box, weight in mailboxes.items() if providers.get(box) == recipient_provider}
        mailboxes = same if any(weight > 0 for weight in same.values()) else mailboxes
    return SenderWheel(mailboxes, seed).draw(lead_key)


class SenderWheel:
    """The weighted draw over a fixed set of mailboxes, made ready for many leads."""

    __slots__ = ("_boxes", "_edges", "_prefix")

    def __init__(self, mailboxes: Mapping[str, int], seed: str) -> None:
        self._boxes: Sequence[str] = sorted(box for box, weight in mailboxes.items() if weight > 0)
        self._edges = list(accumulate(mailboxes[box] for box in self._boxes))
        self._prefix = f"{seed}|".encode()

    def draw(self, lead_key: str) -> str | None:
        if not self._boxes:
            return None
        digest = blake2b(self._prefix + lead_key.encode(), digest_size=8).digest()
        # Scaling instead of a remainder: exact for every total weight.
        point = int.from_bytes(digest, "big") * self._edges[-1] // WEIGHT_UNITS
        return self._boxes[bisect_right(self._edges, point)]
