"""What the product asks of whoever judges an address, ourselves or an outside service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

Status = Literal["deliverable", "risky", "undeliverable", "unknown"]


@dataclass(frozen=True, slots=True)
class Verification:
    """A verdict on one address and the facts behind it.

    `reason` is a slug (`syntax`, `not_asked`, `no_such_mailbox`, …), `detail` a sentence. `unknown` means that nobody
    could tell, never "no". `suggestion` is the address that was probably meant.
    """

    email: str
    status: Status
    reason: str
    detail: str
    domain: str = ""
    is_role: bool = False
    is_free: bool = False
    is_disposable: bool = False
    suggestion: str | None = None


class Verifier(Protocol):
    async def verify(self, email: str) -> Verification:
        """Never raises: a service that cannot be reached is `unknown` with the reason `unavailable`."""
