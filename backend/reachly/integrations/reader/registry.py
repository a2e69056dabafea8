"""Who can read: the only place that names reader vendors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from reachly.integrations.reader.port import Reader, ReaderConfig

Provider = Literal["imap", "gmail", "outlook"]
Factory = Callable[[ReaderConfig], Reader]


def _imap(config: ReaderConfig) -> Reader:
    from reachly.integrations.reader.vendors.imap import ImapReader

    return ImapReader(config)


def _gmail(config: ReaderConfig) -> Reader:
    from reachly.integrations.reader.vendors import gmail

    return gmail.make_reader(config)


def _outlook(config: ReaderConfig) -> Reader:
    from reachly.integrations.reader.vendors import outlook

    return outlook.make_reader(config)


_VENDORS: dict[Provider, Factory] = {"imap": _imap, "gmail": _gmail, "outlook": _outlook}
_replaced: dict[Provider, Factory] = {}


def make_reader(provider: Provider, config: ReaderConfig) -> Reader:
    """A closed reader. Raises NotImplementedYet for a provider that this version cannot read."""
    return (_replaced.get(provider) or _VENDORS[provider])(config)


def replace(provider: Provider, factory: Factory | None) -> None:
    """Puts another factory (a fake) in a vendor's place; None puts the vendor back."""
    _replaced.pop(provider, None)
    if factory is not None:
        _replaced[provider] = factory
