"""Leads by hand: adding, editing, listing, searching."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from reachly.data.repositories.leads import people
from reachly.data.session import tenant
from reachly.kit.errors import Conflict, Invalid, LostUpdate, NotFound
from reachly.kit.ids import new_id
from reachly.services.identity.schemas import Actor
from reachly.services.leads import service
from reachly.services.leads.schemas import BulkIn, LeadIn, LeadOut, LeadPatch
from reachly.services.suppression import service as suppression
from tests.integration.leads.conftest import NewActor

pytestmark = pytest.mark.anyio


async def add(actor: Actor, email: str, **fields: Any) -> LeadOut:
    async with tenant(actor.organization_id) as session:
        return await service.add_lead(session, actor, LeadIn(email=email, **fields))


async def jobs(sql: Any) -> list[str]:
    return [row["entrypoint"] for row in await sql.fetch("SELECT entrypoint FROM pgqueuer ORDER BY id")]


async def test_an_added_lead_is_verified_by_a_job(actor: Actor, sql: Any) -> None:
    await sql.execute("RESET ROLE")
    lead = await add(actor, "Ada@Example.com", first_name="Ada", custom_fields={"plan": "pro"})
    assert (lead.email, lead.verification, lead.version) == ("Ada@Example.com", "unverified", 1)
    assert "verification.verify_batch" in await jobs(sql)


async def test_five_spellings_are_one_lead(actor: Actor) -> None:
    await add(actor, "ada@münchen.example")
    for spelling in ("ADA@münchen.example", "mailto:ada@münchen.example", " ada ＠ münchen.example ",
                     "ada@xn--mnchen-3ya.example"):  # fmt: skip
        with pytest.raises(Conflict) as caught:
            await add(actor, spelling)
        assert caught.value.errors[0].pointer == "/email"


async def test_what_was_typed_is_kept_and_what_was_mended_is_not(actor: Actor) -> None:
    assert (await add(actor, "Jörg@München.example")).email == "Jörg@München.example"
    assert (await add(actor, "mailto:Eve@Example.com?subject=x")).email == "Eve@example.com"


async def test_a_bad_address_or_zone_names_its_field(actor: Actor) -> None:
    with pytest.raises(Invalid) as caught:
        await add(actor, "no address")
    assert caught.value.errors[0].pointer == "/email"
    with pytest.raises(Invalid) as caught:
        await add(actor, "a@example.com", timezone="Mars/Olympus")
    assert caught.value.errors[0].pointer == "/timezone"


async def test_an_edit_on_an_older_version_is_refused(actor: Actor) -> None:
    lead = await add(actor, "a@example.com")
    async with tenant(actor.organization_id) as session:
        edited = await service.update_lead(session, actor, lead.id, LeadPatch(company="Acme"), if_match='"1"')
        assert (edited.company, edited.version) == ("Acme", 2)
        with pytest.raises(LostUpdate):
            await service.update_lead(session, actor, lead.id, LeadPatch(company="Other"), if_match='"1"')
        same = await service.update_lead(session, actor, lead.id, LeadPatch(company="Acme"), if_match="*")
        assert same.version == 2


async def test_a_new_address_loses_the_verdict(actor: Actor, sql: Any) -> None:
    lead = await add(actor, "a@example.com")
    await sql.execute(
        "UPDATE leads SET verification = 'deliverable', verified_at = created_at, enriched_at = created_at"
    )
    async with tenant(actor.organization_id) as session:
        named = await service.update_lead(session, actor, lead.id, LeadPatch(first_name="Ada"))
        assert named.verification == "deliverable"
        moved = await service.update_lead(session, actor, lead.id, LeadPatch(email="b@example.com"))
    assert (moved.verification, moved.verified_at) == ("unverified", None)
    assert await sql.fetchval("SELECT enriched_at IS NULL AND email_key = 'b@example.com' FROM leads")


async def test_an_address_that_another_lead_has_is_a_conflict(actor: Actor) -> None:
    await add(actor, "a@example.com")
    lead = await add(actor, "b@example.com")
    with pytest.raises(Conflict):
        async with tenant(actor.organization_id) as session:
            await service.update_lead(session, actor, lead.id, LeadPatch(email="A@EXAMPLE.com"))


async def test_pages_hold_each_lead_once_newest_first(actor: Actor) -> None:
    added = [(await add(actor, f"p{n}@example.com")).id for n in range(23)]
    seen: list[uuid.UUID] = []
    cursor = None
    async with tenant(actor.organization_id) as session:
        while True:
            page = await service.page_leads(session, actor, limit=10, cursor=cursor)
            seen += [lead.id for lead in page.items]
            cursor = page.next_cursor
            if cursor is None:
                break
    assert seen == added[::-1]


async def test_search_looks_into_names_companies_and_addresses(actor: Actor) -> None:
    await add(actor, "ines@acme.example", first_name="Inès", company="100% Wool_Works")
    await add(actor, "bob@example.com", position="Head of Wool")
    async with tenant(actor.organization_id) as session:
        for q, many in (("WOOL", 2), ("inès", 1), ("100%", 1), ("l_w", 1), ("%", 1), ("acme.ex", 1), ("b", 1),
                        ("zzz", 0), ("\x00", 0), ("  ", 2), ("\\", 0), ("' OR 1=1 --", 0)):  # fmt: skip
            page = await service.page_leads(session, actor, limit=10, q=q)
            assert len(page.items) == many, q


async def test_a_search_is_paged_like_a_list(actor: Actor) -> None:
    added = [(await add(actor, f"wool{n}@example.com")).id for n in range(5)]
    await add(actor, "other@example.com")
    async with tenant(actor.organization_id) as session:
        first = await service.page_leads(session, actor, limit=3, q="wool")
        second = await service.page_leads(session, actor, limit=3, q="wool", cursor=first.next_cursor)
    assert [lead.id for lead in (*first.items, *second.items)] == added[::-1]
    assert second.next_cursor is None


async def test_whole_address_is_found_first_however_many_resemble_it(
    actor: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = await add(actor, "wool@books.example")
    others = [(await add(actor, f"x{n}wool@books.example")).id for n in range(6)]
    monkeypatch.setattr(people, "SEARCH_REACH", 4)
    for limit in (1, 2, 10):
        seen: list[uuid.UUID] = []
        cursor = None
        async with tenant(actor.organization_id) as session:
            while True:
                page = await service.page_leads(
                    session, actor, limit=limit, q=" WOOL@books.example ", cursor=cursor
                )
                seen += [lead.id for lead in page.items]
                cursor = page.next_cursor
                assert len(page.items) <= limit
                if cursor is None:
                    break
        assert seen == [wanted.id, *others[:1:-1]]
    async with tenant(actor.organization_id) as session:
        elsewhere = await service.page_leads(
            session, actor, limit=5, q="wool@books.example", import_id=new_id()
        )
    assert elsewhere.items == []
    foreign = await add(actor, "ada@bücher.example")
    async with tenant(actor.organization_id) as session:
        for spelling in ("ada@bücher.example", "mailto:ADA@xn--bcher-kva.example"):
            found = await service.page_leads(session, actor, limit=5, q=spelling)
            assert [lead.id for lead in found.items] == [foreign.id], spelling


async def enrol(
    sql: Any, actor: Actor, lead_id: uuid.UUID, campaign_id: uuid.UUID, status: str, sent: bool
) -> None:
    await sql.execute(
        "INSERT INTO enrollments (organization_id, id, campaign_id, lead_id, status, last_sent_at, created_at,"
        " updated_at) VALUES ($1, gen_random_uuid(), $2, $3, $4, CASE WHEN $5 THEN now() END, now(), now())",
        actor.organization_id, campaign_id, lead_id, status, sent,
    )  # fmt: skip


async def test_the_seeds_status_comes_from_the_enrollment(actor: Actor, sql: Any) -> None:
    campaign_id, other_id = uuid.uuid4(), uuid.uuid4()
    for id_, name in ((campaign_id, "Spring"), (other_id, "Autumn")):
        await sql.execute(
            "INSERT INTO campaigns (organization_id, id, user_id, name, status, send_schedule, seed, created_at,"
            " updated_at) VALUES ($1, $2, $3, $4, 'draft', '{}', 1, now(), now())",
            actor.organization_id, id_, actor.user_id, name,
        )  # fmt: skip
    wanted = {}
    for status, sent, seen in (("pending", False, "pending"), ("active", True, "sent"), ("replied", True, "replied"),
                               ("bounced", True, "bounced"), ("active", False, "pending")):  # fmt: skip
        lead = await add(actor, f"{uuid.uuid4()}@example.com")
        await enrol(sql, actor, lead.id, campaign_id, status, sent)
        await enrol(sql, actor, lead.id, other_id, "pending", False)
        wanted[lead.id] = seen
    await add(actor, "nowhere@example.com")
    first = next(iter(wanted))
    await sql.execute(
        "UPDATE enrollments SET blocked_reason = 'missing_field' WHERE lead_id = $1 AND campaign_id = $2",
        first, other_id,
    )  # fmt: skip
    async with tenant(actor.organization_id) as session:
        page = await service.page_leads(session, actor, limit=50, campaign_id=campaign_id)
        replied = await service.page_leads(
            session, actor, limit=50, campaign_id=campaign_id, status="replied"
        )
        detail = await service.get_lead(session, actor, first)
        with pytest.raises(Invalid):
            await service.page_leads(session, actor, limit=50, campaign_id=campaign_id, status="nonsense")
        with pytest.raises(Invalid):
            await service.page_leads(session, actor, limit=50, status="sent")
    assert {lead.id: lead.status for lead in page.items} == wanted
    assert [lead.status for lead in replied.items] == ["replied"]
    assert {lead.campaigns for lead in page.items} == {2}
    assert {e.campaign_name for e in detail.enrollments} == {"Spring", "Autumn"}
    assert {(e.campaign_id, e.blocked_reason, e.next_step) for e in detail.enrollments} == {
        (campaign_id, None, 1), (other_id, "missing_field", 1),
    }  # fmt: skip


async def test_a_suppressed_person_is_shown_as_such(actor: Actor) -> None:
    await add(actor, "a@example.com")
    async with tenant(actor.organization_id) as session:
        await suppression.suppress(session, actor.organization_id, "example.com", "asked", "test")
        page = await service.page_leads(session, actor, limit=10)
    assert page.items[0].suppressed == "asked"


async def test_bulk_actions_skip_what_is_not_there(actor: Actor, sql: Any) -> None:
    ids = [(await add(actor, f"p{n}@example.com")).id for n in range(3)]
    await sql.execute("UPDATE leads SET verification = 'risky'")
    wanted = [*ids, ids[0], uuid.uuid4()]
    async with tenant(actor.organization_id) as session:
        verified = await service.bulk_action(session, actor, BulkIn(lead_ids=wanted, action="verify"))
        suppressed = await service.bulk_action(session, actor, BulkIn(lead_ids=wanted, action="suppress"))
        assert {lead.verification for lead in (await service.page_leads(session, actor, limit=9)).items} == {
            "unverified"
        }
        assert {lead.suppressed for lead in (await service.page_leads(session, actor, limit=9)).items} == {
            "manual"
        }
        deleted = await service.bulk_action(session, actor, BulkIn(lead_ids=wanted, action="delete"))
    assert [(each.done, each.skipped) for each in (verified, suppressed, deleted)] == [(3, 1)] * 3
    assert await sql.fetchval("SELECT count(*) FROM leads") == 0


async def test_a_stranger_finds_nothing(new_actor: NewActor) -> None:
    one, other = await new_actor("one"), await new_actor("other")
    lead = await add(one, "a@example.com", first_name="Ada")
    assert (
        await add(other, "a@example.com")
    ).version == 1  # the same address is no conflict and says nothing
    async with tenant(other.organization_id) as session:
        with pytest.raises(NotFound):
            await service.get_lead(session, other, lead.id)
        with pytest.raises(NotFound):
            await service.update_lead(session, other, lead.id, LeadPatch(company="x"))
        with pytest.raises(NotFound):
            await service.delete_lead(session, other, lead.id)
        assert (await service.page_leads(session, other, limit=10, q="Ada")).items == []
        done = await service.bulk_action(session, other, BulkIn(lead_ids=[lead.id], action="delete"))
    assert done.done == 0


NAUGHTY = ["Ω≈ç√∫˜µ≤", "\u202etest", "<script>alert(1)</script>", "田中さん", "👩🏽\u200d🚀", "'; DROP TABLE leads;--",
           "\ufeffx", "ﷺ", "a\tb\nc", "../../etc/passwd", "{{ 7*7 }}", "%s%n", "\x7f\x1b[31m", "Z̮̞̠͙͔ͅḀ̗̞͈̻̗Ḷ͙͎̯̹̞͓G̻O̭̗̮"]  # fmt: skip


@pytest.mark.parametrize("text", NAUGHTY)
async def test_naughty_text_comes_back_as_it_went_in(actor: Actor, text: str) -> None:
    lead = await add(actor, "a@example.com", company=text, custom_fields={text: text})
    async with tenant(actor.organization_id) as session:
        found = await service.get_lead(session, actor, lead.id)
    assert (found.company, found.custom_fields) == (text, {text: text})
