"""Who knows more: the only place that names enricher vendors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from reachly.integrations.enricher.port import Enricher

Provider = Literal["built-in"]
Factory = Callable[[], Enricher]


def _builtin() -> Enricher:
    from reachly.integrations.enricher.vendors.builtin import BuiltinEnricher

    return BuiltinEnricher()


_VENDORS: dict[Provider, Factory] = {"built-in": _builtin}
_replaced: dict[Provider, Factory] = {}


def make_enricher(provider: Provider = "built-in") -> Enricher:
    return (_replaced.get(provider) or _VENDORS[provider])()


def replace(provider: Provider, factory: Factory | None) -> None:
    """Puts another factory (a fake) in a vendor's place; None puts the vendor back."""
    _replaced.pop(provider, None)
    if factory is not None:
        _replaced[provider] = factory
