"""What every Verifier, Enricher, Writer and OAuthClient keeps: run against the fakes and the vendors there are."""

from __future__ import annotations

from typing import Any

import pytest

from reachly.integrations.ai.fake import FakeWriter
from reachly.integrations.ai.port import Tone, Writer
from reachly.integrations.ai.registry import make_writer
from reachly.integrations.enricher.fake import FakeEnricher
from reachly.integrations.enricher.port import Enricher, Fact, LeadFields
from reachly.integrations.enricher.registry import make_enricher
from reachly.integrations.oauth.fake import FakeOAuth
from reachly.integrations.oauth.port import OAuthConfig, OAuthError
from reachly.integrations.oauth.registry import make_oauth
from reachly.integrations.verifier.fake import FakeVerifier
from reachly.integrations.verifier.port import Verifier
from reachly.integrations.verifier.registry import make_verifier
from reachly.kit import clock
from reachly.kit.errors import NotImplementedYet

pytestmark = pytest.mark.anyio

TONES: tuple[Tone, ...] = ("friendly", "formal", "direct")


@pytest.fixture(params=["fake", "built-in"])
def verifier(request: pytest.FixtureRequest) -> Verifier:
    return FakeVerifier() if request.param == "fake" else make_verifier()


@pytest.fixture(params=["fake", "built-in"])
def enricher(request: pytest.FixtureRequest) -> Enricher:
    return FakeEnricher() if request.param == "fake" else make_enricher()


@pytest.fixture(params=["fake", "built-in"])
def writer(request: pytest.FixtureRequest) -> Writer:
    return FakeWriter() if request.param == "fake" else make_writer()


@pytest.mark.parametrize(
    "email", ["", "ada", "a@b@c.test", "a@@example.com", "a b@example.com", "@example.com", "a@-x"]
)
async def test_what_is_no_address_is_undeliverable_with_a_reason(verifier: Verifier, email: str) -> None:
    verdict = await verifier.verify(email)
    assert (verdict.email, verdict.status, verdict.reason) == (email, "undeliverable", "syntax")
    assert len(verdict.detail) > 10


async def test_a_sound_address_that_nobody_was_asked_about_is_unknown(verifier: Verifier) -> None:
    verdict = await verifier.verify("Ada@Example.com")
    assert (verdict.email, verdict.status, verdict.domain) == ("Ada@Example.com", "unknown", "example.com")


async def test_what_stands_on_the_lead_comes_first_and_is_trusted_fully(enricher: Enricher) -> None:
    lead = LeadFields("bob.jones@acme-tools.test", first_name=" Ada ", company="Acme Ltd", position="CTO")
    facts = {fact.name: fact for fact in await enricher.enrich(lead)}
    assert facts["first_name"] == Fact("first_name", "Ada", "lead", 1.0)
    assert facts["company"] == Fact("company", "Acme Ltd", "lead", 1.0)
    assert facts["position"] == Fact("position", "CTO", "lead", 1.0)


@pytest.mark.parametrize(
    "email", ["", "no address", "a@gmail.com", "ada.b@example.com", "\0@x", "ä@bücher.test"]
)
async def test_a_name_has_one_fact_and_hostile_fields_raise_nothing(enricher: Enricher, email: str) -> None:
    facts = await enricher.enrich(LeadFields(email, position="\r\n{{x}}", country="Atlantis", company="  "))
    assert len({fact.name for fact in facts}) == len(facts)
    assert all(0 <= fact.confidence <= 1 and fact.source and fact.value for fact in facts)
    assert await enricher.enrich(LeadFields(email)) == await enricher.enrich(LeadFields(email))


@pytest.mark.parametrize("tone", TONES)
async def test_the_same_facts_tone_and_seed_give_the_same_line(writer: Writer, tone: Tone) -> None:
    facts = [Fact("company", "Acme", "lead", 1.0)]
    first = await writer.opening_line(facts, tone, "seed")
    assert first == await writer.opening_line(facts, tone, "seed")
    assert not first.is_fallback
    assert [(claim.fact, claim.text) for claim in first.claims] == [("company", "Acme")]
    assert all(claim.text in first.text for claim in first.claims)


@pytest.mark.parametrize(
    "facts",
    [
        [],
        [Fact("company", "Acme", "guess", 0.1)],
        [Fact("company", "A\r\nB", "lead", 1.0)],
        [Fact("company", "\0", "lead", 1.0)],
    ],
)
async def test_without_a_good_fact_the_line_claims_nothing(writer: Writer, facts: list[Fact]) -> None:
    for tone in TONES:
        line = await writer.opening_line(facts, tone, "seed")
        assert line.is_fallback
        assert line.claims == ()
        assert line.text.isprintable()
        assert len(line.text) > 10


async def test_an_intent_that_cannot_be_told_is_none(writer: Writer) -> None:
    assert await writer.classify_intent("") is None


CLIENT = OAuthConfig("client", "secret", "https://reachly.test/back")


@pytest.mark.parametrize("provider", ["google", "microsoft"])
async def test_sign_in_with_a_provider_is_not_there_yet(provider: Any) -> None:
    client = make_oauth(provider, CLIENT)
    with pytest.raises(NotImplementedYet):
        client.authorize_url("state", "challenge")
    with pytest.raises(NotImplementedYet):
        await client.exchange("code", "verifier")
    with pytest.raises(NotImplementedYet):
        await client.refresh("token")
    assert "secret" not in repr(CLIENT)


async def test_the_fake_provider_gives_renews_and_revokes() -> None:
    client = FakeOAuth(CLIENT)
    assert "state=a%26b" in client.authorize_url("a&b", "challenge")
    tokens = await client.exchange("good", "verifier")
    assert tokens.expires_at > clock.machine_now()
    renewed = await client.refresh(tokens.refresh_token)
    assert renewed.access_token != tokens.access_token
    assert "access" not in repr(tokens)
    client.revoked.add(tokens.refresh_token)
    with pytest.raises(OAuthError) as caught:
        await client.refresh(tokens.refresh_token)
    assert caught.value.cause == "revoked"
    with pytest.raises(OAuthError):
        await client.exchange("bad", "verifier")
