"""Why due messages do not go: one reason each, until when, and what would change it."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from reachly.data.repositories import scheduling as repository
from reachly.data.repositories.scheduling import CampaignFacts, MailboxFacts, StepFacts
from reachly.data.session import Session
from reachly.kit import clock
from reachly.kit.address import company_domain
from reachly.kit.errors import NotFound
from reachly.services.campaigns import service as campaigns
from reachly.services.campaigns.policy import mailing_choice
from reachly.services.identity.schemas import Actor
from reachly.services.scheduling import policy
from reachly.services.scheduling.policy import Blocked, BlockReason
from reachly.services.scheduling.policy.calendar import to_instant, to_seconds
from reachly.services.scheduling.schemas import (
    CapToday,
    DueHere,
    EnrollmentWhy,
    ExplainOut,
    MailboxExplainOut,
    MailboxWhy,
    Reason,
    SetIn,
    Why,
)
from reachly.services.scheduling.service import facts
from reachly.services.suppression import service as suppression

CODES = frozenset(BlockReason)
SILENT = {"pending": BlockReason.AWAITING_PERSONALIZATION, "held": BlockReason.HELD}
BoxStatus = Literal["active", "paused", "error"]


@dataclass(frozen=True, slots=True)
class _Place:
    """What a group of people has in common, for whoever asks about their clock."""

    email_key: str
    country: str
    timezone: str
    city: str | None
    phone: str | None
    mail_provider: str = ""


@dataclass(frozen=True, slots=True)
class _Stage:
    """A campaign with its mailboxes and counters now."""

    campaign: CampaignFacts
    boxes: Mapping[uuid.UUID, MailboxFacts]
    states: Mapping[uuid.UUID, policy.MailboxState]
    usage: facts.Usage
    now: datetime


async def explain_campaign(session: Session, actor: Actor, campaign_id: uuid.UUID) -> ExplainOut:
    """Every open message of the campaign that waits, by reason, and how its mailboxes stand. Raises NotFound."""
    stage = await _load(session, actor.organization_id, campaign_id)
    gathered: dict[str, Reason] = {}
    over_all = policy.explain(_standing(stage, None, {}), stage.now) if _is_held(stage.campaign) else None
    for row in await repository.list_blocked(session, actor.organization_id, campaign_id):
        _add(gathered, over_all or _stored(row["blocked_reason"], row["detail"], row["until"]), row)
    for row in await repository.list_silent(session, actor.organization_id, campaign_id):
        _add(gathered, over_all or policy.blocked(SILENT.get(row["status"], BlockReason.NOT_PLANNED)), row)
    due: Counter[uuid.UUID | None] = Counter()
    for row in await _list_due(session, actor.organization_id, stage):
        due[row["email_account_id"]] += int(row["n"])
        told = policy.explain(_standing(stage, row["email_account_id"], row), stage.now)
        _add(gathered, told or policy.blocked(BlockReason.WAITING_TURN), row)
    return ExplainOut(
        campaign_id=campaign_id,
        due=due.total(),
        reasons=sorted(gathered.values(), key=lambda reason: -reason.count),
        mailboxes=[
            _mailbox_why(box, stage.states[box.id], due[box.id], stage.now) for box in stage.boxes.values()
        ],
    )


async def explain_enrollment(
    session: Session, actor: Actor, campaign_id: uuid.UUID, enrollment_id: uuid.UUID
) -> EnrollmentWhy:
    """The one rule that holds this person's next message now. Raises NotFound."""
    stage = await _load(session, actor.organization_id, campaign_id)
    row = await repository.find_standing(session, actor.organization_id, campaign_id, enrollment_id)
    if row is None:
        raise NotFound("This lead is not in the campaign.")
    reasons = await suppression.find_reasons(session, actor.organization_id, [row["email_key"]])
    steps = (await repository.list_steps(session, actor.organization_id, [campaign_id]))[campaign_id]
    row = {**row, "due": _due(stage, row, steps)}
    missing = await campaigns.find_missing(session, actor.organization_id, campaign_id, enrollment_id)
    told = None if row["on_its_way"] else _tell(stage, row, reasons.get(row["email_key"]), missing)
    return EnrollmentWhy(
        enrollment_id=enrollment_id, lead_id=row["lead_id"], email=row["email"], step=row["next_step"],
        next_due_at=row["next_due_at"],
        email_account_id=row["email_account_id"], timezone=facts.schedule_of(stage.campaign).timezone,
        held=_why(told) if told else None,
    )  # fmt: skip


