"""Where people stand: every one in one state, and counts, lists and filters agree on which."""

from __future__ import annotations

from itertools import product
from typing import Any, get_args

import pytest

from reachly.data.models.campaigns import ENROLLMENT_STATES
from reachly.services.campaigns.schemas import EnrollmentState
from reachly.services.scheduling.policy import BlockReason
from tests.api.conftest import Person
from tests.api.test_campaigns import make

pytestmark = pytest.mark.anyio

STATES = get_args(EnrollmentState)
ENROL = """
INSERT INTO enrollments (organization_id, id, campaign_id, lead_id, sort_key, status, blocked_reason, last_sent_at,
                         created_at, updated_at)
SELECT $1, gen_random_uuid(), $2, l.id, l.email_key, w.status, w.reason, CASE WHEN w.written THEN now() END, now(),
       now()
FROM unnest($3::text[], $4::text[], $5::text[], $6::bool[]) AS w(address, status, reason, written)
JOIN leads l ON l.organization_id = $1 AND l.email_key = w.address
"""
COMBINATIONS = list(
    product(ENROLLMENT_STATES, (None, *(reason.value for reason in BlockReason)), (False, True))
)


async def place_everybody(person: Person, sql: Any) -> str:
    """One person for every state that a row can have, whether or not the engine would write it."""
    campaign = str((await make(person))["id"])
    addresses = [f"p{n:03d}@example.com" for n in range(len(COMBINATIONS))]
    await sql.execute(
        "INSERT INTO leads (organization_id, id, email, email_key, domain, created_at, updated_at) SELECT $1,"
        " gen_random_uuid(), a, a, 'example.com', now(), now() FROM unnest($2::text[]) AS a",
        person.organization_id, addresses,
    )  # fmt: skip
    statuses, reasons, written = zip(*COMBINATIONS, strict=True)
    await sql.execute(
        ENROL, person.organization_id, campaign, addresses, list(statuses), list(reasons), list(written)
    )
    return campaign


async def list_people(person: Person, campaign: str, **wanted: str) -> list[dict[str, Any]]:
    found, cursor = [], None
    while True:
        more = {"cursor": cursor} if cursor else {}
        answer = await person.http.get(
            f"/api/campaigns/{campaign}/enrollments", params={"limit": 200, **wanted, **more}
        )
        assert answer.status_code == 200, answer.text
        found += answer.json()["items"]
        cursor = answer.json()["next_cursor"]
        if cursor is None:
            return found


async def test_everybody_is_in_one_state_and_counts_lists_and_filters_agree(ada: Person, sql: Any) -> None:
    campaign = await place_everybody(ada, sql)
    progress = (await ada.http.get(f"/api/campaigns/{campaign}")).json()["progress"]
    everybody = await list_people(ada, campaign)
    assert len(everybody) == progress["total"] == len(COMBINATIONS)
    assert sum(progress[state] for state in STATES) == progress["total"]
    for state in STATES:
        narrowed = await list_people(ada, campaign, state=state)
        assert {one["id"] for one in narrowed} == {one["id"] for one in everybody if one["state"] == state}
        assert len(narrowed) == progress[state] > 0, state
    for reason, n in progress["blocked_by"].items():
        assert len(await list_people(ada, campaign, state="blocked", reason=reason)) == n > 0
    assert sum(progress["blocked_by"].values()) == progress["blocked"]


async def test_the_states_mean_what_they_say(ada: Person, sql: Any) -> None:
    campaign = await place_everybody(ada, sql)
    for one in await list_people(ada, campaign):
        is_open = one["status"] in ("pending", "active", "held")
        passes = one["blocked_reason"] in ("held", "held_ooo", "deferred", "reply_seen")
        settles = one["blocked_reason"] in (
            None, "awaiting_verification", "campaign_paused", "campaign_not_active",
        )  # fmt: skip
        if not is_open:
            expected = one["status"]
        elif one["status"] == "held" or passes:
            expected = "held"
        elif not settles:
            expected = "blocked"
        else:
            expected = "between_steps" if one["last_sent_at"] else "not_yet"
        assert one["state"] == expected, one


async def test_a_person_says_in_each_campaign_where_they_stand(ada: Person, sql: Any) -> None:
    campaign = await place_everybody(ada, sql)
    for one in (await list_people(ada, campaign, state="blocked"))[:2]:
        lead = (await ada.http.get(f"/api/leads/{one['lead_id']}")).json()
        assert [stay["state"] for stay in lead["enrollments"]] == ["blocked"]
    answer = await ada.http.get(f"/api/campaigns/{campaign}/enrollments", params={"state": "somewhere"})
    assert answer.status_code == 422
