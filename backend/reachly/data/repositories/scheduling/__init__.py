"""What planning reads across rooms, and the alarms it sets."""

from reachly.data.repositories.scheduling.inputs import (
    count_sender_gone,
    count_sent_by_day,
    find_mailbox,
    list_campaigns,
    list_campaigns_of,
    list_handed,
    list_mailboxes,
    list_steps,
    read_usage,
)
from reachly.data.repositories.scheduling.plans import (
    KEPT,
    PageForPlan,
    find_under_way,
    is_planned_again,
    page_active,
    page_enrollments,
    page_held,
    page_unplanned,
    rouse_mailboxes,
    save_plans,
)
from reachly.data.repositories.scheduling.rows import (
    CampaignFacts,
    EnrollmentFacts,
    MailboxFacts,
    Plan,
    StepFacts,
)
from reachly.data.repositories.scheduling.standing import find_standing, list_blocked, list_due, list_silent

__all__ = [
    "KEPT",
    "CampaignFacts",
    "EnrollmentFacts",
    "MailboxFacts",
    "PageForPlan",
    "Plan",
    "StepFacts",
    "count_sender_gone",
    "count_sent_by_day",
    "find_mailbox",
    "find_standing",
    "find_under_way",
    "is_planned_again",
    "list_blocked",
    "list_campaigns",
    "list_campaigns_of",
    "list_due",
    "list_handed",
    "list_mailboxes",
    "list_silent",
    "list_steps",
    "page_active",
    "page_enrollments",
    "page_held",
    "page_unplanned",
    "read_usage",
    "rouse_mailboxes",
    "save_plans",
]
