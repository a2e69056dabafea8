"""The ways to connect a mailbox, and which of them this version has."""

from __future__ import annotations

from reachly.kit.errors import NotImplementedYet
from reachly.services.email_accounts.schemas import ProviderOut

PROVIDERS = (
    ProviderOut(
        provider="smtp",
        can_connect=True,
        detail="Over SMTP, with IMAP so that replies and bounces are seen; by a password or an app password. Google"
        " and Microsoft, too.",
    ),
    ProviderOut(
        provider="gmail",
        can_connect=False,
        detail="It comes with a later version. Gmail and Google Workspace work now over SMTP and IMAP with an app"
        " password.",
    ),
    ProviderOut(
        provider="outlook",
        can_connect=False,
        detail="It comes with a later version. Microsoft 365 works now over SMTP and IMAP where your administrator"
        " allows it.",
    ),
)


def refuse_provider(name: str) -> NotImplementedYet:
    """The refusal of a way that this version does not have."""
    return NotImplementedYet(next(one.detail for one in PROVIDERS if one.provider == name))
