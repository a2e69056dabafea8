"""A file becomes leads: counters that add up, rows with reasons, kills, undo."""

from __future__ import annotations

import asyncio
import csv
import io
import random
import uuid
from typing import Any

import pytest

from reachly.data.session import tenant
from reachly.events import LeadsImported
from reachly.infra.settings import Settings
from reachly.jobs.leads import HANDLERS
from reachly.kit.errors import Conflict, Invalid, NotFound
from reachly.services.identity.schemas import Actor
from reachly.services.leads import service
from reachly.services.leads.schemas import ImportOptions, ImportOut, LeadPatch
from reachly.services.leads.service import importing
from reachly.services.suppression import service as suppression
from tests.integration.leads.conftest import NewActor

pytestmark = pytest.mark.anyio


async def upload(actor: Actor, data: bytes, name: str = "people.csv", **options: Any) -> uuid.UUID:
    import_id = await service.begin_upload(actor, name)
    for number, start in enumerate(range(0, len(data), 1_000)):
        await service.add_chunk(actor, import_id, number, data[start : start + 1_000])
    await service.finish_upload(
        actor, import_id, size=len(data), options=ImportOptions(**options), campaign_id=None
    )
    return import_id


async def run(actor: Actor, import_id: uuid.UUID) -> ImportOut:
    await HANDLERS["leads.import"](actor.organization_id, {"import_id": str(import_id)})
    async with tenant(actor.organization_id) as session:
        return await service.get_import(session, actor, import_id)


async def bring(actor: Actor, data: bytes | str, **options: Any) -> ImportOut:
    """Uploads and imports; the job runs twice, as it may."""
    import_id = await upload(actor, data.encode() if isinstance(data, str) else data, **options)
    done = await run(actor, import_id)
    assert await run(actor, import_id) == done
    assert done.rows_read == done.imported + done.updated + done.skipped + done.failed
    return done


async def reported(actor: Actor, import_id: uuid.UUID) -> dict[int, tuple[str, str]]:
    async with tenant(actor.organization_id) as session:
        page = await service.page_import_rows(session, actor, import_id, limit=200)
    return {row.line: (row.outcome, row.code) for row in page.items}


def people(many: int, start: int = 0) -> str:
    rows = "".join(f"p{n}@example.com,Ann{n},Acme {n}\r\n" for n in range(start, start + many))
    return f"Email,First name,Company\r\n{rows}"


async def test_a_plain_file_becomes_leads(actor: Actor, sql: Any) -> None:
    done = await bring(actor, people(35), source="fair", lawful_basis="interest")
    assert (done.status, done.rows_read, done.imported) == ("completed", 35, 35)
    assert (done.bytes_done, done.error, done.can_undo) == (done.bytes_total, None, True)
    lead = await sql.fetchrow("SELECT * FROM leads WHERE email_key = 'p7@example.com'")
    assert (lead["first_name"], lead["company"], lead["source"], lead["lawful_basis"]) == (
        "Ann7",
        "Acme 7",
        "fair",
        "interest",
    )
    assert (lead["import_id"], lead["verification"]) == (done.id, "unverified")
    assert await sql.fetchval("SELECT count(*) FROM upload_chunks") == 0
    assert await sql.fetchval("SELECT used FROM usage_days WHERE metric = 'leads_imported'") == 35


async def test_what_follows_an_import_is_started_once(actor: Actor, sql: Any) -> None:
    await bring(actor, people(3))
    events = await sql.fetch("SELECT event_type, event_data->>'imported' AS n FROM analytics_events")
    await sql.execute("RESET ROLE")
    jobs = [row["entrypoint"] for row in await sql.fetch("SELECT entrypoint FROM pgqueuer ORDER BY id")]
    assert jobs == [
        "leads.import",
        "campaigns.enroll_import",
        "campaigns.look_over_marked",
        "verification.verify_batch",
    ]
    assert [(row["event_type"], row["n"]) for row in events] == [(LeadsImported.name, "3")]


async def test_five_spellings_in_a_file_are_one_lead_and_said(actor: Actor, sql: Any) -> None:
    spellings = ["Ada@München.example", "  ADA@münchen.example ", "mailto:ada@münchen.example",
                 "ada@xn--mnchen-3ya.example", "ada＠münchen.example"]  # fmt: skip
    # twelve others between them, so that the five lie in different batches of ten
    rows = [
        cell
        for spelling in spellings
        for cell in (spelling, *(f"{uuid.uuid4()}@example.com" for _ in range(3)))
    ]
    done = await bring(actor, "email\n" + "\n".join(rows))
    assert (done.imported, done.skipped) == (16, 4)
    assert (
        await sql.fetchval("SELECT email FROM leads WHERE email_key = 'ada@xn--mnchen-3ya.example'")
        == spellings[0]
    )
    assert set((await reported(actor, done.id)).values()) == {("skipped", "repeated")}


