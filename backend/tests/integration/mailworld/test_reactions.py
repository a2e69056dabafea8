"""People and machines react over real HTTP, SMTP and IMAP, at moments that the seed decides."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aiosmtplib
import pytest

from mailworld import MailWorld, MailWorldConfig, Rates
from mailworld.people import invent
from reachly.kit import clock
from tests.factories.mail import Letter, hand_in
from tests.integration.mailworld.conftest import Hit, MakeWorld, Product

pytestmark = pytest.mark.anyio
START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


async def play(
    make_world: MakeWorld, letter: Letter, parts: dict[str, Any], rates: Rates, **options: Any
) -> MailWorld:
    """One letter to one person in a part, then a week on the virtual clock."""
    with clock.installed(clock.VirtualClock(START, 2)):
        async with make_world(rates=rates, **options) as world, clock.actor("test"):
            world.cast(letter.to, **parts)
            await hand_in(world.smtp_port, letter)
            await clock.sleep(7 * 86_400)
            assert world.waiting == 0
            return world


def visits(product: Product) -> list[tuple[str, str]]:
    return [(hit.method, hit.path) for hit in product.hits]


async def test_the_pixel_of_the_mail_is_opened(make_world: MakeWorld, product: Product) -> None:
    letter = Letter("amy@acme.test", base=product.base)
    world = await play(make_world, letter, {}, replace(Rates.quiet(), open=1))
    assert visits(product) == [("GET", "/o/amy@acme.test")]
    assert product.hits[0].agent.startswith("Mozilla/5.0 (")
    (reaction,) = world.reactions
    assert (reaction.what, reaction.detail, reaction.status) == ("open", "direct GET", 200)
    assert START + timedelta(minutes=3) <= reaction.at


async def test_a_click_follows_the_link_but_not_the_way_out(make_world: MakeWorld, product: Product) -> None:
    letter = Letter("amy@acme.test", base=product.base)
    await play(make_world, letter, {}, replace(Rates.quiet(), click=1))
    assert visits(product) == [("GET", "/o/amy@acme.test"), ("GET", "/c/amy@acme.test")]


async def test_a_gateway_touches_everything_within_a_minute(make_world: MakeWorld, product: Product) -> None:
    letter = Letter("amy@acme.test", base=product.base)
    world = await play(make_world, letter, {"scanned": True}, Rates.quiet())
    pixel, link, way_out = "/o/amy@acme.test", "/c/amy@acme.test", "/u/amy@acme.test"
    assert visits(product) == [("HEAD", pixel), ("GET", pixel), ("GET", link), ("GET", way_out)]
    assert world.reactions[-1].at - START < timedelta(minutes=1)


async def test_one_click_is_posted_as_rfc_8058_says(make_world: MakeWorld, product: Product) -> None:
    letter = Letter("amy@acme.test", base=product.base)
    await play(make_world, letter, {"unsubscribe_step": 1}, Rates.quiet())
    assert product.hits[-1] == Hit(
        "POST", "/u/amy@acme.test", product.hits[-1].agent, b"List-Unsubscribe=One-Click",
        "application/x-www-form-urlencoded",
    )  # fmt: skip


async def test_without_the_headers_stop_is_written(make_world: MakeWorld, product: Product) -> None:
    letter = Letter("amy@acme.test", base=product.base, one_click=False)
    world = await play(make_world, letter, {"unsubscribe_step": 1, "language": "en"}, Rates.quiet())
    assert "POST" not in [hit.method for hit in product.hits]
    assert [(fact.mailbox, fact.what) for fact in world.delivered] == [("anna@reachly.test", "unsubscribe")]


async def test_images_through_proxies_name_themselves(make_world: MakeWorld, product: Product) -> None:
    from mailworld.persona import APPLE_RELAY, GMAIL_PROXY

    await play(
        make_world, Letter("amy@acme.test", base=product.base), {"image_proxy": APPLE_RELAY}, Rates.quiet()
    )
    opens = replace(Rates.quiet(), open=1)
    await play(make_world, Letter("bo@acme.test", base=product.base), {"image_proxy": GMAIL_PROXY}, opens)
    assert [hit.agent for hit in product.hits] == [APPLE_RELAY, GMAIL_PROXY]


async def test_an_answer_arrives_in_the_thread(make_world: MakeWorld) -> None:
    arrived: list[str] = []
    letter = Letter("amy@acme.test", message_id="<first@reachly.test>")
    world = await play(
        make_world, letter, {"answer_step": 1, "answer": "keen"}, Rates.quiet(), on_delivery=arrived.append
    )
    (fact,) = world.delivered
    assert (fact.what, fact.sender, fact.in_reply_to) == ("answer", "amy@acme.test", "<first@reachly.test>")
    assert arrived == ["anna@reachly.test"]
    assert [reaction.what for reaction in world.reactions if reaction.status is None][-1] == "answer"


async def test_a_late_bounce_and_an_absence_go_to_the_return_path(make_world: MakeWorld) -> None:
    bounced = await play(
        make_world, Letter("bo@acme.test"), {"fate": "bounces", "bounce": "5.2.2 552 full"}, Rates.quiet()
    )
    away = await play(make_world, Letter("cy@acme.test"), {"away_step": 1}, Rates.quiet())
    assert [(fact.what, fact.sender) for fact in bounced.delivered] == [
        ("bounce", "mailer-daemon@mx.mailworld.test")
    ]
    assert bounced.reactions[0].detail == "5.2.2"
    assert [fact.what for fact in away.delivered] == ["auto_reply"]


async def test_nothing_outside_the_machine_is_dialled(make_world: MakeWorld) -> None:
    letter = Letter("amy@acme.test", base="https://tracking.reachly.test")
    everything = replace(Rates.quiet(), open=1, click=1, scanned=1)
    world = await play(make_world, letter, {"scanned": True, "unsubscribe_step": 1}, everything)
    assert world.reactions == []


async def test_links_of_the_public_address_are_fetched_at_the_product(
    make_world: MakeWorld, product: Product
) -> None:
    letter = Letter("amy@acme.test", base="https://reach.example")
    opens = replace(Rates.quiet(), open=1)
    await play(make_world, letter, {}, opens, base_url=product.base, public_url="https://reach.example")
    assert visits(product) == [("GET", "/o/amy@acme.test")]


async def test_a_product_that_is_down_is_no_reaction_answered(make_world: MakeWorld) -> None:
    opens = replace(Rates.quiet(), open=1)
    world = await play(make_world, Letter("amy@acme.test", base="http://127.0.0.1:9"), {}, opens)
    assert [(reaction.what, reaction.status) for reaction in world.reactions] == [("open", None)]


async def campaign(base: str, seed: int, jitter: float) -> MailWorld:
    """40 people, 3 steps in 14 days, 2 mailboxes, two readers that poll; `jitter`: real delays."""
    people = [lead.email for lead in invent(seed, 40)]
    lively = Rates(answer=0.2, away=0.1, unsubscribe=0.1, bounce=0.15, greylist=0.1, scanned=0.2)
    with clock.installed(clock.VirtualClock(START, 5)):
        async with MailWorld(MailWorldConfig(seed=seed, rates=lively)) as world:
            for name in ("anna", "bo"):
                world.add_mailbox(f"{name}@reachly.test", "secret")

            async def send(name: str, own: list[str]) -> None:
                async with clock.actor(f"send {name}"):
                    for step in (1, 2, 3):
                        for who in own:
                            await asyncio.sleep(jitter)
                            letter = Letter(
                                who,
                                sender=f"{name}@reachly.test",
                                base=base,
                                message_id=f"<{who}.{step}@r.test>",
                            )
                            for _ in range(2):
                                try:
                                    await hand_in(world.smtp_port, letter)
                                    break
                                except aiosmtplib.SMTPRecipientsRefused:
                                    await clock.sleep(600)
                            await clock.sleep(240)
                        await clock.sleep_until(START + timedelta(days=4 * step))
                    await clock.sleep_until(START + timedelta(days=14))

            async def poll(name: str) -> None:
                async with clock.actor(f"read {name}"):
                    while clock.now() < START + timedelta(days=14):
                        await clock.sleep(900)

            await asyncio.gather(
                send("anna", people[::2]), send("bo", people[1::2]), poll("anna"), poll("bo")
            )  # fmt: skip
            return world


@pytest.mark.slow
async def test_the_same_seed_gives_the_same_fortnight(product: Product) -> None:
    first = await campaign(product.base, 7, 0)
    again = await campaign(product.base, 7, 0.002)
    signatures = [[reaction.signature() for reaction in world.reactions] for world in (first, again)]
    assert signatures[0] == signatures[1]
    assert [(fact.at, fact.recipient, fact.step, fact.reply) for fact in first.received] == [
        (fact.at, fact.recipient, fact.step, fact.reply) for fact in again.received
    ]
    assert [(fact.at, fact.what, fact.sender, fact.message_id) for fact in first.delivered] == [
        (fact.at, fact.what, fact.sender, fact.message_id) for fact in again.delivered
    ]
    assert {"open", "scan", "answer", "bounce", "auto_reply", "unsubscribe"} <= {
        r.what for r in first.reactions
    }
