"""Check, plan, explain and the states of people say the same of everybody, in worlds that are made up."""

from __future__ import annotations

import uuid
from collections import Counter
from random import Random
from typing import Any

import pytest

from reachly.data.session import tenant
from reachly.services.campaigns import service as campaigns
from reachly.services.campaigns.schemas import CampaignSettings
from reachly.services.identity.schemas import Actor
from reachly.services.scheduling import service as scheduling
from tests.factories.sending import Stage, Step, add_campaign, add_mailbox

pytestmark = pytest.mark.anyio

FIELDS = ("first_name", "company", "position")
BODIES = (
    "Hello {{ first_name }}, a word?",
    'Hello {{ first_name | fallback: "there" }}, how is {{ company }}?',
    "{% if company %}News from {{ company }}.{% else %}News.{% endif %}",
    "{A word|A {{ position }} like you}, {{ plan }}?",
    "See https://example.com/{{ plan }} and answer, {{ First Name }}.",
    "{{ opening_line }}\n\nA question.",
    "Nothing to fill in.",
)


async def make_world(actor: Actor, sql: Any, seed: int) -> Stage:
    """A few steps with variants, people with holes here and there, some of them already on the way."""
    draw = Random(seed)
    boxes = [
        await add_mailbox(actor.organization_id, 25, address=f"m{n}-{seed}@brightfjord.example")
        for n in (1, 2)
    ]
    steps = [Step(body=draw.choice(BODIES), days=3 * n) for n in range(draw.randint(1, 3))]
    stage = await add_campaign(
        actor.organization_id, boxes, draw.randint(3, 12), steps=steps, prefix=f"w{seed}-", seed=seed
    )
    await sql.execute("UPDATE organizations SET postal_address = 'Quay 1'")
    await sql.execute(
        "UPDATE campaigns SET status = 'draft', started_at = NULL WHERE id = $1", stage.campaign_id
    )
    if draw.random() < 0.5:
        await sql.execute(
            "INSERT INTO sequence_variants (organization_id, id, sequence_id, label, email_template, weight,"
            " created_at, updated_at) VALUES ($1, $2, $3, 'B', $4, 1, now(), now())",
            actor.organization_id, uuid.uuid4(), stage.step_ids[0], draw.choice(BODIES),
        )  # fmt: skip
    for lead, enrollment in zip(stage.lead_ids, stage.enrollment_ids, strict=True):
        values = {name: draw.choice(["", " ", "Acme", "Ines"]) for name in FIELDS}
        verdict = draw.choice(["deliverable"] * 4 + ["unknown", "undeliverable", "unverified"])
        plan = draw.choice(["{}", '{"plan": ""}', '{"plan": "pro"}', '{"plan": "two words"}'])
        await sql.execute(
            "UPDATE leads SET first_name = $2, company = $3, position = $4, verification = $5, custom_fields = $6"
            " WHERE id = $1",
            lead, *values.values(), verdict, plan,
        )  # fmt: skip
        await sql.execute(
            "UPDATE enrollments SET status = 'pending', next_due_at = NULL, personalized_at = NULL,"
            " email_account_id = NULL WHERE id = $1",
            enrollment,
        )
    return stage


async def say(actor: Actor, stage: Stage) -> tuple[Any, Any, dict[str, int], dict[uuid.UUID, str | None]]:
    """(check, plan, states, what explain says of each person who is on the way)."""
    async with tenant(actor.organization_id) as session:
        check = await campaigns.check_campaign(session, actor, stage.campaign_id)
        plan = await scheduling.simulate_campaign(session, actor, stage.campaign_id)
        people = await campaigns.page_enrollments(
            session, actor, stage.campaign_id, limit=100, cursor=None, q=None
        )
        told: dict[uuid.UUID, str | None] = {}
        for one in people.items:
            why = await scheduling.explain_enrollment(session, actor, stage.campaign_id, one.id)
            told[one.id] = why.held.code if why.held else None
    return check, plan, Counter(one.state for one in people.items), told


@pytest.mark.parametrize("seed", range(12))
async def test_check_plan_states_and_explain_agree(actor: Actor, sql: Any, seed: int) -> None:
    stage = await make_world(actor, sql, seed)
    await campaigns.look_over(actor.organization_id, stage.campaign_id)
    check, plan, states, _ = await say(actor, stage)
    assert (
        check.leads == check.mailable + check.awaiting + check.blocked + check.left_out == len(stage.lead_ids)
    )
    assert plan.people == check.mailable + check.awaiting
    assert plan.left_out == check.blocked + check.left_out
    without_verdict = check.left_out  # they are taken out at the start
    assert check.blocked <= states["blocked"] <= check.blocked + without_verdict

    await sql.execute(
        "UPDATE campaigns SET status = 'active', started_at = now() WHERE id = $1", stage.campaign_id
    )
    for _ in range(2):  # a second run changes nothing
        await campaigns.personalise(actor.organization_id, stage.campaign_id)
        await campaigns.look_over(actor.organization_id, stage.campaign_id)
        await scheduling.plan_campaign(actor.organization_id, stage.campaign_id)
        check, plan, states, told = await say(actor, stage)
        assert check.left_out == 0, "who may not be written to is no more on the way"
        assert plan.people == check.mailable + check.awaiting == states["not_yet"] + states["between_steps"]
        assert states["blocked"] == check.blocked == plan.left_out
        codes = Counter(told.values())
        assert codes["missing_field"] == check.blocked
        assert CampaignSettings().mail_to == "unknown"


async def test_a_mended_field_frees_the_person_and_an_emptied_one_blocks(actor: Actor, sql: Any) -> None:
    box = await add_mailbox(actor.organization_id, 25)
    steps = [Step(body="Hi"), Step(body="{{ company }}", days=2)]
    stage = await add_campaign(actor.organization_id, [box], 2, steps=steps)

    async def states() -> list[str]:
        async with tenant(actor.organization_id) as session:
            page = await campaigns.page_enrollments(
                session, actor, stage.campaign_id, limit=9, cursor=None, q=None
            )
        return [one.state for one in page.items]

    await sql.execute("UPDATE leads SET company = '' WHERE id = $1", stage.lead_ids[0])
    await campaigns.look_over_lead(actor.organization_id, stage.lead_ids[0])
    assert await states() == ["blocked", "not_yet"], "the second step counts before the first has left"
    assert (
        await sql.fetchval("SELECT next_due_at FROM enrollments WHERE id = $1", stage.enrollment_ids[0])
        is None
    )
    await sql.execute("UPDATE leads SET company = 'Acme' WHERE id = $1", stage.lead_ids[0])
    await campaigns.look_over_marked(actor.organization_id)
    await scheduling.plan_new(actor.organization_id, stage.campaign_id)
    assert await states() == ["not_yet", "not_yet"]
    due = await sql.fetchval("SELECT next_due_at FROM enrollments WHERE id = $1", stage.enrollment_ids[0])
    assert due is not None, "and has a plan again"
