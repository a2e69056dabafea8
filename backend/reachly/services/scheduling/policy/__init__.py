"""Who gets what, when, from which mailbox: pure rules. Time comes in as an argument; nothing here reads or writes."""

from __future__ import annotations

from reachly.kit.holidays import is_public_holiday, public_holidays
from reachly.kit.schedule import (
    SendSchedule,
    default_schedule,
    known_zone,
    parse_schedule,
    parse_workday,
    read_schedule,
    schedule_as_json,
)
from reachly.services.scheduling.policy.alignment import (
    RECIPIENT_HOURS,
    NoSlot,
    align,
    delay_until,
    is_working_day,
    message_calendar,
)
from reachly.services.scheduling.policy.calendar import midnight_after
from reachly.services.scheduling.policy.choice import (
    Budget,
    Candidate,
    Choice,
    SenderWheel,
    assign_sender,
    choose,
)
from reachly.services.scheduling.policy.counts import Count
from reachly.services.scheduling.policy.explanation import Standing, explain, explain_mailbox
from reachly.services.scheduling.policy.mailbox import (
    Cap,
    Mailbox,
    MailboxState,
    Ramp,
    Slot,
    day_cap,
    draw_jitter,
    effective_cap,
    next_slot,
    turn_size,
)
from reachly.services.scheduling.policy.reasons import Blocked, BlockReason, blocked
from reachly.services.scheduling.policy.simulation import simulate
from reachly.services.scheduling.policy.world import (
    CampaignPlan,
    LeadPlan,
    Planned,
    Simulation,
    Step,
    Unplanned,
    World,
)
from reachly.services.scheduling.policy.zones import country_code, recipient_zone

__all__ = [
    "RECIPIENT_HOURS",
    "BlockReason",
    "Blocked",
    "Budget",
    "CampaignPlan",
    "Candidate",
    "Cap",
    "Choice",
    "Count",
    "LeadPlan",
    "Mailbox",
    "MailboxState",
    "NoSlot",
    "Planned",
    "Ramp",
    "SendSchedule",
    "SenderWheel",
    "Simulation",
    "Slot",
    "Standing",
    "Step",
    "Unplanned",
    "World",
    "align",
    "assign_sender",
    "blocked",
    "choose",
    "country_code",
    "day_cap",
    "default_schedule",
    "delay_until",
    "draw_jitter",
    "effective_cap",
    "explain",
    "explain_mailbox",
    "is_public_holiday",
    "is_working_day",
    "known_zone",
    "message_calendar",
    "midnight_after",
    "next_slot",
    "parse_schedule",
    "parse_workday",
    "public_holidays",
    "read_schedule",
    "recipient_zone",
    "schedule_as_json",
    "simulate",
    "turn_size",
]
