"""Mails of strangers: none speaks in a lead's name, none holds up the others, none is lost that cannot be read."""

from __future__ import annotations

import json

import pytest

from reachly.infra.settings import Settings, install
from tests.factories.hostile_mail import twelve
from tests.factories.inbound import MAILBOX, letter
from tests.integration.inbox.conftest import Post

pytestmark = pytest.mark.anyio


def heavy(sender: str, answers: str = "") -> bytes:
    """Takes about half a second of CPU to read."""
    headers = f"In-Reply-To: {answers}\r\n".encode() if answers else b""
    raw = twelve("text/html", b"&amp;", sender.encode()).replace(b"\n", b"\r\n")
    return (
        headers
        + b"X-Note: <heavy@bolt.example>\r\n"
        + raw.replace(b"<t@bolt.example>", b"<heavy@bolt.example>")
    )


@pytest.fixture
def hasty(settings: Settings) -> None:
    install(settings.model_copy(update={"inbox": settings.inbox.model_copy(update={"parse_seconds": 0.1})}))


async def test_a_name_that_decodes_to_a_leads_address_is_no_lead(post: Post) -> None:
    lead = post.people[0].replace("@", "=40").replace(".", "=2E")
    raw = letter("x@y.example", "unsubscribe", subject="unsubscribe").replace(
        b"From: x@y.example", f"From: =?utf-8?Q?{lead}=2C?= <someone@stranger.test>".encode()
    )
    await post.read(raw)
    assert await post.suppressed() == {}
    assert await post.statuses() == ["active"] * 3
    assert await post.kinds() == []  # a stranger's mail is private


async def test_a_comma_in_an_encoded_name_loses_nothing(post: Post) -> None:
    raw = letter("x@y.example", "Yes please, send me the details.", answers=post.ids[0]).replace(
        b"From: x@y.example", f"From: =?iso-8859-1?Q?M=FCster=2C_Erika?= <{post.people[0]}>".encode()
    )
    await post.read(raw)
    row = await post.sql.fetchrow("SELECT from_name, from_email, kind FROM inbound_messages")
    assert tuple(row) == ("Müster, Erika", post.people[0], "reply")


async def test_a_mail_past_the_limit_is_kept_raw_marked_and_stops_the_sequence(
    post: Post, hasty: None
) -> None:
    raw = heavy(post.people[0], post.ids[0])
    await post.read(raw)
    row = await post.sql.fetchrow("SELECT * FROM inbound_messages")
    assert (row["kind"], row["from_email"], json.loads(row["facts"])["flaw"]) == (
        "reply",
        post.people[0],
        "time",
    )
    assert bytes(row["raw"]) == raw
    assert "could not be read" in row["body_text"]
    thread = await post.sql.fetchrow("SELECT snippet, unread, intent FROM threads")
    assert thread["snippet"].startswith("This message could not be read")
    assert (thread["unread"], thread["intent"]) == (True, "unclear")
    assert await post.statuses() == ["replied", "active", "active"]
    await post.read(raw)  # delivered again
    assert await post.kinds() == ["reply"]


async def test_a_strangers_mail_past_the_limit_changes_and_keeps_nothing(post: Post, hasty: None) -> None:
    await post.read(heavy("someone@stranger.test"), letter(post.people[1], "Thanks!", answers=post.ids[1]))
    assert await post.statuses() == ["active", "replied", "active"]
    assert await post.kinds() == ["reply"]


async def test_footer_of_a_gateway_does_not_hide_what_was_written(post: Post) -> None:
    parts = (
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\nContent-Type: text/html\r\n\r\n"
        "<p>Please take us off your list.</p>\r\n--B\r\nContent-Type: text/plain\r\nContent-Disposition: inline\r\n\r\n"
        "--\r\nScanned by the mail gateway.\r\n--B--\r\n"
    )
    head = (
        f"From: {post.people[0]}\r\nTo: {MAILBOX}\r\nSubject: Re: A question\r\nMessage-ID: <g@x.example>\r\n"
    )
    await post.read(f"{head}In-Reply-To: {post.ids[0]}\r\n{parts}".encode())
    assert await post.kinds() == ["unsubscribe"]
    assert await post.suppressed() == {post.people[0]: "asked"}


async def test_opt_out_in_gbk_under_the_name_of_gb2312_is_understood(post: Post) -> None:
    raw = letter(post.people[0], "PLACE", answers=post.ids[0]).replace(
        b"PLACE", "請不要再聯繫，退订".encode("gbk")
    )
    await post.read(raw.replace(b'charset="utf-8"', b"charset=gb2312").replace(b"7bit", b"8bit"))
    assert await post.kinds() == ["unsubscribe"]
