"""Facts without asking anybody: from the lead's own fields and the domain of the address.

Each guess carries how far it may be trusted; what stands on the lead is never overruled.
"""

from __future__ import annotations

import re

from reachly.integrations.enricher.port import Fact, FactName, LeadFields
from reachly.integrations.enricher.vendors import places, roles
from reachly.kit.address import company_domain, parse_address

_WORD = re.compile(r"[^\W\d_]{2,40}")
_NAME = re.compile(r"([^\W\d_]{2,30})[._]([^\W\d_]{2,30})")
_ROLE_WORDS = "info sales team support office mail contact admin hello hr the no reply customer service"
_NOT_A_NAME = frozenset(_ROLE_WORDS.split())


class BuiltinEnricher:
    """An Enricher that needs no network."""

    async def enrich(self, lead: LeadFields) -> list[Fact]:
        facts: dict[FactName, Fact] = {}
        given: tuple[tuple[FactName, str], ...] = (
            ("first_name", lead.first_name),
            ("last_name", lead.last_name),
            ("company", lead.company),
            ("position", lead.position),
            ("timezone", lead.timezone),
        )
        for name, value in given:
            if value.strip():
                facts[name] = Fact(name, value.strip(), "lead", 1.0)
        for guess in (*_from_address(lead.email), *_from_position(lead.position), *_from_country(lead)):
            facts.setdefault(guess.name, guess)
        return list(facts.values())


def _from_address(email: str) -> list[Fact]:
    try:
        address = parse_address(email)
    except ValueError:
        return []
    facts: list[Fact] = []
    name = _NAME.fullmatch(address.local.partition("+")[0].lower())
    if name and not {name[1], name[2]} & _NOT_A_NAME:
        facts.append(Fact("first_name", name[1].capitalize(), "email_local", 0.6))
        facts.append(Fact("last_name", name[2].capitalize(), "email_local", 0.6))
    domain = company_domain(address.wire)
    if domain is not None:
        facts.append(Fact("company_domain", domain, "email_domain", 0.9))
        company = company_of(domain)
        if company:
            facts.append(Fact("company", company, "email_domain", 0.6))
    return facts


def company_of(domain: str) -> str:
    """A readable company name from a registrable domain: `acme-tools.co.uk` is Acme Tools, `ibm.com` is IBM."""
    label = domain.partition(".")[0]
    if label.startswith("xn--"):
        try:
            label = label.encode().decode("idna")
        except UnicodeError:
            return ""
    words = [word for word in re.split(r"[-_]+", label) if word]
    if not words or not any(_WORD.search(word) for word in words):
        return ""
    return " ".join(
        word.upper() if len(word) <= 3 and len(words) == 1 else word.capitalize() for word in words
    )


def _from_position(position: str) -> list[Fact]:
    facts: list[Fact] = []
    seniority, department = roles.seniority_of(position), roles.department_of(position)
    if seniority:
        facts.append(Fact("seniority", seniority, "position", 0.8))
    if department:
        facts.append(Fact("department", department, "position", 0.8))
    return facts


def _from_country(lead: LeadFields) -> list[Fact]:
    country, source, trust = places.country_code(lead.country), "lead", 1.0
    if country is None:
        country, source, trust = places.country_of_domain(lead.email.rpartition("@")[2]), "email_domain", 0.7
    if country is None:
        return []
    facts = [Fact("country", country, source, trust)]
    language, zone = places.language_of(country), places.only_timezone_of(country)
    if language:
        facts.append(Fact("language", language, "country", round(0.7 * trust, 2)))
    if zone:
        facts.append(Fact("timezone", zone, "country", round(0.9 * trust, 2)))
    return facts
