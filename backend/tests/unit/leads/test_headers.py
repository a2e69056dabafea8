"""Headers folded, given once, and kept as custom fields: each rule beside its twin."""

from __future__ import annotations

import pytest

from reachly.services.leads.policy import CUSTOM_KEY, custom_key, fold_header, guess_mapping


@pytest.mark.parametrize(("field", "headers"), [
    ("email", "email emailaddress EMAIL_ADDR mail courriel"), ("first_name", "first_name firstname first vorname"),
    ("last_name", "last_name lastname last surname"), ("company", "company companyname firma"),
    ("position", "position title beruf"), ("country", "country countryname land"),
    ("timezone", "timezone tz zeitzone"),
])  # fmt: skip
def test_a_field_by_its_own_name_and_by_others(field: str, headers: str) -> None:
    for header in headers.split():
        assert guess_mapping([header]) == {header: field}
        assert guess_mapping([f"{header} x"]) != {f"{header} x": field}


@pytest.mark.parametrize(("header", "folded"), [
    ("E-Mail Adresse", "emailadresse"), ("Länder_Code 2", "laendercode2"), ("Größe Übel", "groesseuebel"),
    ("ÄÖÜ", "aeoeue"), ("Prénom", "prenom"), ("ﬁrst", "first"), ("???", ""), ("x" * 201, "x" * 200),
])  # fmt: skip
def test_headers_are_folded(header: str, folded: str) -> None:
    assert fold_header(header) == folded


@pytest.mark.parametrize(("header", "key"), [
    ("Plan (old)", "plan_old"), ("  _Größe_ ", "grosse"), ("Éta t", "eta_t"), ("2nd", "f_2nd"), ("!", ""),
    ("a" * 59 + " b", "a" * 59), ("a" * 60 + "b", "a" * 60), ("1" + "a" * 60, "f_1" + "a" * 57),
    ("x" * 59 + " " * 140 + "y", "x" * 59), (" " * 199 + "ab", "a"), ("0ß", "f_0ss"),
])  # fmt: skip
def test_custom_keys(header: str, key: str) -> None:
    assert custom_key(header) == key
    assert len(key) <= CUSTOM_KEY == 60


@pytest.mark.parametrize(("headers", "targets"), [
    (["mail", "email"], ["custom:mail", "email"]), (["email", "mail"], ["email", "custom:mail"]),
    (["mail", "emails"], ["email", "custom:emails"]), (["email", "E-Mail"], ["email", "custom:e_mail"]),
    (["Vorname", "first name"], ["custom:vorname", "first_name"]),
    (["a b", "a-b", "a_b"], ["custom:a_b", "custom:a_b_2", "custom:a_b_3"]),
    (["x" * 60, "X" * 60, "x" * 61], [f"custom:{'x' * 60}", f"custom:{'x' * 58}_2", f"custom:{'x' * 58}_3"]),
    (["signature", "Signature"], ["custom:signature_2", "custom:signature_3"]),
    (["sender name"], ["custom:sender_name_2"]), (["opening_line"], ["custom:opening_line_2"]),
    (["unsubscribe url"], [""]), (["", "?"], ["", ""]),
    (["Mail", "first-name.", "E-mail adress e"], ["email", "first_name", "custom:e_mail_adress_e"]),
])  # fmt: skip
def test_a_field_is_given_once_and_the_others_are_kept(headers: list[str], targets: list[str]) -> None:
    assert guess_mapping(headers) == dict(zip(headers, targets, strict=True))


def test_a_header_that_stands_twice_keeps_what_it_was_given_first() -> None:
    assert guess_mapping(["plan", "plan"]) == {"plan": "custom:plan"}
    assert guess_mapping(["mail", "mail"]) == {"mail": "email"}


@pytest.mark.parametrize(("cells", "is_address"), [
    (["a@example.com", " b@example.com "], True), (["a@example.com", ""], True), (["a@example.com", "x"], False),
    (["a@example.com", "b@example.com", "x"], True), (["x", "y"], False), (["a@example.c"], False),
    (["a@example"], False), (["<a@example.com>"], False), (["a@example.com, b"], False), (["", " "], False),
    (["a@b.co"], True), ([f"{'a' * 64}@b.co"], True), ([f"{'a' * 65}@b.co"], False), (["a b@example.com"], False),
])  # fmt: skip
def test_a_column_of_addresses_is_known_by_most_of_its_cells(cells: list[str], is_address: bool) -> None:
    found = guess_mapping(["x", "y"], [["word", cell] for cell in cells])
    assert found == {"x": "custom:x", "y": "email" if is_address else "custom:y"}


def test_the_column_with_the_most_addresses_and_of_equals_the_first() -> None:
    rows = [["a@example.com", "a@example.com", "a@example.com"], ["x", "b@example.com", "c@example.com"],
            ["c@example.com"]]  # fmt: skip
    assert guess_mapping(["x", "y", "z"], rows) == {"x": "custom:x", "y": "email", "z": "custom:z"}
    # Cells win over a header that names another field; a header that names the address wins over cells.
    assert guess_mapping(["company"], [["a@example.com"]]) == {"company": "email"}
    assert guess_mapping(["x", "mail"], [["a@example.com", "?"]]) == {"x": "custom:x", "mail": "email"}
    assert guess_mapping(["x", "company", "tz"], [["a@example.com"]]) == {
        "x": "email", "company": "company", "tz": "timezone",
    }  # fmt: skip
