"""The parts that a simulation moves: campaigns with their counters, mailboxes with their queues.

Times are whole UTC seconds. Messages wait in a heap until due, then in one queue per mailbox and group; a group
shares campaign, recipient zone and country, and so its open hours, which makes the question "may it leave now"
two comparisons.
"""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from datetime import datetime

from reachly.services.scheduling.policy.alignment import after_working_days
from reachly.services.scheduling.policy.calendar import DAY_SECONDS, Calendar, local_days
from reachly.services.scheduling.policy.choice import SenderWheel
from reachly.services.scheduling.policy.counts import Count
from reachly.services.scheduling.policy.mailbox import MailboxState, rules_of, use_of
from reachly.services.scheduling.policy.reasons import BlockReason
from reachly.services.scheduling.policy.world import CampaignPlan

Entry = tuple[int, bool, int]  # due, provider mismatch, rank of the lead: the order within a queue
FAR = 1 << 60


class Course:
    """A running campaign: its counters for the local day that ends at `day_end`."""

    __slots__ = ("carried", "day", "day_end", "days", "firsts", "messages", "plan", "wheel")

    def __init__(self, plan: CampaignPlan, now: int) -> None:
        self.plan = plan
        self.days = local_days(plan.schedule.timezone)
        self.day, self.day_end = self.days.ordinal(now), self.days.end(now)
        self.messages = Count(plan.daily_cap, plan.sent_today, plan.carried, plan.across)
        self.firsts = Count(
            plan.new_leads_cap, plan.new_leads_today, plan.new_leads_carried, plan.new_leads_across
        )
        # What each company got before the edit is told as a number, not by the minute.
        self.carried = replace(plan.carried, before=()) if plan.carried else None
        self.wheel = SenderWheel(plan.mailboxes, plan.seed)

    def roll(self, at: int) -> None:
        if at >= self.day_end:
            self.day, self.day_end = self.days.ordinal(at), self.days.end(at)
            self.messages.used = self.firsts.used = 0

    def frees(self, at: int, *, first: bool) -> int:
        """The first second at or after `at` at which its caps let one more leave, a first mail or a follow-up."""
        found = at if self.messages.limit is None else self.messages.frees(at, self.day_end)
        if first and self.firsts.limit is not None:
            return max(found, self.firsts.frees(at, self.day_end))
        return found

    def due_after(self, sent: int, step: int) -> int:
        """When step number `step` is due after its predecessor left at `sent`, before alignment."""
        delay = self.plan.steps[step - 1]
        if delay.working_days_only:
            return after_working_days(self.plan.schedule, sent, delay.delay_days) + delay.delay_hours * 3600
        return sent + delay.delay_days * DAY_SECONDS + delay.delay_hours * 3600


class Group:
    """Leads of one campaign with the same recipient zone and country."""

    __slots__ = ("country", "course", "index", "zone")

    def __init__(self, index: int, course: Course, zone: str | None, country: str | None) -> None:
        self.index, self.course, self.zone, self.country = index, course, zone, country


class Queue:
    """The messages of one group that are due in one mailbox, with the range in which they may leave."""

    __slots__ = ("calendar", "closes", "firsts", "follow_ups", "group", "opens")

    def __init__(self, group: Group, calendar: Calendar) -> None:
        self.group, self.calendar = group, calendar
        self.follow_ups: list[Entry] = []
        self.firsts: list[Entry] = []
        self.opens, self.closes = 0, -1

    def opening(self, at: int) -> int:
        """The first open second at or after `at`; FAR if there is none within a fortnight."""
        if at >= self.closes or at < self.opens:
            part = self.calendar.span(at)
            if part is None:
                return FAR
            self.opens, self.closes = part
        return max(at, self.opens)

    def possible(self, at: int) -> int:
        """The first second at or after `at` at which hours and the campaign's own caps let one of these leave."""
        return self.opening(self.group.course.frees(at, first=not self.follow_ups))


class Desk:
    """A mailbox at work."""

    __slots__ = (
        "address",
        "domain",
        "first_day",
        "index",
        "queues",
        "recent",
        "rules",
        "sent",
        "use",
        "waiting",
    )

    def __init__(self, index: int, state: MailboxState, now: datetime) -> None:
        self.index = index
        self.address, self.domain = state.mailbox.address, state.mailbox.domain
        self.rules, self.use = rules_of(state.mailbox), use_of(state, now)
        self.first_day = self.use.day
        self.queues: dict[int, Queue] = {}
        self.waiting: list[tuple[int, int, bool, int]] = []  # wake, then the entry
        self.recent: deque[int] = deque(state.handed)
        self.sent = 0

    def count(self, at: int) -> None:
        """One message left at `at`."""
        use, limit = self.use, self.rules.box.provider_limit
        use.sent += 1
        use.domain_used += 1
        use.across += 1
        use.domain_across += 1
        use.last, use.last_day, use.last_n = at, use.day, use.sent
        self.sent += 1
        if limit is not None:
            recent = self.recent
            recent.append(at)
            while recent[0] <= at - DAY_SECONDS:
                recent.popleft()
            if len(recent) >= limit:
                use.full_until = recent[-limit] + DAY_SECONDS

    def binding_rule(self) -> BlockReason:
        """What ended the day that is just over: a cap, the campaigns' caps, the gap, or lack of due messages."""
        use, box = self.use, self.rules.box
        cap = self.rules.cap_on(use.day)
        ready = [queue for queue in self.queues.values() if queue.follow_ups or queue.firsts]
        if not ready:
            return BlockReason.WAITING_DELAY
        last = use.last or 0
        if self.rules.own_full(use, use.day, last):
            return cap.code
        if self.rules.domain_full(use, use.day, last):
            return BlockReason.DOMAIN_CAP
        if use.full_until > last:
            return BlockReason.PROVIDER_CAP
        if all(queue.group.course.messages.full(last) for queue in ready):
            return BlockReason.CAMPAIGN_CAP
        if all(queue.group.course.firsts.full(last) and not queue.follow_ups for queue in ready):
            return BlockReason.NEW_LEAD_CAP
        return BlockReason.MAILBOX_GAP if box.min_gap or box.jitter else BlockReason.OUTSIDE_WINDOW

    def idle_until(self, last: int) -> int:
        """Messages that caps and gap would have allowed from the first day to the day of `last`, and were not sent."""
        days, box = self.rules.days, self.rules.box
        mean_gap = box.min_gap + box.jitter / 2
        room = 0
        for ordinal in range(self.first_day, days.ordinal(last) + 1):
            seconds = self._open_seconds(ordinal)
            if seconds:
                cap = self.rules.cap_on(ordinal).limit
                room += min(cap, 1 + int((seconds - 1) / mean_gap)) if mean_gap else cap
        return max(0, room - self.sent)

    def _open_seconds(self, ordinal: int) -> int:
        start, end = self.rules.days.start(ordinal), self.rules.days.start(ordinal + 1)
        if any(first <= start < back for first, back in self.rules.absences):
            return 0
        total, at = 0, start
        while at < end:
            part = self.rules.calendar.span(at)
            if part is None or part[0] >= end:
                break
            total += min(part[1], end) - max(part[0], start)
            at = part[1]
        return total
