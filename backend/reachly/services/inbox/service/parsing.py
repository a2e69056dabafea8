"""Reading what strangers wrote, off the event loop and within limits: one message cannot hold up the others."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from datetime import date
from functools import cache

import structlog

from reachly.infra.sandbox import OverLimit, Sandbox
from reachly.infra.settings import current_settings
from reachly.services.inbox import policy
from reachly.services.inbox.policy import Reading

log = structlog.get_logger(__name__)


@cache
def _sandbox(seconds: float) -> Sandbox:
    """One for the process, whatever loops and mailboxes use it."""
    return Sandbox(f"{policy.read.__module__}:{policy.read.__name__}", cpu_seconds=seconds)


async def read_message(raw: bytes, own_addresses: Collection[str], received: date) -> Reading:
    """Never raises because of what the message holds: one past the limits is read by its headers, or not at all, and
    says so in `flaw`."""
    sandbox = _sandbox(current_settings().inbox.parse_seconds)
    try:
        reading: Reading = await sandbox.call(raw, own_addresses, received)
        return reading
    except OverLimit as over:
        flaw = over.reason
    log.warning(
        "a message could not be read within the limits", reason=flaw, size=len(raw), digest=_digest(raw)
    )
    try:
        reading = await sandbox.call(raw[: policy.HEAD_BYTES], (), received, flaw)
    except OverLimit:
        return policy.read_nothing(raw, flaw)
    return reading


def _digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()[:16]
