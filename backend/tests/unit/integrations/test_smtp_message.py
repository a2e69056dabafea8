"""A message as it goes on the wire: line ends, dots and options, however it came."""

from __future__ import annotations

import random

import pytest

from reachly.integrations.mailer.port import Envelope, Receipt
from reachly.integrations.mailer.replies import read_reply
from reachly.integrations.mailer.vendors.smtp_message import Item, Packer, to_wire

ADA = Envelope("me@reachly.test", "ada@example.com", b"Subject: Hello\r\n\r\nGood day.\r\n")


def spelled_out(data: bytes) -> bytes:
    """RFC 5321 4.5.2, line by line."""
    text = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    lines = text.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    lines = lines or [b""]
    return b"".join(b"." * line.startswith(b".") + line + b"\r\n" for line in lines) + b".\r\n"


def test_any_body_goes_on_the_wire_as_the_standard_spells_it_out() -> None:
    dice = random.Random(5321)
    for _ in range(20_000):
        data = b"".join(
            dice.choices((b"\r\n", b"\r", b"\n", b".", b"a", "ü".encode()), k=dice.randrange(1, 12))
        )
        assert to_wire(data) == spelled_out(data), data


@pytest.mark.parametrize(
    ("extensions", "data", "recipient", "options"),
    [
        ("", ADA.data, "ada@example.com", ""),
        ("size", ADA.data, "ada@example.com", f" SIZE={len(ADA.data)}"),
        ("size 8bitmime smtputf8", ADA.data, "ada@example.com", f" SIZE={len(ADA.data)}"),
        ("8bitmime smtputf8", ADA.data, "jörg@example.com", " SMTPUTF8"),
        ("8bitmime smtputf8", "Subject: Hello\r\n\r\nGrüß\r\n".encode(), "ada@example.com", " BODY=8BITMIME"),
        ("8bitmime smtputf8", "Subject: Grüß\r\n\r\n".encode(), "ada@example.com", " BODY=8BITMIME SMTPUTF8"),
        ("smtputf8", "Subject: Grüß\r\n\r\n".encode(), "ada@example.com", " SMTPUTF8"),
        ("", "Subject: Grüß\r\n\r\n".encode(), "ada@example.com", ""),
    ],
)
def test_the_envelope_asks_for_what_the_message_needs_and_the_peer_offers(
    extensions: str, data: bytes, recipient: str, options: str
) -> None:
    packed = Packer(dict.fromkeys(extensions.split(), "")).pack(Envelope("me@reachly.test", recipient, data))
    assert isinstance(packed, Item)
    assert packed.envelope.decode() == (
        f"MAIL FROM:<me@reachly.test>{options}\r\nRCPT TO:<{recipient}>\r\nDATA\r\n"
    )


def test_each_message_has_its_own_sender() -> None:
    packer = Packer({})
    senders = (
        "me@reachly.test",
        "not an address",
        "me@reachly.test",
        "you@bücher.example",
        "you\ud800@reachly.test",
    )
    packed = [packer.pack(Envelope(sender, "ada@example.com", b"")) for sender in senders]
    assert [one.envelope.split(b"\r\n")[0] if isinstance(one, Item) else one.enhanced for one in packed] == [
        b"MAIL FROM:<me@reachly.test>", "5.1.7", b"MAIL FROM:<me@reachly.test>",
        b"MAIL FROM:<you@xn--bcher-kva.example>", "5.1.7",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "enhanced", "words", "message_id"),
    [
        ("2.0.0 Ok: queued as 4XYZ", "2.0.0", "2.0.0 Ok: queued as 4XYZ", None),
        ("2.0.0.1 Ok", None, "2.0.0.1 Ok", None),
        ("2.6.0 <x@example.com> Queued", "2.6.0", "2.6.0 <x@example.com> Queued", None),
        (" 2.0.0 ok\x00 ", "2.0.0", "2.0.0 ok", None),
        ("2.0.0 ok <a@b.test> [Hostname=x]", "2.0.0", "2.0.0 ok <a@b.test> [Hostname=x]", "<a@b.test>"),
        ("gr\udcfc\udcdf", None, "gr\N{REPLACEMENT CHARACTER}\N{REPLACEMENT CHARACTER}", None),
    ],
)
def test_a_yes_is_read_like_any_reply(
    text: str, enhanced: str | None, words: str, message_id: str | None
) -> None:
    assert read_reply("final", 250, text) == Receipt("accepted", 250, enhanced, words, "final", message_id)
