"""Domains in memory."""

from __future__ import annotations

from reachly.integrations.resolver.names import ascii_domain
from reachly.integrations.resolver.port import MxAnswer


class FakeResolver:
    """Answers from `answers`; other domains do not exist."""

    def __init__(self, answers: dict[str, MxAnswer] | None = None) -> None:
        self.answers = dict(answers or {})
        self.asked: list[str] = []

    async def mx(self, domain: str) -> MxAnswer:
        name = ascii_domain(domain)
        if name is None:
            return MxAnswer("nxdomain")
        self.asked.append(name)
        return self.answers.get(name, MxAnswer("nxdomain"))