async def test_the_same_file_twice_updates_and_adds_nobody(actor: Actor, sql: Any) -> None:
    await bring(actor, people(25))
    again = await bring(actor, people(25))
    assert (again.imported, again.updated, again.skipped) == (0, 25, 0)
    assert await sql.fetchval("SELECT count(*) FROM leads WHERE version = 1") == 25
    skipping = await bring(actor, people(25), duplicates="skip")
    assert (skipping.updated, skipping.skipped) == (0, 25)
    assert set((await reported(actor, skipping.id)).values()) == {("skipped", "exists")}


async def test_an_update_fills_in_and_empties_nothing(actor: Actor, sql: Any) -> None:
    await bring(actor, "email,first_name,company,plan\na@example.com,Ada,Acme,pro\n", source="fair")
    await bring(actor, "email,first_name,company,size\nA@EXAMPLE.com,,New Acme,10\n", source="web")
    lead = await sql.fetchrow("SELECT * FROM leads")
    assert (lead["email"], lead["first_name"], lead["company"], lead["source"]) == (
        "a@example.com",
        "Ada",
        "New Acme",
        "fair",
    )
    assert sorted(lead["custom_fields"]) == sorted('{"plan": "pro", "size": "10"}')
    assert lead["version"] == 2


async def test_an_address_repeated_after_an_update_is_skipped(actor: Actor) -> None:
    await bring(actor, people(1))
    rows = people(12) + "P0@example.com,Other,Other\r\n"
    done = await bring(actor, rows)
    assert (done.imported, done.updated, done.skipped) == (11, 1, 1)


async def test_bad_rows_are_named_and_the_sound_ones_come_in(actor: Actor) -> None:
    data = (
        "email,first_name,note\n"  # 1
        "a@example.com,Ada,\n"
        "no address,Bob,\n"  # 3
        ",Cy,\n"  # 4
        "\n"
        ",,\n"
        'd@example.com,"Dora,\n'  # 7: a quote that never closes
        "e@example.com,Eve,fine\n"
        "f@example.com,F\x00,\n"  # 9
        "g@example.com,Gus,x,y,z\n"  # 10
        f"h@example.com,Hans,{'x' * 6_000}\n"  # 11
        "i@example.com\n"
    )
    done = await bring(actor, data)
    assert (done.imported, done.failed, done.rows_read) == (3, 6, 9)
    rows = await reported(actor, done.id)
    assert sorted(rows) == [3, 4, 7, 9, 10, 11]
    assert {outcome for outcome, _ in rows.values()} == {"failed"}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "cp1252"])
async def test_other_encodings_and_semicolons(actor: Actor, sql: Any, encoding: str) -> None:
    done = await bring(actor, "E-Mail;First name\r\nj@example.com;Jörg\r\n".encode(encoding))
    assert (done.status, done.imported) == ("completed", 1)
    assert await sql.fetchval("SELECT first_name FROM leads") == "Jörg"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"PK\x03\x04" + b"\x00" * 500, "CSV"),
        (bytes(range(256)) * 4, "text"),
        (b"\n\n\n", "empty"),
        (b"email,first_name\n", "no rows"),
        (b"first_name,company\nAda,Acme\n", "e-mail"),
        (b"ada@example.com,Ada\nbob@example.com,Bob\n", "first line"),
    ],
)
async def test_an_unusable_file_fails_with_what_to_do(actor: Actor, sql: Any, data: bytes, says: str) -> None:
    done = await bring(actor, data)
    assert (done.status, done.rows_read, done.can_undo) == ("failed", 0, False)
    assert says in (done.error or "")
    assert await sql.fetchval("SELECT count(*) FROM upload_chunks") == 0
    assert await sql.fetchval("SELECT count(*) FROM leads") == 0


async def test_a_mapping_of_ones_own(actor: Actor, sql: Any) -> None:
    mapping = {"Kontakt": "email", "Wer": "first_name", "Extra": "custom:plan", "Rest": ""}
    done = await bring(actor, "Kontakt,Wer,Extra,Rest\na@example.com,Ada,pro,secret\n", mapping=mapping)
    lead = await sql.fetchrow("SELECT * FROM leads")
    assert (done.imported, lead["first_name"], lead["custom_fields"]) == (1, "Ada", '{"plan": "pro"}')


async def test_suppressed_people_are_imported_and_said(actor: Actor) -> None:
    async with tenant(actor.organization_id) as session:
        await suppression.suppress(session, actor.organization_id, "p3@example.com", "unsubscribed", "link")
    done = await bring(actor, people(5))
    assert (done.imported, done.suppressed) == (5, 1)
    async with tenant(actor.organization_id) as session:
        page = await service.page_leads(session, actor, limit=10, import_id=done.id)
    assert {lead.email: lead.suppressed for lead in page.items if lead.suppressed} == {
        "p3@example.com": "unsubscribed"
    }


