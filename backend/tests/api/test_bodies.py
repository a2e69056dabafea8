"""What a route does not know it refuses, and what an edit does not name it keeps: generated from the router."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.conftest import Person
from tests.api.routes import DOCUMENT, ROUTES, RouteFacts, resolve
from tests.api.test_campaigns import make
from tests.factories.sending import add_mailbox

pytestmark = pytest.mark.anyio

WITH_BODY = [route for route in ROUTES if route.body_schema()]
EDITS = [route for route in WITH_BODY if route.method in ("PUT", "PATCH")]
NO_OBJECT = {"PUT /api/users/password", "PUT /api/email-accounts/{account_id}/toggle"}
"""Acts, not edits of what can be read."""
OTHERWISE: dict[str, Any] = {
    "name": "Another name", "timezone": "Europe/Madrid", "domain": "other.example", "postal_address": "Elsewhere 2",
    "domain_daily_limit": 77, "daily_cap": 11, "new_leads_cap": 12, "company_cap": 13, "email_account_ids": [],
    "email_account_weights": {}, "settings": {"track_opens": True}, "display_name": "Another", "daily_limit": 12,
    "min_gap_seconds": 33, "gap_jitter_seconds": 34, "ramp_enabled": True, "ramp_start": 5, "ramp_step": 6,
    "workday": {"mon": [["10:00", "11:00"]]}, "absences": [{"start": "2026-05-01", "end": "2026-05-02"}],
    "signature": "Another signature", "reply_to": "other@example.com", "tags": ["other"], "delay_days": 4,
    "delay_hours": 5, "working_days_only": True, "subject_template": "Another subject", "email_template": "Other words",
    "is_active": False, "weight": 9, "email": "other@example.com", "first_name": "Otto", "last_name": "Other",
    "company": "Other AG", "position": "Other", "country": "Spain", "custom_fields": {"other": "yes"},
    "send_schedule": {"timezone": "Europe/Madrid", "windows": {"tue": [["08:00", "12:00"]]}},
}  # fmt: skip
"""Another value for every field of every edit; a field that is missing here fails the test."""
SKIPPED = {"smtp", "imap"}  # tried on the wire before they are kept
FOLLOWS = {"version", "updated_at", "effective_limit_today", "forms", "fields", "problems", "verification",
           "verification_reason", "verified_at", "warnings"}  # fmt: skip
"""What may change because something else did."""


def objects(schema: dict[str, Any], path: str = "") -> list[tuple[str, dict[str, Any]]]:
    """Every object with fixed fields in a body, with its place."""
    found = []
    branches = schema.get("anyOf", [schema])
    for branch in branches:
        inner = resolve(branch)
        if "properties" in inner:
            found.append((path, inner))
            for name, part in inner["properties"].items():
                found += objects(part, f"{path}/{name}")
        if "items" in inner:
            found += objects(inner["items"], f"{path}[]")
    return found


def test_every_body_refuses_what_it_does_not_know() -> None:
    assert len(WITH_BODY) >= 25
    lenient = [
        f"{route.name} {place}"
        for route in WITH_BODY
        for place, schema in objects(route.body_schema())
        if schema.get("additionalProperties") is not False
    ]
    assert lenient == []


async def test_an_unknown_field_is_named(ada: Person) -> None:
    answer = await ada.http.put("/api/users/profile", json={"name": "Ada", "email": "new@example.com"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/email")
    assert (await ada.http.get("/api/users/profile")).json()["email"] == ada.email


async def things(ada: Person) -> dict[str, tuple[str, str]]:
    """For each edit: its address, and where what it edits can be read."""
    box = await add_mailbox(ada.organization_id, 25)
    campaign = (await make(ada))["id"]
    steps = (await ada.http.get(f"/api/campaigns/{campaign}/sequences")).json()
    variant = await ada.http.post(
        f"/api/sequences/{steps[0]['id']}/variants",
        json={"email_template": "B", "subject_template": "b", "weight": 3},
    )
    lead = await ada.http.post("/api/leads", json={"email": "amy@example.com", "first_name": "Amy"})
    step, lead_id = f"/api/sequences/{steps[0]['id']}", lead.json()["id"]
    return {
        "PUT /api/users/profile": ("/api/users/profile",) * 2,
        "PUT /api/organization": ("/api/organization",) * 2,
        "PUT /api/email-accounts/{account_id}": (f"/api/email-accounts/{box}",) * 2,
        "PUT /api/campaigns/{campaign_id}": (f"/api/campaigns/{campaign}",) * 2,
        "PUT /api/sequences/{sequence_id}": (step, f"/api/campaigns/{campaign}/sequences"),
        "PUT /api/sequences/{sequence_id}/variants/{variant_id}": (
            f"{step}/variants/{variant.json()['id']}",
            f"/api/campaigns/{campaign}/sequences",
        ),
        "PUT /api/leads/{lead_id}": (f"/api/leads/{lead_id}",) * 2,
    }


def flat(value: Any, path: str = "") -> dict[str, Any]:
    if isinstance(value, dict) and value:
        return {k: v for name, part in value.items() for k, v in flat(part, f"{path}/{name}").items()}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return {k: v for n, part in enumerate(value) for k, v in flat(part, f"{path}/{n}").items()}
    return {path: value}


@pytest.mark.parametrize("route", [r for r in EDITS if r.name not in NO_OBJECT], ids=lambda r: r.name)
async def test_an_edit_keeps_what_it_does_not_name(ada: Person, route: RouteFacts) -> None:
    address, place = (await things(ada))[route.name]
    schema = route.body_schema()
    assert not schema.get("required"), "an edit demands no field"
    for name in sorted(set(schema["properties"]) - SKIPPED):
        before = flat((await ada.http.get(place)).json())
        answer = await ada.http.put(address, json={name: OTHERWISE[name]})
        assert answer.status_code == 200, (name, answer.text)
        after = flat((await ada.http.get(place)).json())
        changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
        stray = {key for key in changed if f"/{name}" not in key and key.rsplit("/", 1)[1] not in FOLLOWS}
        assert not stray, (name, stray)


def test_the_document_says_so() -> None:
    assert DOCUMENT["components"]["schemas"]["ProfileIn"]["additionalProperties"] is False
