"""The transport against a server that breaks its word at every step: a receipt never says more than is known."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from mailworld.faults import ACTS, STEPS, Act, Faults, Step
from mailworld.hostile import HostileServer
from reachly.infra import outbound
from reachly.integrations.mailer.port import Envelope, MailerConfig, Receipt
from reachly.integrations.mailer.vendors.smtp import SmtpMailer
from tests.contract.certificates import make_tls

pytestmark = pytest.mark.anyio
SENDER = "mira@brightfjord.example"
CASES = [
    (step, act)
    for step in STEPS
    for act in ACTS
    if step != "starttls" and (act != "later" or step not in ("body", "stored"))
]
EARLY = ("connect", "banner", "ehlo", "starttls", "auth")


def envelopes(n: int, filling: int = 0) -> list[Envelope]:
    body = "x" * 70 + "\r\n"
    return [
        Envelope(
            SENDER, f"p{i}@example.com",
            f"Message-ID: <{i}@brightfjord.example>\r\nSubject: {i}\r\n\r\n{body * (1 + filling // 72)}".encode(),
        )
        for i in range(n)
    ]  # fmt: skip


def mailer_of(server: HostileServer, *, seconds: float = 0.3, **more: Any) -> SmtpMailer:
    outbound.install(["127.0.0.1"])
    given: dict[str, Any] = {
        "address": SENDER, "host": "127.0.0.1", "port": server.port, "security": "none", "username": SENDER,
        "password": "secret", "connect_seconds": 1.0, "command_seconds": seconds,
    }  # fmt: skip
    return SmtpMailer(MailerConfig(**{**given, **more}))


def check(server: HostileServer, receipts: list[Receipt], sent: list[Envelope]) -> None:
    """Accepted was kept once, unknown at most once, anything else never."""
    kept = Counter(one.recipient for one in server.ledger.stored)
    for receipt, envelope in zip(receipts, sent, strict=True):
        copies = kept[envelope.rcpt_to]
        allowed = {"accepted": (1,), "unknown": (0, 1)}.get(receipt.outcome, (0,))
        assert copies in allowed, f"{envelope.rcpt_to}: {receipt} but {copies} copies"


@pytest.mark.parametrize(("step", "act"), CASES)
async def test_a_pipeline_tells_the_truth_whatever_breaks(step: Step, act: Act) -> None:
    faults = Faults()
    faults.tell(step, *([None, act] if step in ("mail", "rcpt", "data", "body", "dot", "stored") else [act]))
    async with HostileServer(faults) as server:
        mailer, sent = mailer_of(server), envelopes(5)
        receipts = await mailer.send_many(sent)
        await mailer.close()
        check(server, receipts, sent)
        outcomes = [receipt.outcome for receipt in receipts]
        if step in ("dot", "stored") and act != "later":
            assert outcomes[:2] == ["accepted", "unknown"]
        assert outcomes.count("unknown") <= 1, "one connection broke, one message is in doubt"
        if step == "stored":
            assert server.ledger.copies()["p1@example.com", "<1@brightfjord.example>"] == 1


@pytest.mark.parametrize(("step", "act"), [case for case in CASES if case[0] not in EARLY])
async def test_a_single_message_tells_the_truth_whatever_breaks(step: Step, act: Act) -> None:
    faults = Faults()
    faults.tell(step, act)
    async with HostileServer(faults) as server:
        mailer, sent = mailer_of(server), envelopes(2)
        receipts = [await mailer.send(envelope) for envelope in sent]
        await mailer.close()
        check(server, receipts, sent)
        assert receipts[1].outcome == "accepted", "the next one is not spoilt by it"


@pytest.mark.parametrize("step", ["ehlo", "starttls", "auth", "mail", "dot", "stored"])
@pytest.mark.parametrize("act", ["drop", "stall", "garble"])
async def test_nothing_is_said_in_the_clear_and_nothing_too_much_over_tls(
    tmp_path: Path, step: Step, act: Act
) -> None:
    here, there = make_tls(tmp_path)
    faults = Faults()
    faults.tell(step, act)
    async with HostileServer(faults, tls=here) as server:
        mailer = mailer_of(server, seconds=0.5, security="starttls", tls=there)
        sent = envelopes(3)
        receipts = await mailer.send_many(sent)
        check(server, receipts, sent)
        assert [fault.step for fault in server.ledger.faults] == [step]
        if step in EARLY:
            assert {receipt.outcome for receipt in receipts} == {"connect_failed"}
        again = envelopes(6)[3:]
        assert {receipt.outcome for receipt in await mailer.send_many(again)} == {"accepted"}
        await mailer.close()


async def test_a_body_broken_off_before_its_end_was_never_sent() -> None:
    faults = Faults()
    faults.tell("body", None, "drop")
    async with HostileServer(faults) as server:
        mailer, sent = mailer_of(server, seconds=20), envelopes(4, filling=24_000_000)
        receipts = await mailer.send_many(sent)
        await mailer.close()
        check(server, receipts, sent)
        assert [receipt.outcome for receipt in receipts] == [
            "accepted",
            "deferred",
            "connect_failed",
            "connect_failed",
        ]


async def test_a_long_run_against_a_server_that_breaks_everything_now_and_then() -> None:
    rates = dict.fromkeys(STEPS, 0.02)
    async with HostileServer(Faults(11, rates, ("drop", "garble", "later"))) as server:
        mailer, sent = mailer_of(server, seconds=20), envelopes(400)
        receipts: list[Receipt] = []
        while len(receipts) < len(sent):
            receipts += await mailer.send_many(sent[len(receipts) : len(receipts) + 16])
        await mailer.close()
        check(server, receipts, sent)
        spoilt = Counter(fault.step for fault in server.ledger.faults)
        assert sum(receipt.outcome == "unknown" for receipt in receipts) <= sum(
            spoilt[step] for step in ("body", "dot", "stored", "mail")
        )
        assert sum(receipt.outcome == "accepted" for receipt in receipts) > 200


async def test_a_server_that_rests_keeps_its_word_until_it_goes_on() -> None:
    faults = Faults(rates=dict.fromkeys(STEPS, 1.0), acts=("later",), resting=True)
    async with HostileServer(faults) as server:
        mailer, sent = mailer_of(server), envelopes(4)
        assert {receipt.outcome for receipt in await mailer.send_many(sent[:2])} == {"accepted"}
        assert server.ledger.faults == []
        faults.resting = False
        check(server, await mailer.send_many(sent[2:]), sent[2:])
        await mailer.close()
        assert server.ledger.faults != []