async def explain_mailbox(session: Session, actor: Actor, account_id: uuid.UUID) -> MailboxExplainOut:
    """What keeps this mailbox from sending now, its caps, and which campaigns wait for it. Raises NotFound."""
    organization_id, now = actor.organization_id, clock.now()
    box = await repository.find_mailbox(session, organization_id, account_id)
    if box is None:
        raise NotFound("There is no such mailbox.")
    usage = await repository.read_usage(session, organization_id, (now - timedelta(days=2)).date())
    state = (await facts.read_states(session, organization_id, [box], usage, now))[box.id]
    ids = await repository.list_campaigns_of(session, organization_id, [box.id])
    waiting = []
    for campaign in await repository.list_campaigns(session, organization_id, ids):
        rows = await repository.list_due(
            session, organization_id, campaign.id, now, by_place=False, by_company=False
        )
        due = sum(int(row["n"]) for row in rows if row["email_account_id"] == box.id)
        waiting.append(DueHere(campaign_id=campaign.id, name=campaign.name, due=due))
    told = _mailbox_why(box, state, sum(one.due for one in waiting), now)
    return MailboxExplainOut(
        **dict(told), timezone=box.timezone, caps=_caps(box, state, now),
        campaigns=sorted(waiting, key=lambda one: (-one.due, one.name)),
    )  # fmt: skip


def _caps(box: MailboxFacts, state: policy.MailboxState, now: datetime) -> list[CapToday]:
    """Every cap that holds now, the one with the least room first."""
    rules = state.mailbox
    ramp = rules.ramp.cap_on(facts.mailbox_day(box, now)[2].toordinal()) if rules.ramp else None
    at = to_seconds(now)
    across = state.across + (state.carried.still(at) if state.carried else 0)
    own = max(state.sent_today, across)
    domain_across = state.domain_across + (state.domain_carried.still(at) if state.domain_carried else 0)
    of_the_domain = max(state.domain_sent_today, state.sent_today, domain_across)
    domain_set_in: SetIn = "server" if box.domain_daily_limit is None else "organization"
    caps: tuple[tuple[BlockReason, int | None, int, SetIn], ...] = (
        (BlockReason.MAILBOX_CAP, rules.daily_limit, own, "mailbox"),
        (BlockReason.RAMP, ramp, own, "mailbox"),
        (BlockReason.HEALTH_CAP, rules.health_cap, own, "server"),
        (BlockReason.DOMAIN_CAP, rules.domain_cap, of_the_domain, domain_set_in),
        (BlockReason.PROVIDER_CAP, rules.provider_limit, state.provider_sent, "server"),
    )
    found = [
        CapToday(code=code.value, limit=limit, used=used, left=max(0, limit - used), set_in=set_in)
        for code, limit, used, set_in in caps
        if limit is not None
    ]
    return sorted(found, key=lambda cap: (cap.left, cap.limit))


def _due(stage: _Stage, row: Mapping[str, Any], steps: Sequence[StepFacts]) -> datetime | None:
    """Its alarm; but where the delay is over and the alarm waits for hours to open, it is the hours that hold it."""
    alarm: datetime | None = row["next_due_at"]
    step = next((step for step in steps if step.sequence_number >= row["next_step"]), None)
    if alarm is None or alarm <= stage.now or step is None or row["held_until"] is not None:
        return alarm
    delay_over = facts.due_after_delay(stage.campaign, step, row["last_sent_at"], row["created_at"])
    return delay_over if delay_over <= stage.now else alarm


def _tell(stage: _Stage, row: Mapping[str, Any], suppressed: str | None, missing: Sequence[str]) -> Blocked:
    """The rules of the person and the campaign, then what was written down, then clocks and counts."""
    choice = mailing_choice(row["verification"], stage.campaign.settings.get("mail_to", "unknown"))
    verification: Literal["done", "pending", "undeliverable"] = "done"
    if choice != "mail":
        verification = "undeliverable" if choice == "skip" else "pending"
    facts_of_row = {**row, "first": row["last_sent_at"] is None}
    standing = replace(
        _standing(stage, row["email_account_id"], facts_of_row),
        suppressed=suppressed, enrollment_status=row["status"], ended_as=row["stopped_reason"],
        verification=verification,
        personalized=row["personalized"], held_until=row["held_until"],
        hold="out_of_office" if row["held_until"] else None, missing_fields=tuple(missing),
    )  # fmt: skip
    told = policy.explain(standing, stage.now) or policy.blocked(BlockReason.WAITING_TURN)
    if row["blocked_reason"] is None or row["status"] not in ("pending", "active", "held"):
        return told
    if row["blocked_until"] is not None and row["blocked_until"] <= stage.now:
        return told  # what was written down is over, though no turn has looked at the person since
    stored = _stored(row["blocked_reason"], row["blocked_detail"], row["blocked_until"])
    order = list(BlockReason)
    return told if order.index(told.code) < order.index(stored.code) else stored


async def _load(session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID) -> _Stage:
    found = await repository.list_campaigns(session, organization_id, [campaign_id])
    if not found:
        raise NotFound("There is no such campaign.")
    now = clock.now()
    boxes = (await repository.list_mailboxes(session, organization_id, [campaign_id]))[campaign_id]
    usage = await repository.read_usage(session, organization_id, (now - timedelta(days=2)).date())
    states = await facts.read_states(session, organization_id, boxes, usage, now)
    return _Stage(found[0], {box.id: box for box in boxes}, states, usage, now)


