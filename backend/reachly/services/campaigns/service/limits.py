"""What an edit of a campaign's schedule or caps carries on: no edit begins a new day early."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

from reachly.data import carrying
from reachly.data.models.campaigns import Campaign
from reachly.data.session import Session
from reachly.kit import clock
from reachly.kit.address import company_domain
from reachly.kit.carried import as_json, edited
from reachly.kit.schedule import midnight_before, read_schedule

A_DAY = timedelta(days=1)
CAPS = {"campaign": "daily_cap", "new_leads": "new_leads_cap"}
"""By the counter that each has."""


def standing_limits(row: Campaign) -> tuple[object, ...]:
    """All that its caps and its day depend on; equal as long as none of it was changed."""
    schedule, _ = read_schedule(row.send_schedule)
    return (
        schedule,
        row.daily_cap,
        row.new_leads_cap,
        row.company_cap,
        bool(row.settings.get("recipient_hours")),
    )


async def carry(session: Session, row: Campaign) -> None:
    """Schedule or caps were changed: the caps count across that, also those that are new. Call it with the campaign
    locked, so that nothing is marked meanwhile, and the changes applied."""
    if row.started_at is None:
        return  # nothing has ever left, so an edit begins no second day
    now = clock.now()
    edit, midnight = edited(now), midnight_before(now, row.send_schedule["timezone"])
    since, today = min(now - A_DAY, midnight), midnight.date()
    sums: dict[tuple[str, str, date], int] = {}
    before: dict[str, list[tuple[int, int]]] = {}
    for scope, cap in CAPS.items():
        if getattr(row, cap) is not None:
            left = await carrying.left_campaign(session, row.organization_id, row.id, scope, since, midnight)
            before[scope] = left.pairs()
            sums[scope, str(row.id), today] = left.today
    row.carried = as_json(edit, **before)
    await session.flush()
    await carrying.count_at_least(session, row.organization_id, sums)
    if row.company_cap is None:
        return
    # Companies are many, so what each got is one number, in the counter itself.
    hosts = await carrying.left_recipients(session, row.organization_id, row.id, since, midnight)
    got: Counter[tuple[str, str, date]] = Counter()
    for host, left in hosts.items():
        if company := company_domain(f"@{host}"):
            got[edit.key("company", company)] += sum(left.minutes.values())
            got["company", company, today] += left.today
    await carrying.count_at_least(session, row.organization_id, got)
