"""What the engine does now: one line on every page, so a handful of statements."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from datetime import time as clock_time
from zoneinfo import ZoneInfo

from reachly.data.repositories import analytics as repository
from reachly.data.repositories.analytics import DueGroup, MailboxNow, RunningCampaign
from reachly.data.session import Session
from reachly.infra.cache import Kind, cache
from reachly.kit import clock
from reachly.kit.schedule import SendSchedule, known_zone, parse_workday, read_schedule
from reachly.services.analytics import policy
from reachly.services.analytics.schemas import HourPlan, PulseOut, WaitingReason
from reachly.services.email_accounts.policy import RampFacts, limit_today
from reachly.services.identity import service as identity
from reachly.services.identity.schemas import Actor
from reachly.services.scheduling import service as scheduling

MUCH_SECONDS = 0.2  # below it, the reasons are always those of now


async def get_pulse(session: Session, actor: Actor) -> PulseOut:
    """The engine as it stands. Hours and "today" are those of the organization's zone."""
    organization_id, now = actor.organization_id, clock.now()
    organization = await identity.find_organization(session, organization_id)
    zone = ZoneInfo(organization.timezone if known_zone(organization.timezone) else "UTC")
    running = await repository.list_running(session, organization_id)
    mailboxes = await repository.list_mailboxes_now(session, organization_id, now)
    working = [box for box in mailboxes if _works(box)]
    next_sends = await repository.list_next_sends(session, organization_id, now)
    counts = await repository.count_campaigns(session, organization_id)
    held = organization.sending_held is not None
    hours, sent_today, planned_today = await _today(
        session, organization_id, now, zone, [] if held else running, mailboxes
    )
    return PulseOut(
        now=now,
        active_campaigns=len(running),
        mailboxes_sending=len(next_sends),
        mailboxes_in_trouble=sum(box.is_active and box.status != "connected" for box in mailboxes),
        next_send_at=min(next_sends.values(), default=None),
        idle=policy.find_idle(counts, held=held, can_send=bool(working)),
        sent_today=sent_today,
        planned_today=planned_today,
        waiting=await _reasons(session, actor, [campaign.id for campaign in running]),
        hours=hours,
        unread_threads=await repository.count_unread(session, organization_id, now),
        last_seq=await repository.last_number(session, organization_id),
    )


def _works(box: MailboxNow) -> bool:
    return box.is_active and box.status == "connected"


async def _today(
    session: Session, organization_id: uuid.UUID, now: datetime, zone: ZoneInfo, running: Sequence[RunningCampaign],
    mailboxes: Sequence[MailboxNow],
) -> tuple[list[HourPlan], int, int]:  # fmt: skip
    today = now.astimezone(zone).date()
    start, end = (datetime.combine(day, clock_time(), zone) for day in (today, today + timedelta(days=1)))
    rows = await repository.list_sent_today(
        session, organization_id, [box.id for box in mailboxes], start, end, str(zone)
    )
    sent, planned = policy.count_up(rows, "hour"), policy.count_up(rows, "planned_hour")
    working = [box for box in mailboxes if _works(box) and box.next_turn_at is not None]
    dues = await repository.list_due_today(
        session, organization_id, [box.id for box in working], [each.id for each in running], now, end
    )
    first = now.replace(minute=0, second=0, microsecond=0)
    left = [hour for n in range(26) if (hour := first + timedelta(hours=n)) < end]
    to_come = policy.estimate_hours(_boxes(working, dues, running, now), left, end, zone)
    hours = [
        HourPlan(hour=h, planned=planned.get(h, 0) + to_come.get(h, 0), sent=sent.get(h, 0))
        for h in range(24)
    ]
    sent_today = sum(sent.values())
    return hours, sent_today, sent_today + sum(to_come.values())


def _boxes(
    mailboxes: Sequence[MailboxNow],
    dues: Sequence[DueGroup],
    running: Sequence[RunningCampaign],
    now: datetime,
) -> list[policy.Box]:
    schedules: Mapping[str, SendSchedule] = {
        str(each.id): schedule for each in running if (schedule := read_schedule(each.send_schedule)[0])
    }
    boxes = []
    for box in mailboxes:
        own = [policy.Due(str(d.campaign_id), d.hour, d.n) for d in dues if d.email_account_id == box.id]
        ramp = None
        if box.ramp_enabled and box.ramp_started_at:
            ramp = RampFacts(box.ramp_started_at, box.ramp_start, box.ramp_step, box.timezone)
        boxes.append(
            policy.Box(
                start=max(now, box.next_turn_at or now),
                left=limit_today(box.daily_limit, ramp, now) - box.used_today,
                gap=box.min_gap_seconds + box.gap_jitter_seconds / 2,
                dues=[due for due in own if due.campaign in schedules],
                workday=parse_workday(box.workday, box.timezone),
                schedules=schedules,
            )
        )
    return boxes


async def _reasons(session: Session, actor: Actor, campaign_ids: Sequence[uuid.UUID]) -> list[WaitingReason]:
    """As gathered now; where that is much work, as gathered a moment ago, twenty times as long as it took."""
    kept = await cache().get(Kind.ANALYTICS, f"waiting:{actor.organization_id}")
    if kept and time.time() < kept["until"]:
        return [WaitingReason.model_validate(each) for each in kept["reasons"]]
    started = time.monotonic()
    reasons = await _gather_reasons(session, actor, campaign_ids)
    took = time.monotonic() - started
    if took > MUCH_SECONDS:
        body = [reason.model_dump(mode="json") for reason in reasons]
        value = {"until": time.time() + 20 * took, "reasons": body}
        await cache().put(Kind.ANALYTICS, f"waiting:{actor.organization_id}", value)
    return reasons


async def _gather_reasons(
    session: Session, actor: Actor, campaign_ids: Sequence[uuid.UUID]
) -> list[WaitingReason]:
    """Why due messages of running campaigns wait, the most frequent reason first."""
    gathered: dict[str, WaitingReason] = {}
    for campaign_id in campaign_ids:
        for reason in (await scheduling.explain_campaign(session, actor, campaign_id)).reasons:
            known = gathered.get(reason.code)
            if known is None:
                gathered[reason.code] = WaitingReason(
                    reason=reason.code,
                    detail=reason.detail,
                    change=reason.change,
                    count=reason.count,
                    until=reason.until,
                )
                continue
            known.count += reason.count
            known.until = min(filter(None, (known.until, reason.until)), default=None)
    return sorted(gathered.values(), key=lambda each: (-each.count, each.reason))
