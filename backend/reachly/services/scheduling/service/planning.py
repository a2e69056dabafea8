"""Setting the alarms: `next_due_at` of every running enrollment, and the sender that stays with the lead."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from reachly.data import outbox
from reachly.data.repositories import scheduling as repository
from reachly.data.repositories.scheduling import CampaignFacts, EnrollmentFacts, MailboxFacts, Plan, StepFacts
from reachly.data.session import Session, tenant
from reachly.events import Event, HandOverAsked
from reachly.kit import clock
from reachly.kit.errors import NotFound
from reachly.kit.ids import NIL
from reachly.kit.schedule import SendSchedule
from reachly.services.campaigns import service as campaigns
from reachly.services.campaigns.schemas import SenderGone
from reachly.services.identity.schemas import Actor
from reachly.services.scheduling import policy
from reachly.services.scheduling.policy import BlockReason
from reachly.services.scheduling.schemas import HandOverIn, HandOverOut
from reachly.services.scheduling.service import facts

PAGE = 1_000
AWAY = "Away; goes on when they are back."


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
    sender_gone: SenderGone


async def plan_campaign(
    organization_id: uuid.UUID, campaign_id: uuid.UUID, sender_gone: SenderGone | None = None
) -> int:
    """Plans every running enrollment (anew), in pages of their own transactions. Idempotent; how many were looked at.

    A campaign that does not run is left alone: its start plans it. `sender_gone` is what becomes of people whose
    mailbox is no longer the campaign's, this time; None: what the campaign's own setting says.
    """
    active = await _plan_pages(organization_id, campaign_id, repository.page_active, sender_gone)
    return active + await _plan_pages(organization_id, campaign_id, repository.page_held, sender_gone)


async def plan_new(organization_id: uuid.UUID, campaign_id: uuid.UUID) -> int:
    """The same for those who have no plan yet: what a start costs grows with the people, not with their square."""
    return await _plan_pages(organization_id, campaign_id, repository.page_unplanned)


async def _plan_pages(
    organization_id: uuid.UUID,
    campaign_id: uuid.UUID,
    page: repository.PageForPlan,
    sender_gone: SenderGone | None = None,
) -> int:
    seen, after = 0, NIL
    while True:
        async with tenant(organization_id) as session:
            course = await _course(session, organization_id, campaign_id, sender_gone)
            if course is None:
                return seen
            rows = await page(session, organization_id, campaign_id, after, PAGE)
            last = len(rows) < PAGE
            everybody = last and page is repository.page_active
            if rows or everybody:
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
    plans = [_plan(row, course) for row in rows if row.id not in busy and _is_free(row, course)]
    await repository.save_plans(session, organization_id, plans, now)
    touched = {plan.email_account_id for plan in plans} | {row.email_account_id for row in rows}
    if every_mailbox:
        touched |= set(course.mailboxes)
    await repository.rouse_mailboxes(session, organization_id, [t for t in touched if t], now)
    events: list[Event] = []
    if any(plan.due is None and plan.reason is None for plan in plans):
        events = await campaigns.complete_if_done(session, organization_id, course.campaign.id)
    await outbox.emit(session, events, wake=every_mailbox or bool(plans))


async def plan_mailbox(
    organization_id: uuid.UUID, account_id: uuid.UUID, sender_gone: SenderGone | None = None
) -> None:
    """A mailbox changed, came or went: plans the campaigns that use it, and those whose people wait for another one.

    `sender_gone`: as for `plan_campaign`."""
    async with tenant(organization_id) as session:
        ids = await repository.list_campaigns_of(session, organization_id, [account_id], and_gone=True)
    for campaign_id in ids:
        await plan_campaign(organization_id, campaign_id, sender_gone)


async def hand_over(session: Session, actor: Actor, campaign_id: uuid.UUID, body: HandOverIn) -> HandOverOut:
    """People in mid-sequence whose mailbox is gone go on from another one, in a new thread, or end: a job sees to it,
    and until then they wait as they did. Raises NotFound."""
    if not await repository.list_campaigns(session, actor.organization_id, [campaign_id]):
        raise NotFound("There is no such campaign.")
    waiting = await repository.count_sender_gone(session, actor.organization_id, campaign_id)
    event = HandOverAsked(
        organization_id=actor.organization_id,
        at=clock.now(),
        campaign_id=campaign_id,
        sender_gone=body.choice,
    )
    await outbox.emit(session, [event])
    return HandOverOut(people=waiting)


async def _course(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID, sender_gone: SenderGone | None
) -> _Course | None:
    found = await repository.list_campaigns(session, organization_id, [campaign_id])
    # Somebody's choice counts in a campaign that is paused too; its start would not know of it.
    if not found or found[0].status not in (("active", "paused") if sender_gone else ("active",)):
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
        sender_gone=sender_gone or found[0].settings.get("sender_gone", "wait"),
    )


def _is_free(row: EnrollmentFacts, course: _Course) -> bool:
    """Whether planning decides: not while a hold runs, or something else that sets the due time itself; unless the
    mailbox that would send it then is gone. A field that is empty is mended first, whoever sends."""
    if row.blocked_reason == BlockReason.MISSING_FIELD:
        return False
    if row.email_account_id in course.mailboxes:
        return row.status == "active" and row.blocked_reason not in repository.KEPT
    return row.blocked_reason != "unknown_previous"  # reconciled first, whoever sends the next one


def _is_orphan(row: EnrollmentFacts, course: _Course) -> bool:
    """Somebody has been written to from a mailbox that is no longer the campaign's."""
    return row.last_sent_at is not None and row.email_account_id not in course.mailboxes


