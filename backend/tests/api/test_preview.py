"""The preview is what is sent: same values, same renderer, same line; or it says what is missing."""

from __future__ import annotations

from typing import Any

import pytest

from reachly.services.campaigns import service as campaigns
from reachly.services.enrichment import service as enrichment
from tests.api.conftest import Person
from tests.api.test_campaigns import ready_campaign
from tests.api.test_enrollments import enroll

pytestmark = pytest.mark.anyio

OPENED = "{{ first_name }},\n\n{{ opening_line }}\n\n"
GERMAN = OPENED + "hätten Sie zehn Minuten für mich? Ich würde Ihnen gern etwas zeigen."
ENGLISH = OPENED + "would you have ten minutes for this? We could show you how it works."
FRENCH = OPENED + "est-ce que vous avez dix minutes pour nous cette semaine ?"
ENGLISH_WORDS = ("question", "you", "hope", "Greetings")


@pytest.fixture
def options() -> dict[str, Any]:
    return {"public_url": "https://reachly.example"}


async def prepare(ada: Person, sql: Any, body: str) -> tuple[str, str]:
    campaign = await ready_campaign(ada, sql)
    step = (await ada.http.get(f"/api/campaigns/{campaign}/sequences")).json()[0]["id"]
    assert (await ada.http.put(f"/api/sequences/{step}", json={"email_template": body})).status_code == 200
    body_of_lead = {"email": "ines@example.com", "first_name": "Inés", "company": "Acme", "position": "CTO"}
    lead = (await ada.http.post("/api/leads", json={**body_of_lead, "country": "Germany"})).json()["id"]
    await enroll(ada, campaign, lead_ids=[lead])
    await sql.execute("UPDATE leads SET verification = 'deliverable'")
    return campaign, lead


async def show(ada: Person, campaign: str, lead: str | None = None) -> Any:
    answer = await ada.http.post(f"/api/campaigns/{campaign}/preview", json={"lead_id": lead} if lead else {})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize("body", [ENGLISH, GERMAN, FRENCH])
async def test_the_line_that_is_shown_is_the_line_that_is_sent(ada: Person, sql: Any, body: str) -> None:
    campaign, lead = await prepare(ada, sql, body)
    before = await show(ada, campaign, lead)
    await enrichment.enrich_waiting(ada.organization_id)
    await sql.execute("UPDATE campaigns SET status = 'active', started_at = now()")
    wanted = await sql.fetchval("SELECT id FROM campaigns WHERE id = $1::uuid", campaign)
    await campaigns.personalise(ada.organization_id, wanted)
    line = await sql.fetchval(
        "SELECT personalization ->> 'opening_line' FROM enrollments WHERE lead_id = $1::uuid", lead
    )
    after = await show(ada, campaign, lead)
    assert (before["text"], before["html"]) == (after["text"], after["html"])
    assert line in after["text"]
    if body is FRENCH:
        assert line == "", "no line is better than one in another language"
        assert "\n\n\n" not in after["text"]
        assert "<p></p>" not in after["html"]
    else:
        assert line
        assert any(word in line for word in ENGLISH_WORDS) == (body is ENGLISH), line
    assert after["unresolved"] == []


async def test_what_is_missing_is_told_apart_by_whose_it_is(ada: Person, sql: Any) -> None:
    campaign, lead = await prepare(ada, sql, "Hi {{ plan }}, {{ signature }}")
    shown = await show(ada, campaign, lead)
    assert (shown["unresolved"], shown["unresolved_sender"]) == (["plan"], ["signature"])
    check = (await ada.http.post(f"/api/campaigns/{campaign}/check")).json()
    codes = {finding["code"]: finding for finding in check["findings"]}
    assert codes["mailbox_lacks_field"]["severity"] == "blocks"
    assert lead in {person["lead_id"] for person in codes["unresolved_fields"]["people"]}
    assert check["blocked"] == check["leads"] > 0


async def test_a_line_in_another_language_than_the_text_is_found(ada: Person, sql: Any) -> None:
    campaign, _ = await prepare(ada, sql, FRENCH)
    findings = (await ada.http.post(f"/api/campaigns/{campaign}/check")).json()["findings"]
    assert "opening_line_left_out" in {finding["code"] for finding in findings}
    step = (await ada.http.get(f"/api/campaigns/{campaign}/sequences")).json()[0]["id"]
    await ada.http.put(f"/api/sequences/{step}", json={"email_template": ENGLISH})
    await sql.execute("UPDATE campaigns SET status = 'active', started_at = now()")
    wanted = await sql.fetchval("SELECT id FROM campaigns WHERE id = $1::uuid", campaign)
    await campaigns.personalise(ada.organization_id, wanted)
    await ada.http.put(f"/api/sequences/{step}", json={"email_template": GERMAN})
    findings = (await ada.http.post(f"/api/campaigns/{campaign}/check")).json()["findings"]
    assert "opening_line_language" in {finding["code"] for finding in findings}


async def test_without_people_the_preview_says_that_it_invents_one(ada: Person, sql: Any) -> None:
    campaign = await ready_campaign(ada, sql)
    await sql.execute("DELETE FROM enrollments")
    assert (await show(ada, campaign))["is_invented"]


async def test_the_preview_of_somebody_not_to_be_contacted_says_so(ada: Person, sql: Any) -> None:
    campaign, lead = await prepare(ada, sql, ENGLISH)
    assert (await show(ada, campaign, lead))["suppression"] is None
    assert (await ada.http.post("/api/suppressions", json={"value": "ines@example.com"})).is_success
    told = (await show(ada, campaign, lead))["suppression"]
    assert told["words"] == (await ada.http.get(f"/api/leads/{lead}")).json()["suppression"]["words"]
