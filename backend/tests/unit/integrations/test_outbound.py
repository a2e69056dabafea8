from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence

import httpx2
import pytest

from reachly.infra import outbound
from reachly.kit.errors import Invalid, ReachlyError, Unavailable

pytestmark = pytest.mark.anyio

FORBIDDEN = [
    "127.0.0.1",
    "127.1.2.3",
    "localhost",
    "localhost.",
    "LOCALHOST",
    "0.0.0.0",
    "0",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "168.63.129.16",
    "100.64.0.1",
    "100.100.100.200",
    "192.0.0.192",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "2130706433",
    "0177.0.0.1",
    "127.1",
    "0x7f000001",
    "0x7f.0.0.1",
    "017700000001",
    "127.000.000.001",
    "１２７.０.０.１",
    "127。0。0。1",
    "::1",
    "[::1]",
    "::",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001:0:1::1",
    "2001:db8::1",
    "fe80::1",
    "fe80::1%lo",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "host name",
    "a\r\nQUIT",
    "user@host",
    "",
]


def _answer(*addresses: str) -> outbound.Lookup:
    async def lookup(host: str, port: int) -> Sequence[str]:
        return addresses

    return lookup


async def _refusal(host: str, port: int = 25) -> ReachlyError:
    with pytest.raises(ReachlyError) as caught:
        await outbound.resolve_allowed(host, port, purpose="smtp")
    return caught.value


@pytest.mark.parametrize("host", FORBIDDEN)
async def test_special_addresses_are_refused_with_one_and_the_same_error(host: str) -> None:
    refusal = await _refusal(host)
    assert isinstance(refusal, Invalid)
    assert refusal.code == "destination_forbidden"
    assert refusal.detail == (await _refusal("127.0.0.1")).detail


@pytest.mark.parametrize(
    "address", ["192.0.1.1", "8.8.8.8", "172.32.0.1", "2606:4700::1", "64:ff9b::808:808", "::ffff:8.8.8.8"]
)
async def test_public_addresses_pass(address: str) -> None:
    assert [t.port for t in await outbound.resolve_allowed(address, 587, purpose="smtp")] == [587]


@pytest.mark.parametrize("port", [0, -1, 65536])
async def test_a_port_that_does_not_exist_is_refused(port: int) -> None:
    assert (await _refusal("8.8.8.8", port)).code == "destination_forbidden"


async def test_a_name_keeps_only_its_public_addresses() -> None:
    outbound.install([], lookup=_answer("10.0.0.9", "8.8.8.8", "8.8.8.8", "fe80::1%eth0", "::1"))
    targets = await outbound.resolve_allowed("mail.example.com", 25, purpose="smtp")
    assert targets == [outbound.Target("8.8.8.8", 25)]


async def test_open_and_closed_private_ports_look_the_same() -> None:
    listener = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    async with listener:
        faults = []
        for number in (port, 1):
            with pytest.raises(Invalid) as caught:
                await outbound.open_connection("127.0.0.1", number, purpose="imap")
            faults.append((caught.value.code, caught.value.detail))
    assert faults[0] == faults[1]


async def test_the_address_that_was_judged_is_the_one_that_is_dialled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """DNS rebinding: a second look-up would answer with a private address; there is no second look-up."""
    answers = [["8.8.8.8"], ["127.0.0.1"]]
    dialled: list[object] = []

    async def lookup(host: str, port: int) -> Sequence[str]:
        return answers.pop(0)

    async def connect(sock: socket.socket, address: object) -> None:
        dialled.append(address)

    outbound.install([], lookup=lookup)
    monkeypatch.setattr(asyncio.get_running_loop(), "sock_connect", connect)
    (await outbound.open_socket("mail.example.com", 25, purpose="smtp")).close()
    assert dialled == [("8.8.8.8", 25)]
    assert len(answers) == 1


