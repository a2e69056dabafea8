"""What every Reader keeps: run against the fake, and against the IMAP vendor talking to real servers."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from reachly.integrations.reader.fake import FakeReader, MailboxScript
from reachly.integrations.reader.port import Reader, ReaderConfig, ReaderError
from reachly.integrations.reader.registry import make_reader
from reachly.kit import clock, correlation
from tests.contract.imap_peers import DOVECOT, PASSWORD, USER, Dovecot, ImapPeer, PymapPeer
from tests.programs import NEEDS

pytestmark = pytest.mark.anyio

NOW = clock.now().replace(microsecond=0)
needs_dovecot = pytest.mark.skipif(DOVECOT is None, reason=f"{NEEDS}dovecot (Debian package dovecot-imapd)")


@dataclass
class World:
    config: ReaderConfig
    reader: Reader
    make: Callable[[ReaderConfig], Reader]
    deliver: Callable[[bytes, datetime], Awaitable[None]]
    renumber: Callable[[], Awaitable[None]]
    cut: Callable[[], Awaitable[None]]
    sent: str


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    server = Dovecot()
    yield server
    server.stop()


@pytest.fixture(params=["fake", "pymap", pytest.param("dovecot", marks=needs_dovecot)])
async def world(request: pytest.FixtureRequest) -> AsyncIterator[World]:
    config = ReaderConfig(
        USER,
        "127.0.0.1",
        security="none",
        username=USER,
        password=PASSWORD,
        connect_seconds=5,
        command_seconds=5,
    )
    if request.param == "fake":
        script = MailboxScript(username=USER, password=PASSWORD)

        async def deliver(raw: bytes, at: datetime) -> None:
            script.deliver(raw, at)

        async def renumber() -> None:
            script.renumber()

        async def cut() -> None:
            return None

        fake = FakeReader(config, script)
        yield World(config, fake, lambda c: FakeReader(c, script), deliver, renumber, cut, "Sent")
        return
    async with contextlib.AsyncExitStack() as stack:
        peer: ImapPeer
        sent = "Sent Mail"
        if request.param == "pymap":
            sent = "Sent"
            peer = await stack.enter_async_context(PymapPeer().running())
        else:
            peer = request.getfixturevalue("dovecot").mailbox()
        config = replace(config, port=peer.port, username=peer.user)
        reader = make_reader("imap", config)
        yield World(
            config, reader, lambda c: make_reader("imap", c), peer.deliver, peer.renumber, peer.cut, sent
        )
        await reader.close()


def letter(number: int, *, sender: str = "ada@example.com", **headers: str) -> bytes:
    lines = [f"From: Ada <{sender}>", f"Subject: no {number}", f"Message-ID: <{number}@example.com>"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join([*lines, "", f"Text {number}", "("]) + "\r\n").encode()


async def test_without_a_cursor_reading_begins_now(world: World) -> None:
    await world.deliver(letter(1), NOW)
    fetched, cursor = await world.reader.fetch_new(None)
    assert fetched == []
    await world.deliver(letter(2), NOW)
    fetched, _ = await world.reader.fetch_new(cursor)
    assert [m.raw for m in fetched] == [letter(2)]


async def test_every_message_comes_once_in_order_with_its_date(world: World) -> None:
    _, cursor = await world.reader.fetch_new(None)
    dates = [NOW - timedelta(days=3, minutes=number) for number in range(25)]
    for number, at in enumerate(dates):
        await world.deliver(letter(number), at)
    fetched, cursor = await world.reader.fetch_new(cursor)
    assert [(m.raw, m.received_at, m.folder, m.truncated) for m in fetched] == [
        (letter(number), at, "INBOX", False) for number, at in enumerate(dates)
    ]
    assert all(m.received_at.tzinfo is UTC for m in fetched)
    uids = [m.uid for m in fetched]
    assert uids == sorted(set(uids))
    assert await world.reader.fetch_new(cursor) == ([], cursor)


async def test_reading_goes_on_where_a_full_batch_ended(world: World) -> None:
    reader = world.make(replace(world.config, max_messages=4))
    _, cursor = await reader.fetch_new(None)
    for number in range(10):
        await world.deliver(letter(number), NOW)
    sizes, subjects = [], []
    for _ in range(4):
        fetched, cursor = await reader.fetch_new(cursor)
        sizes.append(len(fetched))
        subjects += [m.raw for m in fetched]
    assert sizes == [4, 4, 2, 0]
    assert subjects == [letter(number) for number in range(10)]
    await reader.close()


async def test_a_message_that_is_too_long_is_cut_and_marked(world: World) -> None:
    reader = world.make(replace(world.config, max_message_bytes=1000))
    _, cursor = await reader.fetch_new(None)
    long = letter(1) + b"x" * 5000
    await world.deliver(long, NOW)
    await world.deliver(letter(2), NOW)
    fetched, _ = await reader.fetch_new(cursor)
    assert [(m.raw, m.truncated) for m in fetched] == [(long[:1000], True), (letter(2), False)]
    await reader.close()


async def test_news_are_seen_without_reading_them(world: World) -> None:
    assert not await world.reader.has_news(None)
    _, cursor = await world.reader.fetch_new(None)
    assert not await world.reader.has_news(cursor)
    await world.deliver(letter(1), NOW)
    assert await world.reader.has_news(cursor)
    fetched, cursor = await world.reader.fetch_new(cursor)
    assert len(fetched) == 1
    assert not await world.reader.has_news(cursor)


async def test_a_renumbered_mailbox_gives_the_last_days_again_and_loses_nothing(world: World) -> None:
    _, cursor = await world.reader.fetch_new(None)
    await world.deliver(letter(1), NOW - timedelta(days=20))
    await world.deliver(letter(2), NOW)
    _, cursor = await world.reader.fetch_new(cursor)
    await world.deliver(letter(3), NOW)
    await world.renumber()
    assert await world.reader.has_news(cursor)
    fetched, cursor = await world.reader.fetch_new(cursor)
    assert [m.raw for m in fetched] == [letter(2), letter(3)]
    assert (await world.reader.fetch_new(cursor))[0] == []


async def test_a_closed_connection_is_opened_again(world: World) -> None:
    _, cursor = await world.reader.fetch_new(None)
    await world.cut()
    await world.deliver(letter(1), NOW)
    fetched, cursor = await world.reader.fetch_new(cursor)
    assert len(fetched) == 1
    await world.cut()
    await world.reader.append_sent(letter(9), at=NOW)
    await world.reader.close()
    await world.reader.close()
    assert (await world.reader.fetch_new(cursor))[0] == []


@pytest.mark.parametrize(
    ("headers", "answer"),
    [
        ({"In_Reply_To": "<first@reachly.test>"}, True),
        ({"References": "<other@reachly.test> <second@reachly.test>"}, True),
        ({"In_Reply_To": "<third@reachly.test>"}, False),
        ({}, False),
    ],
)
async def test_the_last_look_sees_an_answer_to_any_of_the_messages(
    world: World, headers: dict[str, str], answer: bool
) -> None:
    _, cursor = await world.reader.fetch_new(None)
    await world.deliver(letter(1, sender="colleague@example.org", **headers), NOW)
    ids, since = ["<first@reachly.test>", "<second@reachly.test>"], NOW - timedelta(hours=1)
    assert await world.reader.has_reply(ids, "ada@example.com", since) is answer
    assert await world.reader.has_reply(ids, "ada@example.com", since, cursor=cursor) is answer


async def test_the_last_look_sees_a_new_message_from_the_same_person_and_no_old_one(world: World) -> None:
    await world.deliver(letter(1), NOW - timedelta(hours=2))
    _, cursor = await world.reader.fetch_new(None)
    assert not await world.reader.has_reply([], "ada@example.com", NOW - timedelta(hours=1))
    assert await world.reader.has_reply([], "ADA@example.com", NOW - timedelta(hours=3))
    assert not await world.reader.has_reply([], "ada@example.com", NOW - timedelta(hours=3), cursor=cursor)
    await world.deliver(letter(2), NOW)
    assert await world.reader.has_reply([], "ada@example.com", NOW - timedelta(hours=3), cursor=cursor)


@pytest.mark.parametrize(
    "text",
    [
        'a"b@example.com',
        "a\\@example.com",
        "{10}",
        "x\r\nA1 LOGOUT",
        "ä@example.com",
        "",
        "*",
        "x" * 2000,
        "a b",
        "a\0b",
    ],
)
async def test_a_search_term_cannot_begin_a_command(world: World, text: str) -> None:
    _, cursor = await world.reader.fetch_new(None)
    await world.deliver(letter(1), NOW)
    assert not await world.reader.has_reply([text], text, NOW - timedelta(days=1), cursor=cursor)
    assert await world.reader.find_copies([text]) == {}
    assert len((await world.reader.fetch_new(cursor))[0]) == 1


async def test_a_sent_copy_is_filed_and_found_by_its_message_id(world: World) -> None:
    one, two, three = (f"<{number}@example.com>" for number in (1, 2, 3))
    assert await world.reader.find_copies([one]) == {}
    await world.reader.append_sent(letter(1), at=NOW - timedelta(days=9))
    await world.reader.append_sent(letter(2))
    found = await world.reader.find_copies([one, two, three])
    assert {one: world.sent, two: world.sent} == {name: copy.folder for name, copy in found.items()}
    assert [(copy.key, copy.filed_as, copy.copies) for copy in found.values()] == [
        ("message_id", one, 1), ("message_id", two, 1),
    ]  # fmt: skip
    assert set(await world.reader.find_copies([one, two], since=NOW - timedelta(hours=1))) == {two}
    copies = world.make(replace(world.config, folders=(world.sent,)))
    _, cursor = await copies.fetch_new(None)
    await world.reader.append_sent(letter(4), at=NOW)
    assert [(m.raw, m.received_at) for m in (await copies.fetch_new(cursor))[0]] == [(letter(4), NOW)]
    await copies.close()


async def test_a_copy_that_was_filed_under_another_id_is_found_by_our_token(world: World) -> None:
    ours, other = "<5@reachly.test>", "<kept@reachly.test>"
    await world.reader.append_sent(letter(5, X_Correlation_ID=correlation.make_token(ours)))
    await world.reader.append_sent(letter(6, X_Correlation_ID="00" * 16))
    found = await world.reader.find_copies([ours, other])
    assert [(name, copy.key, copy.filed_as) for name, copy in found.items()] == [
        (ours, "token", "<5@example.com>")
    ]


async def test_many_are_searched_at_once_and_each_copy_is_counted(world: World) -> None:
    for number in range(35):
        await world.reader.append_sent(letter(number))
    await world.reader.append_sent(letter(7))
    found = await world.reader.find_copies([f"<{number}@example.com>" for number in range(0, 70, 2)])
    assert set(found) == {f"<{number}@example.com>" for number in range(0, 35, 2)}
    assert (await world.reader.find_copies(["<7@example.com>"]))["<7@example.com>"].copies == 2
    assert await world.reader.find_copies(["7@example.com"]) == {}, "a part of an id is no id"


async def test_a_copy_that_lies_in_another_folder_is_found_there(world: World) -> None:
    await world.deliver(letter(8), NOW)
    await world.reader.append_sent(letter(9))
    eight, nine = "<8@example.com>", "<9@example.com>"
    assert set(await world.reader.find_copies([eight, nine])) == {nine}
    elsewhere = await world.reader.find_copies([eight, nine], elsewhere=True)
    assert {name: copy.folder for name, copy in elsewhere.items()} == {eight: "INBOX"}


async def test_a_probe_names_the_sent_folder(world: World) -> None:
    probe = await world.reader.probe()
    assert (probe.leg, probe.encrypted, probe.sent_folder) == ("imap", False, world.sent)
    assert {"INBOX", world.sent} <= set(probe.folders)


async def test_a_wrong_password_is_named(world: World) -> None:
    wrong = world.make(replace(world.config, password="nope"))
    with pytest.raises(ReaderError) as caught:
        await wrong.probe()
    assert (caught.value.leg, caught.value.cause, caught.value.code) == ("imap", "auth", "imap_auth")
    assert "nope" not in caught.value.detail
    with pytest.raises(ReaderError):
        await wrong.fetch_new(None)


@pytest.mark.parametrize("folder", ["Nowhere", 'a"b', "x\r\nA1 LOGOUT", "{10}", "Größe"])
async def test_a_folder_that_is_not_there_is_named_and_changes_nothing(world: World, folder: str) -> None:
    reader = world.make(replace(world.config, folders=(folder,)))
    with pytest.raises(ReaderError) as caught:
        await reader.fetch_new(None)
    assert caught.value.cause == "protocol"
    await reader.close()
    await world.reader.fetch_new(None)


@pytest.mark.parametrize("cursor", ["", "nonsense", "[]", "{}", '{"INBOX":1}', '{"INBOX":{"v":"x"}}'])
async def test_an_unreadable_cursor_counts_as_none(world: World, cursor: str) -> None:
    await world.deliver(letter(1), NOW)
    fetched, fresh = await world.reader.fetch_new(cursor)
    assert fetched == []
    await world.deliver(letter(2), NOW)
    assert [m.raw for m in (await world.reader.fetch_new(fresh))[0]] == [letter(2)]
