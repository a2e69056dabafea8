"""What a browser hears."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """`payload` is `{seq, at, organization_id, …ids, …data}`."""

    seq: int
    name: str
    payload: dict[str, Any]