@pytest.mark.parametrize(
    "entry",
    ["127.0.0.1", "127.0.0.0/8", "127.0.0.1:{port}", "127.0.0.0/8:{port}", "relay.test", "relay.test:{port}"],
)
async def test_the_operator_can_allow_a_private_relay(entry: str) -> None:
    listener = await asyncio.start_server(lambda r, w: w.close(), "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    outbound.install([entry.format(port=port)], lookup=_answer("127.0.0.1"))
    async with listener:
        _, writer = await outbound.open_connection("relay.test", port, purpose="smtp")
        writer.close()
    if ":" in entry:
        assert (await _refusal("relay.test", port + 1)).code == "destination_forbidden"
    if "relay" in entry:
        assert (await _refusal("other.test", port)).code == "destination_forbidden"


async def test_permit_adds_to_what_the_operator_allowed() -> None:
    outbound.install(["10.1.1.1:25"])
    outbound.permit("[::1]:2525")
    await outbound.resolve_allowed("10.1.1.1", 25, purpose="smtp")
    await outbound.resolve_allowed("::1", 2525, purpose="smtp")
    assert (await _refusal("::1", 2526)).code == "destination_forbidden"


@pytest.mark.parametrize(
    "entry", ["", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:99999", "10.0.0.0/99", "2130706433", "a b", "x:y"]
)
def test_an_unreadable_entry_is_named(entry: str) -> None:
    with pytest.raises(ValueError, match="is no address"):
        outbound.install([entry])


async def test_distinct_faults_of_public_hosts() -> None:
    async def nothing(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    async def slow(host: str, port: int) -> Sequence[str]:
        await asyncio.sleep(60)
        return []

    codes = []
    for lookup in (nothing, slow):
        outbound.install([], lookup=lookup)
        with pytest.raises(Unavailable) as caught:
            await outbound.open_socket("mail.example.com", 25, purpose="smtp", timeout=0.2)
        codes.append(caught.value.code)
    closed = socket.socket()
    closed.bind(("127.0.0.1", 0))
    outbound.install(["127.0.0.1"])
    with pytest.raises(Unavailable) as caught:
        await outbound.open_socket("127.0.0.1", closed.getsockname()[1], purpose="smtp", timeout=2)
    closed.close()
    assert [*codes, caught.value.code] == ["dns", "dns", "refused"]


async def test_a_host_that_swallows_packets_times_out_over_all_its_addresses() -> None:
    full = socket.socket()
    full.bind(("127.0.0.1", 0))
    full.listen(0)
    port = full.getsockname()[1]
    fillers = []
    for _ in range(4):  # the backlog is full, so the kernel drops further SYNs
        filler = socket.socket()
        filler.setblocking(False)
        filler.connect_ex(("127.0.0.1", port))
        fillers.append(filler)
    outbound.install(["127.0.0.0/8"], lookup=_answer("127.0.0.1", "127.0.0.1", "127.0.0.1"))
    begin = asyncio.get_running_loop().time()
    with pytest.raises(Unavailable) as caught:
        await outbound.open_socket("slow.test", port, purpose="smtp", timeout=0.5)
    assert caught.value.code == "timeout"
    assert asyncio.get_running_loop().time() - begin < 2
    for sock in (*fillers, full):
        sock.close()


async def test_http_is_judged_at_every_hop() -> None:
    async def redirect(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
        target = {
            "/private": "http://10.0.0.1/",
            "/file": "file:///etc/passwd",
            "/gopher": "gopher://a.test/",
        }[path]
        writer.write(f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(redirect, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    outbound.install([f"hooks.test:{port}"], lookup=_answer("127.0.0.1"))
    async with (
        server,
        httpx2.AsyncClient(transport=outbound.guarded_transport(), follow_redirects=True) as client,
    ):
        assert (
            await client.get(f"http://hooks.test:{port}/private", follow_redirects=False)
        ).status_code == 302
        with pytest.raises(Invalid, match="does not connect"):
            await client.get(f"http://hooks.test:{port}/private")
        for path in ("file", "gopher"):
            with pytest.raises(httpx2.UnsupportedProtocol):
                await client.get(f"http://hooks.test:{port}/{path}")
        with pytest.raises(Invalid):
            await client.get(f"http://127.0.0.1:{port}/")


async def test_http_takes_no_proxy_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    async with httpx2.AsyncClient(transport=outbound.guarded_transport()) as client:
        with pytest.raises(Invalid):
            await client.get("http://10.0.0.1/")
