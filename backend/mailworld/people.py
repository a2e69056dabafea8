"""Invented people to write to: the n-th lead of a seed is always the same."""

from __future__ import annotations

import csv
import re
import unicodedata
from dataclasses import asdict, dataclass, fields, replace
from functools import cache
from importlib.resources import files
from typing import TextIO

from mailworld.chance import choose, draw
from mailworld.places import COUNTRIES, INDUSTRIES, POSITIONS, Country

_LETTERS = str.maketrans({
    "ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ä": "ae",
    "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "å": "a", "Å": "A", "’": "'",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Lead:
    """One row of a list, as a person would type it. `country` is ISO 3166-1, `timezone` an IANA name."""

    email: str
    first_name: str
    last_name: str
    company: str
    position: str
    country: str
    timezone: str
    city: str
    industry: str
    website: str


COLUMNS = tuple(field.name for field in fields(Lead))


def invent(seed: int, count: int, start: int = 0) -> list[Lead]:
    """Leads number `start` to `start + count - 1` of `seed`, with different addresses; tidy rows only."""
    taken: dict[str, int] = {}
    leads = []
    for number in range(start + count):
        lead = _invent_one(seed, number)
        local, _, domain = lead.email.partition("@")
        again = taken[lead.email] = taken.get(lead.email, 0) + 1
        if number >= start:
            leads.append(replace(lead, email=f"{local}{again}@{domain}") if again > 1 else lead)
    return leads


def invent_with_oddities(seed: int, count: int) -> list[Lead]:
    """As `invent`, but some rows are as odd as lists from real life: see `_oddities`."""
    leads = invent(seed, count)
    kinds = len(_oddities(leads[0])) if leads else 0
    every = max(1, count // (kinds + 1))
    for kind, place in zip(range(kinds), range(3, count, every), strict=False):
        leads[place] = replace(leads[place], **_oddities(leads[place])[kind])
    return leads


def write_csv(leads: list[Lead], file: TextIO) -> None:
    writer = csv.DictWriter(file, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(asdict(lead) for lead in leads)


def shipped_csv() -> bytes:
    """The list of 500 leads that ships with the project (UTF-8, commas, CRLF)."""
    return files("mailworld").joinpath("data/leads-500.csv").read_bytes()


def language_of(domain: str) -> str | None:
    """The language spoken at one of the invented companies; None for any other domain."""
    return _languages().get(domain)


@cache
def _languages() -> dict[str, str]:
    return {
        _domain_of(company, country): country.language
        for country in COUNTRIES
        for company in country.companies
    }


def _invent_one(seed: int, number: int) -> Lead:
    country = choose(COUNTRIES, seed, number, "country")
    company = choose(country.companies, seed, number, "company")
    given, given_ascii = _both(choose(country.names, seed, number, "name"))
    family, family_ascii = _both(choose(country.surnames, seed, number, "surname"))
    city, timezone = choose(country.cities, seed, number, "city")
    domain = _domain_of(company, country)
    local = _local_part(given_ascii, family_ascii, draw(seed, number, "style"))
    written = company.partition("|")[0]
    first = country.code == "JP"
    return Lead(
        email=f"{local}@{domain}",
        first_name=given,
        last_name=family,
        company=f"{country.legal_form}{written}" if first else f"{written} {country.legal_form}",
        position=choose(POSITIONS, seed, number, "position"),
        country=country.code,
        timezone=timezone,
        city=city,
        industry=choose(INDUSTRIES, 0, company),
        website=f"https://www.{domain}/",
    )


def _both(entry: str) -> tuple[str, str]:
    written, _, ascii_form = entry.partition("|")
    return written, ascii_form or _to_ascii(written)


def _to_ascii(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    return "".join(letter for letter in plain if letter.isascii())


def _local_part(given: str, family: str, style: float) -> str:
    given, family = (re.sub(r"[^a-z'-]", "", part.lower()).strip("'-") for part in (given, family))
    if style < 0.7:
        return f"{given}.{family}"
    if style < 0.85:
        return f"{given[0]}{family}"
    return f"{given}_{family[0]}" if style < 0.92 else given


def _domain_of(company: str, country: Country) -> str:
    written, _, ascii_form = company.partition("|")
    words = ascii_form or re.sub(r"[^a-z0-9]+", "-", _to_ascii(written).lower()).strip("-")
    return f"{words}.{country.top}"


def _oddities(lead: Lead) -> list[dict[str, str]]:
    """Each is one way in which real rows are odd; all are rows that a sound import takes, once it is tidied."""
    return [
        {"email": f"  {lead.email} "},
        {"email": lead.email.upper()},
        {"email": lead.email.replace("@", "+sales@", 1)},
        {"email": f"mailto:{lead.email}"},
        {"email": "kathe.gross@müllerbau.example"},
        {"email": "sam@gone.example"},  # no such domain
        {"email": "lee@nomail.example"},  # takes no mail (null MX)
        {"email": "kim@plain-host.example"},  # no MX record, only an address
        {"first_name": f"{lead.first_name} ", "last_name": "  Ng  "},
        {"company": 'Widgets, Gears & "Sprockets" Inc.'},
        {"company": "Rocket 🚀 Bakery", "position": "Chief 🍞 Officer"},
        {"first_name": "Zoë 👩‍💻"},
        {"last_name": ""},
        {"first_name": "", "last_name": ""},
        {"first_name": "Ｙｕｋｉ"},
        {"first_name": "Anna\u00a0Maria"},
        {"company": "شركة الأمل", "city": "الشارقة"},
        {"last_name": unicodedata.normalize("NFD", "Königshöfer")},
        {"last_name": "Wolfeschlegelsteinhausenberger-" * 3 + "dorff"},
        {"position": "=SUM(A1:A9)"},
        {"company": "{{ company }} & {Söhne|Töchter}"},
        {"company": "<b>Bold</b> & Partners"},
        {"company": "Two\nLines Ltd"},
        {"timezone": ""},
        {"country": "", "timezone": "", "city": ""},
    ]
