"""What the product asks of whoever knows more about a lead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

FactName = Literal[
    "first_name", "last_name", "company", "company_domain", "position", "seniority", "department",
    "country", "language", "timezone",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class LeadFields:
    """What is known of a person, as it stands on the lead; empty strings for what is not known."""

    email: str
    first_name: str = ""
    last_name: str = ""
    company: str = ""
    position: str = ""
    country: str = ""
    timezone: str = ""
    custom_fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is believed about a lead.

    `source` says where it comes from (`lead`, `email_domain`, `email_local`, `position`, `country`, or a vendor's
    name), `confidence` how far to trust it, 0 to 1. `country` is ISO 3166-1 alpha-2, `language` ISO 639-1,
    `timezone` an IANA name, `seniority` one of owner, c_level, vp, director, head, manager, senior, junior;
    `department` an English word in lower case, such as marketing.
    """

    name: FactName
    value: str
    source: str
    confidence: float


class Enricher(Protocol):
    async def enrich(self, lead: LeadFields) -> list[Fact]:
        """At most one fact a name, what stands on the lead first. Never raises: who cannot be reached adds nothing."""
