"""Sums over spans, campaigns, steps and mailboxes."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date, timedelta

from reachly.data.repositories import analytics as repository
from reachly.data.session import Session
from reachly.kit import clock
from reachly.kit.ids import NIL
from reachly.services.analytics import policy
from reachly.services.analytics.schemas import (
    CampaignAnalyticsOut,
    CampaignLine,
    MailboxFigures,
    OverviewOut,
    StepFigures,
)
from reachly.services.campaigns import service as campaigns
from reachly.services.campaigns.policy import figures_of
from reachly.services.campaigns.schemas import CampaignOut
from reachly.services.email_accounts.schemas import EmailAccountOut
from reachly.services.identity.schemas import Actor
from reachly.services.scheduling import service as scheduling

CAMPAIGNS_SHOWN = 200


async def get_overview(
    session: Session, actor: Actor, *, since: date | None, until: date | None
) -> OverviewOut:
    """A span of UTC days beside the same span before it. A campaign's totals are those of the span.

    Raises Invalid when the span ends before it begins or is too long.
    """
    organization_id, now = actor.organization_id, clock.now()
    since, until = policy.choose_span(since, until, now.date())
    by_day = await repository.sum_by_day(session, organization_id, since, until)
    before = await repository.sum_by_day(session, organization_id, *policy.span_before(since, until))
    return OverviewOut(
        since=since,
        until=until,
        totals=policy.add_up(by_day.values()),
        previous=policy.add_up(before.values()),
        days=policy.fill_days(by_day, since, until),
        campaigns=await _campaign_lines(session, actor, since, until),
        leads=await repository.count_leads(session, organization_id),
        mailboxes=await repository.count_mailboxes(session, organization_id),
        unread_threads=await repository.count_unread(session, organization_id, now),
    )


async def _campaign_lines(session: Session, actor: Actor, since: date, until: date) -> list[CampaignLine]:
    """Campaigns that run first, then by age; archived ones only where the span knows of them."""
    sums = await repository.sum_by_campaign(session, actor.organization_id, since, until)
    page = await campaigns.page_campaigns(
        session, actor, limit=CAMPAIGNS_SHOWN, cursor=None, q=None, status=None
    )
    shown = [c for c in page.items if c.status != "archived" or c.id in sums]
    shown.sort(key=lambda c: c.status != "active")
    return [
        CampaignLine(
            campaign_id=c.id, name=c.name, status=c.status, totals=figures_of(sums.get(c.id, {})),
            progress=c.progress, next_send_at=c.next_send_at,
        )
        for c in shown
    ]  # fmt: skip


async def get_campaign_figures(
    session: Session, actor: Actor, campaign_id: uuid.UUID, *, since: date | None, until: date | None
) -> CampaignAnalyticsOut:
    """One campaign in a span of UTC days (neither end given: since its first fact), and why what is due does not go
    now. Raises NotFound, or Invalid as `get_overview` does."""
    organization_id = actor.organization_id
    campaign = await campaigns.get_campaign(session, actor, campaign_id)
    today = clock.now().date()
    span = policy.choose_life(since, until, today)
    by_day = await repository.sum_by_day(session, organization_id, *span, campaign_id)
    whole = since is None and until is None
    shown = _lifetime(campaign, min(by_day, default=today), today) if whole else span
    waiting: dict[str, int] = {}
    if campaign.status in ("active", "paused"):
        told = await scheduling.explain_campaign(session, actor, campaign_id)
        waiting = {reason.code: reason.count for reason in told.reasons}
    sums = await repository.sum_by_mailbox(session, organization_id, *span, campaign_id)
    names = await repository.list_mailbox_names(session, organization_id)
    return CampaignAnalyticsOut(
        campaign_id=campaign.id,
        name=campaign.name,
        status=campaign.status,
        totals=policy.add_up(by_day.values()),
        progress=campaign.progress,
        since=min(by_day, default=shown[0]) if whole else span[0],
        until=span[1],
        days=policy.fill_days(by_day, *shown),
        steps=await _steps(session, organization_id, campaign_id, *span),
        mailboxes=_mailboxes(sums, names, [i for i in names if i in sums or i in campaign.email_account_ids]),
        waiting=waiting,
    )


def _lifetime(campaign: CampaignOut, first: date, today: date) -> tuple[date, date]:
    last = campaign.completed_at.date() if campaign.completed_at else today
    last = max(last, first)
    return max(first, last - timedelta(days=policy.LONGEST_DAYS - 1)), last


async def _steps(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID, since: date, until: date
) -> list[StepFigures]:
    """Each text of each step, also one that has sent nothing yet, or sends no more but has."""
    sums = await repository.sum_by_step(session, organization_id, campaign_id, since, until)
    steps = []
    for row in await repository.list_step_names(session, organization_id, campaign_id):
        own = sums.get((row["id"], row["variant"]), {})
        if own or row["is_active"]:
            steps.append(
                StepFigures(
                    sequence_id=row["id"], step=row["sequence_number"], variant=row["variant"],
                    subject=row["subject_template"], **figures_of(own).model_dump(),
                )
            )  # fmt: skip
    return steps


async def list_mailbox_figures(
    session: Session, actor: Actor, *, since: date | None, until: date | None
) -> list[MailboxFigures]:
    """Every mailbox in a span of UTC days (neither end given: since it was connected); what disconnected ones sent is
    one line without an id. Raises Invalid as `get_overview` does."""
    span = policy.choose_life(since, until, clock.now().date())
    sums = await repository.sum_by_mailbox(session, actor.organization_id, *span)
    names = await repository.list_mailbox_names(session, actor.organization_id)
    return _mailboxes(sums, names, list(names))


def _mailboxes(
    sums: dict[uuid.UUID, policy.Counters], names: dict[uuid.UUID, str], shown: Sequence[uuid.UUID]
) -> list[MailboxFigures]:
    lines = [
        MailboxFigures(email_account_id=i, email_address=names[i], **figures_of(sums.get(i, {})).model_dump())
        for i in shown
    ]
    gone = policy.add_up(own for i, own in sums.items() if i not in names and i != NIL)
    if any(gone.model_dump().values()):
        lines.append(MailboxFigures(email_account_id=None, email_address="disconnected", **gone.model_dump()))
    return lines


async def count_sent_today(session: Session, organization_id: uuid.UUID) -> dict[uuid.UUID, int]:
    """What each mailbox has sent on its own local day; those that sent nothing are left out."""
    return await repository.count_sent_today(session, organization_id, clock.now())


async def with_sent_today(
    session: Session, actor: Actor, accounts: Sequence[EmailAccountOut]
) -> list[EmailAccountOut]:
    """Mailboxes with what they have sent today and when they send next, which their own room cannot know."""
    sent = await count_sent_today(session, actor.organization_id)
    ids = [account.id for account in accounts]
    following = await repository.list_next_sends(session, actor.organization_id, clock.now(), ids)
    return [
        account.model_copy(
            update={"sent_today": sent.get(account.id, 0), "next_send_at": following.get(account.id)}
        )
        for account in accounts
    ]
