"""Outlook by its own API: not in this version."""

from __future__ import annotations

from reachly.integrations.mailer.port import Mailer, MailerConfig
from reachly.kit.errors import NotImplementedYet


def make_mailer(config: MailerConfig) -> Mailer:
    """Raises NotImplementedYet."""
    raise NotImplementedYet(
        f"{config.address} cannot be connected through Outlook's own sign-in yet. Connect it over SMTP and IMAP, "
        "with an app password if the account has two-step sign-in.",
        code="outlook_not_available",
    )
