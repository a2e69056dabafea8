"""Names of the world, asked in wire format."""

from __future__ import annotations

import dns.message
import dns.rcode
import pytest

from mailworld import MailWorldConfig
from mailworld.dns import answer

CONFIG = MailWorldConfig()


def ask(name: str, kind: str) -> dns.message.Message:
    reply = answer(CONFIG, dns.message.make_query(name, kind).to_wire())
    assert reply is not None
    return dns.message.from_wire(reply)


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("brightfjord.example", "MX", "10 mail.brightfjord.example."),
        ("ACME.test", "MX", "10 mail.acme.test."),
        ("example.com", "MX", "10 mail.example.com."),
        ("mail.acme.test", "A", "127.0.0.1"),
        ("acme.test", "TXT", '"v=spf1 a mx -all"'),
        ("_dmarc.acme.test", "TXT", '"v=DMARC1; p=none"'),
        ("nomail.example", "MX", "0 ."),
        ("plain-host.example", "A", "127.0.0.1"),
    ],
)
def test_reserved_names_are_answered(name: str, kind: str, expected: str) -> None:
    reply = ask(name, kind)
    assert reply.rcode() == dns.rcode.NOERROR
    assert [item.to_text().lower() for rrset in reply.answer for item in rrset] == [expected.lower()]


@pytest.mark.parametrize(
    ("name", "kind", "code"),
    [
        ("gone.example", "MX", dns.rcode.NXDOMAIN),
        ("mail.gone.example", "A", dns.rcode.NXDOMAIN),
        ("plain-host.example", "MX", dns.rcode.NOERROR),
        ("acme.test", "AAAA", dns.rcode.NOERROR),
        ("acme.test", "ANY", dns.rcode.NOERROR),
        ("reachly.io", "MX", dns.rcode.REFUSED),
        ("notexample.com", "MX", dns.rcode.REFUSED),
    ],
)
def test_other_names_get_no_records(name: str, kind: str, code: int) -> None:
    reply = ask(name, kind)
    assert reply.rcode() == code
    assert reply.answer == []


def test_a_silent_domain_and_noise_get_no_answer() -> None:
    assert answer(CONFIG, dns.message.make_query("silent.example", "MX").to_wire()) is None
    assert answer(CONFIG, b"noise") is None
    assert answer(CONFIG, b"") is None
    reply = answer(CONFIG, dns.message.make_query("acme.test", "MX").to_wire())
    assert reply is not None
    assert answer(CONFIG, reply) is None
