"""Figures, the log of facts, and what the engine is about to do. Reads across rooms; writes only to repair counters."""

from reachly.data.repositories.analytics.facts import (
    LedgerRow,
    find_campaign,
    has_lately,
    last_number,
    lead_exists,
    list_lead_enrollments,
    list_lead_facts,
    lock_check,
    page_facts,
    page_ledger,
)
from reachly.data.repositories.analytics.figures import (
    count_leads,
    count_mailboxes,
    count_unread,
    list_bounced,
    list_mailbox_names,
    list_step_names,
    sum_by_campaign,
    sum_by_day,
    sum_by_mailbox,
    sum_by_step,
    sum_mailbox,
)
from reachly.data.repositories.analytics.pulse import (
    DueGroup,
    MailboxNow,
    RunningCampaign,
    count_sent_today,
    find_next_send,
    list_due_today,
    list_mailboxes_now,
    list_running,
    list_sent_today,
)
from reachly.data.repositories.analytics.repair import recount

__all__ = [
    "DueGroup", "LedgerRow", "MailboxNow", "RunningCampaign", "count_leads", "count_mailboxes", "count_sent_today",
    "count_unread", "find_campaign", "find_next_send", "has_lately", "last_number", "lead_exists", "list_bounced",
    "list_due_today", "list_lead_enrollments", "list_lead_facts", "list_mailbox_names", "list_mailboxes_now",
    "list_running", "list_sent_today", "list_step_names", "lock_check", "page_facts", "page_ledger", "recount",
    "sum_by_campaign", "sum_by_day", "sum_by_mailbox", "sum_by_step", "sum_mailbox",
]  # fmt: skip
