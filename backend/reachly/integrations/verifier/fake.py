"""Verdicts in memory."""

from __future__ import annotations

from reachly.integrations.verifier.port import Verification
from reachly.kit.address import domain_of, parse_address


class FakeVerifier:
    """Answers from `verdicts`, else `unknown`; what is no address is `undeliverable`, as everywhere."""

    def __init__(self, verdicts: dict[str, Verification] | None = None) -> None:
        self.verdicts = dict(verdicts or {})

    async def verify(self, email: str) -> Verification:
        if email in self.verdicts:
            return self.verdicts[email]
        try:
            address = parse_address(email)
        except ValueError as error:
            return Verification(email, "undeliverable", "syntax", str(error), domain_of(email))
        return Verification(email, "unknown", "not_asked", "Nobody was asked.", address.domain)
