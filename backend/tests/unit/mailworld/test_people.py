"""The shipped list: made by the documented command, 500 rows, odd in the ways of real life."""

from __future__ import annotations

import csv
import io
import unicodedata
from zoneinfo import ZoneInfo

import pytest

from mailworld import MailWorldConfig
from mailworld.people import COLUMNS, Lead, invent, invent_with_oddities, language_of, shipped_csv, write_csv


def test_the_shipped_list_is_what_the_command_makes() -> None:
    text = io.StringIO(newline="")
    write_csv(invent_with_oddities(7, 500), text)
    assert shipped_csv() == text.getvalue().encode()


def test_the_shipped_list_holds_500_people_once_each() -> None:
    rows = list(csv.DictReader(io.StringIO(shipped_csv().decode(), newline="")))
    assert len(rows) == 500
    assert tuple(rows[0]) == COLUMNS
    keys = {row["email"].strip().lower().removeprefix("mailto:") for row in rows}
    assert len(keys) == 500


def test_every_address_and_zone_is_invented_and_valid() -> None:
    config = MailWorldConfig()
    for lead in invent(3, 2_000):
        local, _, domain = lead.email.partition("@")
        assert config.is_ours(domain)
        assert local.isascii()
        assert not local.startswith((".", "-", "'", "_"))
        assert ".." not in lead.email
        ZoneInfo(lead.timezone)
        assert len(lead.country) == 2
        assert language_of(domain) is not None


def test_a_longer_list_begins_like_a_shorter_one() -> None:
    assert invent(7, 50) == invent(7, 200)[:50]
    assert invent(7, 20, start=30) == invent(7, 50)[30:]
    assert invent(8, 50) != invent(7, 50)
    assert len({lead.email for lead in invent(7, 5_000)}) == 5_000


@pytest.mark.parametrize(
    ("oddity", "question"),
    [
        ("spaces around an address", lambda lead: lead.email != lead.email.strip()),
        ("an address in capitals", lambda lead: lead.email.isupper()),
        ("a plus tag", lambda lead: "+" in lead.email),
        ("an apostrophe", lambda lead: "'" in lead.last_name),
        ("an umlaut", lambda lead: "ü" in lead.last_name),
        ("Han letters", lambda lead: "CJK" in unicodedata.name(lead.last_name[:1] or "-", "")),
        ("quotes and a comma", lambda lead: '"' in lead.company and "," in lead.company),
        ("an emoji", lambda lead: "🚀" in lead.company),
        ("no name", lambda lead: not lead.first_name and not lead.last_name),
        ("a formula", lambda lead: lead.position.startswith("=")),
        ("a line break", lambda lead: "\n" in lead.company),
        ("a merge tag", lambda lead: "{{" in lead.company),
        ("a domain in its own letters", lambda lead: not lead.email.isascii()),
    ],
)
def test_the_shipped_list_has(oddity: str, question: object) -> None:
    rows = [Lead(**row) for row in csv.DictReader(io.StringIO(shipped_csv().decode(), newline=""))]
    assert any(map(question, rows)), oddity  # type: ignore[arg-type]
