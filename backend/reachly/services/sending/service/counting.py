"""Which counters a message touches, and up to which cap: read once a turn, asked for every message of it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime

from reachly.data.repositories.sending.rows import CampaignRow, CapKey, MailboxRow
from reachly.kit.address import company_domain
from reachly.services.scheduling import policy as scheduling
from reachly.services.sending.service import world

Cap = tuple[CapKey, int]


class Counters:
    """Of one mailbox's messages at one instant."""

    def __init__(self, mailbox: MailboxRow, now: datetime) -> None:
        own, box = world.mailbox_day(mailbox, now), world.mailbox_of(mailbox)
        domain = world.domain_day(mailbox, now)
        self._now = now
        self._box: list[Cap] = [(own, scheduling.day_cap(box, own[2].toordinal()).limit)]
        if box.domain_cap is not None and domain is not None:
            self._box.append((domain, box.domain_cap))
        self._known: dict[tuple[uuid.UUID, bool], tuple[Cap, ...]] = {}

    def of(self, campaign: CampaignRow, email_key: str, *, first: bool) -> tuple[Cap, ...]:
        """Every counter of one message with its cap, those of the mailbox first."""
        alike = (campaign.id, first)
        caps = self._known.get(alike)
        if caps is None:
            caps = self._known[alike] = tuple(self._of_campaign(campaign, first=first))
        if campaign.company_cap and (company := company_domain(email_key)):
            day = world.campaign_day(campaign, self._now)
            return (*caps, (("company", company, day), campaign.company_cap))
        return caps

    def _of_campaign(self, campaign: CampaignRow, *, first: bool) -> Iterable[Cap]:
        """Only what has a limit is counted: a counter that all mailboxes of a campaign share is a queue."""
        day = world.campaign_day(campaign, self._now)
        yield from self._box
        if campaign.daily_cap is not None:
            yield ("campaign", str(campaign.id), day), campaign.daily_cap
        if first and campaign.new_leads_cap is not None:
            yield ("new_leads", str(campaign.id), day), campaign.new_leads_cap


def summed(caps: Iterable[Cap]) -> dict[CapKey, tuple[int, int]]:
    """How many of each counter are wanted, and up to which cap."""
    sums: dict[CapKey, tuple[int, int]] = {}
    for key, limit in caps:
        n, lowest = sums.get(key, (0, limit))
        sums[key] = (n + 1, min(lowest, limit))
    return sums
