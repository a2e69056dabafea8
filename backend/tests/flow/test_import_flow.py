"""The mission's lead import flow, from "upload CSV" to "show results", through the API alone."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from mailworld.config import Rates
from reachly.kit import clock
from tests.flow.conftest import Perform, Scene

pytestmark = pytest.mark.anyio

ROWS = [
    "E-Mail;First name;Company;Plan",
    "amy@fjord-labs.example;Amy;Fjord Labs;pro",
    "  BEN@ruta-sur.example ;Ben;Ruta Sur;",
    "not an address;Nobody;;",
    "amy@fjord-labs.example;Amy again;;",
    "sam@gone.example;Sam;Gone;",
    "lee@nomail.example;Lee;No Mail;",
]


async def test_import_from_the_upload_to_the_results(perform: Perform) -> None:
    async with perform(Rates.quiet()) as scene:
        found = await _import(scene, "\r\n".join(ROWS).encode("utf-16"))
        assert found["status"] == "completed"
        assert found["rows_read"] == 6
        assert found["rows_read"] == sum(found[name] for name in ("imported", "updated", "skipped", "failed"))
        assert (found["imported"], found["failed"]) == (4, 1)

        user = scene.user
        rejected = (await user.ask("GET", f"/api/leads/imports/{found['id']}/rows"))["items"]
        assert [(row["line"], row["outcome"]) for row in rejected if row["outcome"] == "failed"] == [
            (4, "failed")
        ]
        assert all(row["reason"] for row in rejected)

        leads = {lead["email"]: lead for lead in (await user.ask("GET", "/api/leads"))["items"]}
        verdicts = {email.lower(): lead["verification"] for email, lead in leads.items()}
        assert verdicts["sam@gone.example"] == "undeliverable"
        assert verdicts["lee@nomail.example"] == "undeliverable"
        assert verdicts["amy@fjord-labs.example"] in ("deliverable", "risky", "unknown")
        assert leads["amy@fjord-labs.example"]["custom_fields"] == {"plan": "pro"}

        amy = await user.ask("GET", f"/api/leads/{leads['amy@fjord-labs.example']['id']}")
        assert amy["facts"]
        assert all(fact["source"] for fact in amy["facts"])


async def test_the_same_file_again_adds_nobody(perform: Perform) -> None:
    async with perform(Rates.quiet()) as scene:
        content = "\n".join(ROWS).encode()
        first, second = await _import(scene, content), await _import(scene, content)
        assert (first["imported"], second["imported"]) == (4, 0)
        assert len((await scene.user.ask("GET", "/api/leads"))["items"]) == 4


async def _import(scene: Scene, content: bytes) -> Any:
    files = {"file": ("people.csv", content, "text/csv")}
    form = {"options": json.dumps({"source": "fair"})}
    found = await scene.user.ask("POST", "/api/leads/import", data=form, files=files)
    async with asyncio.timeout(240):
        while found["status"] not in ("completed", "failed"):
            await clock.sleep(1)
            found = await scene.user.ask("GET", f"/api/leads/imports/{found['id']}")
    return found
