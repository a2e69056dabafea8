"""What a header probably means, in the languages and habits of the tools people export from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reachly.services.leads.opting import read_suppression
from reachly.services.leads.policy import custom_key, guess_mapping


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("email", "email"),
        ("E-Mail", "email"),
        ("E-mail Address", "email"),
        ("  EMAIL_ADDRESS ", "email"),
        ("Email 1", "email"),
        ("E-Mail-Adresse", "email"),
        ("Correo electrónico", "email"),
        ("Adresse e-mail", "email"),
        ("First Name", "first_name"),
        ("firstname", "first_name"),
        ("Vorname", "first_name"),
        ("Prénom", "first_name"),
        ("Nombre", "first_name"),
        ("Last Name", "last_name"),
        ("Nachname", "last_name"),
        ("Nom de famille", "last_name"),
        ("Apellidos", "last_name"),
        ("Company Name", "company"),
        ("Firma", "company"),
        ("Société", "company"),
        ("Job Title", "position"),
        ("Länder-Code", "country"),
        ("Time zone", "timezone"),
        ("Plan (old)", "custom:plan_old"),
        ("2nd phone", "custom:f_2nd_phone"),
        ("signature", "custom:signature_2"),
        ("Unsubscribed", "suppress:unsubscribed"),
        ("Opted out?", "suppress:unsubscribed"),
        ("Do Not Contact", "suppress:unsubscribed"),
        ("Hard bounced", "suppress:bounced"),
        ("Spam complaint", "suppress:complained"),
        ("Email status", "suppress:status"),
        ("Status", "custom:status"),
        ("", ""),
        ("???", ""),
    ],
)
def test_a_header_is_understood(header: str, field: str) -> None:
    assert guess_mapping([header])[header] == field


def test_the_plainest_header_wins_and_the_others_are_kept() -> None:
    mapping = guess_mapping(["Work Email", "Email", "Company", "Company Name"])
    assert mapping == {
        "Work Email": "custom:work_email",
        "Email": "email",
        "Company": "company",
        "Company Name": "custom:company_name",
    }


def test_addresses_are_found_by_what_the_cells_hold() -> None:
    rows = [["Ada", "ada@acme.example", "x"], ["Bo", "bo@acme.example", ""], ["", "", "y"]]
    assert guess_mapping(["a", "b", "c"], rows) == {"a": "custom:a", "b": "email", "c": "custom:c"}
    assert "email" not in guess_mapping(["a", "b"], [["x", "y"]]).values()


def test_two_columns_never_share_a_custom_field() -> None:
    mapping = guess_mapping(["Plan", "plan ", "PLAN!"])
    assert sorted(mapping.values()) == ["custom:plan", "custom:plan_2", "custom:plan_3"]


@given(
    st.lists(st.text(max_size=80), max_size=8),
    st.lists(st.lists(st.text(max_size=20), max_size=8), max_size=3),
)
def test_every_header_gets_one_usable_target(headers: list[str], rows: list[list[str]]) -> None:
    mapping = guess_mapping(headers, rows)
    assert set(mapping) == set(headers)
    own = [target for target in mapping.values() if target and not target.startswith("custom:")]
    assert len(own) == len(set(own))
    assert all(len(target.removeprefix("custom:")) <= 60 for target in mapping.values())
    custom = [target for target in mapping.values() if target.startswith("custom:")]
    assert len(custom) == len(set(custom))


def test_a_key_is_a_name_that_a_template_can_use() -> None:
    assert custom_key("Größe in m²!").isidentifier()
    assert len(custom_key("x" * 500)) <= 60


@pytest.mark.parametrize(
    ("target", "cell", "reason"),
    [
        ("suppress:unsubscribed", "yes", "unsubscribed"),
        ("suppress:unsubscribed", "TRUE", "unsubscribed"),
        ("suppress:unsubscribed", "1", "unsubscribed"),
        ("suppress:unsubscribed", "2024-03-01 10:00", "unsubscribed"),
        ("suppress:bounced", "ja", "bounced"),
        ("suppress:bounced", "550 5.1.1", "bounced"),
        ("suppress:unsubscribed", "No", None),
        ("suppress:unsubscribed", " false ", None),
        ("suppress:unsubscribed", "0", None),
        ("suppress:unsubscribed", "", None),
        ("suppress:bounced", "n/a", None),
        ("suppress:status", "Unsubscribed", "unsubscribed"),
        ("suppress:status", "hard_bounce", "bounced"),
        ("suppress:status", "cleaned", "bounced"),
        ("suppress:status", "marked as spam", "complained"),
        ("suppress:status", "subscribed", None),
        ("suppress:status", "verified", None),
    ],
)
def test_a_cell_says_who_must_not_be_written_to(target: str, cell: str, reason: str | None) -> None:
    assert read_suppression(target, cell) == reason
