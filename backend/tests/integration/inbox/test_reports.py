"""Bounces, delays and complaints: counted once, believed only about what we sent from there to them."""

from __future__ import annotations

import pytest

from reachly.kit.ids import new_id
from tests.factories.figures import run_checks
from tests.factories.inbound import complaint, letter, report
from tests.integration.inbox.conftest import NOON, Post, add_send

pytestmark = pytest.mark.anyio


async def test_bounce_stops_and_suppresses(post: Post) -> None:
    await post.read(report(post.people[0], post.ids[0]))
    enrollment = await post.enrollment()
    assert (enrollment["status"], enrollment["next_due_at"]) == ("bounced", None)
    assert (await post.send())["bounced_at"] == NOON
    assert await post.suppressed() == {post.people[0]: "bounced"}
    (fact,) = await post.events()
    assert (fact["event_type"], fact["live_name"], fact["data"]["hard"]) == ("bounced", "email:bounced", True)
    assert await post.kinds() == ["bounce"]
    assert await post.sql.fetchval("SELECT count(*) FROM threads") == 0


async def test_full_mailbox_stops_and_suppresses_only_after_several(post: Post) -> None:
    full = {"status": "5.2.2", "said": "552 5.2.2 Mailbox full"}
    await post.read(report(post.people[0], post.ids[0], **full))
    assert ((await post.enrollment())["status"], await post.suppressed()) == ("bounced", {})
    assert (await post.events())[0]["data"]["hard"] is False
    for _ in range(2):
        await post.read(report(post.people[0], await add_send(post.stage, 0, step=2), **full))
    assert await post.suppressed() == {post.people[0]: "bounced"}


async def test_refusal_of_our_content_never_blames_the_person(post: Post) -> None:
    spam = report(post.people[0], post.ids[0], status="5.7.1", said="550 5.7.1 Message rejected as spam")
    await post.read(spam)
    assert await post.suppressed() == {}
    assert (await post.events())[0]["data"]["hard"] is False


async def test_same_report_twice_is_one_bounce(post: Post) -> None:
    dsn = report(post.people[0], post.ids[0], message_id="<dsn-x@mx.example.com>")
    await post.read(dsn, dsn)
    await post.read(report(post.people[0], post.ids[0]))
    assert [fact["event_type"] for fact in await post.events()] == ["bounced"]
    assert await post.sql.fetchval("SELECT sum(bounced) FROM campaign_stats") == 1


async def test_delay_is_no_bounce_and_the_failure_after_it_is_one(post: Post) -> None:
    delayed = report(
        post.people[0], post.ids[0], action="delayed", status="4.4.7", said="451 4.4.1 no answer"
    )
    await post.read(delayed)
    assert (await post.statuses(), await post.events(), await post.kinds()) == (
        ["active"] * 3,
        [],
        ["unknown"],
    )
    await post.read(report(post.people[0], post.ids[0]))
    assert [fact["event_type"] for fact in await post.events()] == ["bounced"]


async def test_report_about_a_message_we_did_not_send_changes_nothing(post: Post) -> None:
    await post.read(report(post.people[0], f"<{new_id()}@brightfjord.example>"))
    assert (await post.statuses(), await post.events(), await post.suppressed()) == (["active"] * 3, [], {})


async def test_report_that_names_somebody_else_changes_nothing(post: Post) -> None:
    await post.read(report("other@example.com", post.ids[0]))
    assert (await post.statuses(), await post.events(), await post.suppressed()) == (["active"] * 3, [], {})


async def test_report_with_another_organizations_id_changes_nothing(post: Post, new_actor: object) -> None:
    foreign = f"<{new_id()}@otherfjord.example>"
    other = await new_actor("otherfjord")  # type: ignore[operator]
    await post.sql.execute(
        """INSERT INTO email_sends (organization_id, id, kind, intent_key, to_email, status, planned_at, claimed_at,
                                    message_id, created_at, updated_at)
           VALUES ($1, $2, 'test', 'x', $3, 'sent', $4, $4, $5, $4, $4)""",
        other.organization_id, new_id(), post.people[0], NOON, foreign,
    )  # fmt: skip
    await post.read(report(post.people[0], foreign))
    assert (await post.statuses(), await post.events(), await post.suppressed()) == (["active"] * 3, [], {})
    marked = await post.sql.fetchval("SELECT count(*) FROM email_sends WHERE bounced_at IS NOT NULL")
    assert marked == 0


async def test_report_without_any_id_is_known_by_its_recipient(post: Post) -> None:
    await post.read(report(post.people[1], None))
    assert await post.statuses() == ["active", "bounced", "active"]


async def test_bounce_in_plain_words_is_understood(post: Post) -> None:
    text = (
        "Hi. This is the qmail-send program at mx.example.com.\nI'm afraid I wasn't able to deliver your message.\n\n"
        f"<{post.people[0]}>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n"
        f"--- Below this line is a copy of the message.\n\nMessage-ID: {post.ids[0]}\nSubject: A question\n"
        f"To: {post.people[0]}\n\nShall we talk?"
    )
    raw = letter("MAILER-DAEMON@mx.example.com", text, subject="failure notice", Return_Path="<>")
    await post.read(raw)
    assert await post.statuses() == ["bounced", "active", "active"]


async def test_complaint_is_for_good(post: Post) -> None:
    await post.read(complaint(post.ids[0], original_to=post.people[0]))
    assert await post.statuses() == ["unsubscribed", "active", "active"]
    assert await post.suppressed() == {post.people[0]: "complained"}
    (fact,) = await post.events()
    assert (fact["event_type"], fact["data"]["source"]) == ("unsubscribed", "complaint")


async def test_complaint_with_blacked_out_recipient_is_known_by_its_id(post: Post) -> None:
    await post.read(complaint(post.ids[1]))
    assert await post.suppressed() == {post.people[1]: "complained"}


@pytest.mark.parametrize("kind", ["abuse", "not-spam"])
async def test_complaint_about_nothing_of_ours_changes_nothing(post: Post, kind: str) -> None:
    about = post.ids[0] if kind == "not-spam" else "<x@elsewhere.example>"
    await post.read(complaint(about, kind=kind, original_to=post.people[0]))
    assert (await post.statuses(), await post.suppressed(), await post.events()) == (["active"] * 3, {}, [])


async def test_many_bounces_are_said_to_people(post: Post) -> None:
    ids = [await add_send(post.stage, n % 3, to_email=post.people[n % 3], step=2) for n in range(9)]
    await post.sql.execute(
        """INSERT INTO campaign_stats (organization_id, campaign_id, sequence_id, variant, email_account_id, day, sent)
           VALUES ($1, $2, $3, 'A', $4, '2026-03-10', 25)""",
        post.stage.organization_id, post.stage.campaign_id, post.stage.step_ids[0], post.account_id,
    )  # fmt: skip
    await post.read(*(report(post.people[n % 3], ids[n]) for n in range(9)))
    assert await run_checks(post.sql, post.stage.organization_id) == 1, "one check waits for all that came"
    (fact,) = await post.events("deliverability_fell")
    assert (fact["email_account_id"], fact["data"]["bounced"], fact["data"]["attempted"]) == (
        post.account_id,
        9,
        25,
    )
