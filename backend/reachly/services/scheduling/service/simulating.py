"""The calendar of what will happen, by the very rules that send."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from math import inf
from zoneinfo import ZoneInfo

from reachly.data.repositories import scheduling as repository
from reachly.data.repositories.scheduling import CampaignFacts, EnrollmentFacts, MailboxFacts, StepFacts
from reachly.data.session import Session
from reachly.kit import clock
from reachly.kit.address import company_domain
from reachly.kit.errors import NotFound
from reachly.kit.ids import NIL
from reachly.services.campaigns import service as in_campaigns
from reachly.services.campaigns.policy import mailing_choice
from reachly.services.identity.schemas import Actor
from reachly.services.scheduling import policy
from reachly.services.scheduling.schemas import PlannedDay, PlannedMessage, SimulationOut
from reachly.services.scheduling.service import facts

SHOWN = 1_000
PAGE = 20_000
OPEN = ("active", "held", "pending")
HORIZON = timedelta(days=90)
"""Beyond it messages are only counted: a plan to the year 2496 helps nobody and costs as if it did."""

PACE = timedelta(days=28)
TOO_LONG = 36_500  # days
STUCK = frozenset({"unknown_previous", "sender_gone"})  # no passing of time lets these go


async def simulate_campaign(session: Session, actor: Actor, campaign_id: uuid.UUID) -> SimulationOut:
    """Every message of the next 90 days if nobody answers, before the start too, and how many come after them. Other
    running campaigns share the mailboxes."""
    organization_id = actor.organization_id
    found = await repository.list_campaigns(session, organization_id, [campaign_id])
    if not found:
        raise NotFound("There is no such campaign.")
    boxes = (await repository.list_mailboxes(session, organization_id, [campaign_id]))[campaign_id]
    steps = (await repository.list_steps(session, organization_id, [campaign_id]))[campaign_id]
    if not boxes or not steps:
        return _nothing("Choose a mailbox and write a step; then the calendar can be drawn.")
    others = await repository.list_campaigns_of(session, organization_id, [box.id for box in boxes])
    campaigns = found + await repository.list_campaigns(
        session, organization_id, [other for other in others if other != campaign_id]
    )
    world, leads = await _world(session, organization_id, campaigns)
    result = policy.simulate(world, world.now + HORIZON)
    own = [planned for planned in result.planned if planned.campaign == str(campaign_id)]
    problem = None
    if result.unplanned:
        first = result.unplanned[0]
        problem = f"{len(result.unplanned)} messages find no slot: {policy.blocked(first.reason).detail}"
    return await _out(session, organization_id, found[0], boxes, own, leads, result, problem)


async def _world(
    session: Session, organization_id: uuid.UUID, campaigns: list[CampaignFacts]
) -> tuple[policy.World, dict[str, EnrollmentFacts]]:
    now = clock.now()
    ids = [campaign.id for campaign in campaigns]
    boxes = await repository.list_mailboxes(session, organization_id, ids)
    steps = await repository.list_steps(session, organization_id, ids)
    usage = await repository.read_usage(session, organization_id, (now - timedelta(days=2)).date())
    plans, leads, people = [], [], {}
    for campaign in campaigns:
        own = {box.id: box for box in boxes[campaign.id]}
        plans.append(_plan_of(campaign, steps[campaign.id], own.values(), usage, now))
        holes = await in_campaigns.list_with_holes(session, organization_id, campaign.id)
        for state in OPEN:
            after = NIL
            while True:
                rows = await repository.page_enrollments(
                    session, organization_id, campaign.id, state, after, PAGE
                )
                for row in rows:
                    if row.id in holes or not _may_go(row, campaign):
                        continue
                    people[f"{campaign.id}|{row.email_key}"] = row
                    leads.append(_lead_of(row, campaign, own))
                if len(rows) < PAGE:
                    break
                after = rows[-1].id
    states = await facts.read_states(
        session, organization_id, [box for group in boxes.values() for box in group], usage, now
    )
    companies = {(key, day): n for (scope, key, day), n in usage.items() if scope == "company"}
    world = policy.World(
        now=now, campaigns=plans, mailboxes=list(states.values()), leads=leads, company_sent=companies,
        company_across=facts.companies_across(campaigns, usage, now),
    )  # fmt: skip
    return world, people


def _may_go(row: EnrollmentFacts, campaign: CampaignFacts) -> bool:
    """Whether nothing but time is in the way, as far as the person is concerned."""
    if row.next_due_at is None and row.blocked_reason in STUCK:
        return False
    return mailing_choice(row.verification, campaign.settings.get("mail_to", "unknown")) != "skip"


def _plan_of(
    campaign: CampaignFacts,
    steps: list[StepFacts],
    boxes: Iterable[MailboxFacts],
    usage: facts.Usage,
    now: datetime,
) -> policy.CampaignPlan:
    schedule = facts.schedule_of(campaign)
    messages = facts.campaign_count(campaign, "campaign", campaign.daily_cap, usage, now)
    firsts = facts.campaign_count(campaign, "new_leads", campaign.new_leads_cap, usage, now)
    able = [box for box in boxes if box.is_active and box.status == "connected"]
    return policy.CampaignPlan(
        key=str(campaign.id),
        seed=str(campaign.seed),
        schedule=schedule,
        steps=tuple(policy.Step(s.delay_days, s.delay_hours, s.working_days_only) for s in steps),
        mailboxes={box.email_key: box.weight for box in able},
        daily_cap=campaign.daily_cap,
        new_leads_cap=campaign.new_leads_cap,
        company_cap=campaign.company_cap,
        match_provider=facts.matches_provider(campaign),
        recipient_hours=facts.recipient_hours(campaign),
        sent_today=messages.used,
        new_leads_today=firsts.used,
        carried=messages.carried,
        across=messages.across,
        new_leads_carried=firsts.carried,
        new_leads_across=firsts.across,
    )


def _lead_of(
    row: EnrollmentFacts, campaign: CampaignFacts, boxes: dict[uuid.UUID, MailboxFacts]
) -> policy.LeadPlan:
    box = boxes.get(row.email_account_id) if row.email_account_id and row.last_sent_at else None
    return policy.LeadPlan(
        key=row.email_key,
        campaign=str(campaign.id),
        zone=facts.recipient_zone(campaign, row),
        country=row.country or None,
        company=company_domain(row.email_key) if campaign.company_cap else None,
        provider=facts.recipient_provider(row),
        sender=box.email_key if box else None,
        step=row.next_step,
        due=row.next_due_at,
    )


async def _out(
    session: Session, organization_id: uuid.UUID, campaign: CampaignFacts, boxes: list[MailboxFacts],
    own: list[policy.Planned], leads: dict[str, EnrollmentFacts], result: policy.Simulation, problem: str | None,
) -> SimulationOut:  # fmt: skip
    zone = ZoneInfo(facts.schedule_of(campaign).timezone)
    open_people = await repository.count_open(session, organization_id, campaign.id)
    stuck = {one.lead_key for one in result.unplanned if one.campaign == str(campaign.id)}
    going = sum(key.startswith(f"{campaign.id}|") for key in leads) - len(stuck)
    by_address = {box.email_key: box.id for box in boxes}
    planned = Counter((p.planned_at.astimezone(zone).date(), by_address[p.mailbox]) for p in own)
    sent = await repository.count_sent_by_day(session, organization_id, campaign.id, str(zone))
    days = [
        PlannedDay(day=day.isoformat(), email_account_id=account_id, planned=planned[day, account_id],
                   sent=sent.get((day, account_id), 0))
        for day, account_id in sorted(planned.keys() | sent.keys())
    ]  # fmt: skip
    messages = []
    for p in own[:SHOWN]:
        row = leads[f"{p.campaign}|{p.lead_key}"]
        messages.append(
            PlannedMessage(
                lead_id=row.lead_id, email=row.email, step=p.step, email_account_id=by_address[p.mailbox],
                planned_at=p.planned_at,
            )
        )  # fmt: skip
    first = [p.planned_at for p in own if p.step == 1]
    later = [p.planned_at for p in own if p.step > 1]
    beyond, first_beyond = result.remaining[str(campaign.id)], result.first_remaining[str(campaign.id)]
    until = clock.now() + HORIZON if beyond else None
    return SimulationOut(
        messages=messages,
        total=len(own),
        people=going,
        left_out=open_people - going,
        days=days,
        last_first_mail_at=None if first_beyond else max(first, default=None),
        last_follow_up_at=None if beyond else max(later, default=None),
        until=until,
        beyond=beyond,
        beyond_ends_at=_end_at_this_pace(own, beyond, until) if until else None,
        idle_capacity=result.idle_capacity,
        limiting_factor=(result.limiting.value if result.limiting else "none"),
        problem=problem,
    )


def _end_at_this_pace(own: list[policy.Planned], beyond: int, until: datetime) -> datetime | None:
    recent = sum(p.planned_at > until - PACE for p in own)
    days = beyond * PACE.days / recent if recent else inf
    return until + timedelta(days=days) if days < TOO_LONG else None


def _nothing(problem: str) -> SimulationOut:
    return SimulationOut(
        messages=[], total=0, people=0, left_out=0, days=[], last_first_mail_at=None, last_follow_up_at=None,
        idle_capacity=0,
        limiting_factor="none", problem=problem,
    )  # fmt: skip
