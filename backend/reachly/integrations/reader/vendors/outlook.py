"""Outlook by its own API: not in this version."""

from __future__ import annotations

from reachly.integrations.reader.port import Reader, ReaderConfig
from reachly.kit.errors import NotImplementedYet


def make_reader(config: ReaderConfig) -> Reader:
    """Raises NotImplementedYet."""
    raise NotImplementedYet(
        f"{config.address} cannot be read through Outlook's own interface yet. Connect it over IMAP, "
        "with an app password if the account has two-step sign-in.",
        code="outlook_not_available",
    )
