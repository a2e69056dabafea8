"""What a simulation is asked and what it answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from reachly.kit.carried import Carried
from reachly.kit.schedule import DayWindows, SendSchedule
from reachly.services.scheduling.policy.mailbox import MailboxState
from reachly.services.scheduling.policy.reasons import BlockReason


@dataclass(frozen=True, slots=True)
class Step:
    """The delay after the previous step; the first step's delay runs from the enrollment's start."""

    delay_days: int = 0
    delay_hours: int = 0
    working_days_only: bool = False


@dataclass(frozen=True, slots=True)
class CampaignPlan:
    """What the calendar needs of a campaign. `mailboxes` maps addresses to weights. None: no such cap."""

    key: str
    seed: str
    schedule: SendSchedule
    steps: tuple[Step, ...]
    mailboxes: dict[str, int]
    daily_cap: int | None = None
    new_leads_cap: int | None = None
    company_cap: int | None = None  # to one company a day; all campaigns with such a cap count together
    recipient_hours: DayWindows | None = None
    match_provider: bool = False
    sent_today: int = 0  # in the campaign's zone
    new_leads_today: int = 0
    carried: Carried | None = None  # its caps were edited in the 24 hours before now: what had left by then
    across: int = 0  # and since
    new_leads_carried: Carried | None = None
    new_leads_across: int = 0


@dataclass(slots=True)
class LeadPlan:
    """One enrollment. `step` is the next one (1 is the first mail); `due` None means now."""

    key: str
    campaign: str
    company: str | None = None
    zone: str | None = None
    country: str | None = None
    provider: str | None = None
    sender: str | None = None
    step: int = 1
    due: datetime | None = None


@dataclass(frozen=True, slots=True)
class World:
    now: datetime
    campaigns: Sequence[CampaignPlan]
    mailboxes: Sequence[MailboxState]
    leads: Sequence[LeadPlan]
    company_sent: dict[tuple[str, date], int] = field(
        default_factory=dict
    )  # by company and campaign's local day
    company_across: dict[tuple[str, str], int] = field(
        default_factory=dict
    )  # by campaign and company: in the 24 hours before the edit of its caps, and since


class Planned(NamedTuple):
    lead_key: str
    campaign: str
    step: int
    mailbox: str
    planned_at: datetime


class Unplanned(NamedTuple):
    """A message that finds no slot, and with it the rest of that lead's sequence."""

    lead_key: str
    campaign: str
    step: int
    reason: BlockReason


@dataclass(frozen=True, slots=True)
class Simulation:
    """`idle_capacity` counts messages the mailboxes could have sent, up to the last planned day, and did not.

    `limiting` is the rule that most often ended a mailbox's day with messages still waiting (`binding` counts
    all of them); `waiting_delay` if there was more room than mail. `remaining` messages lie beyond `until`,
    `first_remaining` of them first mails; both by campaign.
    """

    planned: list[Planned]
    unplanned: list[Unplanned]
    last_first_mail: datetime | None
    last_follow_up: datetime | None
    idle_capacity: int
    limiting: BlockReason | None
    binding: Counter[BlockReason]
    remaining: Counter[str]
    first_remaining: Counter[str]
