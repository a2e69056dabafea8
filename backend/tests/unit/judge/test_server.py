"""The judge's server under Python's own SMTP client: what it keeps is in the books before anybody hears of it."""

from __future__ import annotations

import smtplib
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest

from judge.books import Reader
from judge.processes import JudgesServers

BOX, SECRET = "mira@court.example", "secret"
Start = Callable[..., JudgesServers]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[JudgesServers] = []

    def run(**whims: object) -> JudgesServers:
        server = JudgesServers(tmp_path, accounts={BOX: SECRET}, whims=whims)
        started.append(server)
        return server

    yield run
    for server in started:
        server.end()


def connect(server: JudgesServers) -> smtplib.SMTP:
    client = smtplib.SMTP("127.0.0.1", server.ports["smtp"], timeout=60)
    client.login(BOX, SECRET)
    return client


def letter(to: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"], message["Message-ID"] = BOX, to, "Hello", f"<{to}>"
    message.set_content("A line.\n.and one that begins with a dot\n")
    return message


def kinds_of(server: JudgesServers) -> list[str]:
    return [event.kind for event in Reader(server.books).events()]


def test_each_step_of_a_message_is_in_the_books_in_its_order(start: Start) -> None:
    server = start()
    with connect(server) as client:
        client.send_message(letter("ann@acme.example"))
        events = Reader(server.books).events()
    steps = [event.kind for event in events if event.kind not in ("open", "signed-in", "reply")]
    assert steps == ["mail", "rcpt", "data", "body", "accepted"]
    kept = next(event for event in events if event.kind == "accepted")
    assert (kept.mailbox, kept.recipient, kept.facts["message_id"]) == (
        BOX,
        "ann@acme.example",
        "<ann@acme.example>",
    )
    assert [event.mono for event in events] == sorted(event.mono for event in events)


def test_a_wrong_password_is_refused(start: Start) -> None:
    client = smtplib.SMTP("127.0.0.1", start().ports["smtp"], timeout=60)
    with pytest.raises(smtplib.SMTPAuthenticationError):
        client.login(BOX, "wrong")


@pytest.mark.parametrize(
    ("fault", "error", "kept"),
    [
        ("mail-refused", smtplib.SMTPSenderRefused, False),
        ("rcpt-refused", smtplib.SMTPRecipientsRefused, False),
        ("rcpt-drop", smtplib.SMTPServerDisconnected, False),
        ("data-later", smtplib.SMTPDataError, False),
        ("dot-refused", smtplib.SMTPDataError, False),
        ("dot-drop-before", smtplib.SMTPServerDisconnected, False),
        ("dot-drop-after", smtplib.SMTPServerDisconnected, True),
        ("dot-mixed-kept", smtplib.SMTPDataError, True),
        ("dot-421", smtplib.SMTPDataError, False),
    ],
)
def test_a_fault_does_what_it_is_called(start: Start, fault: str, error: type[Exception], kept: bool) -> None:
    server = start(share=6.0, kinds=[fault])
    client = connect(server)
    with pytest.raises(error):
        client.send_message(letter("ann@acme.example"))
    assert ("accepted" in kinds_of(server)) is kept
    client.close()


def test_one_reply_too_many_answers_the_next_command(start: Start) -> None:
    server = start(share=1.0, kinds=["dot-twice"])
    with connect(server) as client:
        client.send_message(letter("ann@acme.example"))
        code, words = client.docmd("NOOP")
        assert (code, words) == (250, b"2.0.0 Kept")
        client.getreply()


def test_nobody_meets_more_than_two_faults(start: Start) -> None:
    server = start(share=1.0, kinds=["rcpt-later"])
    client = connect(server)
    for _ in range(2):
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            client.send_message(letter("ann@acme.example"))
    client.send_message(letter("ann@acme.example"))
    client.quit()
