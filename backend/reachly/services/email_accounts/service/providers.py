"""The ways to connect a mailbox, and which of them this version has."""

from __future__ import annotations

from reachly.kit.errors import NotImplementedYet
from reachly.services.email_accounts.schemas import ProviderOut

PROVIDERS = (
    ProviderOut(
        provider="smtp",
        can_connect=True,
        detail="Any mailbox: its SMTP server, and its IMAP server so that replies and bounces are seen.",
    ),
    ProviderOut(
        provider="gmail",
        can_connect=False,
        detail="Connecting Gmail by OAuth comes with a later version. Until then use SMTP and IMAP with an app"
        " password.",
    ),
    ProviderOut(
        provider="outlook",
        can_connect=False,
        detail="Connecting Outlook by OAuth comes with a later version. Until then use SMTP and IMAP where the host"
        " allows it.",
    ),
)


def refuse_provider(name: str) -> NotImplementedYet:
    """The refusal of a way that this version does not have."""
    return NotImplementedYet(next(one.detail for one in PROVIDERS if one.provider == name))
