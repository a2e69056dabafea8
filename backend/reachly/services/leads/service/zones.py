"""Names of time zones."""

from __future__ import annotations

import functools
import zoneinfo


def is_zone(name: str) -> bool:
    """Whether it is an IANA time zone."""
    return name in _zones()


@functools.cache
def _zones() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())
