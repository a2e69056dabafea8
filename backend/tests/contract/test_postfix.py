"""The transport against Debian's Postfix: what a real server answers, and what of it arrives."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest

from reachly.integrations.mailer.port import Envelope, Mailer, MailerConfig, MailerError
from reachly.integrations.mailer.registry import make_mailer
from tests.contract.postfix_peer import PASSWORD, SIZE_LIMIT, USER, Postfix
from tests.programs import NEEDS, require_program

pytestmark = [pytest.mark.anyio, pytest.mark.slow]
ADA = "ada@corp.test"
BODY = b"Subject: Hello\r\nMessage-ID: <1@corp.test>\r\n\r\nGood day.\r\n"
HELLO = Envelope(USER, ADA, BODY)


@pytest.fixture(scope="module")
def postfix() -> Iterator[Postfix]:
    require_program("postfix", "postfix")
    if os.geteuid() != 0:
        pytest.skip(f"{NEEDS}root, to start Postfix (Debian package postfix)")
    server = Postfix()
    yield server
    server.stop()


@pytest.fixture
def config(postfix: Postfix) -> MailerConfig:
    return MailerConfig(
        USER, host="127.0.0.1", port=postfix.plain, security="none", connect_seconds=30, command_seconds=30
    )


@pytest.fixture
async def mailer(config: MailerConfig) -> AsyncIterator[Mailer]:
    made = make_mailer("smtp", config)
    yield made
    await made.close()


@pytest.fixture
def signed_in(postfix: Postfix, config: MailerConfig) -> MailerConfig:
    if not postfix.signs_in:
        pytest.skip(f"{NEEDS}dovecot (Debian package dovecot-core)")
    return replace(
        config,
        port=postfix.submission,
        security="starttls",
        username=USER,
        password=PASSWORD,
        tls=postfix.trust,
    )


def letters(n: int, size: int = 100) -> list[Envelope]:
    return [
        replace(
            HELLO, rcpt_to=f"p{i}@corp.test", data=BODY.replace(b"Hello", b"%d" % i) + b".x" * size + b"\r\n"
        )
        for i in range(n)
    ]


async def test_a_pipelined_batch_arrives_once_and_whole(postfix: Postfix, mailer: Mailer) -> None:
    sent = letters(40)
    assert {receipt.outcome for receipt in await mailer.send_many(sent)} == {"accepted"}
    arrived = dict(found := postfix.take_mail(40))
    assert len(found) == len(arrived) == 40
    for envelope in sent:
        message = arrived[envelope.rcpt_to]
        assert message["Subject"] == envelope.rcpt_to[1:].partition("@")[0]
        assert (
            message.get_payload() == envelope.data.partition(b"\r\n\r\n")[2].replace(b"\r\n", b"\n").decode()
        )


async def test_a_refusal_in_the_middle_of_a_batch_is_its_own_recipients(
    postfix: Postfix, mailer: Mailer
) -> None:
    """At RCPT by address, at MAIL by size, after the body by its words; everybody else gets theirs."""
    sent = letters(9)
    sent[1] = replace(sent[1], rcpt_to="rejectme@corp.test")
    sent[3] = replace(sent[3], rcpt_to="deferme@corp.test")
    sent[4] = replace(sent[4], data=sent[4].data.replace(b"Subject: 4", b"Subject: refuse me"))
    sent[6] = replace(sent[6], data=sent[6].data + b"y" * SIZE_LIMIT)
    sent[7] = replace(sent[7], rcpt_to="somebody@elsewhere.test")
    receipts = await mailer.send_many(sent)
    told = [(receipt.outcome, receipt.code, receipt.enhanced, receipt.stage) for receipt in receipts]
    fine = ("accepted", 250, "2.0.0", "final")
    assert told == [
        fine,
        ("refused", 554, "5.7.1", "rcpt"),
        fine,
        ("deferred", 450, "4.7.1", "rcpt"),
        ("refused", 550, "5.7.1", "final"),
        fine,
        ("deferred", 552, "5.3.4", "mail"),
        ("refused", 554, "5.7.1", "rcpt"),
        fine,
    ]
    arrived = sorted(recipient for recipient, _ in postfix.take_mail(4))
    assert arrived == ["p0@corp.test", "p2@corp.test", "p5@corp.test", "p8@corp.test"]


@pytest.mark.parametrize("many", [False, True])
async def test_a_long_message_arrives_whole(postfix: Postfix, mailer: Mailer, many: bool) -> None:
    lines = b"".join(b"%06d %s\r\n" % (n, b"." * 60) for n in range(2_500))
    sent = replace(HELLO, data=BODY + lines)
    receipts = await mailer.send_many([sent, HELLO]) if many else [await mailer.send(sent)]
    assert {receipt.outcome for receipt in receipts} == {"accepted"}
    longest = max((message.get_payload() for _, message in postfix.take_mail(len(receipts))), key=len)
    assert longest == "Good day.\n" + lines.replace(b"\r\n", b"\n").decode()


@pytest.mark.parametrize("address", ["jörg@corp.test", '"a b"@corp.test', "o'hara+x=y@corp.test"])
async def test_an_unusual_address_is_reached(postfix: Postfix, mailer: Mailer, address: str) -> None:
    sent = replace(HELLO, rcpt_to=address, data=BODY.replace(b"Hello", "Grüße".encode()))
    assert (await mailer.send(sent)).outcome == "accepted"
    ((recipient, message),) = postfix.take_mail(1)
    assert (recipient, message["Subject"]) == (address, "Grüße")


@pytest.mark.parametrize(
    "body",
    [
        b"a\n.\nb",
        b"a\r.\rb",
        b"a\r\n.\nb\n.\r\nMAIL FROM:<x@corp.test>\r\n",
        b".\r\n..\r\n.leading\r\n",
        b"a\r\n.\r\nMAIL FROM:<x@corp.test>\r\nRCPT TO:<y@corp.test>\r\nDATA\r\nsmuggled\r\n.\r\n",
    ],
)
async def test_a_body_smuggles_nothing(postfix: Postfix, mailer: Mailer, body: bytes) -> None:
    assert (await mailer.send(replace(HELLO, data=BODY + body))).outcome == "accepted"
    assert (await mailer.send(HELLO)).outcome == "accepted"
    (one, two) = postfix.take_mail(2)
    assert one[0] == two[0] == ADA
    longest = max(str(one[1].get_payload()), str(two[1].get_payload()), key=len)
    plain = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n").decode()
    assert longest.rstrip("\n") == f"Good day.\n{plain}".rstrip("\n")


async def test_a_probe_reads_what_the_server_offers(config: MailerConfig) -> None:
    told = await make_mailer("smtp", config).probe()
    assert (told.encrypted, told.signed_in, told.max_bytes) == (False, False, SIZE_LIMIT)
    assert {"pipelining", "size", "8bitmime", "smtputf8"} <= set(told.extensions)


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_signed_in_over_tls_mail_is_taken(
    postfix: Postfix, signed_in: MailerConfig, security: str
) -> None:
    config = signed_in if security == "starttls" else replace(signed_in, port=postfix.wrapped, security="tls")
    mailer = make_mailer("smtp", config)
    told = await mailer.probe()
    assert (told.encrypted, told.signed_in) == (True, True)
    assert {receipt.outcome for receipt in await mailer.send_many(letters(5))} == {"accepted"}
    await mailer.close()
    assert len(postfix.take_mail(5)) == 5


async def test_a_wrong_password_is_named_and_nothing_is_sent(
    postfix: Postfix, signed_in: MailerConfig
) -> None:
    mailer = make_mailer("smtp", replace(signed_in, password="nope"))
    with pytest.raises(MailerError) as caught:
        await mailer.probe()
    assert caught.value.cause == "auth"
    receipt = await mailer.send(HELLO)
    assert (receipt.outcome, receipt.code, receipt.enhanced) == ("auth_failed", 535, "5.7.8")
    assert postfix.take_mail(0) == []


async def test_without_sign_in_or_with_a_strange_certificate_nothing_is_sent(
    postfix: Postfix, signed_in: MailerConfig
) -> None:
    stranger = await make_mailer("smtp", replace(signed_in, username="", password="")).send(HELLO)
    assert stranger.outcome in ("refused", "auth_failed")
    with pytest.raises(MailerError) as caught:
        await make_mailer("smtp", replace(signed_in, tls=None)).probe()
    assert caught.value.cause == "tls"
    assert postfix.take_mail(0) == []


async def test_too_much_mail_is_throttling_and_ends_the_batch(postfix: Postfix, config: MailerConfig) -> None:
    mailer = make_mailer("smtp", replace(config, port=postfix.limited))
    receipts = await mailer.send_many(letters(8))
    await mailer.close()
    outcomes = [receipt.outcome for receipt in receipts]
    taken = outcomes.count("accepted")
    assert taken <= 3
    assert outcomes == ["accepted"] * taken + ["throttled"] + ["connect_failed"] * (7 - taken)
    assert (receipts[taken].code, receipts[taken].stage) == (450, "mail")
    assert len(postfix.take_mail(taken)) == taken
