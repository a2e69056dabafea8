"""A language model behind the anthropic interface: not in this version."""

from __future__ import annotations

from reachly.integrations.ai.port import AiConfig, Writer
from reachly.kit.errors import NotImplementedYet


def make_writer(config: AiConfig) -> Writer:  # noqa: ARG001 - the registry's shape
    """Raises NotImplementedYet."""
    raise NotImplementedYet(
        "The provider anthropic cannot be used yet. Set REACHLY_AI__PROVIDER=built-in.",
        code="ai_not_available",
    )
