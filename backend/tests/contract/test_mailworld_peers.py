"""The vendors against the mail world: what `reachly up`, the sandbox and the demo stand on."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest

from mailworld import MailWorld, MailWorldConfig
from reachly.integrations.mailer.port import Envelope, MailerConfig, MailerError
from reachly.integrations.mailer.registry import make_mailer
from reachly.integrations.reader.port import ReaderConfig, ReaderError
from reachly.integrations.reader.registry import make_reader
from reachly.integrations.resolver.port import ResolverConfig
from reachly.integrations.resolver.registry import make_resolver
from reachly.kit import clock, correlation

pytestmark = pytest.mark.anyio

ME, PASSWORD = "me@sender.example", "a password"


@pytest.fixture
async def world() -> AsyncIterator[MailWorld]:
    async with MailWorld(MailWorldConfig(smtp_port=0, imap_port=0, dns_port=0)) as world:
        world.add_mailbox(ME, PASSWORD)
        yield world


def _mailer(world: MailWorld, password: str = PASSWORD) -> MailerConfig:
    return MailerConfig(
        ME, "127.0.0.1", world.smtp_port, "none", ME, password, connect_seconds=5, command_seconds=5
    )


def _reader(world: MailWorld, password: str = PASSWORD) -> ReaderConfig:
    return ReaderConfig(
        ME, "127.0.0.1", world.imap_port, "none", ME, password, connect_seconds=5, command_seconds=5
    )


def _letter(number: int) -> bytes:
    head = f"From: {ME}\r\nTo: p{number}@corp.example\r\nSubject: Hello\r\nMessage-ID: <{number}@sender.example>\r\n"
    return f"{head}Date: Mon, 23 Nov 2026 10:00:00 +0000\r\n\r\nGood day.\r\n".encode()


async def test_both_legs_are_proved_and_a_wrong_password_is_named(world: MailWorld) -> None:
    assert (await make_mailer("smtp", _mailer(world)).probe()).signed_in
    probe = await make_reader("imap", _reader(world)).probe()
    assert probe.sent_folder == "Sent"
    with pytest.raises(MailerError) as smtp:
        await make_mailer("smtp", _mailer(world, "wrong")).probe()
    with pytest.raises(ReaderError) as imap:
        await make_reader("imap", _reader(world, "wrong")).probe()
    assert (smtp.value.cause, imap.value.cause) == ("auth", "auth")


async def test_what_is_accepted_arrives_and_the_copy_is_found(world: MailWorld) -> None:
    mailer, reader = make_mailer("smtp", _mailer(world)), make_reader("imap", _reader(world))
    outcomes = []
    for number in range(30):
        envelope = Envelope(ME, f"p{number}@corp.example", _letter(number))
        outcomes.append((await mailer.send(envelope)).outcome)
    assert {"accepted"} <= set(outcomes) <= {"accepted", "refused", "deferred"}
    assert sum(world.count_message_ids().values()) == outcomes.count("accepted")
    ids = [f"<{number}@sender.example>" for number in range(40)]
    found = await reader.find_copies(ids)
    assert set(found) == {one for one, outcome in zip(ids, outcomes, strict=False) if outcome == "accepted"}
    assert {(copy.folder, copy.key) for copy in found.values()} == {("Sent", "message_id")}
    assert await reader.find_copies(ids, elsewhere=True) == {}
    await mailer.close()
    await reader.close()


async def test_a_copy_under_another_id_is_found_by_our_token(world: MailWorld) -> None:
    mailer, reader = make_mailer("smtp", _mailer(world)), make_reader("imap", _reader(world))
    ours = "<ours@sender.example>"
    head = b"X-Correlation-ID: " + correlation.make_token(ours).encode() + b"\r\n"
    for number in range(3):
        await mailer.send(Envelope(ME, ME, (head if number == 1 else b"") + _letter(number)))
    found = await reader.find_copies([ours, "<nobody@sender.example>"])
    assert {name: (copy.key, copy.filed_as) for name, copy in found.items()} == {
        ours: ("token", "<1@sender.example>")
    }
    await mailer.close()
    await reader.close()


async def test_what_comes_in_is_read_once_and_a_quiet_look_is_quick(world: MailWorld) -> None:
    reader = make_reader("imap", _reader(world))
    _, cursor = await reader.fetch_new(None)
    answer = _letter(1).replace(b"Subject: Hello", b"Subject: Re: Hello\r\nIn-Reply-To: <7@sender.example>")
    await world.deliver(ME, answer)
    assert await reader.has_reply(["<7@sender.example>"], "p9@corp.example", clock.now(), cursor=cursor)
    fetched, cursor = await reader.fetch_new(cursor)
    assert [b"In-Reply-To: <7@sender.example>" in message.raw for message in fetched] == [True]
    begin = time.monotonic()
    for _ in range(100):
        assert (await reader.fetch_new(cursor))[0] == []
    assert (time.monotonic() - begin) / 100 < 0.02
    await reader.close()


async def test_its_names_are_answered_for_reserved_domains(world: MailWorld) -> None:
    resolver = make_resolver(ResolverConfig(reserved_nameserver=f"127.0.0.1:{world.dns_port}"))
    assert (await resolver.mx("corp.example")).kind == "found"
