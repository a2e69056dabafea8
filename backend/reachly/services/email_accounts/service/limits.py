"""What an edit of a mailbox's limits carries on: no edit begins a new day early."""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from datetime import datetime, timedelta

from reachly.data import carrying
from reachly.data.carrying import Left
from reachly.data.models.email_accounts import EmailAccount
from reachly.data.repositories import email_accounts as repository
from reachly.data.session import Session
from reachly.kit import clock
from reachly.kit.address import company_domain
from reachly.kit.carried import as_json, edited
from reachly.kit.schedule import midnight_before, parse_workday
from reachly.services.identity import service as identity

A_DAY = timedelta(days=1)


def standing_limits(row: EmailAccount) -> tuple[object, ...]:
    """All that its cap and its day depend on; equal as long as none of it was changed."""
    ramp = (row.ramp_start, row.ramp_step, row.ramp_started_at) if row.ramp_enabled else None
    workday = None if row.workday is None else parse_workday(row.workday, row.timezone)
    return (row.timezone, row.daily_limit, workday, ramp)


async def lock_domain(session: Session, organization_id: uuid.UUID, email_key: str) -> None:
    """Before one mailbox of it is locked by itself: all of a domain are locked in one order by everybody."""
    if domain := company_domain(email_key):
        await repository.lock_mailboxes(session, organization_id, domain)


async def carry(session: Session, row: EmailAccount, *, new_zone: bool) -> None:
    """The limits of a mailbox were changed: its cap counts across that, and where its zone is another one, so does the
    cap of its domain. Call it with the mailbox (and with its domain, see `lock_domain`) locked and the changes
    applied."""
    await _carry_own(session, row)
    if new_zone:
        await _carry_domain(session, row)


async def carry_new(session: Session, row: EmailAccount) -> None:
    """A mailbox was connected. Its address may have sent until just now, and its domain has begun no day in a zone
    that none of its mailboxes had."""
    await _carry_own(session, row, connected=True)
    if domain := company_domain(row.email_key):
        siblings = await repository.list_siblings(session, row.organization_id, domain, row.id)
        if not siblings and not await _has_left(session, row.organization_id, domain):
            return  # the first of its domain
        if row.timezone not in {zone for zone, _ in siblings}:
            await _carry_domain(session, row)
        elif text := next((text for _, text in siblings if text is not None), None):
            row.domain_carried = json.loads(text)
            await session.flush()


async def _has_left(session: Session, organization_id: uuid.UUID, domain: str) -> bool:
    """Whether mailboxes of a domain that were disconnected have sent in the last 24 hours."""
    since = clock.now() - A_DAY
    hosts = await carrying.left_hosts(session, organization_id, since, since)
    return any(company_domain(f"@{host}") == domain for host in hosts)


async def _carry_own(session: Session, row: EmailAccount, *, connected: bool = False) -> None:
    now = clock.now()
    midnight = midnight_before(now, row.timezone)
    left = await carrying.left_mailbox(
        session, row.organization_id, row.id, row.email_key, _since(now, midnight), midnight
    )
    if connected and not left.minutes:
        return
    row.carried = as_json(edited(now), mailbox=left.pairs())
    row.limits_version += 1
    await session.flush()
    sums = {("mailbox", row.email_key, midnight.date()): left.today}
    await carrying.count_at_least(session, row.organization_id, sums)


async def _carry_domain(session: Session, row: EmailAccount) -> None:
    domain = company_domain(row.email_key)
    organization = await identity.find_organization(session, row.organization_id)
    if domain is None or identity.domain_limit(organization.domain_daily_limit) is None:
        return
    midnight = midnight_before(clock.now(), row.timezone)
    sums = await carry_domains(session, row.organization_id, midnight, domain)
    today = {("domain", domain, midnight.date()): sums.get(domain, 0)}
    await carrying.count_at_least(session, row.organization_id, today)
    await session.refresh(row)


async def carry_domains(
    session: Session, organization_id: uuid.UUID, midnight: datetime, domain: str | None = None
) -> dict[str, int]:
    """The cap of these domains (None: all of the organization's) counts across an edit; how many messages of each have
    left since `midnight`."""
    now = clock.now()
    boxes = await repository.lock_mailboxes(session, organization_id, domain)
    by_domain: dict[str, Left] = defaultdict(Left)
    for host, left in (
        await carrying.left_hosts(session, organization_id, _since(now, midnight), midnight)
    ).items():
        if name := company_domain(f"@{host}"):
            by_domain[name].join(left)
    edit = edited(now)
    texts: dict[str, str] = {}
    carried: dict[uuid.UUID, str] = {}
    for account_id, email_key in boxes.items():
        if name := company_domain(email_key):
            if name not in texts:
                texts[name] = json.dumps(as_json(edit, domain=by_domain[name].pairs()))
            carried[account_id] = texts[name]
    await repository.carry_domains(session, organization_id, carried)
    return {name: left.today for name, left in by_domain.items()}


def _since(now: datetime, midnight: datetime) -> datetime:
    return min(now - A_DAY, midnight)
