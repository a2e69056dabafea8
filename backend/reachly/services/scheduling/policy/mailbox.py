"""When a mailbox may send next: workday, absence, gap with jitter, ramp and the smallest of its caps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from hashlib import blake2b

from reachly.kit.address import company_domain
from reachly.kit.carried import Carried
from reachly.kit.schedule import SendSchedule, default_schedule
from reachly.services.scheduling.policy.alignment import message_calendar
from reachly.services.scheduling.policy.calendar import (
    Calendar,
    LocalDays,
    local_days,
    to_instant,
    to_seconds,
)
from reachly.services.scheduling.policy.counts import Count
from reachly.services.scheduling.policy.reasons import BlockReason

WORKDAY = default_schedule()
COUNTED = frozenset({BlockReason.MAILBOX_CAP, BlockReason.PROVIDER_CAP, BlockReason.HEALTH_CAP, BlockReason.RAMP,
                     BlockReason.DOMAIN_CAP})  # fmt: skip
MAX_ROUNDS = 400  # every round moves the slot forward; a year of closed days is enough to give up


@dataclass(frozen=True, slots=True)
class Ramp:
    """`start` messages on the first day, `step` more on each later calendar day, up to `target` (None: no end)."""

    started_on: date
    start: int = 10
    step: int = 3
    target: int | None = None

    def cap_on(self, ordinal: int) -> int | None:
        """The ramp's cap on a local day; None once the target is reached, for then it no longer binds."""
        cap = self.start + self.step * max(0, ordinal - self.started_on.toordinal())
        return None if self.target is not None and cap >= self.target else cap


@dataclass(frozen=True, slots=True)
class Mailbox:
    """The settings of one mailbox. Gap and jitter in seconds; None means no such cap."""

    address: str
    workday: SendSchedule = WORKDAY
    daily_limit: int = 40
    min_gap: int = 600
    jitter: int = 300
    ramp: Ramp | None = None
    provider: str = "smtp"
    provider_limit: int | None = None  # per rolling 24 hours
    health_cap: int | None = None
    domain_cap: int | None = None  # per day, over all mailboxes of the domain
    weight: int = 1
    absences: tuple[tuple[date, date], ...] = ()  # first and last day away, in the mailbox's zone

    @property
    def domain(self) -> str:
        """What the domain's cap counts: all subdomains together; a free-mail address stands for itself."""
        return company_domain(self.address) or self.address


@dataclass(frozen=True, slots=True)
class MailboxState:
    """A mailbox and what it has done. Counts are used plus reserved, for the mailbox's local day that holds now.

    `last_sent_n` is how many messages had left on the local day of `last_sent_at`, that one included: it seeds
    the jitter of the gap that follows, so a re-plan draws the same gap. `across` and `domain_across` count what left
    since the edit that is carried.
    """

    mailbox: Mailbox
    sent_today: int = 0
    domain_sent_today: int = 0
    last_sent_at: datetime | None = None
    last_sent_n: int | None = None
    not_before: datetime | None = None  # throttled by the provider until then
    provider_sent: int = 0  # in the 24 hours before now
    provider_full_until: datetime | None = None  # set while the rolling 24-hour count is at its limit
    handed: tuple[
        int, ...
    ] = ()  # those 24 hours message by message, in UTC seconds: only a simulation needs it
    carried: Carried | None = None  # the mailbox's own cap was edited in the 24 hours before now
    across: int = 0
    domain_carried: Carried | None = None  # likewise its domain's
    domain_across: int = 0


@dataclass(frozen=True, slots=True)
class Slot:
    """`at` is None where no slot can be found; `reason` is why it is not now (None: it is). `carried_until`: it is a
    cap that counts across an edit until then, and this holds it longer than the day does."""

    at: datetime | None
    reason: BlockReason | None = None
    carried_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cap:
    limit: int
    code: BlockReason


class Use:
    """Running counters of a mailbox, in UTC seconds and day ordinals: what `MailboxState` is to the outside."""

    __slots__ = (
        "across", "carried", "day", "domain_across", "domain_carried", "domain_used", "full_until", "last", "last_day",
        "last_n", "not_before", "sent",
    )  # fmt: skip

    def __init__(self) -> None:
        self.day = 0  # the local day that `sent` and `domain_used` count
        self.sent = 0
        self.domain_used = 0
        self.last: int | None = None
        self.last_day = 0
        self.last_n = 0
        self.not_before = 0
        self.full_until = 0
        self.carried: Carried | None = None
        self.domain_carried: Carried | None = None
        self.across = self.domain_across = 0


