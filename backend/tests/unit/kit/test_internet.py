"""Whom a limit counts, and what of X-Forwarded-For is an address."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reachly.kit.internet import limit_key, read_hop


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1%eth0", "2001:db8:1:2::/64"),
        ("unknown", "unknown"),
        ("", ""),
    ],
)
def test_a_caller_counts_by_what_they_cannot_change(address: str, key: str) -> None:
    assert limit_key(address) == key


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_every_address_of_a_customers_network_is_one_caller(one: int, other: int) -> None:
    network = 0x20010DB8000000FF << 64
    import ipaddress

    first, second = (str(ipaddress.IPv6Address(network + host)) for host in (one, other))
    assert limit_key(first) == limit_key(second)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        (" 192.0.2.7 ", "192.0.2.7"),
        ("192.0.2.7:4711", "192.0.2.7"),
        ("2001:db8::1", "2001:db8::1"),
        ('"[2001:db8::1]:4711"', "2001:db8::1"),
        ("not-an-ip", None),
        ("unknown", None),
        ("", None),
        ("192.0.2.7 evil", None),
        ("_hidden", None),
    ],
)
def test_a_hop_is_an_address_or_nothing(text: str, address: str | None) -> None:
    assert read_hop(text) == address
