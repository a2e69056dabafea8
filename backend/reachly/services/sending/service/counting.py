"""Which counters a message touches, and up to which cap: read once a turn, asked for every message of it."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from itertools import accumulate

from reachly.data.repositories.sending.rows import CampaignRow, CapKey, MailboxRow
from reachly.kit.address import company_domain
from reachly.kit.carried import Carried
from reachly.services.scheduling import policy as scheduling
from reachly.services.scheduling.policy.calendar import to_seconds
from reachly.services.sending.service import world

Cap = tuple[CapKey, int]


class Counters:
    """Of one mailbox's messages at one instant."""

    def __init__(self, mailbox: MailboxRow, now: datetime) -> None:
        own, box = world.mailbox_day(mailbox, now), world.mailbox_of(mailbox)
        domain = world.domain_day(mailbox, now)
        self._now, self._at = now, to_seconds(now)
        limit = scheduling.day_cap(box, own[2].toordinal()).limit
        self._box = [*self._both(own, limit, world.mailbox_carried(mailbox, now))]
        if box.domain_cap is not None and domain is not None:
            self._box += self._both(domain, box.domain_cap, world.domain_carried(mailbox, now))
        self._days: dict[uuid.UUID, date] = {}

    def of_mailbox(self) -> tuple[Cap, ...]:
        """The mailbox's own counters, which hold for every message whatever it is for."""
        return tuple(self._box)

    def of(self, campaign: CampaignRow, *, first: bool) -> tuple[Cap, ...]:
        """The counters of a message of this campaign with their caps, those of the mailbox first."""
        return (*self._box, *self._of_campaign(campaign, first=first))

    def of_company(self, campaign: CampaignRow, email_key: str) -> tuple[Cap, ...]:
        """The counters of the person's company, where there is a cap on it."""
        if not campaign.company_cap or not (company := company_domain(email_key)):
            return ()
        return tuple(self._counted(campaign, "company", company, campaign.company_cap))

    def _both(self, day: CapKey, limit: int, edit: tuple[Carried, CapKey] | None) -> Iterable[Cap]:
        """The counter of the local day and, for a day after an edit, that of what leaves after it: what left before
        takes its share of the cap as long as it counts."""
        yield day, limit
        if edit is not None:
            yield edit[1], limit - edit[0].still(self._at)

    def _counted(self, campaign: CampaignRow, scope: str, key: str, limit: int) -> Iterable[Cap]:
        carried = world.carried_now(campaign.carried, scope, self._now)
        edit = (carried, carried.key(scope, key)) if carried else None
        return self._both((scope, key, self._day(campaign)), limit, edit)

    def _day(self, campaign: CampaignRow) -> date:
        day = self._days.get(campaign.id)
        if day is None:
            day = self._days[campaign.id] = world.campaign_day(campaign, self._now)
        return day

    def _of_campaign(self, campaign: CampaignRow, *, first: bool) -> Iterable[Cap]:
        """Only what has a limit is counted: a counter that all mailboxes of a campaign share is a queue."""
        if campaign.daily_cap is not None:
            yield from self._counted(campaign, "campaign", str(campaign.id), campaign.daily_cap)
        if first and campaign.new_leads_cap is not None:
            yield from self._counted(campaign, "new_leads", str(campaign.id), campaign.new_leads_cap)


def summed(caps: Iterable[Cap]) -> dict[CapKey, tuple[int, int]]:
    """How many of each counter are wanted, and up to which cap. Campaigns with different caps share the counter of a
    company: each is held to its own by those that keep to as little or less."""
    wanted: dict[CapKey, Counter[int]] = defaultdict(Counter)
    for key, limit in caps:
        wanted[key][limit] += 1
    sums: dict[CapKey, tuple[int, int]] = {}
    for key, by_limit in wanted.items():
        n = by_limit.total()
        within = accumulate(by_limit[limit] for limit in sorted(by_limit))
        sums[key] = n, min(limit + n - m for limit, m in zip(sorted(by_limit), within, strict=True))
    return sums
