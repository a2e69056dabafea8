"""Campaigns: what they are, who is in them, and their way from draft to completed."""

from reachly.services.campaigns.service.checking import check_by_size, check_campaign
from reachly.services.campaigns.service.editing import (
    clone_campaign,
    create_campaign,
    delete_campaign,
    set_seed,
    update_campaign,
)
from reachly.services.campaigns.service.enrolling import (
    end_otherwise,
    end_suppressed,
    enroll_import,
    enroll_leads,
    find_standing,
    hold_enrollment,
    page_enrollments,
    steer_enrollment,
    stop_enrollments,
    stop_lead,
)
from reachly.services.campaigns.service.holes import (
    find_missing,
    list_with_holes,
    look_over,
    look_over_lead,
    look_over_marked,
)
from reachly.services.campaigns.service.personalising import personalise
from reachly.services.campaigns.service.previewing import preview, render_sample
from reachly.services.campaigns.service.reading import (
    find_settings,
    get_campaign,
    list_active_ids,
    list_mailbox_ids,
    page_campaigns,
)
from reachly.services.campaigns.service.running import (
    archive_campaign,
    complete_if_done,
    has_anybody,
    pause_campaign,
    pause_for_trouble,
    start_campaign,
)

__all__ = [
    "archive_campaign",
    "check_by_size",
    "check_campaign",
    "clone_campaign",
    "complete_if_done",
    "create_campaign",
    "delete_campaign",
    "end_otherwise", "end_suppressed",
    "enroll_import",
    "enroll_leads",
    "find_missing",
    "find_settings",
    "find_standing",
    "get_campaign",
    "has_anybody",
    "hold_enrollment",
    "list_active_ids",
    "list_mailbox_ids",
    "list_with_holes",
    "look_over",
    "look_over_lead",
    "look_over_marked",
    "page_campaigns",
    "page_enrollments",
    "pause_campaign",
    "pause_for_trouble",
    "personalise",
    "preview",
    "render_sample",
    "set_seed",
    "start_campaign",
    "steer_enrollment",
    "stop_enrollments",
    "stop_lead",
    "update_campaign",
]  # fmt: skip
