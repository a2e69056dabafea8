"""Who is never written to."""

from __future__ import annotations

import pytest

from reachly.data.session import tenant
from reachly.kit.errors import Invalid, NotFound
from reachly.services.identity.schemas import Actor
from reachly.services.suppression import service
from reachly.services.suppression.schemas import SuppressionIn
from tests.integration.leads.conftest import NewActor

pytestmark = pytest.mark.anyio


async def test_an_address_a_domain_and_its_subdomains_are_covered(actor: Actor) -> None:
    async with tenant(actor.organization_id) as session:
        await service.add_suppression(
            session, actor, SuppressionIn(value=" Ada@Example.COM ", reason="asked")
        )
        await service.add_suppression(session, actor, SuppressionIn(value="@münchen.example"))
        found = await service.find_reasons(
            session, actor.organization_id,
            ["ada@example.com", "bob@example.com", "x@xn--mnchen-3ya.example", "x@mail.xn--mnchen-3ya.example",
             "x@notxn--mnchen-3ya.example"],
        )  # fmt: skip
    assert found == {
        "ada@example.com": "asked", "x@xn--mnchen-3ya.example": "manual", "x@mail.xn--mnchen-3ya.example": "manual",
    }  # fmt: skip


async def test_the_first_reason_stands(actor: Actor) -> None:
    async with tenant(actor.organization_id) as session:
        assert await service.suppress(session, actor.organization_id, "a@b.example", "unsubscribed", "link")
        assert not await service.suppress(session, actor.organization_id, "A@B.example", "manual", "user")
        again = await service.add_suppression(session, actor, SuppressionIn(value="a@b.example"))
    assert (again.reason, again.source) == ("unsubscribed", "link")


async def test_an_erased_person_is_known_by_hash_alone(actor: Actor) -> None:
    hashed = service.hash_address(actor.organization_id, "gone@b.example")
    async with tenant(actor.organization_id) as session:
        await service.repository.add(
            session,
            actor.organization_id,
            [("hash", hashed)],
            reason="erased",
            source="",
            now=service.clock.now(),
        )
        found = await service.find_reasons(session, actor.organization_id, ["gone@b.example", "c@b.example"])
    assert found == {"gone@b.example": "erased"}


async def test_what_is_nearest_to_the_person_is_the_reason(actor: Actor) -> None:
    keys = ["a@mail.b.example", "b@mail.b.example", "c@b.example", "d@other.example", "e@other.example"]
    hashes = [("hash", service.hash_address(actor.organization_id, key)) for key in keys[:4]]
    targets = [
        ("asked", [("email", keys[0])]), ("bounced", [("domain", "mail.b.example")]),
        ("manual", [("domain", "b.example")]), ("erased", hashes),
    ]  # fmt: skip
    async with tenant(actor.organization_id) as session:
        for reason, entries in targets:
            await service.repository.add(
                session, actor.organization_id, entries, reason=reason, source="", now=service.clock.now()
            )
        found = await service.find_reasons(session, actor.organization_id, keys)
    assert found == dict(zip(keys, ["asked", "bounced", "manual", "erased"], strict=False))


async def test_ten_thousand_addresses_at_once(actor: Actor) -> None:
    keys = [f"p{n}@example.org" for n in range(10_000)]
    async with tenant(actor.organization_id) as session:
        assert (
            await service.suppress_addresses(session, actor.organization_id, keys, "manual", "test") == 10_000
        )
        assert len(await service.find_reasons(session, actor.organization_id, keys)) == 10_000


async def test_pages_hold_each_once_and_search_finds_anywhere(actor: Actor) -> None:
    async with tenant(actor.organization_id) as session:
        keys = [f"p{n}@example.org" for n in range(25)] + ["100%@odd.example"]
        await service.suppress_addresses(session, actor.organization_id, keys, "manual", "test")
        seen: list[str] = []
        cursor = None
        while True:
            page = await service.page_suppressions(session, actor, limit=10, cursor=cursor, q=None)
            seen += [item.value for item in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
        odd = await service.page_suppressions(session, actor, limit=10, cursor=None, q="%@ODD")
        nothing = await service.page_suppressions(session, actor, limit=10, cursor=None, q="\x00")
    assert sorted(seen) == sorted(keys)
    assert [item.value for item in odd.items] == ["100%@odd.example"]
    assert nothing.items == []


async def test_removing_is_on_record(actor: Actor, sql: object) -> None:
    async with tenant(actor.organization_id) as session:
        added = await service.add_suppression(session, actor, SuppressionIn(value="b.example"))
        assert added.kind == "domain"
        await service.delete_suppression(session, actor, added.id)
        with pytest.raises(NotFound):
            await service.delete_suppression(session, actor, added.id)
    actions = await sql.fetch("SELECT action FROM audit_log ORDER BY at, id")  # type: ignore[attr-defined]
    assert [row["action"] for row in actions] == ["suppression.added", "suppression.removed"]


async def test_what_is_neither_address_nor_domain_is_refused(actor: Actor) -> None:
    async with tenant(actor.organization_id) as session:
        for value in ("nonsense", "a@@b.example", "a b@c.example", "@@@"):
            with pytest.raises(Invalid) as caught:
                await service.add_suppression(session, actor, SuppressionIn(value=value))
            assert caught.value.errors[0].pointer == "/value"


async def test_another_organization_is_not_affected(new_actor: NewActor) -> None:
    one, other = await new_actor("one"), await new_actor("other")
    async with tenant(one.organization_id) as session:
        added = await service.add_suppression(session, one, SuppressionIn(value="a@b.example"))
    async with tenant(other.organization_id) as session:
        assert await service.find_reasons(session, other.organization_id, ["a@b.example"]) == {}
        assert (await service.page_suppressions(session, other, limit=10, cursor=None, q=None)).items == []
        with pytest.raises(NotFound):
            await service.delete_suppression(session, other, added.id)
