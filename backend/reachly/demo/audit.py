"""What the ledger says against what the mail world received, counted anew from both. Pure.

Windows, caps, gaps and stops are not asked of the scheduler: they are worked out here from the campaign's own words,
so that a fault of the scheduler cannot hide itself.
"""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from mailworld.record import Book, Reaction, Received

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
UNSETTLED = ("claimed", "sending")
PATIENCE = timedelta(hours=48)


class LedgerRow(Protocol):
    """The part of a ledger row that the audit reads."""

    @property
    def email(self) -> str: ...
    @property
    def step(self) -> int: ...
    @property
    def mailbox(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def planned_at(self) -> datetime: ...
    @property
    def message_id(self) -> str: ...
    @property
    def content_hash(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Limits:
    """What one mailbox was promised: messages a local day (UTC), seconds between two."""

    daily: int
    gap: int


@dataclass(frozen=True, slots=True)
class Person:
    """A lead in the campaign at the end: `due` is its next alarm, `blocked` why it waits."""

    email: str
    status: str
    due: datetime | None
    blocked: str | None


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that must not be, in words."""

    kind: str
    detail: str


@dataclass(frozen=True, slots=True)
class Audit:
    """Everything is right when `findings` is empty and `unknown` is 0."""

    findings: list[Finding] = field(default_factory=list)
    unknown: int = 0

    def count(self, kind: str) -> int:
        return sum(finding.kind == kind for finding in self.findings)


def examine(
    ledger: Sequence[LedgerRow], people: Iterable[Person], book: Book, schedule: Mapping[str, Any],
    limits: Mapping[str, Limits], now: datetime,
) -> Audit:  # fmt: skip
    """Kinds of findings: lost, duplicate, after_reply, outside_window, over_cap."""
    ours = [received for received in book.received if received.mailbox in limits]
    findings = [
        *_find_lost(ledger, ours),
        *_find_forgotten(people, now),
        *_find_duplicates(ledger, ours),
        *_find_after_reply(ours, book.reactions),
        *_find_outside_window(ours, schedule),
        *_find_over_cap(ours, limits),
    ]
    return Audit(findings, sum(row.status == "unknown" for row in ledger))


def _find_lost(ledger: Sequence[LedgerRow], ours: Sequence[Received]) -> Iterable[Finding]:
    """The ledger says sent and nobody got it; somebody got it and the ledger does not know; or it was left open."""
    arrived = {received.message_id for received in ours}
    known = {row.message_id for row in ledger if row.status in ("sent", "unknown", *UNSETTLED)}
    for row in ledger:
        if row.status == "sent" and row.message_id not in arrived:
            yield Finding("lost", f"step {row.step} to {row.email} is sent and never arrived")
        if row.status in UNSETTLED:
            yield Finding("lost", f"step {row.step} to {row.email} was left {row.status}")
    for received in ours:
        if received.message_id not in known:
            yield Finding(
                "lost", f"{received.recipient} got {received.subject!r}, which the ledger does not have"
            )


def _find_forgotten(people: Iterable[Person], now: datetime) -> Iterable[Finding]:
    """Whoever is neither at an end nor waiting for a stated reason must have an alarm that is not long past."""
    for person in people:
        if person.status not in ("pending", "active") or person.blocked:
            continue
        if person.due is None or person.due < now - PATIENCE:
            yield Finding(
                "lost", f"{person.email} is {person.status} and nothing will happen (due {person.due})"
            )


def _find_duplicates(ledger: Sequence[LedgerRow], ours: Sequence[Received]) -> Iterable[Finding]:
    for message_id, times in Counter(received.message_id for received in ours).items():
        if times > 1:
            yield Finding("duplicate", f"{message_id} arrived {times} times")
    step_of = {row.message_id: (row.email, row.step) for row in ledger}
    by_step: dict[tuple[str, int], set[str]] = defaultdict(set)
    for received in ours:
        if received.message_id in step_of:
            by_step[step_of[received.message_id]].add(received.message_id)
    for (email, step), ids in by_step.items():
        if len(ids) > 1:
            yield Finding("duplicate", f"step {step} reached {email} in {len(ids)} messages")
    texts = Counter((received.recipient, received.sha256) for received in ours)
    for (recipient, _), times in texts.items():
        if times > 1:
            yield Finding("duplicate", f"{recipient} got the same text {times} times")


def _find_after_reply(ours: Sequence[Received], reactions: Sequence[Reaction]) -> Iterable[Finding]:
    """A person who answered or opted out hears nothing more, and neither does an address that does not exist."""
    ended: dict[str, datetime] = {}
    for reaction in reactions:
        left = reaction.what == "unsubscribe" and reaction.status == 200
        gone = reaction.what == "bounce" and reaction.detail.startswith("5.1.1")
        if reaction.what == "answer" or left or gone:
            ended[reaction.recipient] = min(reaction.at, ended.get(reaction.recipient, reaction.at))
    for received in ours:
        end = ended.get(received.recipient)
        if end is not None and received.at > end:
            yield Finding(
                "after_reply", f"{received.recipient} had ended it at {end}, and got mail at {received.at}"
            )


def _find_outside_window(ours: Sequence[Received], schedule: Mapping[str, Any]) -> Iterable[Finding]:
    zone = ZoneInfo(schedule["timezone"])
    for received in ours:
        local = received.at.astimezone(zone)
        spans = schedule["windows"].get(DAYS[local.weekday()], [])
        clock = f"{local:%H:%M:%S}"
        if not any(start <= clock < end for start, end in spans):
            yield Finding("outside_window", f"{received.recipient} got mail at {local:%a %H:%M:%S}")


def _find_over_cap(ours: Sequence[Received], limits: Mapping[str, Limits]) -> Iterable[Finding]:
    for mailbox, limit in limits.items():
        at = sorted(received.at for received in ours if received.mailbox == mailbox)
        for day, sent in Counter(f"{moment:%Y-%m-%d}" for moment in at).items():
            if sent > limit.daily:
                yield Finding("over_cap", f"{mailbox} sent {sent} on {day}, {limit.daily} were allowed")
        for before, after in itertools.pairwise(at):
            if (after - before).total_seconds() < limit.gap:
                yield Finding(
                    "over_cap", f"{mailbox} sent at {before} and {after}, {limit.gap} s were to lie between"
                )


def hash_ledger(ledger: Iterable[LedgerRow]) -> str:
    """SHA-256 over the sorted rows (lead, step, mailbox, planned_at, status, content hash), one a line."""
    lines = sorted(
        "\t".join(
            (
                row.email,
                f"{row.step:03}",
                row.mailbox,
                row.planned_at.isoformat(),
                row.status,
                row.content_hash,
            )
        )
        for row in ledger
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
