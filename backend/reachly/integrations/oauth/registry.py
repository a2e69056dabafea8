"""Whose sign-in: the only place that names OAuth vendors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from reachly.integrations.oauth.port import OAuthClient, OAuthConfig

Provider = Literal["google", "microsoft"]
Factory = Callable[[OAuthConfig], OAuthClient]


def _google(config: OAuthConfig) -> OAuthClient:
    from reachly.integrations.oauth.vendors.google import GoogleOAuth

    return GoogleOAuth(config)


def _microsoft(config: OAuthConfig) -> OAuthClient:
    from reachly.integrations.oauth.vendors.microsoft import MicrosoftOAuth

    return MicrosoftOAuth(config)


_VENDORS: dict[Provider, Factory] = {"google": _google, "microsoft": _microsoft}
_replaced: dict[Provider, Factory] = {}


def make_oauth(provider: Provider, config: OAuthConfig) -> OAuthClient:
    """The client of one provider."""
    return (_replaced.get(provider) or _VENDORS[provider])(config)


def replace(provider: Provider, factory: Factory | None) -> None:
    """Puts another factory (a fake) in a vendor's place; None puts the vendor back."""
    _replaced.pop(provider, None)
    if factory is not None:
        _replaced[provider] = factory
