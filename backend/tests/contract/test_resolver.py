"""What every Resolver keeps: run against the fake, and against DNS asking a real server on loopback."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from reachly.integrations.resolver.fake import FakeResolver
from reachly.integrations.resolver.names import ascii_domain, is_reserved
from reachly.integrations.resolver.port import MxAnswer, Resolver, ResolverConfig
from reachly.integrations.resolver.registry import make_resolver
from tests.contract.dns_peer import Zone, dns_peer

pytestmark = pytest.mark.anyio

ZONE: Zone = {
    "good.test": {"MX": ["20 second.good.test.", "10 First.good.test."]},
    "null.test": {"MX": ["0 ."]},
    "half.test": {"MX": ["0 .", "10 mx.half.test."]},
    "plain.test": {"A": ["192.0.2.1"]},
    "six.test": {"AAAA": ["2001:db8::1"]},
    "empty.test": {"TXT": ['"nothing"']},
    "slow.test": {"SILENT": []},
    "broken.test": {"RCODE": ["SERVFAIL"]},
    "closed.test": {"RCODE": ["REFUSED"]},
    "xn--bcher-kva.test": {"MX": ["10 mx.test."]},
}
ANSWERS = {
    "good.test": MxAnswer("found", ("first.good.test", "second.good.test")),
    "null.test": MxAnswer("null_mx"),
    "half.test": MxAnswer("found", ("mx.half.test",)),
    "plain.test": MxAnswer("no_mx_but_a", ("plain.test",)),
    "six.test": MxAnswer("no_mx_but_a", ("six.test",)),
    "empty.test": MxAnswer("nxdomain"),
    "slow.test": MxAnswer("timeout"),
    "broken.test": MxAnswer("error"),
    "closed.test": MxAnswer("error"),
    "xn--bcher-kva.test": MxAnswer("found", ("mx.test",)),
}


@pytest.fixture(params=["fake", "dns"])
async def resolver(request: pytest.FixtureRequest) -> AsyncIterator[Resolver]:
    if request.param == "fake":
        yield FakeResolver(ANSWERS)
        return
    async with dns_peer(ZONE) as (server, _):
        yield make_resolver(ResolverConfig(nameserver=server, timeout_seconds=0.6))


@pytest.mark.parametrize("domain", [*ANSWERS, "missing.test"])
async def test_each_kind_of_answer_is_told_apart(resolver: Resolver, domain: str) -> None:
    assert await resolver.mx(domain) == ANSWERS.get(domain, MxAnswer("nxdomain"))


async def test_spellings_of_a_domain_are_the_same_question(resolver: Resolver) -> None:
    for spelling in ("GOOD.test", "good.test.", " good.test "):
        assert await resolver.mx(spelling) == ANSWERS["good.test"]
    assert (await resolver.mx("Bücher.test")).kind == "found"


@pytest.mark.parametrize(
    "domain",
    [
        "",
        ".",
        "a b.test",
        "test",
        "127.0.0.1]",
        "a..test",
        "x" * 64 + ".test",
        "\0.test",
        "[192.0.2.1]",
        "ä" * 200,
    ],
)
async def test_what_is_no_domain_is_not_asked_for(resolver: Resolver, domain: str) -> None:
    assert await resolver.mx(domain) == MxAnswer("nxdomain")


async def test_nothing_known_is_not_the_same_as_no(resolver: Resolver) -> None:
    verdicts = {
        d: (await resolver.mx(d)).takes_mail for d in ("good.test", "plain.test", "null.test", "missing.test")
    }
    assert verdicts == {"good.test": True, "plain.test": True, "null.test": False, "missing.test": False}
    assert (await resolver.mx("slow.test")).takes_mail is None
    assert (await resolver.mx("broken.test")).takes_mail is None


async def test_many_questions_wait_for_each_other_no_longer_than_one() -> None:
    async with dns_peer(ZONE) as (server, _):
        resolver = make_resolver(ResolverConfig(nameserver=server, timeout_seconds=0.5))
        async with asyncio.timeout(60):
            answers = await asyncio.gather(*(resolver.mx(d) for d in ("slow.test", "good.test") * 20))
    assert [a.kind for a in answers] == ["timeout", "found"] * 20


async def test_an_answer_is_remembered() -> None:
    async with dns_peer(ZONE) as (server, asked):
        resolver = make_resolver(ResolverConfig(nameserver=server))
        for _ in range(5):
            await resolver.mx("good.test")
    assert asked == ["good.test mx".replace("mx", "MX")]


async def test_reserved_names_go_to_the_mail_world_and_others_do_not() -> None:
    async with (
        dns_peer(ZONE) as (world, reserved),
        dns_peer({"good.com": {"MX": ["1 mx.good.com."]}}) as (other, rest),
    ):
        resolver = make_resolver(
            ResolverConfig(nameserver=other, reserved_nameserver=world, timeout_seconds=0.5)
        )
        assert (await resolver.mx("good.test")).kind == "found"
        assert (await resolver.mx("good.com")).kind == "found"
        assert (await resolver.mx("sub.example.com")).kind == "nxdomain"
    assert reserved == ["good.test MX", "sub.example.com MX"]
    assert rest == ["good.com MX"]


async def test_no_server_at_all_is_unknown() -> None:
    resolver = make_resolver(ResolverConfig(nameserver="127.0.0.1:9", timeout_seconds=0.3))
    assert (await resolver.mx("good.test")).takes_mail is None
    assert (await make_resolver(ResolverConfig(nameserver="not an address")).mx("good.test")).kind == "error"


@pytest.mark.parametrize(
    ("domain", "reserved"),
    [
        ("example.com", True),
        ("a.example.org", True),
        ("x.test", True),
        ("test", True),
        ("corp.invalid", True),
        ("notexample.com", False),
        ("example.com.evil.io", False),
        ("latest", False),
    ],
)
def test_which_names_are_reserved(domain: str, reserved: bool) -> None:
    assert is_reserved(domain) is reserved


def test_a_domain_is_asked_for_in_ascii() -> None:
    assert ascii_domain("BÜCHER.example.") == "xn--bcher-kva.example"