async def _list_due(session: Session, organization_id: uuid.UUID, stage: _Stage) -> list[Mapping[str, Any]]:
    campaign = stage.campaign
    schedule = facts.schedule_of(campaign)
    by_place = bool(facts.recipient_hours(campaign)) or schedule.skip_recipient_holidays
    return list(
        await repository.list_due(
            session, organization_id, campaign.id, stage.now, by_place=by_place,
            by_company=campaign.company_cap is not None,
        )
    )  # fmt: skip


def _is_held(campaign: CampaignFacts) -> bool:
    return campaign.status != "active" or campaign.sending_held is not None


def _standing(stage: _Stage, account_id: uuid.UUID | None, row: Mapping[str, Any]) -> policy.Standing:
    campaign, now = stage.campaign, stage.now
    box = stage.boxes.get(account_id) if account_id else None
    place = _Place(
        row.get("email_key") or f"@{row.get('domain') or row.get('ending') or ''}", row.get("country") or "",
        row.get("timezone") or "", row.get("city"), row.get("phone"),
    )  # fmt: skip
    counts = {
        BlockReason.CAMPAIGN_CAP: facts.campaign_count(
            campaign, "campaign", campaign.daily_cap, stage.usage, now
        ),
        BlockReason.NEW_LEAD_CAP: facts.campaign_count(
            campaign, "new_leads", campaign.new_leads_cap, stage.usage, now
        ),
    }
    if campaign.company_cap and (company := company_domain(place.email_key)):
        counts[BlockReason.COMPANY_CAP] = facts.campaign_count(
            campaign, "company", campaign.company_cap, stage.usage, now, key=company
        )
    left = {code: count.left(to_seconds(now)) for code, count in counts.items()}
    return policy.Standing(
        due=row.get("due"),
        schedule=facts.schedule_of(campaign),
        mailbox=stage.states[box.id] if box else None,
        campaign_status=campaign.status,
        campaign_detail=campaign.status_reason,
        can_start=not stage.boxes or any(_box_status(one) == "active" for one in stage.boxes.values()),
        campaign_late=campaign.paused_for == "late",
        restored=campaign.sending_held is not None,
        first=bool(row.get("first", True)),
        sender_gone=box is None and not row.get("first", True),
        mailbox_status=_box_status(box) if box else "active",
        mailbox_detail=box.status_reason if box else None,
        recipient_zone=facts.recipient_zone(campaign, place),
        recipient_country=place.country or None,
        recipient_hours=facts.recipient_hours(campaign),
        campaign_left=left[BlockReason.CAMPAIGN_CAP],
        new_leads_left=left[BlockReason.NEW_LEAD_CAP],
        company_left=left.get(BlockReason.COMPANY_CAP),
        carried=_carried(counts, facts.schedule_of(campaign).timezone, now),
    )


def _box_status(box: MailboxFacts) -> BoxStatus:
    if not box.is_active:
        return "paused"
    return "active" if box.status == "connected" else "error"


def _carried(
    counts: Mapping[BlockReason, policy.Count], timezone: str, now: datetime
) -> dict[BlockReason, tuple[datetime, datetime]]:
    """Caps that an edit holds longer than the day does: when they let go, and until when they count so."""
    at, midnight = to_seconds(now), to_seconds(policy.midnight_after(timezone, now))
    return {
        code: (to_instant(count.frees(at, midnight)), to_instant(until))
        for code, count in counts.items()
        if (until := count.carried_until(at, midnight)) is not None
    }


def _mailbox_why(box: MailboxFacts, state: policy.MailboxState, due: int, now: datetime) -> MailboxWhy:
    told = policy.explain_mailbox(state, _box_status(box), box.status_reason, now)
    cap = policy.effective_cap(state.mailbox, facts.mailbox_day(box, now)[2])
    return MailboxWhy(
        email_account_id=box.id, email_address=box.email_address, held=_why(told) if told else None,
        next_turn_at=box.next_turn_at, sent_today=state.sent_today, limit_today=cap.limit, limited_by=cap.code.value,
        due=due,
    )  # fmt: skip


def _stored(code: str, detail: str | None, until: datetime | None) -> Blocked:
    """A reason that was written down; one of an earlier version is told as a plain hold."""
    return policy.blocked(BlockReason(code) if code in CODES else BlockReason.HELD, until, detail)


def _why(told: Blocked) -> Why:
    return Why(code=told.code.value, detail=told.detail, change=told.change, until=told.until)


def _add(gathered: dict[str, Reason], told: Blocked, row: Mapping[str, Any]) -> None:
    known = gathered.get(told.code.value)
    if known is None:
        gathered[told.code.value] = Reason(
            **_why(told).model_dump(), count=int(row["n"]), examples=list(row["examples"])[:3]
        )
        return
    known.count += int(row["n"])
    known.examples = (known.examples + list(row["examples"]))[:3]
    known.until = min(filter(None, (known.until, told.until)), default=None)
