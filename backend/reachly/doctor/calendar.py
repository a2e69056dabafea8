"""A campaign's calendar, for whoever runs the server."""

from __future__ import annotations

import uuid

from reachly.data.session import tenant
from reachly.doctor.audit import owner_of
from reachly.services.email_accounts import service as email_accounts
from reachly.services.scheduling import service as scheduling


async def simulate_campaign(campaign_id: uuid.UUID) -> list[str]:
    """The calendar as lines for a terminal. Raises CannotStart when there is no such campaign."""
    actor = await owner_of(campaign_id)
    async with tenant(actor.organization_id) as session:
        plan = await scheduling.simulate_campaign(session, actor, campaign_id)
        boxes = await email_accounts.list_accounts(session, actor)
    names = {box.id: box.email_address for box in boxes}
    if plan.problem:
        return [plan.problem]
    lines = [f"{day.day}  {names.get(day.email_account_id, '?'):<40} {day.planned:>5} planned {day.sent:>5} sent"
             for day in plan.days]  # fmt: skip
    lines.append(f"{plan.total + plan.beyond} messages to come")
    if plan.until:
        ends = f", at this pace until about {plan.beyond_ends_at:%Y-%m-%d}" if plan.beyond_ends_at else ""
        lines.append(f"{plan.beyond} of them after {plan.until:%Y-%m-%d}{ends}")
    for words, at in (
        ("last first mail", plan.last_first_mail_at),
        ("last follow-up", plan.last_follow_up_at),
    ):
        if at:
            lines.append(f"{words}: {at:%a %Y-%m-%d %H:%M} UTC")
    return [*lines, f"what limits it: {plan.limiting_factor}"]
