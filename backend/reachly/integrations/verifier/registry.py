"""Who judges: the only place that names verifier vendors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from reachly.integrations.verifier.port import Verifier

Provider = Literal["built-in"]
Factory = Callable[[], Verifier]


def _builtin() -> Verifier:
    from reachly.integrations.verifier.vendors.builtin import BuiltinVerifier

    return BuiltinVerifier()


_VENDORS: dict[Provider, Factory] = {"built-in": _builtin}
_replaced: dict[Provider, Factory] = {}


def make_verifier(provider: Provider = "built-in") -> Verifier:
    return (_replaced.get(provider) or _VENDORS[provider])()


def replace(provider: Provider, factory: Factory | None) -> None:
    """Puts another factory (a fake) in a vendor's place; None puts the vendor back."""
    _replaced.pop(provider, None)
    if factory is not None:
        _replaced[provider] = factory
