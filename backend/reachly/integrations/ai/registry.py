"""Who writes: the only place that names AI vendors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from reachly.integrations.ai.port import AiConfig, Writer

Provider = Literal["built-in", "openai-compatible", "anthropic"]
Factory = Callable[[AiConfig], Writer]


def _builtin(config: AiConfig) -> Writer:  # noqa: ARG001 - it needs no settings
    from reachly.integrations.ai.vendors.builtin import BuiltinWriter

    return BuiltinWriter()


def _openai_compatible(config: AiConfig) -> Writer:
    from reachly.integrations.ai.vendors import openai_compatible

    return openai_compatible.make_writer(config)


def _anthropic(config: AiConfig) -> Writer:
    from reachly.integrations.ai.vendors import anthropic

    return anthropic.make_writer(config)


_VENDORS: dict[Provider, Factory] = {
    "built-in": _builtin,
    "openai-compatible": _openai_compatible,
    "anthropic": _anthropic,
}
_replaced: dict[Provider, Factory] = {}


def make_writer(provider: Provider = "built-in", config: AiConfig | None = None) -> Writer:
    """A writer. Raises NotImplementedYet for a provider that this version cannot use."""
    return (_replaced.get(provider) or _VENDORS[provider])(config or AiConfig())


def replace(provider: Provider, factory: Factory | None) -> None:
    """Puts another factory (a fake) in a vendor's place; None puts the vendor back."""
    _replaced.pop(provider, None)
    if factory is not None:
        _replaced[provider] = factory
