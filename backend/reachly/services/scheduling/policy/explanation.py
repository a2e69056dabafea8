"""`explain`: the one rule that holds a due message now. Facts in, one reason out, in a fixed order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from reachly.services.scheduling.policy.alignment import align, explain_no_slot, message_calendar, NoSlot
from reachly.services.scheduling.policy.calendar import local_days, midnight_after, to_instant, to_seconds
from reachly.services.scheduling.policy.holidays import is_public_holiday
from reachly.services.scheduling.policy.mailbox import MailboxState, next_slot, rules_of
from reachly.services.scheduling.policy.reasons import Blocked, BlockReason, blocked
from reachly.services.scheduling.policy.schedule import DayWindows, SendSchedule, known_zone
