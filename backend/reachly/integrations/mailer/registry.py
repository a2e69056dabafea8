"""Who can send: the only place that names mailer vendors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from reachly.integrations.mailer.port import Mailer, MailerConfig

Provider = Literal["smtp", "gmail", "outlook"]
Factory = Callable[[MailerConfig], Mailer]


def _smtp(config: MailerConfig) -> Mailer:
    from reachly.integrations.mailer.vendors.smtp import SmtpMailer

    return SmtpMailer(config)


def _gmail(config: MailerConfig) -> Mailer:
    from reachly.integrations.mailer.vendors import gmail

    return gmail.make_mailer(config)


def _outlook(config: MailerConfig) -> Mailer:
    from reachly.integrations.mailer.vendors import outlook

    return outlook.make_mailer(config)


_VENDORS: dict[Provider, Factory] = {"smtp": _smtp, "gmail": _gmail, "outlook": _outlook}
_replaced: dict[Provider, Factory] = {}


def make_mailer(provider: Provider, config: MailerConfig) -> Mailer:
    """A closed mailer. Raises NotImplementedYet for a provider that this version cannot send through."""
    return (_replaced.get(provider) or _VENDORS[provider])(config)


def replace(provider: Provider, factory: Factory | None) -> None:
    """Puts another factory (a fake) in a vendor's place; None puts the vendor back."""
    _replaced.pop(provider, None)
    if factory is not None:
        _replaced[provider] = factory
