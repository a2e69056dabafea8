"""Setting the alarms: `next_due_at` of every running enrollment, and the sender that stays with the lead."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reachly.data import outbox
from reachly.data.repositories import scheduling as repository
from reachly.data.repositories.scheduling import CampaignFacts, EnrollmentFacts, MailboxFacts, Plan, StepFacts
from reachly.data.session import Session, tenant
from reachly.events import Event
from reachly.kit import clock
from reachly.kit.ids import NIL
from reachly.kit.schedule import SendSchedule
from reachly.services.campaigns import service as campaigns
from reachly.services.scheduling import policy
from reachly.services.scheduling.policy import BlockReason
from reachly.services.scheduling.service import facts

PAGE = 1_000


@dataclass(frozen=True, slots=True)
class _Course:
    """A campaign made ready for many leads."""

    campaign: CampaignFacts
    schedule: SendSchedule
    steps: list[StepFacts]
    mailboxes: Mapping[uuid.UUID, MailboxFacts]
    by_address: Mapping[str, uuid.UUID]
    weights: Mapping[str, int]
    providers: Mapping[str, str]  # by address; empty where no match is asked for
    wheel: policy.SenderWheel


async def plan_campaign(organization_id: uuid.UUID, campaign_id: uuid.UUID) -> int:
    """Plans every running enrollment (anew), in pages of their own transactions. Idempotent; how many were looked at.

    A campaign that does not run is left alone: its start plans it.
    """
    return await _plan_pages(organization_id, campaign_id, repository.page_active)


async def plan_new(organization_id: uuid.UUID, campaign_id: uuid.UUID) -> int:
    """The same for those who have no plan yet: what a start costs grows with the people, not with their square."""
    return await _plan_pages(organization_id, campaign_id, repository.page_unplanned)


async def _plan_pages(
    organization_id: uuid.UUID, campaign_id: uuid.UUID, page: repository.PageForPlan
) -> int:
    seen, after = 0, NIL
    while True:
        async with tenant(organization_id) as session:
            course = await _course(session, organization_id, campaign_id)
            if course is None:
                return seen
            rows = await page(session, organization_id, campaign_id, after, PAGE)
            last = len(rows) < PAGE
            everybody = last and page is repository.page_active
            await _plan_rows(session, organization_id, course, rows, every_mailbox=everybody)
            superseded = not last and await repository.is_planned_again(session)
        seen += len(rows)
        if last or superseded:
            return seen
        after = rows[-1].id


async def _plan_rows(
    session: Session, organization_id: uuid.UUID, course: _Course, rows: Sequence[EnrollmentFacts], *,
    every_mailbox: bool,
) -> None:  # fmt: skip
    now = clock.now()
    # Whoever has a message under way sets the next alarm, and its sender is no longer free.
    busy = await repository.find_under_way(session, organization_id, [row.id for row in rows])
    free = [row for row in rows if row.id not in busy and row.blocked_reason not in repository.KEPT]
    plans = [_plan(row, course) for row in free]
    await repository.save_plans(session, organization_id, plans, now)
    touched = {plan.email_account_id for plan in plans} | {row.email_account_id for row in rows}
    if every_mailbox:
        touched |= set(course.mailboxes)
    await repository.rouse_mailboxes(session, organization_id, [t for t in touched if t], now)
    events: list[Event] = []
    if any(plan.due is None and plan.reason is None for plan in plans):
        events = await campaigns.complete_if_done(session, organization_id, course.campaign.id)
    await outbox.emit(session, events, wake=every_mailbox or bool(plans))


async def plan_mailbox(organization_id: uuid.UUID, account_id: uuid.UUID) -> None:
    """A mailbox changed, came or went: plans the campaigns that use it."""
    async with tenant(organization_id) as session:
        ids = await repository.list_campaigns_of(session, organization_id, [account_id])
        ids = ids or await campaigns.list_active_ids(session, organization_id)
    for campaign_id in ids:
        await plan_campaign(organization_id, campaign_id)


async def _course(session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID) -> _Course | None:
    found = await repository.list_campaigns(session, organization_id, [campaign_id])
    if not found or found[0].status != "active":
        return None
    boxes = (await repository.list_mailboxes(session, organization_id, [campaign_id]))[campaign_id]
    steps = (await repository.list_steps(session, organization_id, [campaign_id]))[campaign_id]
    able = [box for box in boxes if box.is_active and box.status == "connected"] or boxes
    weights = {box.email_key: box.weight for box in able}
    return _Course(
        campaign=found[0],
        schedule=facts.schedule_of(found[0]),
        steps=steps,
        mailboxes={box.id: box for box in boxes},
        by_address={box.email_key: box.id for box in boxes},
        weights=weights,
        providers={box.email_key: facts.provider_of(box) for box in able}
        if facts.matches_provider(found[0])
        else {},
        wheel=policy.SenderWheel(weights, str(found[0].seed)),
    )


def _plan(row: EnrollmentFacts, course: _Course) -> Plan:
    step = next((s for s in course.steps if s.sequence_number >= row.next_step), None)
    if step is None:
        return Plan(row.id, row.email_account_id, row.next_step, None, None, None)
    account_id, reason = _sender(row, course)
    if reason is not None:
        told = policy.blocked(reason)
        return Plan(row.id, account_id, step.sequence_number, None, reason.value, told.detail)
    due = facts.due_after_delay(course.campaign, step, row.last_sent_at, row.created_at)
    found = facts.open_from(due, course.campaign, row, course.mailboxes[account_id] if account_id else None)
    if isinstance(found, policy.NoSlot):
        return Plan(row.id, account_id, step.sequence_number, None, found.reason.value, found.detail)
    return Plan(row.id, account_id, step.sequence_number, found, None, None)


def _sender(row: EnrollmentFacts, course: _Course) -> tuple[uuid.UUID | None, BlockReason | None]:
    """The fixed mailbox once something was sent; a movable one before."""
    if row.last_sent_at is not None:
        if row.email_account_id is None:
            return None, BlockReason.NO_MAILBOX
        known = course.mailboxes.get(row.email_account_id)
        return row.email_account_id, None if known else BlockReason.NO_MAILBOX
    wanted = facts.recipient_provider(row) if course.providers else None
    if wanted is not None:
        address = policy.assign_sender(
            row.email_key, course.weights, str(course.campaign.seed), providers=course.providers,
            recipient_provider=wanted,
        )  # fmt: skip
    else:
        address = course.wheel.draw(row.email_key)
    if address is None:
        return None, BlockReason.NO_MAILBOX
    return course.by_address[address], None
