"""`simulate`: the calendar that the rules will produce if nobody answers, message by message.

Each mailbox has its turn at the earliest instant that its own rules and at least one of its messages allow, as
in the real loop; turns at the same instant go by address.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from heapq import heappop, heappush

from reachly.services.scheduling.policy.alignment import explain_no_slot, message_calendar
from reachly.services.scheduling.policy.calendar import to_instant, to_seconds
from reachly.services.scheduling.policy.choice import assign_sender
from reachly.services.scheduling.policy.counts import Count
from reachly.services.scheduling.policy.desks import FAR, Course, Desk, Entry, Group, Queue
from reachly.services.scheduling.policy.reasons import BlockReason
from reachly.services.scheduling.policy.world import LeadPlan, Planned, Simulation, Unplanned, World


def simulate(world: World, until: datetime | None = None) -> Simulation:
    """Run the same rules on a virtual clock from `world.now` up to and including `until` (None: to the end).

    Pure and deterministic: equal worlds give equal calendars, whatever ids a database may use.
    """
    return Run(world).play(until)


class Run:
    """One simulation. The leads are ranked by (seed, key), so no id and no order of rows shows in the result."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.now = to_seconds(world.now)
        self.courses = {plan.key: Course(plan, self.now) for plan in world.campaigns}
        states = sorted(world.mailboxes, key=lambda state: state.mailbox.address)
        self.desks = [Desk(index, state, world.now) for index, state in enumerate(states)]
        self.by_address = {desk.address: desk for desk in self.desks}
        self.providers = {desk.address: desk.rules.box.provider for desk in self.desks}
        self.domains_capped = any(desk.rules.box.domain_cap is not None for desk in self.desks)
        self.domain_used: dict[tuple[str, int], int] = {}
        for desk in self.desks:
            key = (desk.domain, desk.use.day)
            self.domain_used[key] = max(self.domain_used.get(key, 0), desk.use.domain_used)
        self.domain_across: dict[str, int] = {}
        for desk in self.desks:
            so_far = self.domain_across.get(desk.domain, 0)
            self.domain_across[desk.domain] = max(so_far, desk.use.domain_across)
        self.company_across = dict(world.company_across)
        seeds = {key: course.plan.seed for key, course in self.courses.items()}
        self.leads: list[LeadPlan] = sorted(world.leads, key=lambda lead: (seeds[lead.campaign], lead.key))
        self.steps = [lead.step for lead in self.leads]
        self.groups: dict[tuple[str, str | None, str | None], Group] = {}
        self.group_of: list[Group] = []
        self.companies: dict[tuple[str, int], int] = {
            (company, day.toordinal()): used for (company, day), used in world.company_sent.items()
        }
        self.heap: list[tuple[int, int]] = []
        self.planned: list[Planned] = []
        self.unplanned: list[Unplanned] = []
        self.binding: Counter[BlockReason] = Counter()
        self.last_first = self.last_follow = 0

    def play(self, until: datetime | None) -> Simulation:
        for rank, lead in enumerate(self.leads):
            self._enter(rank, lead)
        for desk in self.desks:
            self._plan(desk, self.now)
        stop = to_seconds(until) if until else FAR
        heap = self.heap
        while heap and heap[0][0] <= stop:
            at, index = heappop(heap)
            self._turn(self.desks[index], at)
        return self._result()

    def _enter(self, rank: int, lead: LeadPlan) -> None:
        key = (lead.campaign, lead.zone, lead.country)
        group = self.groups.get(key)
        if group is None:
            group = self.groups[key] = Group(
                len(self.groups), self.courses[lead.campaign], lead.zone, lead.country
            )
        self.group_of.append(group)
        desk = self._desk_of(lead, group.course)
        if lead.step > len(group.course.plan.steps):
            return
        if desk is None:
            self.unplanned.append(Unplanned(lead.key, lead.campaign, lead.step, BlockReason.NO_MAILBOX))
            return
        due = to_seconds(lead.due) if lead.due else self.now
        if lead.due is None and lead.step == 1:
            due = group.course.due_after(due, 1)
        self._wait(desk, group, rank, due)

    def _desk_of(self, lead: LeadPlan, course: Course) -> Desk | None:
        plan, address = course.plan, lead.sender
        if address is None and plan.match_provider and lead.provider:
            address = assign_sender(
                lead.key,
                plan.mailboxes,
                plan.seed,
                providers=self.providers,
                recipient_provider=lead.provider,
            )
        elif address is None:
            address = course.wheel.draw(lead.key)
        return self.by_address.get(address) if address else None

    def _wait(self, desk: Desk, group: Group, rank: int, due: int) -> None:
        wake = max(self.now, due)
        aligned = self._queue(desk, group).calendar.next(wake)
        if aligned is None:
            self._give_up(desk, group, rank, wake)
            return
        due = aligned if due == wake else due  # who is overdue goes in the order in which they came due
        lead = self.leads[rank]
        mismatch = group.course.plan.match_provider and lead.provider != desk.rules.box.provider
        heappush(desk.waiting, (aligned, due, mismatch, rank))

    def _give_up(
        self, desk: Desk, group: Group, rank: int, at: int, reason: BlockReason | None = None
    ) -> None:
        if reason is None:
            plan = group.course.plan
            hours, workday = plan.recipient_hours, desk.rules.box.workday
            reason = explain_no_slot(
                at, plan.schedule, group.zone, group.country, hours=hours, workday=workday
            ).reason
        lead = self.leads[rank]
        self.unplanned.append(Unplanned(lead.key, lead.campaign, self.steps[rank], reason))

    def _turn(self, desk: Desk, at: int) -> None:
        use, rules = desk.use, desk.rules
        ordinal = rules.days.ordinal(at)
        if use.day != ordinal:
            use.day, use.sent = ordinal, 0
        free = True  # the turn was planned for an instant that the mailbox's own rules allow
        if rules.box.domain_cap is not None:  # but others may have used up what the domain has
            use.domain_used = self.domain_used.get((desk.domain, ordinal), 0)
            use.domain_across = self.domain_across.get(desk.domain, 0)
            free = rules.hold(use, at) is None
        self._admit(desk, at)
        sent = False
        while free and (queue := self._pick(desk, at)) is not None:
            self._send(desk, queue, at)
            sent = True
            free = not rules.box.min_gap and rules.hold(use, at) is None
        # Where nothing could leave now, nothing can before the next second: the clock always moves.
        self._plan(desk, at if sent else at + 1)

    def _admit(self, desk: Desk, at: int) -> None:
        """Move what is due from the waiting heap into the queues."""
        waiting = desk.waiting
        while waiting and waiting[0][0] <= at:
            _, due, mismatch, rank = heappop(waiting)
            queue = desk.queues[self.group_of[rank].index]
            heappush(queue.firsts if self.steps[rank] == 1 else queue.follow_ups, (due, mismatch, rank))

    def _queue(self, desk: Desk, group: Group) -> Queue:
        queue = desk.queues.get(group.index)
        if queue is None:
            plan = group.course.plan
            parties = (group.zone, group.country, plan.recipient_hours, desk.rules.box.workday)
            queue = desk.queues[group.index] = Queue(group, message_calendar(plan.schedule, *parties))
        return queue

    def _pick(self, desk: Desk, at: int) -> Queue | None:
        """The queue whose head goes first: follow-ups, then due time, provider match, rank."""
        best: tuple[bool, Entry] | None = None
        chosen: Queue | None = None
        for queue in desk.queues.values():
            if not (queue.follow_ups or queue.firsts) or queue.opening(at) != at:
                continue
            course = queue.group.course
            course.roll(at)
            if course.messages.full(at):
                continue
            self._set_aside(desk, queue, queue.follow_ups, at)
            head: tuple[bool, Entry] | None = None
            if queue.follow_ups:
                head = (False, queue.follow_ups[0])
            elif not course.firsts.full(at):
                self._set_aside(desk, queue, queue.firsts, at)
                head = (True, queue.firsts[0]) if queue.firsts else None
            if head is not None and (best is None or head < best):
                best, chosen = head, queue
        return chosen

    def _set_aside(self, desk: Desk, queue: Queue, entries: list[Entry], at: int) -> None:
        """Heads whose company has had enough for now wait, their place kept."""
        course = queue.group.course
        if course.plan.company_cap is None:
            return
        while entries and (free := self._company_frees(entries[0][2], course, at)) > at:
            due, mismatch, rank = heappop(entries)
            heappush(desk.waiting, (free, due, mismatch, rank))

    def _company_frees(self, rank: int, course: Course, at: int) -> int:
        company, plan = self.leads[rank].company, course.plan
        if company is None:
            return at
        used = self.companies.get((company, course.day), 0)
        across = self.company_across.get((plan.key, company), 0)
        return Count(plan.company_cap, used, course.carried, across).frees(at, course.day_end)

    def _send(self, desk: Desk, queue: Queue, at: int) -> None:
        course = queue.group.course
        _, _, rank = heappop(queue.follow_ups or queue.firsts)
        lead, step, use = self.leads[rank], self.steps[rank], desk.use
        self.planned.append(Planned(lead.key, lead.campaign, step, desk.address, to_instant(at)))
        desk.count(at)
        if self.domains_capped:  # one mailbox's cap counts what all of its domain send
            today = (desk.domain, use.day)
            self.domain_used[today] = self.domain_used.get(today, 0) + 1
            self.domain_across[desk.domain] = self.domain_across.get(desk.domain, 0) + 1
        course.messages.add()
        if step == 1:
            course.firsts.add()
            self.last_first = at
        else:
            self.last_follow = at
        if lead.company is not None and course.plan.company_cap is not None:
            key = (lead.company, course.day)
            self.companies[key] = self.companies.get(key, 0) + 1
            across = (lead.campaign, lead.company)
            self.company_across[across] = self.company_across.get(across, 0) + 1
        self.steps[rank] = step + 1
        if step < len(course.plan.steps):
            self._wait(desk, queue.group, rank, course.due_after(at, step + 1))

    def _plan(self, desk: Desk, now: int) -> None:
        """Set the mailbox's next turn: the first second that its rules and one of its messages allow."""
        slot = desk.rules.earliest(desk.use, now)
        while slot is not None:
            wanted = self._wanted(desk, slot)
            if wanted == FAR:
                return
            following = slot if wanted == slot else desk.rules.earliest(desk.use, wanted)
            if following == wanted:
                self._note_binding(desk, now, wanted)
                heappush(self.heap, (wanted, desk.index))
                return
            slot = following
        reason = desk.rules.hold(desk.use, now) or BlockReason.NO_COMMON_SLOT
        for queue in desk.queues.values():
            self._clear(desk, queue, now, reason)
        for _, _, _, rank in desk.waiting:
            self._give_up(desk, self.group_of[rank], rank, now, reason)
        desk.waiting.clear()

    def _wanted(self, desk: Desk, slot: int) -> int:
        """The first second at or after `slot` at which a message may leave or comes due; FAR if none is left."""
        best = FAR
        for queue in desk.queues.values():
            if queue.follow_ups or queue.firsts:
                opening = queue.possible(slot)
                if opening == FAR:
                    self._clear(desk, queue, slot, None)
                elif opening < best:
                    best = opening
                    if best == slot:
                        return slot
        return min(best, max(slot, desk.waiting[0][0])) if desk.waiting else best

    def _clear(self, desk: Desk, queue: Queue, at: int, reason: BlockReason | None) -> None:
        for entries in (queue.follow_ups, queue.firsts):
            for _, _, rank in entries:
                self._give_up(desk, queue.group, rank, at, reason)
            entries.clear()

    def _note_binding(self, desk: Desk, now: int, following: int) -> None:
        """Count what ended this mailbox's day, if it did send today and goes on another day."""
        use, days = desk.use, desk.rules.days
        if use.last is not None and use.last == now and days.ordinal(following) > use.day:
            self.binding[desk.binding_rule()] += 1

    def _result(self) -> Simulation:
        limits = [
            (count, code) for code, count in self.binding.items() if code is not BlockReason.WAITING_DELAY
        ]
        delay = BlockReason.WAITING_DELAY if self.binding else None
        last = max(self.last_first, self.last_follow)
        remaining, first_remaining = self._remaining()
        return Simulation(
            planned=self.planned,
            unplanned=self.unplanned,
            last_first_mail=to_instant(self.last_first) if self.last_first else None,
            last_follow_up=to_instant(self.last_follow) if self.last_follow else None,
            idle_capacity=sum(desk.idle_until(last) for desk in self.desks) if last else 0,
            limiting=max(limits)[1] if limits else delay,
            binding=self.binding,
            remaining=remaining,
            first_remaining=first_remaining,
        )

    def _remaining(self) -> tuple[Counter[str], Counter[str]]:
        """All that is left and, of it, the first mails, by campaign."""
        given_up = {(entry.lead_key, entry.campaign) for entry in self.unplanned}
        left, first = Counter[str](), Counter[str]()
        for lead, step in zip(self.leads, self.steps, strict=True):
            if (lead.key, lead.campaign) not in given_up:
                left[lead.campaign] += len(self.courses[lead.campaign].plan.steps) - step + 1
                first[lead.campaign] += step == 1
        return left, first
