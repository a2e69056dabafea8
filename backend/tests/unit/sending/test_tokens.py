"""Tokens in links cannot be guessed, changed or moved."""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from reachly.infra import settings
from reachly.infra.crypto import SIGNATURE_BYTES, KeyRing, sign
from reachly.services.sending import tokens
from reachly.services.sending.tokens import TokenParts, make_token, make_urls, read_token

OLD = "old:" + base64.b64encode(b"o" * 32).decode()
NEW = "new:" + base64.b64encode(b"n" * 32).decode()
ORGANIZATION, SEND = uuid.UUID(int=7), uuid.UUID(int=2**127 + 9)


def test_a_token_says_what_it_was_made_of() -> None:
    ring = KeyRing.parse(NEW)
    for purpose in ("open", "click", "unsubscribe"):
        token = make_token(purpose, ORGANIZATION, SEND, 512, ring=ring)
        assert read_token(token, ring=ring) == TokenParts(purpose, ORGANIZATION, SEND, 512)
        assert token.isascii()
        assert not set(token) - set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_a_retired_key_still_verifies_and_a_removed_one_does_not() -> None:
    token = make_token("click", ORGANIZATION, SEND, 3, ring=KeyRing.parse(OLD))
    assert read_token(token, ring=KeyRing.parse(f"{NEW},{OLD}")) is not None
    assert read_token(token, ring=KeyRing.parse(NEW)) is None


def test_no_single_changed_byte_is_believed() -> None:
    ring = KeyRing.parse(NEW)
    token = make_token("click", ORGANIZATION, SEND, 1, ring=ring)
    raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    for place in range(len(raw)):
        forged = bytearray(raw)
        forged[place] ^= 1
        text = base64.urlsafe_b64encode(bytes(forged)).decode().rstrip("=")
        assert read_token(text, ring=ring) is None


@pytest.mark.parametrize(
    "text", ["", "a", "=" * 10, "é" * 20, "A" * 100, "A" * 5000, "../../etc", "AQ", "AQM"]
)
def test_rubbish_reads_as_nothing(text: str) -> None:
    assert read_token(text, ring=KeyRing.parse(NEW)) is None


def test_halves_of_two_tokens_do_not_fit() -> None:
    ring = KeyRing.parse(NEW)
    one = make_token("open", ORGANIZATION, SEND, ring=ring)
    other = make_token("unsubscribe", uuid.UUID(int=8), SEND, ring=ring)
    for cut in range(1, len(one)):
        mixed = one[:cut] + other[cut:]
        if mixed not in (one, other):
            assert read_token(mixed, ring=ring) is None


@given(st.binary(max_size=300), st.text(max_size=20), st.binary(min_size=32, max_size=32))
def test_a_signature_is_the_hmac_of_the_standard_library(payload: bytes, purpose: str, key: bytes) -> None:
    ring = KeyRing.parse("k:" + base64.b64encode(key).decode())
    wanted = hmac.digest(key, purpose.encode() + b"\0" + payload, hashlib.sha256)[:SIGNATURE_BYTES]
    assert sign(payload, purpose, ring=ring) == wanted


def test_an_old_token_is_still_read() -> None:
    """Links in mails that were sent long ago: this text must never change."""
    token = make_token("click", ORGANIZATION, SEND, 3, ring=KeyRing.parse(OLD))
    assert token == "AQNvbGRjAAAAAAAAAAAAAAAAAAAAB4AAAAAAAAAAAAAAAAAAAAkAA07q0mfQB1A0jUc5R2PzkPY"


def test_the_addresses_of_one_message_are_its_tokens(monkeypatch: pytest.MonkeyPatch) -> None:
    ring = KeyRing.parse(NEW)
    read = settings.read_settings(environment="development")
    keys = read.security.model_copy(update={"tracking_keys": SecretStr(NEW)})
    web = read.tracking.model_copy(update={"public_url": "https://t.example/"})
    monkeypatch.setattr(settings, "_current", read.model_copy(update={"security": keys, "tracking": web}))
    urls = make_urls(ORGANIZATION, SEND, opens=True, clicks=2)
    assert urls.pixel_url == f"https://t.example/t/o/{make_token('open', ORGANIZATION, SEND, ring=ring)}.gif"
    assert urls.click_urls == [
        f"https://t.example/t/c/{make_token('click', ORGANIZATION, SEND, link, ring=ring)}"
        for link in range(2)
    ]
    assert urls.unsubscribe_url == tokens.unsubscribe_url(ORGANIZATION, SEND)
    assert (
        urls.unsubscribe_url
        == f"https://t.example/u/{make_token('unsubscribe', ORGANIZATION, SEND, ring=ring)}"
    )
    assert make_urls(ORGANIZATION, SEND, opens=False, clicks=0).pixel_url is None
