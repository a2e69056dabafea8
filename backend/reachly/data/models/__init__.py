"""All tables, so that the metadata is complete wherever one model is imported."""

from reachly.data.models import (
    campaigns,
    email_accounts,
    identity,
    inbox,
    leads,
    outbox,
    sending,
    sequences,
    suppression,
    webhooks,
)

__all__ = [
    "campaigns", "email_accounts", "identity", "inbox", "leads", "outbox", "sending", "sequences", "suppression",
    "webhooks",
]  # fmt: skip
