"""What only a wire can show: TLS, sign-in mechanisms, peers that stall, babble or vanish."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reachly.infra import outbound
from reachly.integrations.mailer.fake import RelayScript
from reachly.integrations.mailer.port import Envelope, MailerConfig, MailerError
from reachly.integrations.mailer.registry import make_mailer
from reachly.integrations.mailer.vendors import smtp_wire
from reachly.kit.errors import NotImplementedYet
from tests.contract.certificates import make_tls
from tests.contract.smtp_peer import SmtpPeer

pytestmark = pytest.mark.anyio

BODY = b"Subject: Hello\r\n\r\nGood day.\r\n"
HELLO = Envelope("me@reachly.test", "ada@example.com", BODY)
CONFIG = MailerConfig(
    "me@reachly.test", host="127.0.0.1", security="none", connect_seconds=3, command_seconds=1
)
OK: dict[str, bytes] = {
    "": b"220 ready\r\n",
    "EHLO": b"250-relay\r\n250 AUTH PLAIN LOGIN\r\n",
    "MAIL": b"250 ok\r\n",
    "RCPT": b"250 ok\r\n",
    "DATA": b"354 go\r\n",
    ".": b"250 2.0.0 ok\r\n",
    "RSET": b"250 ok\r\n",
    "QUIT": b"221 bye\r\n",
    "AUTH": b"235 ok\r\n",
}
SILENT, CLOSE = b"silent", b"close"


@contextlib.asynccontextmanager
async def raw_peer(answers: dict[str, bytes]) -> AsyncIterator[tuple[MailerConfig, list[str]]]:
    """A server that answers each verb with fixed bytes; SILENT never answers, CLOSE hangs up."""
    heard: list[str] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            in_body = False
            writer.write({**OK, **answers}[""])
            while raw := await reader.readline():
                line = raw.decode("latin-1").strip()
                verb = line.split(" ")[0].upper()
                if in_body and line != ".":
                    continue
                heard.append(line)
                reply = {**OK, **answers}.get(verb, b"500 what\r\n")
                if reply == CLOSE:
                    break
                in_body = verb == "DATA" and reply.startswith(b"354")
                if reply != SILENT:
                    writer.write(reply)
                    await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield replace(CONFIG, port=server.sockets[0].getsockname()[1]), heard


async def _fault(config: MailerConfig) -> MailerError:
    with pytest.raises(MailerError) as caught:
        await make_mailer("smtp", config).probe()
    return caught.value


async def test_starttls_and_implicit_tls_carry_a_message(tmp_path: Path) -> None:
    server, client = make_tls(tmp_path)
    for security, implicit in (("starttls", False), ("tls", True)):
        script = RelayScript(username="me", password="secret")
        async with SmtpPeer(script, tls=server, implicit=implicit).running() as peer:
            config: Any = replace(
                CONFIG, port=peer.port, security=security, username="me", password="secret", tls=client
            )
            mailer = make_mailer("smtp", config)
            result = await mailer.probe()
            assert (result.encrypted, result.signed_in, result.max_bytes) == (True, True, 33554432)
            assert (await mailer.send(HELLO)).outcome == "accepted"
            await mailer.close()
        assert script.accepted == [HELLO]


async def test_tls_faults_are_told_apart(tmp_path: Path) -> None:
    server, client = make_tls(tmp_path)
    _, other = make_tls(tmp_path, host="mail.test")
    async with SmtpPeer(RelayScript(), tls=server).running() as peer:
        config = replace(CONFIG, port=peer.port, tls=client)
        plain = await _fault(replace(config, security="tls"))
        untrusted = await _fault(replace(config, security="starttls", tls=other))
    async with SmtpPeer(RelayScript()).running() as peer:
        missing = await _fault(replace(config, port=peer.port, security="starttls"))
    assert {f.cause for f in (plain, untrusted, missing)} == {"tls"}
    assert "Choose STARTTLS" in plain.detail
    assert "certificate" in untrusted.detail
    assert "no STARTTLS" in missing.detail


async def test_a_plain_client_on_a_tls_port_is_told_to_choose_tls(tmp_path: Path) -> None:
    server, _ = make_tls(tmp_path)
    async with SmtpPeer(RelayScript(), tls=server, implicit=True).running() as peer:
        fault = await _fault(replace(CONFIG, port=peer.port, connect_seconds=0.5))
    assert fault.cause == "timeout"
    assert "choose TLS" in fault.detail


async def test_faults_on_the_way_have_distinct_causes() -> None:
    closed = socket.socket()
    closed.bind(("127.0.0.1", 0))
    port = closed.getsockname()[1]
    causes = {"refused": (await _fault(replace(CONFIG, port=port))).cause}
    closed.close()
    async with raw_peer({"": b""}) as (config, _):
        causes["timeout"] = (await _fault(replace(config, connect_seconds=0.3))).cause
    async with raw_peer({"": b"HTTP/1.1 400 Bad Request\r\n\r\n"}) as (config, _):
        causes["protocol"] = (await _fault(config)).cause
    outbound.install([])
    causes["forbidden"] = (await _fault(CONFIG)).cause

    async def nothing(host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    outbound.install([], lookup=nothing)
    causes["dns"] = (await _fault(replace(CONFIG, host="mail.example.com"))).cause
    assert causes == {name: name for name in causes}
    assert len(causes) == 5


async def test_a_peer_that_turns_us_away_is_quoted_and_a_banner_that_is_none_is_not() -> None:
    async with raw_peer({"": b"554 5.7.1 Your network is listed\r\n"}) as (config, _):
        fault = await _fault(config)
        receipt = await make_mailer("smtp", config).send(HELLO)
    assert fault.cause == "refused"
    assert "Your network is listed" in fault.detail
    assert (receipt.outcome, receipt.code, receipt.stage) == ("connect_failed", 554, "connect")
    async with raw_peer({"": b"-ERR secret-internal-banner\r\n"}) as (config, _):
        assert "secret" not in (await _fault(config)).detail


@pytest.mark.parametrize(
    ("offered", "answers"),
    [
        (b"PLAIN", {"AUTH": b"235 ok\r\n"}),
        (b"LOGIN", {"AUTH": b"334 UGFzc3dvcmQ6\r\n", "c2VjcmV0": b"235 ok\r\n"}),
        (b"PLAIN LOGIN", {"AUTH": b"334 UGFzc3dvcmQ6\r\n", "C2VJCMV0": b"235 ok\r\n"}),
        (b"GSSAPI LOGIN", {"AUTH": b"334 UGFzc3dvcmQ6\r\n", "C2VJCMV0": b"235 ok\r\n"}),
    ],
)
async def test_the_mechanism_is_one_that_the_peer_offers(offered: bytes, answers: dict[str, bytes]) -> None:
    upper = {key.upper(): value for key, value in answers.items()}
    greeting = b"250-relay\r\n250 AUTH " + offered + b"\r\n"
    async with raw_peer({"EHLO": greeting, **upper}) as (config, heard):
        mailer = make_mailer("smtp", replace(config, username="me", password="secret"))
        if offered == b"PLAIN LOGIN":  # a server that mistakes PLAIN answers 334; that is not a yes
            assert (await _fault(replace(config, username="me", password="secret"))).cause in {
                "auth",
                "refused",
            }
        else:
            assert (await mailer.probe()).signed_in
        await mailer.close()
    assert heard[1].startswith("AUTH LOGIN" if b"PLAIN" not in offered else "AUTH PLAIN")


async def test_a_peer_without_sign_in_is_an_auth_fault_and_a_busy_one_is_not() -> None:
    async with raw_peer({"EHLO": b"250 relay\r\n"}) as (config, _):
        assert (await _fault(replace(config, username="me"))).cause == "auth"
    async with raw_peer({"AUTH": b"454 4.7.0 Temporary failure\r\n"}) as (config, _):
        signed = replace(config, username="me", password="x")
        assert (await _fault(signed)).cause == "refused"
        assert (await make_mailer("smtp", signed).send(HELLO)).outcome == "connect_failed"
    async with raw_peer({"AUTH": b"421 4.7.0 Too many connections\r\n"}) as (config, _):
        receipt = await make_mailer("smtp", replace(config, username="me", password="x")).send(HELLO)
        assert (receipt.outcome, receipt.code) == ("throttled", 421)
    for greeting in (b"451 4.3.0 Not now\r\n", b"no reply at all\r\n"):
        async with raw_peer({"EHLO": greeting, "HELO": b"250 relay\r\n"}) as (config, _):
            signed = replace(config, username="me", password="x")
            assert (await make_mailer("smtp", signed).send(HELLO)).outcome == "connect_failed", greeting
    async with raw_peer({"EHLO": b"502 5.5.2 What?\r\n", "HELO": b"250 relay\r\n"}) as (config, _):
        assert (await make_mailer("smtp", config).send(HELLO)).outcome == "accepted"


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ({"MAIL": SILENT}, "connect_failed"),
        ({"RCPT": SILENT}, "deferred"),
        ({"DATA": SILENT}, "deferred"),
        ({".": SILENT}, "unknown"),
        ({".": CLOSE}, "unknown"),
        ({"MAIL": CLOSE}, "connect_failed"),
        ({"RCPT": b"garbage\r\n"}, "deferred"),
        ({".": b"garbage\r\n"}, "unknown"),
        ({".": b"9999\r\n"}, "unknown"),
        ({".": b"250-" + b"x" * 100_000 + b"\r\n250 ok\r\n"}, "unknown"),
        ({"RCPT": b"550-" + b"x" * 100_000 + b"\r\n550 no\r\n"}, "deferred"),
        ({"RCPT": b"550-5.1.1 no\r\n" * 500 + b"550 5.1.1 no\r\n"}, "refused"),
        ({"DATA": b"250 what\r\n"}, "deferred"),
    ],
)
async def test_stalls_losses_and_babble_are_bounded_and_attributed(
    answers: dict[str, bytes], outcome: str
) -> None:
    async with raw_peer(answers) as (config, _):
        mailer = make_mailer("smtp", replace(config, command_seconds=0.3))
        async with asyncio.timeout(60):
            receipt = await mailer.send(HELLO)
        assert receipt.outcome == outcome
        assert len(receipt.text) <= 2000
        await mailer.close()


@pytest.mark.parametrize(
    ("reply", "text", "enhanced"),
    [
        (b"550 5.1.1 Kein Postfach f\xc3\xbcr Sie\r\n", "5.1.1 Kein Postfach für Sie", "5.1.1"),
        (b"550 5.1.1 caf\xe9 \x00 closed\r\n", "5.1.1 caf\N{REPLACEMENT CHARACTER}  closed", "5.1.1"),
        (b"550-5.1.1 first\r\n550 5.1.1 second\r\n", "5.1.1 first\n5.1.1 second", "5.1.1"),
        (b"550 5.1.1.1 strange\r\n", "5.1.1.1 strange", None),
        (b"550 9.9.9 strange\r\n", "9.9.9 strange", None),
        (b"550\r\n", "", None),
    ],
)
async def test_strange_replies_are_classified_and_kept(reply: bytes, text: str, enhanced: str | None) -> None:
    async with raw_peer({"RCPT": reply}) as (config, _):
        receipt = await make_mailer("smtp", config).send(HELLO)
    assert (receipt.outcome, receipt.code, receipt.text, receipt.enhanced) == ("refused", 550, text, enhanced)


async def test_the_id_that_exchange_puts_in_is_read_back() -> None:
    reply = b"250 2.0.0 OK <AB1@XY.eurprd01.prod.outlook.test> [Hostname=XY.eurprd01.prod.outlook.test]\r\n"
    async with raw_peer({".": reply}) as (config, _):
        receipt = await make_mailer("smtp", config).send(HELLO)
    assert receipt.provider_message_id == "<AB1@XY.eurprd01.prod.outlook.test>"


@contextlib.asynccontextmanager
async def _deaf_peer(then: Callable[[asyncio.StreamWriter], None]) -> AsyncIterator[MailerConfig]:
    """Takes the first bytes of a message, then does something else instead of reading on."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            writer.write(OK[""])
            while line := await reader.readline():
                writer.write(OK.get(line.split()[0].decode(), OK["MAIL"]))
                if line.startswith(b"DATA"):
                    await reader.read(1000)
                    then(writer)
                    await asyncio.sleep(10)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=1000)
    async with server:
        yield replace(CONFIG, port=server.sockets[0].getsockname()[1])
        server.close()