class Rules:
    """A mailbox made ready for many questions: its calendar, its local days, its absences in UTC seconds."""

    __slots__ = ("absences", "box", "calendar", "caps", "days", "hopeless")

    def __init__(self, box: Mailbox) -> None:
        self.box = box
        self.calendar: Calendar = message_calendar(box.workday)
        self.days: LocalDays = local_days(box.workday.timezone)
        self.absences = [
            (self.days.start(first.toordinal()), self.days.start(last.toordinal() + 1))
            for first, last in sorted(box.absences)
            if first <= last
        ]
        fixed = (box.daily_limit, box.health_cap, box.domain_cap, box.provider_limit)
        self.hopeless = any(cap is not None and cap <= 0 for cap in fixed)
        self.caps: dict[int, Cap] = {}

    def cap_on(self, ordinal: int) -> Cap:
        """The smallest cap that the mailbox's own count on that local day is held against."""
        cap = self.caps.get(ordinal)
        if cap is None:
            cap = self.caps[ordinal] = day_cap(self.box, ordinal)
        return cap

    def hold(self, use: Use, at: int) -> BlockReason | None:
        """The first rule, in fixed order, that forbids sending at `at`."""
        if any(first <= at < end for first, end in self.absences):
            return BlockReason.MAILBOX_ABSENT
        if use.not_before > at:
            return BlockReason.THROTTLED
        if use.full_until > at:
            return BlockReason.PROVIDER_CAP
        ordinal = self.days.ordinal(at)
        cap = self.cap_on(ordinal)
        if self.own_full(use, ordinal, at):
            return cap.code
        if self.box.domain_cap is not None and self.domain_full(use, ordinal, at):
            return BlockReason.DOMAIN_CAP
        if not self.calendar.is_open(at):
            return BlockReason.OUTSIDE_WORKDAY
        if self.gap_ends(use) > at:
            return BlockReason.MAILBOX_GAP
        return None

    def gap_ends(self, use: Use) -> int:
        if use.last is None:
            return 0
        box = self.box
        gap = box.min_gap
        if box.jitter:
            gap += draw_jitter(box.address, use.last_day, use.last_n, box.jitter)
        return use.last + gap

    # A simulation asks these for every message, so they make no `Count`.
    def own_full(self, use: Use, ordinal: int, at: int) -> bool:
        limit = self.cap_on(ordinal).limit
        if (use.sent if use.day == ordinal else 0) >= limit:
            return True
        return use.carried is not None and use.carried.full(at, limit, use.across)

    def domain_full(self, use: Use, ordinal: int, at: int) -> bool:
        limit = self.box.domain_cap
        if limit is None:
            return False
        if (use.domain_used if use.day == ordinal else 0) >= limit:
            return True
        return use.domain_carried is not None and use.domain_carried.full(at, limit, use.domain_across)

    def _own(self, use: Use, ordinal: int) -> Count:
        sent = use.sent if use.day == ordinal else 0
        return Count(self.cap_on(ordinal).limit, sent, use.carried, use.across)

    def _domains(self, use: Use, ordinal: int) -> Count:
        sent = use.domain_used if use.day == ordinal else 0
        return Count(self.box.domain_cap, sent, use.domain_carried, use.domain_across)

    def carried_until(self, use: Use, at: int) -> int | None:
        """Until when the cap that holds it counts across an edit, where that holds it longer than the day does."""
        ordinal = self.days.ordinal(at)
        for count in (self._own(use, ordinal), self._domains(use, ordinal)):
            if count.full(at):
                return count.carried_until(at, self.days.end(at))
        return None

    def room(self, use: Use, at: int) -> int:
        """How many messages the mailbox's and the domain's caps leave at `at`."""
        ordinal = self.days.ordinal(at)
        counts = (self._own(use, ordinal), self._domains(use, ordinal))
        return min(left for count in counts if (left := count.left(at)) is not None)

    def earliest(self, use: Use, at: int) -> int | None:
        """The first second at or after `at` that every rule of the mailbox allows; None if there is none."""
        if self.hopeless:
            return None
        at = max(at, use.not_before, use.full_until, self.gap_ends(use))
        for _ in range(MAX_ROUNDS):
            for first, end in self.absences:
                if first <= at < end:
                    at = end
            opening = self.calendar.next(at)
            if opening is None:
                return None
            if opening > at:
                at = opening
                if self.absences:
                    continue
            ordinal = self.days.ordinal(at)
            full = self.own_full(use, ordinal, at)
            if not full and (self.box.domain_cap is None or not self.domain_full(use, ordinal, at)):
                return at
            midnight = self.days.end(at)
            counts = (self._own(use, ordinal), self._domains(use, ordinal))
            free = max(count.frees(at, midnight) for count in counts)
            at = min(midnight, free)  # a new day may have a new cap
        return None


