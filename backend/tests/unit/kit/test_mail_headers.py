"""Mailboxes are taken apart before anything in them is decoded: a name cannot become an address."""

from __future__ import annotations

import base64
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reachly.kit.mail_headers import decode_words, read_mailboxes, read_sender

LEAD, STRANGER = "lead@firm.example", "someone@stranger.test"


@pytest.mark.parametrize(
    ("header", "name", "address"),
    [
        (
            "=?utf-8?Q?person07=40field=2Eexample=2C?= <someone@stranger.test>",
            "person07@field.example,",
            STRANGER,
        ),
        ("=?iso-8859-1?Q?M=FCster=2C_Erika?= <erika@works.example>", "Müster, Erika", "erika@works.example"),
        ('"=?utf-8?B?TcO8c3Rlciwg?= Erika" <a@b.example>', "Müster, Erika", "a@b.example"),
        ("=?utf-8?Q?M=C3=BCster, Erika?= <a@b.example>", "Müster, Erika", "a@b.example"),
        ('"lead@firm.example" <someone@stranger.test>', LEAD, STRANGER),
        ("lead@firm.example, <someone@stranger.test>", "", STRANGER),
        ("lead@firm.example <someone@stranger.test>", "", STRANGER),
        ("someone@stranger.test (lead@firm.example)", LEAD, STRANGER),
        ("=?utf-8?Q?lead=40firm=2Eexample?=", "", ""),
        ("Joe <JOE@Bolt.example>", "Joe", "joe@bolt.example"),
        ("joe@bolt.example", "", "joe@bolt.example"),
        ("MAILER-DAEMON", "", ""),
        ("<>", "", ""),
        ("", "", ""),
    ],
)
def test_who_wrote_is_who_stands_outside_of_the_words(header: str, name: str, address: str) -> None:
    found = read_sender(header)
    assert (found.name, found.address) == (name, address)


@given(st.text(max_size=40), st.sampled_from("qb"))
def test_nothing_in_an_encoded_word_is_ever_an_address(inside: str, form: str) -> None:
    data = f"{LEAD},{inside}<{LEAD}>".encode("utf-8", "replace")
    coded = base64.b64encode(data) if form == "b" else quopri.encodestring(data, header=True)
    word = f"=?utf-8?{form}?{coded.decode().replace('=' + chr(10), '').replace('?', '=3F')}?="
    found = read_mailboxes(f"{word} <{STRANGER}>")
    assert [each.address for each in found] == [STRANGER]


def test_every_mailbox_of_a_list_or_group_is_read_in_order() -> None:
    found = read_mailboxes("Board: Ada <ada@a.example>, =?utf-8?q?B=2C?= <b@b.example>; c@c.example")
    assert [each.address for each in found] == ["ada@a.example", "b@b.example", "c@c.example"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=?utf-8?q?=E2=82?= =?utf-8?q?=AC?= x", "€ x"),  # cut in the middle of a character
        ("=?gb2312?B?zcu2?= =?gb2312?B?qcfr?=", "退订请"),
        ("a =?utf-8*en?q?b?= c", "a b c"),
        ("=?punycode?q?mnchen-3ya?=", "mnchen-3ya"),
        ("=?utf-8?b?!!?= rest", "rest"),
        ("=?utf-8?q?two_lines=0D=0AX-Evil:_1?=", "two lines X-Evil: 1"),
        ("=?utf-8?z?a?=", "=?utf-8?z?a?="),
    ],
)
def test_words_are_decoded_and_a_damaged_one_costs_only_itself(value: str, text: str) -> None:
    assert decode_words(value) == text


@given(st.text(max_size=300) | st.text(alphabet='=?utf-8qb_@<>(),:;"\\ .a', max_size=300))
def test_no_header_raises(value: str) -> None:
    decode_words(value)
    for each in read_mailboxes(value):
        assert "@" in each.address
        assert "\n" not in each.name