@pytest.mark.parametrize("after", [1, 2, 4])
async def test_a_killed_import_goes_on_where_it_was(
    actor: Actor, sql: Any, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """Killed after a commit, and inside a transaction: nothing twice, nothing lost, sums right at every commit."""
    rows = people(47).replace("p20@", "broken") + "p3@example.com,again,\r\n"
    import_id = await upload(actor, rows.encode())
    real, calls = importing.store_batch, 0

    async def killed(*args: Any) -> Any:
        nonlocal calls
        calls += 1
        tally = await real(*args)
        if calls > after:
            raise asyncio.CancelledError
        return tally

    monkeypatch.setattr(importing, "store_batch", killed)
    with pytest.raises(asyncio.CancelledError):
        await run(actor, import_id)
    row = await sql.fetchrow("SELECT * FROM imports")
    assert row["rows_read"] == 10 * after == row["imported"] + row["failed"]
    assert await sql.fetchval("SELECT count(*) FROM leads") == row["imported"]
    monkeypatch.undo()
    done = await run(actor, import_id)
    assert (done.status, done.rows_read) == ("completed", 48)
    assert (done.imported, done.skipped, done.failed) == (46, 1, 1)
    assert await sql.fetchval("SELECT count(*) FROM leads") == 46


async def test_two_workers_on_one_import_do_not_count_twice(actor: Actor, sql: Any) -> None:
    import_id = await upload(actor, people(95).encode())
    await asyncio.gather(*(run(actor, import_id) for _ in range(3)))
    done = await run(actor, import_id)
    assert (done.status, done.rows_read, done.imported) == ("completed", 95, 95)
    assert await sql.fetchval("SELECT count(*) FROM leads") == 95


async def test_two_imports_of_the_same_people_at_once(actor: Actor, sql: Any) -> None:
    head, *rows = people(60).splitlines()
    files = ["\n".join([head, *random.Random(n).sample(rows, 60)]) for n in range(2)]
    ids = [await upload(actor, file.encode()) for file in files]
    results = await asyncio.gather(*(run(actor, id_) for id_ in ids))
    assert sum(done.imported for done in results) == 60 == await sql.fetchval("SELECT count(*) FROM leads")
    assert sum(done.updated for done in results) == 60


async def test_undo_takes_back_what_was_added_and_changed(actor: Actor, sql: Any) -> None:
    await bring(actor, "email,company,plan\nold@example.com,Acme,pro\nedited@example.com,Acme,pro\n")
    done = await bring(
        actor, "email,company,plan\nold@example.com,New,x\nedited@example.com,New,x\nnew@example.com,New,x\n"
    )
    edited = await sql.fetchval("SELECT id FROM leads WHERE email_key = 'edited@example.com'")
    async with tenant(actor.organization_id) as session:
        await service.update_lead(session, actor, edited, LeadPatch(company="By hand"))
        undone = await service.undo_import(session, actor, done.id)
        assert (undone.status, undone.can_undo) == ("undone", False)
        with pytest.raises(Conflict):
            await service.undo_import(session, actor, done.id)
    left = {
        row["email_key"]: (row["company"], row["custom_fields"])
        for row in await sql.fetch("SELECT * FROM leads")
    }
    assert left == {
        "old@example.com": ("Acme", '{"plan": "pro"}'),
        "edited@example.com": ("By hand", '{"plan": "x"}'),
    }


SEND = """
INSERT INTO email_sends (organization_id, id, kind, intent_key, lead_id, to_email, message_id, status, planned_at,
                         claimed_at, created_at, updated_at)
SELECT $1, gen_random_uuid(), 'campaign', $2, id, email, $2, 'sent', now(), now(), now(), now()
FROM leads WHERE email_key = $2
"""


async def send_to(sql: Any, actor: Actor, email_key: str) -> None:
    await sql.execute(SEND, actor.organization_id, email_key)


async def test_undo_is_refused_once_somebody_was_written_to(actor: Actor, sql: Any) -> None:
    await bring(actor, people(1))
    await send_to(sql, actor, "p0@example.com")  # before the import, so it does not matter
    done = await bring(actor, people(3).replace("Acme", "New"))
    async with tenant(actor.organization_id) as session:
        await send_to(sql, actor, "p2@example.com")
        with pytest.raises(Conflict, match="written to"):
            await service.undo_import(session, actor, done.id)
    await sql.execute("DELETE FROM email_sends WHERE intent_key = 'p2@example.com'")
    async with tenant(actor.organization_id) as session:
        assert (await service.undo_import(session, actor, done.id)).status == "undone"
    assert await sql.fetchval("SELECT count(*) FROM leads") == 1


async def test_failed_rows_download_reads_back(actor: Actor) -> None:
    data = 'email,first_name,note\nbad one,=cmd|x,"a ""b""\nc"\nok@example.com,Ann,-1\nworse,@SUM(1),\n'
    done = await bring(actor, data)
    async with tenant(actor.organization_id) as session:
        parts = await service.export_failed_rows(session, actor, done.id)
    rows = list(csv.reader(io.StringIO("".join([part async for part in parts]).lstrip("\ufeff"))))
    assert rows[0][:3] == ["email", "first_name", "note"]
    assert [row[:3] for row in rows[1:]] == [["bad one", "'=cmd|x", 'a "b"\nc'], ["worse", "'@SUM(1)", ""]]
    mended = "\n".join(["email,first_name", "a@example.com," + rows[1][1]])
    again = await bring(actor, mended)
    async with tenant(actor.organization_id) as session:
        page = await service.page_leads(session, actor, limit=1, import_id=again.id)
    assert page.items[0].first_name == "=cmd|x"


async def test_many_columns_are_taken_up_to_a_limit(actor: Actor, sql: Any) -> None:
    header = ",".join(["email", *(f"c{n}" for n in range(5_000))])
    done = await bring(actor, f"{header}\na@example.com,{','.join('v' for _ in range(5_000))}\n")
    assert done.imported == 1
    assert await sql.fetchval("SELECT count(*) FROM leads, jsonb_object_keys(custom_fields)") == 200


async def test_a_preview_shows_how_a_file_is_understood(actor: Actor) -> None:
    head = "E-Mail;First name;Plan\r\nj@example.com;Jörg;pro\r\nbad;x;y\r\nk@exam".encode("cp1252")
    out = await service.preview_import(actor, head, "people.csv", "{}")
    assert (out.encoding, out.delimiter, out.headers) == ("cp1252", ";", ["E-Mail", "First name", "Plan"])
    assert (out.mapping["E-Mail"], out.mapping["First name"]) == ("email", "first_name")
    assert out.rows == [["j@example.com", "Jörg", "pro"], ["bad", "x", "y"]]
    assert out.problems[0].startswith("Line 3: ")
    for bad in (b"", b"PK\x03\x04zip", b"first_name,company\nAda,Acme\n"):
        with pytest.raises(Invalid) as caught:
            await service.preview_import(actor, bad, "people.csv", "{}")
        assert caught.value.errors[0].pointer == "/file"


@pytest.mark.parametrize(
    ("options", "pointer"),
    [
        ("no json", "/options"),
        ('{"duplicates": "both"}', "/options/duplicates"),
        ('{"mapping": {"A": "mail"}}', "/options/mapping/A"),
        ('{"mapping": {"A": "company"}}', "/options/mapping"),
        ('{"encoding": "klingon"}', "/options/encoding"),
        ('{"encoding": "base64"}', "/options/encoding"),
        ('{"delimiter": ";;"}', "/options/delimiter"),
        ('{"delimiter": "\\""}', "/options/delimiter"),
    ],
)
async def test_bad_options_name_the_fault(options: str, pointer: str) -> None:
    with pytest.raises(Invalid) as caught:
        service.read_options(options)
    assert pointer in [fault.pointer for fault in caught.value.errors]


async def test_a_stranger_finds_no_import(new_actor: NewActor, settings: Settings) -> None:
    one, other = await new_actor("one"), await new_actor("other")
    done = await bring(one, people(2) + "bad,,\n")
    await HANDLERS["leads.import"](other.organization_id, {"import_id": str(done.id)})
    async with tenant(other.organization_id) as session:
        for act in (service.get_import, service.undo_import, service.export_failed_rows):
            with pytest.raises(NotFound):
                await act(session, other, done.id)
        with pytest.raises(NotFound):
            await service.page_import_rows(session, other, done.id, limit=5)
        assert (await service.page_imports(session, other, limit=5)).items == []


async def test_leads_of_an_import_are_handed_on_in_pages_and_counted(actor: Actor, sql: Any) -> None:
    """What the campaign of an import asks: those added and those met again, each once."""
    await bring(actor, people(5))
    done = await bring(actor, people(12))
    found: list[uuid.UUID] = []
    async with tenant(actor.organization_id) as session:
        while True:
            page = await service.list_imported_leads(
                session, actor.organization_id, done.id, limit=5, after=found[-1] if found else None
            )
            if not page:
                break
            found += page
        for many in (7, 5):
            await service.record_enrolled(session, actor.organization_id, done.id, many)
        assert (await service.get_import(session, actor, done.id)).enrolled == 12
    assert sorted(found) == sorted(row["id"] for row in await sql.fetch("SELECT id FROM leads"))
    assert len(found) == 12
