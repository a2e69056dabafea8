"""Submission over real SMTP: who may send, who is refused, what is on record."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from email.policy import SMTP
from pathlib import Path

import aiosmtplib
import pytest

from mailworld import Rates
from mailworld.record import read_log
from reachly.kit import clock
from tests.factories.mail import Letter, hand_in
from tests.integration.mailworld.conftest import MakeWorld

pytestmark = pytest.mark.anyio
QUIET = Rates.quiet()
START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


async def refusal(port: int, recipient: str, sender: str = "anna@reachly.test") -> tuple[int, str]:
    """The answer to RCPT (or MAIL), on a signed-in connection."""
    async with aiosmtplib.SMTP(
        hostname="127.0.0.1",
        port=port,
        username="anna@reachly.test",
        password="secret",
        use_tls=False,
        start_tls=False,
    ) as client:
        code, text = await client.execute_command(f"MAIL FROM:<{sender}>".encode())
        if code == 250:
            code, text = await client.execute_command(f"RCPT TO:<{recipient}>".encode())
        return code, text


async def test_an_accepted_message_is_on_record_with_all_its_marks(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    letter = Letter(
        "Amy@Acme.test", subject="Größe", message_id="<2@reachly.test>", references=("<1@reachly.test>",),
        headers={"X-Step": "2"},
    )  # fmt: skip
    async with make_world(rates=QUIET, log=tmp_path / "world.jsonl") as world:
        answer = await hand_in(world.smtp_port, letter)
        (received,) = world.received
    body = letter.build().as_bytes(policy=SMTP).partition(b"\r\n\r\n")[2]
    assert received.reply == f"250 {answer}"
    assert (received.message_id, received.recipient, received.step) == (
        "<2@reachly.test>",
        "amy@acme.test",
        1,
    )
    assert (received.sender, received.mail_from) == ("anna@reachly.test", "anna@reachly.test")
    assert (received.subject, received.references) == ("Größe", ("<1@reachly.test>",))
    assert received.marks == {"X-Step": "2"}
    assert len(received.sha256) == len(hashlib.sha256(body).hexdigest())
    assert read_log(tmp_path / "world.jsonl").received == [received]


@pytest.mark.parametrize("mechanism", ["plain", "login"])
async def test_both_ways_of_signing_in_work(make_world: MakeWorld, mechanism: str) -> None:
    async with make_world() as world:
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=world.smtp_port, use_tls=False, start_tls=False)
        await client.connect()
        await client.ehlo()
        sign_in = client.auth_plain if mechanism == "plain" else client.auth_login
        with pytest.raises(aiosmtplib.SMTPAuthenticationError) as refused:
            await sign_in("anna@reachly.test", "wrong")
        assert refused.value.code == 535
        assert (await sign_in("Anna@reachly.test", "secret")).code == 235
        await client.quit()


async def test_nobody_sends_without_signing_in_or_for_somebody_else(make_world: MakeWorld) -> None:
    async with make_world() as world:
        async with aiosmtplib.SMTP(
            hostname="127.0.0.1", port=world.smtp_port, use_tls=False, start_tls=False
        ) as client:
            await client.ehlo()
            code, _ = await client.execute_command(b"MAIL FROM:<anna@reachly.test>")
            assert code == 530
        assert (await refusal(world.smtp_port, "amy@acme.test", "bo@reachly.test"))[0] == 553
        assert (await refusal(world.smtp_port, "amy@acme.test", "anna+b1@reachly.test"))[0] == 250
        assert [fact.reply[:3] for fact in world.refused] == ["553"]


@pytest.mark.parametrize(
    ("recipient", "code", "status"),
    [
        ("amy@acme.test", 250, "2.1.5"),
        ("amy@sub.example.org", 250, "2.1.5"),
        ("kathe.gross@xn--mllerbau-75a.example", 250, "2.1.5"),
        ("amy@gone.example", 550, "5.1.2"),
        ("amy@nomail.example", 556, "5.1.10"),
        ("amy@acme.invalid", 550, "5.1.2"),
        ("amy@company.io", 550, "5.1.2"),
    ],
)
async def test_recipients_are_judged_by_their_domain(
    make_world: MakeWorld, recipient: str, code: int, status: str
) -> None:
    async with make_world(rates=QUIET) as world:
        answer = await refusal(world.smtp_port, recipient)
        assert (answer[0], answer[1].split()[0]) == (code, status)
        assert len(world.refused) == (code != 250)


async def test_an_unknown_user_is_refused_in_the_session(make_world: MakeWorld) -> None:
    async with make_world(rates=QUIET) as world:
        world.cast("Bo@acme.test", fate="refuses")
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
            await hand_in(world.smtp_port, Letter("bo@acme.test"))
        assert refused.value.recipients[0].code == 550
        assert refused.value.recipients[0].message.startswith("5.1.1 ")
        assert world.received == []
        assert world.refused[0].recipient == "bo@acme.test"


async def test_greylisting_refuses_at_first_and_accepts_after_a_while(make_world: MakeWorld) -> None:
    virtual = clock.VirtualClock(START, 2)
    with clock.installed(virtual):
        async with make_world(rates=QUIET) as world, clock.actor("sender"):
            world.cast("slow@acme.test", fate="greylists")
            answers = [(await refusal(world.smtp_port, "slow@acme.test"))[0]]
            await clock.sleep(60)
            answers.append((await refusal(world.smtp_port, "slow@acme.test"))[0])
            await clock.sleep(240)
            answers.append((await refusal(world.smtp_port, "slow@acme.test"))[0])
            assert world.refused[0].reply.startswith("451 4.7.1 ")
            assert [fact.at - START for fact in world.refused] == [timedelta(0), timedelta(seconds=60)]
    assert answers == [451, 451, 250]


async def test_a_second_copy_is_a_duplicate_of_the_same_step(make_world: MakeWorld) -> None:
    async with make_world(rates=QUIET) as world:
        for message_id in ("<a@r.test>", "<a@r.test>", "<b@r.test>"):
            await hand_in(world.smtp_port, Letter("amy@acme.test", message_id=message_id))
        assert [(fact.step, fact.duplicate) for fact in world.received] == [(1, False), (1, True), (2, False)]
        assert world.count_message_ids() == {"<a@r.test>": 2, "<b@r.test>": 1}


async def test_a_dropped_reply_leaves_the_message_accepted(make_world: MakeWorld) -> None:
    async with make_world(rates=QUIET) as world:
        world.drop_replies(1)
        with pytest.raises((aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPReadTimeoutError)):
            await hand_in(world.smtp_port, Letter("amy@acme.test", message_id="<lost@r.test>"))
        assert world.count_message_ids() == {"<lost@r.test>": 1}
        await hand_in(world.smtp_port, Letter("amy@acme.test"))
        assert len(world.received) == 2


async def test_a_message_too_large_is_refused(make_world: MakeWorld) -> None:
    async with make_world(rates=QUIET, message_size_limit=2_000) as world:
        with pytest.raises(aiosmtplib.SMTPResponseException) as refused:
            await hand_in(world.smtp_port, Letter("amy@acme.test", headers={"X-Pad": "x" * 3_000}))
        assert refused.value.code == 552
        assert world.received == []


async def test_mail_between_own_mailboxes_is_delivered(make_world: MakeWorld) -> None:
    async with make_world() as world:
        world.add_mailbox("bo@reachly.test", "other")
        await hand_in(world.smtp_port, Letter("Bo@reachly.test", message_id="<own@r.test>"))
        assert [(fact.mailbox, fact.message_id) for fact in world.delivered] == [
            ("bo@reachly.test", "<own@r.test>")
        ]
        assert world.waiting == 0


async def test_the_log_is_on_disk_before_the_sender_is_answered(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    log = tmp_path / "world.jsonl"
    async with make_world(rates=QUIET, log=log) as world:
        await hand_in(world.smtp_port, Letter("amy@acme.test"))
        lines = [json.loads(line) for line in log.read_text().splitlines()]
        assert [line["kind"] for line in lines] == ["received"]
