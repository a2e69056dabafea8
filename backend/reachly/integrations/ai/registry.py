"""Who writes: the only place that names AI vendors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from reachly.integrations.ai.port import Writer

Provider = Literal["built-in"]
Factory = Callable[[], Writer]


def _builtin() -> Writer:
    from reachly.integrations.ai.vendors.builtin import BuiltinWriter

    return BuiltinWriter()


_VENDORS: dict[Provider, Factory] = {"built-in": _builtin}
_replaced: dict[Provider, Factory] = {}


def make_writer(provider: Provider = "built-in") -> Writer:
    return (_replaced.get(provider) or _VENDORS[provider])()


def replace(provider: Provider, factory: Factory | None) -> None:
    """Puts another factory (a fake) in a vendor's place; None puts the vendor back."""
    _replaced.pop(provider, None)
    if factory is not None:
        _replaced[provider] = factory