def _plan(row: EnrollmentFacts, course: _Course) -> Plan:
    step = next((s for s in course.steps if s.sequence_number >= row.next_step), None)
    if step is None:
        return Plan(row.id, row.email_account_id, row.next_step, None)
    account_id, reason, handed_over = _sender(row, course)
    if reason is BlockReason.SENDER_GONE and course.sender_gone == "stop":
        return Plan(row.id, account_id, step.sequence_number, None, stopped="Its mailbox is gone.")
    if reason is not None:
        told = _gone(row) if reason is BlockReason.SENDER_GONE else policy.blocked(reason)
        return Plan(row.id, account_id, step.sequence_number, None, reason.value, told.detail)
    due = facts.due_after_delay(course.campaign, step, row.last_sent_at, row.created_at)
    held = row.held_until is not None and row.held_until > due
    due = max(due, row.held_until) if row.held_until else due
    found = facts.open_from(due, course.campaign, row, course.mailboxes[account_id] if account_id else None)
    if isinstance(found, policy.NoSlot):
        return Plan(row.id, account_id, step.sequence_number, None, found.reason.value, found.detail)
    plan = Plan(row.id, account_id, step.sequence_number, found, handed_over=handed_over)
    return replace(plan, held=True, reason=BlockReason.HELD_OOO.value, detail=AWAY) if held else plan


def _gone(row: EnrollmentFacts) -> policy.Blocked:
    name = row.former_sender_key
    detail = f"{name}, which has written to this person, is no longer connected." if name else None
    return policy.blocked(BlockReason.SENDER_GONE, detail=detail)


def _sender(row: EnrollmentFacts, course: _Course) -> tuple[uuid.UUID | None, BlockReason | None, bool]:
    """The fixed mailbox once something was sent; a movable one before. Whether another one takes over."""
    orphan = _is_orphan(row, course)
    if row.last_sent_at is not None and not orphan:
        return row.email_account_id, None, False
    if orphan and course.sender_gone != "continue":
        return row.email_account_id, BlockReason.SENDER_GONE, False
    wanted = facts.recipient_provider(row) if course.providers else None
    if wanted is not None:
        address = policy.assign_sender(
            row.email_key, course.weights, str(course.campaign.seed), providers=course.providers,
            recipient_provider=wanted,
        )  # fmt: skip
    else:
        address = course.wheel.draw(row.email_key)
    if address is None:
        return None, BlockReason.NO_MAILBOX, False
    return course.by_address[address], None, orphan
