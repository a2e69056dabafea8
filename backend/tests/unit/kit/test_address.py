"""Addresses: one key for the spellings of one address, and nothing that could inject a recipient."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reachly.kit.address import company_domain, domain_of, parse_address, registrable_domain

SAME = [
    "ada@example.com",
    "ADA@Example.COM",
    "  ada@example.com\r\n",
    "\ufeffada@example.com",
    "mailto:ada@example.com",
    "MAILTO:Ada@example.com?subject=Hello",
    "mailto:ada%40example.com",
    "ada ＠ example.com",
    "ada @example.com",
    "ada@ｅxample.com",
]


@pytest.mark.parametrize("typed", SAME)
def test_spellings_of_one_address_share_a_key(typed: str) -> None:
    address = parse_address(typed)
    assert address.key == "ada@example.com"
    assert address.email_as_typed == typed


def test_an_idn_domain_and_its_punycode_are_one_address() -> None:
    assert parse_address("ada@München.example").key == parse_address("ada@xn--mnchen-3ya.example").key
    assert parse_address("ada@例え。テスト").domain == "xn--r8jz45g.xn--zckzah"


def test_the_case_of_the_local_part_is_kept_on_the_wire() -> None:
    assert parse_address("Ada.L@Example.com").wire == "Ada.L@example.com"


def test_a_utf8_local_part_says_that_it_needs_smtputf8() -> None:
    assert parse_address("jörg@example.com").needs_smtputf8
    assert not parse_address("ada@münchen.example").needs_smtputf8


@pytest.mark.parametrize(
    "typed",
    [
        "a+tag@example.com",
        "o'brien@example.org",
        "a_b-c.d@mail.sub.example.co.uk",
        "a%b@example.com",
        "x@b.test",
        "x@intranet.local",
        "a--b@example.com",
        "1@2.example.com",
        "用户@例え.テスト",
        "a" * 64 + "@example.com",
    ],
)
def test_odd_but_sound_addresses_are_accepted(typed: str) -> None:
    assert parse_address(typed).wire


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "   ",
        "ada",
        "@example.com",
        "ada@",
        "ada@@example.com",
        "ada@localhost",
        "ada@example",
        "ada@example..com",
        ".ada@example.com",
        "ada.@example.com",
        "a..b@example.com",
        "ada@-example.com",
        "ada@example-.com",
        "ada@1.2.3.4",
        "ada@[127.0.0.1]",
        "ada@[IPv6:::1]",
        "Ada <ada@example.com>",
        "<ada@example.com>",
        "ada@example.com (Ada)",
        "ada@example.com, bob@example.com",
        "ada@example.com;bob@example.com",
        "ada lovelace@example.com",
        '"ada"@example.com',
        '"a\r\nRCPT TO:<b@example.com>"@example.com',
        "ada@example.com>\r\nRCPT TO:<bob@example.com",
        "ada\r\n@example.com",
        "ada\r\n@exa\r\nmple.com",
        "ada\x00@example.com",
        "ada@exam\x85ple.com",
        "ada\u2028@example.com",
        "ada\u202e@example.com",
        "mailto:ada%0d%0aDATA@example.com",
        "@a.test,@b.test:ada@example.com",
        "ada%bob@x.test@example.com",
        "ada@exa_mple.com",
        "ada@xn--zzzzz99999.example",
        "ada@" + "b" * 64 + ".com",
        "a" * 65 + "@example.com",
        "é" * 33 + "@example.com",
        "a@" + "b." * 130 + "com",
        "a" * 1_000_000,
        "a@" + "b." * 500_000 + "com",
        "\ud800@example.com",
        "ada@\u200b.example",
    ],
)
def test_what_is_no_address_is_refused_with_a_reason(typed: str) -> None:
    began = time.thread_time()
    with pytest.raises(ValueError, match=r"\w{3,}.*\.$"):
        parse_address(typed)
    assert time.thread_time() - began < 1  # of CPU: only a runaway pattern takes that long


@given(st.one_of(st.text(), st.from_regex(r"[^\s@]{1,20}@[^\s@]{1,20}\.[a-z]{2,6}", fullmatch=True)))
@settings(max_examples=500, deadline=None)
def test_whatever_is_accepted_is_one_safe_token_and_parses_to_itself(text: str) -> None:
    try:
        address = parse_address(text)
    except ValueError:
        return
    assert not set(address.wire) & set('<>()[],;:\\" \r\n\t\x00')
    assert address.wire.count("@") == 1
    assert address.domain.isascii()
    assert parse_address(address.wire).key == address.key
    assert parse_address(address.key).key == address.key


@pytest.mark.parametrize(
    ("email", "expected"),
    [
        ("ada@mail.example.com", "example.com"),
        ("ada@a.b.example.co.uk", "example.co.uk"),
        ("ada@example.de", "example.de"),
        ("ada@gmail.com", None),
        ("ada@yahoo.co.uk", None),
        ("nobody", None),
    ],
)
def test_the_company_of_an_address_is_its_registrable_domain(email: str, expected: str | None) -> None:
    assert company_domain(email) == expected


def test_domain_of_takes_what_follows_the_last_at() -> None:
    assert domain_of("a@b@Example.COM") == "example.com"
    assert domain_of("nobody") == ""
    assert registrable_domain("www.example.com.") == "example.com"
