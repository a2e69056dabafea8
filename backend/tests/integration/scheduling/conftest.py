"""The same relay, organization and clock as the tests of sending."""

from __future__ import annotations

from tests.integration.sending.conftest import at, loop, organization_id, relay

__all__ = ["at", "loop", "organization_id", "relay"]
