"""Who gets what, when, from which mailbox."""

from reachly.services.scheduling.service.by_size import explain_by_size, simulate_by_size
from reachly.services.scheduling.service.explaining import (
    explain_campaign,
    explain_enrollment,
    explain_mailbox,
)
from reachly.services.scheduling.service.planning import hand_over, plan_campaign, plan_mailbox, plan_new
from reachly.services.scheduling.service.simulating import simulate_campaign

__all__ = [
    "explain_by_size", "explain_campaign", "explain_enrollment", "explain_mailbox", "hand_over", "plan_campaign",
    "plan_mailbox", "plan_new", "simulate_by_size", "simulate_campaign",
]  # fmt: skip
