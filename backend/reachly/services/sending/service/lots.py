"""People of one campaign who are at one step in one place: in one turn they get one answer, so it is asked once."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from reachly.data.repositories.sending.enrollments import Change
from reachly.data.repositories.sending.rows import CampaignRow, EnrollmentRow, MailboxRow, StepRow
from reachly.kit.ids import NIL
from reachly.services.campaigns.policy import mailing_choice
from reachly.services.scheduling.policy import NoSlot
from reachly.services.sending.service import world
from reachly.services.sending.service.counting import Cap, Counters

VERIFICATION_WAIT = timedelta(minutes=15)


@dataclass(slots=True, eq=False)
class Lot:
    """What holds for all of them, unless the ledger knows one's step already. `caps`: without that of the company."""

    campaign: CampaignRow
    step: StepRow
    opens: datetime | NoSlot
    caps: tuple[Cap, ...]


class Lots:
    """Of one mailbox at one instant."""

    def __init__(
        self,
        mailbox: MailboxRow,
        now: datetime,
        campaigns: Mapping[uuid.UUID, CampaignRow],
        steps: Mapping[uuid.UUID, Sequence[StepRow]],
    ) -> None:
        self._mailbox, self._now, self._campaigns, self._steps = mailbox, now, campaigns, steps
        self._counters = Counters(mailbox, now)
        self._known: dict[tuple[object, ...], Lot | Change] = {}

    def of(self, person: EnrollmentRow) -> Lot | Change:
        """The person's lot; or, where nobody of it gets a message, what the enrollment becomes (with NIL as its id)."""
        campaign = self._campaigns.get(person.campaign_id)
        alike = (
            person.campaign_id, person.next_step, person.last_sent_at is None, person.verification, person.country,
            world.recipient_zone(campaign, person) if campaign else None,
        )  # fmt: skip
        lot = self._known.get(alike)
        if lot is None:
            lot = self._known[alike] = self._ask(person, campaign)
        return lot

    def _ask(self, person: EnrollmentRow, campaign: CampaignRow | None) -> Lot | Change:
        if campaign is None or campaign.status != "active":
            paused = campaign is not None and campaign.status == "paused"
            return Change(NIL, None, "campaign_paused" if paused else "campaign_not_active")
        choice = mailing_choice(person.verification, campaign.settings.get("mail_to", "unknown"))
        if choice == "skip":
            return Change(NIL, None, status="stopped", stopped="undeliverable")
        if choice == "wait":
            until = self._now + VERIFICATION_WAIT
            return Change(NIL, until, "awaiting_verification", "The address is still being checked.", until)
        step = next_step(self._steps[person.campaign_id], person.next_step)
        if step is None:
            return Change(NIL, None, status="completed")
        opens = world.open_from(self._now, campaign, person, self._mailbox)
        return Lot(campaign, step, opens, self._counters.of(campaign, first=person.last_sent_at is None))

    def caps_of(self, person: EnrollmentRow, lot: Lot) -> tuple[Cap, ...]:
        """Every counter that a message to this person touches, with its cap; those of the mailbox first."""
        return (*lot.caps, *self._counters.of_company(lot.campaign, person.email_key))


def next_step(steps: Sequence[StepRow], number: int) -> StepRow | None:
    """The first active step with this number or a later one."""
    return next((step for step in steps if step.sequence_number >= number), None)