async def test_a_connection_lost_inside_the_message_is_a_definite_no() -> None:
    big = replace(HELLO, data=BODY + b"x" * 70 * 200_000)
    async with _deaf_peer(lambda writer: writer.transport.abort()) as config:
        receipt = await make_mailer("smtp", config).send(big)
    assert (receipt.outcome, receipt.stage) == ("deferred", "body")


@pytest.mark.parametrize("many", [False, True])
async def test_a_process_stopped_inside_a_message_does_not_end_it(
    monkeypatch: pytest.MonkeyPatch, many: bool
) -> None:
    """Whoever waited for it has given it up by then; the rest of a long body would still be a delivery."""
    monkeypatch.setattr(smtp_wire, "STOPPED_SECONDS", 0.3)
    big = replace(HELLO, data=BODY + b"x" * 70 * 200_000)

    def stop(_writer: asyncio.StreamWriter) -> None:
        asyncio.get_running_loop().call_later(0.05, time.sleep, 0.6)

    async with _deaf_peer(stop) as config:
        mailer = make_mailer("smtp", config)
        receipt = (await mailer.send_many([big, HELLO]))[0] if many else await mailer.send(big)
    assert (receipt.outcome, receipt.stage) == ("deferred", "body")
    assert "stopped" in receipt.text


async def test_a_cancelled_send_leaves_no_usable_half_of_a_dialogue() -> None:
    async with raw_peer({".": SILENT}) as (config, heard):
        mailer = make_mailer("smtp", replace(config, command_seconds=30))
        task = asyncio.create_task(mailer.send(HELLO))
        while "." not in heard:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        second = asyncio.create_task(mailer.send(HELLO))
        while heard.count(".") < 2:
            await asyncio.sleep(0.01)
        second.cancel()
        with pytest.raises(asyncio.CancelledError):
            await second
    assert sum(line.startswith("EHLO") for line in heard) == 2


@pytest.mark.parametrize("provider", ["gmail", "outlook"])
def test_the_other_providers_say_that_they_are_not_there_yet(provider: Any) -> None:
    with pytest.raises(NotImplementedYet, match="SMTP"):
        make_mailer(provider, CONFIG)
