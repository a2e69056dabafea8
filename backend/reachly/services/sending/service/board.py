"""What lies before one mailbox now: who is due, who may go, and what becomes of those who may not."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from reachly.data.repositories.sending import candidates, caps, turns
from reachly.data.repositories.sending.enrollments import Change
from reachly.data.repositories.sending.rows import (
    CampaignRow,
    CapKey,
    EnrollmentRow,
    IntentRow,
    MailboxRow,
    StepRow,
)
from reachly.data.session import Session
from reachly.kit.carried import counted_as
from reachly.services.scheduling import policy as scheduling
from reachly.services.scheduling.policy import Budget, Candidate, NoSlot
from reachly.services.scheduling.policy.calendar import to_instant, to_seconds
from reachly.services.sending.policy import intent_key
from reachly.services.sending.service import world
from reachly.services.sending.service.counting import Cap
from reachly.services.sending.service.lots import Lot, Lots, next_step

CAPPED = frozenset({scheduling.BlockReason.CAMPAIGN_CAP, scheduling.BlockReason.NEW_LEAD_CAP,
                    scheduling.BlockReason.COMPANY_CAP})  # fmt: skip


@dataclass(slots=True, eq=False)  # one a message: a frozen one costs three times as much to make
class Ready:
    """A message that nothing but time, caps and turn can hold. `caps`: the counters it touches. `kept`: its line in the
    ledger, if it was put back before."""

    person: EnrollmentRow
    campaign: CampaignRow
    step: StepRow
    intent_key: str
    open_at: datetime
    caps: tuple[Cap, ...]
    kept: IntentRow | None = None

    @property
    def first(self) -> bool:
        return self.person.last_sent_at is None


@dataclass(frozen=True, slots=True)
class Board:
    """`at`: when it was read. `more`: a page was full, so others are due that were not looked at."""

    at: datetime
    mailbox: MailboxRow
    ready: list[Ready]
    changes: list[Change]
    steps: Mapping[uuid.UUID, list[StepRow]]
    more: bool


@dataclass(frozen=True, slots=True)
class Picked:
    """`waiting`: each of the others with the instant from which it may be asked again."""

    taken: list[Ready]
    waiting: list[tuple[Ready, datetime]]


async def load_board(session: Session, mailbox: MailboxRow, now: datetime, limit: int) -> Board:
    """Reads a page of what is due in this mailbox and sorts it."""
    organization_id = mailbox.organization_id
    people, more = await candidates.list_due(session, organization_id, mailbox.id, now, limit)
    campaign_ids = sorted({person.campaign_id for person in people})
    campaigns = await candidates.list_campaigns(session, organization_id, campaign_ids)
    steps = await candidates.list_steps(session, organization_id, campaign_ids)
    lots = Lots(mailbox, now, campaigns, steps)
    found = [(person, lots.of(person)) for person in people]
    changes = [replace(lot, enrollment_id=person.id) for person, lot in found if isinstance(lot, Change)]
    going = [
        (person, lot, intent_key(person.id, lot.step.id)) for person, lot in found if isinstance(lot, Lot)
    ]
    intents = await candidates.list_intents(session, organization_id, [key for _, _, key in going])
    ready: list[Ready] = []
    for person, lot, key in going:
        intent = intents.get(key)
        if intent is not None and intent.status not in ("deferred", "cancelled"):
            changes.append(
                _decided(person, lot.campaign, steps[person.campaign_id], lot.step, intent, mailbox)
            )
        elif isinstance(lot.opens, NoSlot):
            changes.append(Change(person.id, None, lot.opens.reason.value, lot.opens.detail))
        else:
            caps = lots.caps_of(person, lot)
            ready.append(Ready(person, lot.campaign, lot.step, key, lot.opens, caps, intent))
    return Board(now, mailbox, ready, changes, steps, more)


def _decided(
    person: EnrollmentRow, campaign: CampaignRow, steps: Sequence[StepRow], step: StepRow, intent: IntentRow,
    mailbox: MailboxRow,
) -> Change:  # fmt: skip
    """The ledger knows this step already: nobody gets it twice."""
    if intent.status == "unknown":
        return Change(
            person.id, None, "unknown_previous", "Whether the last message arrived is not known yet."
        )
    if intent.status in ("claimed", "sending"):
        return Change(person.id, None)  # whoever has it sets the next alarm
    if intent.status == "sent":
        due, following = follow_up_due(
            person, campaign, steps, step, intent.sent_at or person.created_at, mailbox
        )
        if following is None:
            return Change(person.id, None, status="completed")
        if isinstance(due, NoSlot):
            return Change(person.id, None, due.reason.value, due.detail, next_step=following.sequence_number)
        return Change(person.id, due, next_step=following.sequence_number)
    return Change(person.id, None, status="failed", stopped=intent.reason or intent.status)


def follow_up_due(
    person: EnrollmentRow, campaign: CampaignRow, steps: Sequence[StepRow], step: StepRow, sent_at: datetime,
    mailbox: MailboxRow,
) -> tuple[datetime | NoSlot | None, StepRow | None]:  # fmt: skip
    """When the step after `step` may go, and which it is; (None, None) at the end of the sequence."""
    return due_of(person, campaign, next_step(steps, step.sequence_number + 1), sent_at, mailbox)


def due_of(
    person: EnrollmentRow,
    campaign: CampaignRow,
    following: StepRow | None,
    sent_at: datetime,
    mailbox: MailboxRow | None,
) -> tuple[datetime | NoSlot | None, StepRow | None]:
    """When `following` may go after a message at `sent_at`; (None, None) where there is no such step."""
    if following is None:
        return None, None
    due = scheduling.delay_until(
        sent_at,
        following.delay_days,
        following.delay_hours,
        working_days_only=following.working_days_only,
        schedule=world.schedule_of(campaign),
    )
    return world.open_from(due, campaign, person, mailbox), following


async def pick(session: Session, board: Board, n: int, now: datetime) -> Picked:
    """The first `n` that caps allow, follow-ups before first mails."""
    wanted = {cap for ready in board.ready for cap in ready.caps}
    usage = await caps.read_usage(session, board.mailbox.organization_id, (key for key, _ in wanted))
    spent = Counter({key: one.total for key, one in usage.items()})
    budget = _budget(n, wanted, spent)
    provider = world.provider_of(board.mailbox)
    offered = [_candidate(ready, board.mailbox, provider, now) for ready in board.ready]
    choice = scheduling.choose(offered, budget, now, provider=provider)
    taken = [one.item for one in choice.taken]
    spent.update(key for ready in taken for key, _ in ready.caps)
    waiting = [(one.item, _asked_again(one.item, reason, now, spent)) for one, reason in choice.passed]
    return Picked(taken, waiting)


def _budget(n: int, wanted: Iterable[Cap], spent: Mapping[CapKey, int]) -> Budget:
    named: dict[str, dict[str, int]] = {
        scope: {} for scope in ("campaign", "new_leads", "company", "domain", "mailbox")
    }
    for (scope, key, day), limit in wanted:
        counted, of = counted_as(scope, key)
        rest = limit - spent.get((scope, key, day), 0)
        named[counted][of] = max(0, min(rest, named[counted].get(of, rest)))
    mailbox = min([n, *named["mailbox"].values(), *named["domain"].values()])
    companies = {str(key): n for key, n in spent.items() if _is_company(key)}
    return Budget(mailbox, named["campaign"], named["new_leads"], companies)


def _is_company(key: CapKey) -> bool:
    return counted_as(*key[:2])[0] == "company"


def _candidate(ready: Ready, mailbox: MailboxRow, provider: str, now: datetime) -> Candidate[Ready]:
    person, campaign = ready.person, ready.campaign
    matched = world.matches_provider(campaign)  # where it is not asked for, everybody counts as a match
    return Candidate(
        item=ready,
        key=f"{campaign.seed}|{person.email_key}",
        campaign=str(campaign.id),
        due=person.next_due_at or ready.open_at,
        first=ready.first,
        companies=tuple((str(key), limit) for key, limit in ready.caps if _is_company(key)),
        sender=mailbox.email_key,
        provider=world.recipient_provider(person) if matched else provider,
        open=ready.open_at <= now,
    )


def _asked_again(
    ready: Ready, reason: scheduling.BlockReason, now: datetime, spent: Mapping[CapKey, int]
) -> datetime:
    """When its hours open, or when its campaign's caps have room again: at midnight, or across an edit earlier or later
    than that."""
    if reason not in CAPPED:
        return ready.open_at
    midnight = scheduling.midnight_after(world.schedule_of(ready.campaign).timezone, now)
    again = [
        _has_room(ready.campaign, key, limit - spent.get(key, 0), now) or midnight
        for key, limit in ready.caps
        if spent.get(key, 0) >= limit and counted_as(*key[:2])[0] not in ("mailbox", "domain")
    ]
    return max(again, default=midnight)


def _has_room(campaign: CampaignRow, key: CapKey, left: int, now: datetime) -> datetime | None:
    """When a counter that counts across an edit has room for one more; None for one of a local day."""
    scope, _ = counted_as(*key[:2])
    carried = world.carried_now(campaign.carried, scope, now)
    if carried is None or scope == key[0]:
        return None
    at = to_seconds(now)
    return to_instant(carried.frees(at, left + carried.still(at), 0))


def earliest(
    board: Board, waiting: Sequence[tuple[Ready, datetime]], slot: datetime, next_due: datetime | None
) -> datetime | None:
    """The first instant at or after `slot` at which one of these may go or another comes due; None: none is left."""
    found = [max(slot, next_due)] if next_due else []
    if board.more:
        found.append(slot)
    seen: set[tuple[object, ...]] = set()
    for ready, again in waiting:
        zone = world.recipient_zone(ready.campaign, ready.person)
        alike = (ready.campaign.id, zone, ready.person.country, again)
        if alike in seen:
            continue
        seen.add(alike)
        opens = world.open_from(max(slot, again), ready.campaign, ready.person, board.mailbox)
        if not isinstance(opens, NoSlot):
            found.append(opens)
    return min(found, default=None)


def push_back(board: Board, waiting: Sequence[tuple[Ready, datetime]]) -> list[Change]:
    """New alarms for a full page of messages of which none may go, so that the next page comes to be seen."""
    return [Change(ready.person.id, _later(ready, again, board.mailbox)) for ready, again in waiting]


def _later(ready: Ready, again: datetime, mailbox: MailboxRow) -> datetime:
    opens = world.open_from(again, ready.campaign, ready.person, mailbox)
    return again if isinstance(opens, NoSlot) else opens


async def find_next_due(session: Session, board: Board, now: datetime) -> datetime | None:
    """The next alarm of this mailbox that the board has not seen; it may have rung since the board was read."""
    mailbox = board.mailbox
    return await turns.find_next_due(session, mailbox.organization_id, mailbox.id, min(board.at, now))
