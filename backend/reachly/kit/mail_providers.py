"""Which large provider stands behind a mailbox: told by its servers' names, never asked of the network.

Gmail and Google Workspace are `gmail`; Outlook.com, Exchange Online and Microsoft 365 are `outlook`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

GMAIL, OUTLOOK = "gmail", "outlook"
_ENDINGS = {
    GMAIL: ("google.com", "googlemail.com", "gmail.com"),
    OUTLOOK: ("outlook.com", "office365.com", "outlook.office365.us", "hotmail.com", "live.com", "msn.com"),
}


@lru_cache(maxsize=4096)
def provider_of_host(host: str | None) -> str | None:
    """The provider whose name a server's name (SMTP or MX) or an address's domain ends in."""
    name = (host or "").strip().lower().rstrip(".")
    for provider, endings in _ENDINGS.items():
        if any(name == ending or name.endswith("." + ending) for ending in endings):
            return provider
    return None


def provider_of_hosts(hosts: Iterable[str]) -> str | None:
    """The provider of the first mail exchanger that belongs to one."""
    return next((found for host in hosts if (found := provider_of_host(host))), None)
