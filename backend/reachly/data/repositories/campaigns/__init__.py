"""Campaigns, their mailboxes and their enrollments.

Enrollments are read together with their leads, mailboxes and messages, and enrolled straight from `leads`: a
campaign of a million people cannot be made row by row through another room's service.
"""

from reachly.data.repositories.campaigns.campaigns import (
    count_progress,
    delete_campaign,
    find_campaign,
    has_running_import,
    has_sends,
    list_account_ids,
    list_active_ids,
    list_next_sends,
    lock_campaign,
    page_campaigns,
    set_account_ids,
    sum_figures,
)
from reachly.data.repositories.campaigns.enrollments import (
    EnrollmentFilter,
    count_by_verification,
    enroll,
    find_enrollment_view,
    find_opening_line,
    find_sample_lead,
    has_open,
    hold,
    list_missing_fields,
    list_to_personalise,
    lock_enrollment,
    mark_waiting,
    page_enrollments,
    save_personalization,
    stop_lead,
    stop_open,
)

__all__ = [
    "EnrollmentFilter",
    "count_by_verification",
    "count_progress",
    "delete_campaign",
    "enroll",
    "find_campaign",
    "find_enrollment_view",
    "find_opening_line",
    "find_sample_lead",
    "has_open",
    "has_running_import",
    "has_sends",
    "hold",
    "list_account_ids",
    "list_active_ids",
    "list_missing_fields",
    "list_next_sends",
    "list_to_personalise",
    "lock_campaign",
    "lock_enrollment",
    "mark_waiting",
    "page_campaigns",
    "page_enrollments",
    "save_personalization",
    "set_account_ids",
    "stop_lead",
    "stop_open",
    "sum_figures",
]  # fmt: skip
