"""The IMAP server seen by an independent client; these are also the conformance tests of the library below it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import TypeVar

import pytest
from imap_tools import AND, H, MailboxLoginError, MailBoxUnencrypted, MailMessageFlags

from mailworld import MailWorld, Rates
from mailworld.letters import SMTP
from reachly.kit import clock
from tests.factories.mail import Letter, hand_in
from tests.integration.mailworld.conftest import MakeWorld

pytestmark = pytest.mark.anyio
T = TypeVar("T")


async def use(world: MailWorld, work: Callable[[MailBoxUnencrypted], T], password: str = "secret") -> T:
    def run() -> T:
        with MailBoxUnencrypted("127.0.0.1", world.imap_port, timeout=10).login(
            "anna@reachly.test", password
        ) as box:
            return work(box)

    return await asyncio.to_thread(run)


@cache
def pattern() -> bytes:
    letter = Letter("n@acme.test", subject="Number {0} ü", message_id="<{0}@reachly.test>")
    return letter.build().as_bytes(policy=SMTP)


def raw(number: int, message_id: str = "") -> bytes:
    sent = pattern().replace(b"{0}", b"%d" % number).replace(b"=7B0=7D", b"%d" % number)
    return sent.replace(b"<%d@reachly.test>" % number, message_id.encode()) if message_id else sent


async def test_mail_is_delivered_and_fetched_unchanged(make_world: MakeWorld) -> None:
    async with make_world() as world:
        sent = raw(1, "<one@acme.test>")
        assert await world.deliver("Anna+tag@reachly.test", sent)
        assert not await world.deliver("nobody@reachly.test", sent)
        (got,) = await use(world, lambda box: list(box.fetch(mark_seen=False)))
        _, parts = await use(world, lambda box: box.client.uid("FETCH", "1:*", "(BODY.PEEK[])"))
    assert got.subject == "Number 1 ü"
    assert parts[0][1] == sent
    assert MailMessageFlags.SEEN not in got.flags


async def test_a_wrong_password_is_refused(make_world: MakeWorld) -> None:
    async with make_world() as world:
        with pytest.raises(MailboxLoginError):
            await use(world, lambda box: box.folder.list(), password="guess")
        world.add_mailbox("anna@reachly.test", "changed")
        assert await use(world, lambda box: box.folder.list(), password="changed")


async def test_sent_is_marked_for_its_special_use(make_world: MakeWorld) -> None:
    async with make_world() as world:
        folders = await use(world, lambda box: box.folder.list())
    special = {folder.name: set(folder.flags) for folder in folders}
    assert "\\Sent" in special["Sent"]
    assert "\\Junk" in special["Junk"]
    assert "\\Sent" not in special["INBOX"]


async def test_uids_grow_and_only_new_mail_is_found(make_world: MakeWorld) -> None:
    async with make_world() as world:
        for number in range(3):
            await world.deliver("anna@reachly.test", raw(number))
        before = await use(world, lambda box: box.uids("ALL"))
        await world.deliver("anna@reachly.test", raw(3))
        after = await use(world, lambda box: box.uids(AND(uid=f"{int(before[-1]) + 1}:*")))
        status = await use(world, lambda box: box.folder.status("INBOX"))
    assert sorted(map(int, before)) == list(map(int, before))
    assert len(after) == 1
    assert status["MESSAGES"] == 4
    assert status["UIDNEXT"] == int(after[0]) + 1


async def test_append_keeps_flags_and_date_and_is_found_by_message_id(make_world: MakeWorld) -> None:
    at = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)

    def append(box: MailBoxUnencrypted) -> list[tuple[str, datetime, tuple[str, ...]]]:
        box.append(raw(1, "<kept@reachly.test>"), "Sent", dt=at, flag_set=[MailMessageFlags.SEEN])
        box.folder.set("Sent")
        found = box.fetch(AND(header=H("Message-ID", "<kept@reachly.test>")), mark_seen=False)
        return [(one.subject, one.date, one.flags) for one in found]

    async with make_world() as world:
        ((subject, _, flags),) = await use(world, append)
    assert subject == "Number 1 ü"
    assert MailMessageFlags.SEEN in flags


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("<m7@reachly.test>", 1),
        ("m7@reachly.test", 1),
        ("M7@REACHLY.test", 1),
        ("reachly.test", 20),
        ("<no@x>", 0),
    ],
)
async def test_search_by_message_id(make_world: MakeWorld, wanted: str, found: int) -> None:
    async with make_world() as world:
        for number in range(20):
            await world.deliver("anna@reachly.test", raw(number, f"<m{number}@reachly.test>"))
        uids = await use(world, lambda box: box.uids(AND(header=H("Message-ID", wanted))))
    assert len(uids) == found


async def test_search_combines_message_id_with_other_keys(make_world: MakeWorld) -> None:
    async with make_world() as world:
        await world.deliver("anna@reachly.test", raw(1, "<a@reachly.test>"))
        both = AND(header=H("Message-ID", "<a@reachly.test>"), seen=True)
        assert await use(world, lambda box: box.uids(both)) == []
        await use(world, lambda box: box.flag(box.uids("ALL"), MailMessageFlags.SEEN, True))
        assert len(await use(world, lambda box: box.uids(both))) == 1
        assert len(await use(world, lambda box: box.uids(AND(subject="Number 1")))) == 1
        assert await use(world, lambda box: box.uids(AND(subject="Number 2"))) == []


async def test_moved_and_deleted_mail_is_gone_from_the_inbox(make_world: MakeWorld) -> None:
    def tidy(box: MailBoxUnencrypted) -> tuple[int, int, int]:
        first, second, _ = box.uids("ALL")
        box.copy([first], "Trash")
        box.delete([first, second])
        left = len(box.uids("ALL"))
        box.folder.set("Trash")
        return left, len(box.uids("ALL")), len(box.uids(AND(header=H("Message-ID", "<0@reachly.test>"))))

    async with make_world() as world:
        for number in range(3):
            await world.deliver("anna@reachly.test", raw(number, f"<{number}@reachly.test>"))
        assert await use(world, tidy) == (1, 1, 1)


async def test_idle_hears_of_new_mail(make_world: MakeWorld) -> None:
    async with make_world() as world:
        waiting = asyncio.create_task(use(world, lambda box: box.idle.wait(timeout=60)))
        await asyncio.sleep(0.2)
        await world.deliver("anna@reachly.test", raw(1))
        responses = await waiting
    assert any(b"EXISTS" in line for line in responses)


@pytest.mark.parametrize("files_sent", [True, False])
async def test_a_mailbox_files_its_own_copy_or_not(make_world: MakeWorld, files_sent: bool) -> None:
    async with make_world(rates=Rates.quiet()) as world:
        world.add_mailbox("anna@reachly.test", "secret", files_sent=files_sent)
        await hand_in(world.smtp_port, Letter("amy@acme.test", message_id="<filed@reachly.test>"))

        def look(box: MailBoxUnencrypted) -> list[str]:
            box.folder.set("Sent")
            return box.uids(AND(header=H("Message-ID", "<filed@reachly.test>")))

        assert len(await use(world, look)) == int(files_sent)


async def test_internal_dates_are_product_time(make_world: MakeWorld) -> None:
    start = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
    with clock.installed(clock.VirtualClock(start, 2)):
        async with make_world() as world, clock.actor("test"):
            await world.deliver("anna@reachly.test", raw(1))
            found = await use(world, lambda box: box.uids(AND(date=start.date())))
    assert len(found) == 1


async def test_polling_a_large_mailbox_is_cheap(make_world: MakeWorld) -> None:
    async with make_world() as world:
        for number in range(2_000):
            await world.deliver("anna@reachly.test", raw(number, f"<m{number}@reachly.test>"))

        def poll(box: MailBoxUnencrypted) -> float:
            newest = box.uids("ALL")[-1]
            began = time.perf_counter()
            for _ in range(20):
                box.folder.set("INBOX")
                assert len(box.uids(f"UID {newest}:*")) == 1
                assert len(box.uids(AND(header=H("Message-ID", "<m99@reachly.test>")))) == 1
            return (time.perf_counter() - began) / 20

        assert await use(world, poll) < 0.2
