"""What every Mailer keeps: run against the fake and against the SMTP vendor talking to a real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace

import pytest

from reachly.integrations.mailer.fake import DROP, FakeMailer, RelayScript
from reachly.integrations.mailer.port import (
    NOT_OFFERED,
    WITHHELD,
    Envelope,
    Mailer,
    MailerConfig,
    MailerError,
    Receipt,
    Stage,
)
from reachly.integrations.mailer.registry import make_mailer
from tests.contract.smtp_peer import SmtpPeer

pytestmark = pytest.mark.anyio

ADA = "ada@example.com"
BODY = b"Subject: Hello\r\n\r\nGood day.\r\n"
HELLO = Envelope("me@reachly.test", ADA, BODY)


@dataclass
class World:
    script: RelayScript
    config: MailerConfig
    make: Callable[[MailerConfig], Mailer]
    cut: Callable[[], None]
    mailer: Mailer


@pytest.fixture(params=["fake", "smtp"])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    script = RelayScript(username="me@reachly.test", password="pä ss")
    config = MailerConfig(
        "me@reachly.test",
        host="127.0.0.1",
        security="none",
        username=script.username,
        password=script.password,
        connect_seconds=5,
        command_seconds=5,
    )
    if request.param == "fake":
        fake = FakeMailer(config, script)
        yield World(script, config, lambda c: FakeMailer(c, script), fake.cut, fake)
        return
    async with SmtpPeer(script).running() as peer:
        config = replace(config, port=peer.port)
        mailer = make_mailer("smtp", config)
        yield World(script, config, lambda c: make_mailer("smtp", c), peer.cut, mailer)
        await mailer.close()


async def test_a_message_arrives_once_and_whole(world: World) -> None:
    receipt = await world.mailer.send(HELLO)
    assert (receipt.outcome, receipt.code, receipt.enhanced) == ("accepted", 250, "2.0.0")
    assert (receipt.stage, receipt.provider_message_id) == ("final", None)
    assert world.script.accepted == [HELLO]


async def test_many_messages_share_one_connection(world: World) -> None:
    await world.mailer.open()
    for number in range(20):
        assert (
            await world.mailer.send(replace(HELLO, rcpt_to=f"p{number}@example.com"))
        ).outcome == "accepted"
    assert [e.rcpt_to for e in world.script.accepted] == [f"p{number}@example.com" for number in range(20)]
    assert world.script.sessions == 1


async def test_concurrent_sends_do_not_mix(world: World) -> None:
    wanted = [
        replace(HELLO, rcpt_to=f"p{n}@example.com", data=b"Subject: %d\r\n\r\n%d\r\n" % (n, n))
        for n in range(9)
    ]
    receipts = await asyncio.gather(*(world.mailer.send(envelope) for envelope in wanted))
    assert {r.outcome for r in receipts} == {"accepted"}
    assert sorted(world.script.accepted, key=lambda e: e.rcpt_to) == wanted


async def test_an_idle_connection_that_the_peer_closed_is_opened_again(world: World) -> None:
    await world.mailer.open()
    world.cut()
    assert (await world.mailer.send(HELLO)).outcome == "accepted"
    await asyncio.sleep(0.05)
    world.cut()
    await asyncio.sleep(0.05)
    assert (await world.mailer.send(HELLO)).outcome == "accepted"
    assert len(world.script.accepted) == 2


async def test_a_closed_mailer_may_be_used_again(world: World) -> None:
    await world.mailer.close()
    await world.mailer.send(HELLO)
    await world.mailer.close()
    await world.mailer.close()
    assert (await world.mailer.send(HELLO)).outcome == "accepted"


REPLIES: list[tuple[Stage, str, str, str | None]] = [
    ("mail", "550 5.7.1 You may not send as this", "deferred", "5.7.1"),
    ("mail", "552 5.3.4 Message size exceeds fixed limit", "deferred", "5.3.4"),
    ("mail", "450 4.7.1 Error: too much mail from 192.0.2.1", "throttled", "4.7.1"),
    ("mail", "530 5.7.0 Authentication Required", "auth_failed", "5.7.0"),
    ("mail", "451 4.3.0 Try again", "deferred", "4.3.0"),
    ("rcpt", "550 5.1.1 No such user", "refused", "5.1.1"),
    ("rcpt", "450 4.2.0 Greylisted, see the postmaster's page", "deferred", "4.2.0"),
    ("rcpt", "452 4.2.2 Mailbox full, over quota", "deferred", "4.2.2"),
    ("rcpt", "452 4.5.3 Too many recipients", "throttled", "4.5.3"),
    ("rcpt", "550 5.4.5 Daily user sending limit exceeded", "throttled", "5.4.5"),
    ("rcpt", "550 No such user", "refused", None),
    ("rcpt", "550 5.1 Malformed enhanced code", "refused", None),
    ("rcpt", "421 4.3.2 Going down", "deferred", "4.3.2"),
    ("data", "554 5.5.1 No", "deferred", "5.5.1"),
    ("data", "451 4.3.0 Later", "deferred", "4.3.0"),
    ("final", "554 5.7.1 Looks like spam", "refused", "5.7.1"),
    ("final", "451 4.3.0 Queue is full", "deferred", "4.3.0"),
    ("final", "421 4.7.28 Unusual rate of mail", "throttled", "4.7.28"),
    ("final", "452 4.3.1 Out of space", "deferred", "4.3.1"),
]


@pytest.mark.parametrize(("stage", "reply", "outcome", "enhanced"), REPLIES)
async def test_a_reply_is_attributed_to_its_stage_and_the_next_message_goes(
    world: World, stage: Stage, reply: str, outcome: str, enhanced: str | None
) -> None:
    world.script.answer(stage, reply)
    receipt = await world.mailer.send(HELLO)
    assert (receipt.outcome, receipt.stage) == (outcome, stage)
    assert (receipt.code, receipt.enhanced, receipt.text) == (int(reply[:3]), enhanced, reply[4:])
    assert world.script.accepted == []
    assert (await world.mailer.send(HELLO)).outcome == "accepted"
    assert world.script.accepted == [HELLO]


async def test_a_refusal_leaves_nothing_of_its_envelope_behind(world: World) -> None:
    world.script.answer("rcpt", "550 5.1.1 No such user", address="gone@example.com")
    refused = await world.mailer.send(replace(HELLO, rcpt_to="gone@example.com"))
    assert refused.outcome == "refused"
    assert (await world.mailer.send(HELLO)).outcome == "accepted"
    assert [e.rcpt_to for e in world.script.accepted] == [ADA]
    assert world.script.sessions == 1


@pytest.mark.parametrize("stage", ["rcpt", "data"])
async def test_a_connection_lost_before_the_message_is_a_definite_no(world: World, stage: Stage) -> None:
    world.script.answer(stage, DROP)
    receipt = await world.mailer.send(HELLO)
    assert (receipt.outcome, receipt.code, receipt.stage) == ("deferred", None, stage)
    assert world.script.accepted == []
    assert (await world.mailer.send(HELLO)).outcome == "accepted"


async def test_a_connection_lost_after_the_final_dot_is_unknown(world: World) -> None:
    world.script.answer("final", DROP)
    receipt = await world.mailer.send(HELLO)
    assert (receipt.outcome, receipt.code, receipt.stage) == ("unknown", None, "final")
    assert world.script.accepted == [HELLO]  # it went, and nobody told us
    assert (await world.mailer.send(replace(HELLO, rcpt_to="b@example.com"))).outcome == "accepted"


class Onlooker:
    """Keeps what it was asked and told, in order; forbids what `no` says."""

    def __init__(self, *no: tuple[str, int]) -> None:
        self.no = list(no)
        self.seen: list[tuple[str, int]] = []

    def may_offer(self, n: int) -> bool:
        again = ("may", n) in self.seen
        self.seen.append(("again" if again else "may", n))
        return self.seen[-1] not in self.no

    def offering(self, n: int) -> bool:
        self.seen.append(("offering", n))
        return self.seen[-1] not in self.no

    def answered(self, n: int, receipt: Receipt) -> None:
        self.seen.append((receipt.outcome, n))

    def of(self, n: int) -> list[str]:
        return [word for word, number in self.seen if number == n]


MANY = [replace(HELLO, rcpt_to=f"p{n}@example.com") for n in range(4)]


@pytest.mark.parametrize("many", [False, True])
async def test_who_looks_on_is_asked_before_the_envelope_and_before_the_content(
    world: World, many: bool
) -> None:
    watch = Onlooker()
    world.script.answer("rcpt", "550 5.1.1 No such user", address="p1@example.com")
    if many:
        await world.mailer.send_many(MANY, watch)
    else:
        await world.mailer.send(MANY[0], watch)
    assert watch.of(0) == ["may", "again", "offering", "accepted"]
    if many:
        assert watch.of(1) == ["may", "refused"]
        assert watch.of(2) == watch.of(3) == watch.of(0)
        assert watch.seen.index(("accepted", 0)) < watch.seen.index(("offering", 2))


async def test_one_that_may_not_begin_is_skipped_and_the_others_go(world: World) -> None:
    watch = Onlooker(("may", 0), ("may", 2))
    receipts = await world.mailer.send_many(MANY, watch)
    assert [receipt is WITHHELD for receipt in receipts] == [True, False, True, False]
    assert [envelope.rcpt_to for envelope in world.script.accepted] == ["p1@example.com", "p3@example.com"]
    assert world.script.sessions == 1
    assert watch.of(0) == watch.of(2) == ["may", "connect_failed"]


@pytest.mark.parametrize("word", ["again", "offering"])
async def test_one_that_is_stopped_behind_its_envelope_ends_the_session(world: World, word: str) -> None:
    watch = Onlooker((word, 1))
    receipts = await world.mailer.send_many(MANY, watch)
    assert receipts[0].outcome == "accepted"
    assert receipts[1:] == [WITHHELD, NOT_OFFERED, NOT_OFFERED]
    assert [n for what, n in watch.seen if what in ("connect_failed", "accepted")] == [0, 1, 2, 3]
    assert (await world.mailer.send(HELLO)).outcome == "accepted"
    assert [envelope.rcpt_to for envelope in world.script.accepted] == ["p0@example.com", ADA]
    assert world.script.sessions == 2


async def test_everyone_is_told_when_there_is_no_connection(world: World) -> None:
    wrong = world.make(replace(world.config, password="nope"))
    watch = Onlooker()
    receipts = await wrong.send_many(MANY, watch)
    assert [receipt.outcome for receipt in receipts] == ["auth_failed", *["connect_failed"] * 3]
    assert watch.seen == [("auth_failed", 0), *(("connect_failed", n) for n in range(1, 4))]


async def test_a_wrong_password_is_named_and_nothing_is_sent(world: World) -> None:
    wrong = world.make(replace(world.config, password="nope"))
    with pytest.raises(MailerError) as caught:
        await wrong.probe()
    assert (caught.value.leg, caught.value.cause, caught.value.code) == ("smtp", "auth", "smtp_auth")
    assert "password" in caught.value.detail
    assert "nope" not in caught.value.detail
    receipt = await wrong.send(HELLO)
    assert (receipt.outcome, receipt.code, receipt.enhanced, receipt.stage) == (
        "auth_failed",
        535,
        "5.7.8",
        "auth",
    )
    assert world.script.accepted == []


async def test_a_probe_signs_in_and_sends_nothing(world: World) -> None:
    result = await world.mailer.probe()
    assert (result.leg, result.encrypted, result.signed_in) == ("smtp", False, True)
    assert world.script.accepted == []


@pytest.mark.parametrize(
    "address",
    [
        "a@example.com>\r\nRCPT TO:<b@example.com",
        "a@example.com\r\n",
        "<a@example.com>",
        "a b@example.com",
        "@relay.test:a@example.com",
        "a@b@example.com",
        "a@exam ple.com",
        "a@example.com> SIZE=1",
        'a"b"@example.com',
        "a@",
        "@example.com",
        "",
        "a@" + "x" * 300 + ".com",
    ],
)
async def test_an_address_that_would_change_the_dialogue_is_refused(world: World, address: str) -> None:
    receipt = await world.mailer.send(replace(HELLO, rcpt_to=address))
    assert (receipt.outcome, receipt.enhanced, receipt.stage) == ("refused", "5.1.3", "rcpt")
    receipt = await world.mailer.send(replace(HELLO, mail_from=address))
    assert (receipt.outcome, receipt.enhanced, receipt.stage) == ("deferred", "5.1.7", "mail")
    assert world.script.accepted == []


@pytest.mark.parametrize(
    ("address", "at_the_peer"),
    [
        ("a+tag@example.com", "a+tag@example.com"),
        ('"a b"@example.com', '"a b"@example.com'),
        ("O'Hara%x!y@example.com", "O'Hara%x!y@example.com"),
        ("jörg@example.com", "jörg@example.com"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
    ],
)
async def test_an_unusual_address_is_sent_exactly(world: World, address: str, at_the_peer: str) -> None:
    receipt = await world.mailer.send(replace(HELLO, rcpt_to=address))
    assert receipt.outcome == "accepted"
    assert [e.rcpt_to for e in world.script.accepted] == [at_the_peer]


async def test_an_address_that_the_peer_cannot_take_is_refused_before_it_is_asked(world: World) -> None:
    world.script.smtputf8 = False
    receipt = await world.mailer.send(replace(HELLO, rcpt_to="jörg@example.com"))
    assert (receipt.outcome, receipt.enhanced) == ("refused", "5.6.7")
    assert (await world.mailer.send(HELLO)).outcome == "accepted"


@pytest.mark.parametrize(
    "body",
    [
        b"a\n.\nb",
        b"a\r.\rb",
        b"a\r\n.\nb\n.\r\nMAIL FROM:<x@example.com>\r\n",
        b".\r\n..\r\n.leading\r\n",
        b"a\r\n.\r\nMAIL FROM:<x@example.com>\r\nRCPT TO:<y@example.com>\r\nDATA\r\nsmuggled\r\n.\r\n",
        b"no newline at the end",
        b"",
    ],
)
async def test_a_body_cannot_smuggle_a_second_message(world: World, body: bytes) -> None:
    head = b"Subject: Hello\r\n\r\n"
    assert (await world.mailer.send(replace(HELLO, data=head + body))).outcome == "accepted"
    assert len(world.script.accepted) == 1
    arrived = world.script.accepted[0].data
    assert arrived.replace(b"\r\n", b"\n").rstrip(b"\n") == (head + body).replace(b"\r\n", b"\n").replace(
        b"\r", b"\n"
    ).rstrip(b"\n")
    assert arrived.count(b"\n") == arrived.count(b"\r") == arrived.count(b"\r\n")
