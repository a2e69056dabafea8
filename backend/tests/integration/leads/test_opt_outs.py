"""What a file says about who must not be written to."""

from __future__ import annotations

from typing import Any

import pytest

from reachly.data.session import tenant
from reachly.services.identity.schemas import Actor
from reachly.services.leads import service
from tests.integration.leads.test_imports import bring

pytestmark = pytest.mark.anyio


async def test_people_who_opted_out_elsewhere_are_suppressed(actor: Actor, sql: Any) -> None:
    file = (
        "Email,First name,Unsubscribed,Bounced,Email status\r\n"
        "a@example.com,Ada,yes,,\r\nb@example.com,Bo,no,2024-01-01,\r\nc@example.com,Cy,,,Complained\r\n"
        "d@example.com,Di,FALSE,0,subscribed\r\ne@example.com,Ed,,,\r\ne@example.com,Ed,1,,\r\n"
    )
    done = await bring(actor, file)
    assert (done.imported, done.skipped, done.suppressed) == (5, 1, 4)
    rows = await sql.fetch("SELECT value, reason, source FROM suppressions ORDER BY value")
    assert [(row["value"][0], row["reason"]) for row in rows] == [
        ("a", "unsubscribed"), ("b", "bounced"), ("c", "complained"), ("e", "unsubscribed"),
    ]  # fmt: skip
    assert {row["source"] for row in rows} == {f"import:{done.id}"}
    assert await sql.fetchval("SELECT count(*) FROM leads WHERE custom_fields <> '{}'") == 0


async def test_file_frees_nobody_and_undoing_it_does_not_either(actor: Actor, sql: Any) -> None:
    first = await bring(actor, "email,unsubscribed\na@example.com,yes\n")
    await bring(actor, "email,unsubscribed\na@example.com,no\n", duplicates="skip")
    later = await bring(actor, "email,bounced\nb@example.com,yes\n")
    async with tenant(actor.organization_id) as session:
        await service.undo_import(session, actor, later.id)
        await service.undo_import(session, actor, first.id)
    rows = await sql.fetch("SELECT value, reason FROM suppressions ORDER BY value")
    assert [tuple(row) for row in rows] == [("a@example.com", "unsubscribed"), ("b@example.com", "bounced")]
    assert await sql.fetchval("SELECT count(*) FROM leads") == 0
