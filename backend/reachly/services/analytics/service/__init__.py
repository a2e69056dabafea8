"""Figures and facts, read. Counters are written by the outbox; here they are only read, verified and repaired."""

from reachly.services.analytics.service.activity import get_timeline, page_activity
from reachly.services.analytics.service.exporting import export_campaign
from reachly.services.analytics.service.figures import (
    count_sent_today,
    get_campaign_figures,
    get_overview,
    list_mailbox_figures,
    with_sent_today,
)
from reachly.services.analytics.service.pulse import get_pulse
from reachly.services.analytics.service.search import search_everything
from reachly.services.analytics.service.upkeep import check_deliverability, check_everybody, recount

__all__ = [
    "check_deliverability", "check_everybody", "count_sent_today", "export_campaign", "get_campaign_figures",
    "get_overview", "get_pulse", "get_timeline", "list_mailbox_figures", "page_activity", "recount",
    "search_everything", "with_sent_today",
]  # fmt: skip
