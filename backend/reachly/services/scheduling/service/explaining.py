"""Why due messages do not go: one reason each, until when, and what would change it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from reachly.data.repositories import scheduling as repository
from reachly.data.repositories.scheduling import CampaignFacts, MailboxFacts
from reachly.data.session import Session
from reachly.kit import clock
from reachly.kit.errors import NotFound
from reachly.services.identity.schemas import Actor
from reachly.services.scheduling import policy
from reachly.services.scheduling.policy import BlockReason
from reachly.services.scheduling.schemas import ExplainOut, Reason
from reachly.services.scheduling.service import facts


async def explain_campaign(session: Session, actor: Actor, campaign_id: uuid.UUID) -> ExplainOut:
    """Every open message of the campaign that waits, by reason. Raises NotFound."""
    found = await repository.list_campaigns(session, actor.organization_id, [campaign_id])
    if not found:
        raise NotFound("There is no such campaign.")
    reasons, due = await reasons_of(session, actor.organization_id, found[0])
    return ExplainOut(campaign_id=campaign_id, due=due, reasons=reasons)


async def reasons_of(
    session: Session, organization_id: uuid.UUID, campaign: CampaignFacts
) -> tuple[list[Reason], int]:
    """(reasons, how many messages are due)."""
    now = clock.now()
    boxes = (await repository.list_mailboxes(session, organization_id, [campaign.id]))[campaign.id]
    usage = await repository.read_usage(session, organization_id, (now - timedelta(days=2)).date())
    gathered: dict[str, Reason] = {}
    for row in await repository.list_blocked(session, organization_id, campaign.id):
        code = str(row["blocked_reason"])
        known = policy.blocked(BlockReason(code)) if code in set(BlockReason) else None
        _add(gathered, code, row["detail"] or (known.detail if known else code),
             known.change if known else "", row["until"], row)  # fmt: skip
    due = 0
    by_id = {box.id: box for box in boxes}
    for row in await repository.list_due(session, organization_id, campaign.id, now):
        due += int(row["n"])
        told = policy.explain(_standing(campaign, by_id.get(row["email_account_id"]), row, usage, now), now)
        told = told or policy.blocked(BlockReason.WAITING_TURN)
        _add(gathered, told.code.value, told.detail, told.change, told.until, row)
    return sorted(gathered.values(), key=lambda reason: -reason.count), due


def _add(
    gathered: dict[str, Reason],
    code: str,
    detail: str,
    change: str,
    until: datetime | None,
    row: Mapping[str, Any],
) -> None:
    known = gathered.get(code)
    if known is None:
        gathered[code] = Reason(
            code=code,
            detail=detail,
            change=change,
            until=until,
            count=int(row["n"]),
            examples=list(row["examples"]),
        )
        return
    known.count += int(row["n"])
    known.examples = (known.examples + list(row["examples"]))[:3]
    known.until = min(filter(None, (known.until, until)), default=None)


def _standing(
    campaign: CampaignFacts,
    box: MailboxFacts | None,
    row: Mapping[str, Any],
    usage: facts.Usage,
    now: datetime,
) -> policy.Standing:
    schedule = facts.schedule_of(campaign)
    today = now.astimezone(ZoneInfo(schedule.timezone)).date()
    usable = None if box is None else "active" if box.is_active and box.status == "connected" else "error"
    if box is not None and not box.is_active:
        usable = "paused"
    extra: Any = {"mailbox_status": usable} if usable else {}
    return policy.Standing(
        due=row["due"],
        schedule=schedule,
        mailbox=facts.mailbox_state(box, usage, now) if box else None,
        campaign_status=campaign.status,
        campaign_detail=campaign.status_reason,
        first=row["first"],
        mailbox_detail=box.status_reason if box else None,
        campaign_left=_left(campaign.daily_cap, usage, "campaign", campaign.id, today),
        new_leads_left=_left(campaign.new_leads_cap, usage, "new_leads", campaign.id, today),
        **extra,
    )


def _left(cap: int | None, usage: facts.Usage, scope: str, key: uuid.UUID, day: date) -> int | None:
    return None if cap is None else max(0, cap - usage.get((scope, str(key), day), 0))
