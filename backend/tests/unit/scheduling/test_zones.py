"""Whose clock it is, and where nobody should guess."""

from __future__ import annotations

from typing import Any

import pytest

from reachly.services.scheduling.policy import country_code, recipient_zone


@pytest.mark.parametrize(
    ("facts", "zone"),
    [
        ({"timezone": "Asia/Tokyo", "country": "DE"}, "Asia/Tokyo"),
        ({"timezone": "CET-ish", "country": "Germany"}, "Europe/Berlin"),
        ({"country": "DE"}, "Europe/Berlin"),
        ({"country": "Deutschland"}, "Europe/Berlin"),
        ({"country": "Argentina"}, "America/Argentina/Buenos_Aires"),
        ({"country": "US"}, None),  # four clocks and more
        ({"country": "USA", "city": "Denver"}, "America/Denver"),
        ({"country": "United States", "city": "new york city"}, "America/New_York"),
        ({"country": "US", "city": "Nowhereville"}, None),
        ({"city": "Denver"}, None),  # there are several
        ({"country": "US", "phone": "+1 604 555 0100"}, "America/Vancouver"),
        ({"country": "US", "phone": "(212) 555-0100"}, "America/New_York"),
        ({"phone": "+49 30 123456"}, "Europe/Berlin"),
        ({"phone": "030 123456"}, None),
        ({"phone": "call me"}, None),
        ({"domain": "bolt.de"}, "Europe/Berlin"),
        ({"domain": "bolt.co.uk"}, "Europe/London"),
        ({"domain": "bolt.io"}, None),
        ({"domain": "bolt.com"}, None),
        ({"domain": "bolt.us"}, None),
        ({"country": "US", "domain": "bolt.de"}, None),
        ({"country": "Atlantis"}, None),
        ({}, None),
    ],
)
def test_the_first_source_that_is_sure_decides(facts: dict[str, Any], zone: str | None) -> None:
    assert recipient_zone(**facts) == zone


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("de", "DE"),
        ("DEU", "DE"),
        ("Österreich", "AT"),
        ("U.S.A.", "US"),
        ("uk", "GB"),
        ("", None),
        (None, None),
    ],
)
def test_countries_are_known_by_code_and_name(text: str | None, code: str | None) -> None:
    assert country_code(text) == code