def day_cap(box: Mailbox, ordinal: int) -> Cap:
    """The smallest of limit, health and ramp on a local day (`date.toordinal()`), and which one it is."""
    caps = [Cap(box.daily_limit, BlockReason.MAILBOX_CAP)]
    if box.provider_limit is not None:
        caps.append(Cap(box.provider_limit, BlockReason.PROVIDER_CAP))
    if box.health_cap is not None:
        caps.append(Cap(box.health_cap, BlockReason.HEALTH_CAP))
    ramp = box.ramp.cap_on(ordinal) if box.ramp else None
    if ramp is not None:
        caps.append(Cap(ramp, BlockReason.RAMP))
    return min(caps, key=lambda cap: cap.limit)


def effective_cap(box: Mailbox, day: date, campaign_cap: int | None = None) -> Cap:
    """The smallest of provider, mailbox, domain, campaign, ramp and health caps for one mailbox on one day."""
    cap = day_cap(box, day.toordinal())
    for limit, code in ((box.domain_cap, BlockReason.DOMAIN_CAP), (campaign_cap, BlockReason.CAMPAIGN_CAP)):
        if limit is not None and limit < cap.limit:
            cap = Cap(limit, code)
    return cap


@lru_cache(maxsize=65_536)
def draw_jitter(address: str, ordinal: int, nth: int, jitter: int) -> int:
    """0 to `jitter` seconds after the n-th send of a local day: a draw that can be made again, never re-rolled."""
    seed = f"{address.lower()}|{ordinal}|{nth}".encode()
    return int.from_bytes(blake2b(seed, digest_size=8).digest(), "big") % (jitter + 1)


@lru_cache(maxsize=4096)
def rules_of(box: Mailbox) -> Rules:
    return Rules(box)


def use_of(state: MailboxState, now: datetime) -> Use:
    """The counters of a state at `now`."""
    rules = rules_of(state.mailbox)
    use = Use()
    use.day = rules.days.ordinal(to_seconds(now))
    use.sent = state.sent_today
    use.domain_used = max(state.domain_sent_today, state.sent_today)
    if state.last_sent_at is not None:
        use.last = to_seconds(state.last_sent_at)
        use.last_day = rules.days.ordinal(use.last)
        same_day = use.last_day == use.day
        use.last_n = (
            state.last_sent_n if state.last_sent_n is not None else (state.sent_today if same_day else 0)
        )
    use.not_before = to_seconds(state.not_before) if state.not_before else 0
    use.full_until = to_seconds(state.provider_full_until) if state.provider_full_until else 0
    use.carried, use.across = state.carried, state.across
    use.domain_carried, use.domain_across = state.domain_carried, state.domain_across
    return use


def next_slot(state: MailboxState, now: datetime) -> Slot:
    """The earliest instant (a whole second, or `now` itself) at which this mailbox may send, and why not now.

    A reached cap means the next local midnight, then the next opening of the workday. A reached provider limit
    means the instant at which the oldest message leaves the rolling 24 hours, and so does a cap across an edit.
    """
    rules, use = rules_of(state.mailbox), use_of(state, now)
    at = to_seconds(now)
    reason = rules.hold(use, at)
    if reason is None:
        return Slot(now)
    found = rules.earliest(use, at)
    carried = rules.carried_until(use, at) if reason in COUNTED else None
    return Slot(
        None if found is None else to_instant(found),
        reason,
        None if carried is None else to_instant(carried),
    )


def turn_size(state: MailboxState, now: datetime, batch: int) -> int:
    """How many messages this mailbox may take in one turn at `now`: one where a gap applies, else up to `batch`."""
    if next_slot(state, now).reason is not None:
        return 0
    box = state.mailbox
    if box.min_gap or box.jitter:
        return min(1, batch)
    left = rules_of(box).room(use_of(state, now), to_seconds(now))
    if box.provider_limit is not None:
        left = min(left, box.provider_limit - state.provider_sent)
    return max(0, min(left, batch))
