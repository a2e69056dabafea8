"""What people and their machines write back, and what it causes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from reachly.data.session import tenant
from reachly.kit.ids import new_id
from reachly.services.analytics import service as analytics
from reachly.services.identity.schemas import Actor
from tests.factories.inbound import MAILBOX, away, letter, report
from tests.integration.inbox.conftest import NOON, Post, add_send

pytestmark = pytest.mark.anyio


async def test_reply_stops_the_sequence(post: Post) -> None:
    await post.read(letter(post.people[0], "Sounds good, let's talk on Thursday.", answers=post.ids[0]))
    enrollment = await post.enrollment()
    assert (enrollment["status"], enrollment["next_due_at"]) == ("replied", None)
    assert (await post.send())["replied_at"] == NOON
    (fact,) = await post.events()
    assert (fact["event_type"], fact["live_name"], fact["data"]["intent"]) == (
        "replied",
        "email:replied",
        "interested",
    )
    assert (fact["data"]["first"], fact["campaign_id"], fact["lead_id"]) == (
        True, post.stage.campaign_id, post.stage.lead_ids[0],
    )  # fmt: skip
    assert await post.statuses() == ["replied", "active", "active"]
    stats = await post.sql.fetchrow(
        "SELECT sum(replied) AS replied, sum(interested) AS keen FROM campaign_stats"
    )
    assert (stats["replied"], stats["keen"]) == (1, 1)


@pytest.mark.parametrize("stops", ["true", "false"])
async def test_reply_after_the_last_step_is_where_it_ended(post: Post, actor: Actor, stops: str) -> None:
    await post.sql.execute(f"""UPDATE campaigns SET settings = '{{"stop_on_reply": {stops}}}'""")
    await post.sql.execute("UPDATE enrollments SET status = 'completed', next_due_at = NULL")
    await post.read(letter(post.people[0], "Only now I see this. Call me!", answers=post.ids[0]))
    await post.read(letter(post.people[1], "Please remove me from your list.", answers=post.ids[1]))
    await post.read(report(post.people[2], post.ids[2]))
    assert await post.statuses() == ["replied", "unsubscribed", "bounced"]
    async with tenant(actor.organization_id) as session:
        found = await analytics.get_campaign_figures(
            session, actor, post.stage.campaign_id, since=None, until=None
        )
    assert (found.progress.replied, found.progress.unsubscribed, found.progress.bounced) == (1, 1, 1)
    assert (found.totals.replied, found.totals.unsubscribed, found.totals.bounced) == (2, 1, 1)


async def test_late_bounce_does_not_undo_an_answer(post: Post) -> None:
    await post.read(letter(post.people[0], "Thanks!", answers=post.ids[0]))
    await post.read(report(post.people[0], post.ids[0]))
    assert (await post.enrollment())["status"] == "replied"


async def test_reply_from_another_address_of_the_person_counts(post: Post) -> None:
    await post.read(letter("ada@private.example", "Write to me here, please.", answers=post.ids[0]))
    assert (await post.enrollment())["status"] == "replied"


async def test_answer_without_thread_is_known_by_its_sender(post: Post) -> None:
    await post.read(letter(post.people[1].upper(), "How much is it?", subject="Your mail"))
    assert await post.statuses() == ["active", "replied", "active"]
    assert (await post.events())[0]["data"]["intent"] == "question"


async def test_campaign_that_goes_on_after_a_reply_goes_on(post: Post) -> None:
    await post.sql.execute("""UPDATE campaigns SET settings = '{"stop_on_reply": false}'""")
    await post.read(letter(post.people[0], "Thanks, maybe.", answers=post.ids[0]))
    assert (await post.enrollment())["status"] == "active"
    assert [fact["event_type"] for fact in await post.events()] == ["replied"]


async def test_second_answer_is_kept_and_counted_once(post: Post) -> None:
    await post.read(letter(post.people[0], "Hm.", answers=post.ids[0]))
    await post.read(letter(post.people[0], "Yes, I am interested.", answers=post.ids[0]))
    assert [fact["data"]["first"] for fact in await post.events("replied")] == [True, False]
    assert await post.sql.fetchval("SELECT sum(replied) FROM campaign_stats") == 1
    threads = await post.sql.fetch("SELECT * FROM threads")
    assert [(t["intent"], t["unread"], t["snippet"]) for t in threads] == [
        ("interested", True, "Yes, I am interested.")
    ]


@pytest.mark.parametrize("words", ["stop", "Please remove me from your list.", "Bitte keine weiteren Mails."])
async def test_wish_not_to_be_written_to_stops_everything(post: Post, words: str) -> None:
    await post.read(letter("ada@private.example", words, answers=post.ids[0]))
    assert await post.statuses() == ["unsubscribed", "active", "active"]
    assert await post.suppressed() == {"ada@private.example": "asked", post.people[0]: "asked"}
    assert [fact["event_type"] for fact in await post.events()] == ["replied", "unsubscribed"]
    assert (await post.send())["unsubscribed_at"] == NOON
    assert await post.kinds() == ["unsubscribe"]


async def test_way_out_in_the_quotation_is_no_wish(post: Post) -> None:
    text = (
        "Sounds good.\n\nOn Mon, 9 Mar 2026, Mira Sol wrote:\n> Shall we talk?\n"
        "> Unsubscribe: https://reach.example/u/abc\n> Reply with stop and I will not write again.\n"
    )
    await post.read(letter(post.people[0], text, answers=post.ids[0]))
    assert (await post.suppressed(), await post.kinds()) == ({}, ["reply"])


async def test_last_open_lead_that_answers_completes_the_campaign(post: Post) -> None:
    await post.read(*(letter(post.people[n], "Thanks!", answers=post.ids[n]) for n in range(3)))
    assert await post.sql.fetchval("SELECT status FROM campaigns") == "completed"
    assert [fact["event_type"] for fact in await post.events()] == ["replied"] * 3 + ["campaign_completed"]


async def test_who_is_away_is_waited_for(post: Post) -> None:
    await post.read(
        away(post.people[0], "I am out of the office and back on 20 March 2026.", answers=post.ids[0])
    )
    enrollment = await post.enrollment()
    assert enrollment["status"] == "held"
    assert enrollment["next_due_at"] == datetime(
        2026, 3, 23, tzinfo=UTC
    )  # Monday, for the 21st is a Saturday
    (fact,) = await post.events()
    assert (fact["event_type"], fact["data"]["returns"]) == ("auto_replied", "2026-03-20")
    assert await post.sql.fetchval("SELECT sum(replied) FROM campaign_stats") == 0
    assert (await post.send())["replied_at"] is None
    assert not await post.sql.fetchval("SELECT unread FROM threads")


async def test_who_does_not_say_when_is_waited_for_a_week(post: Post) -> None:
    await post.read(away(post.people[0], "I am away at the moment.", answers=post.ids[0]))
    assert (await post.enrollment())["next_due_at"] == datetime(2026, 3, 17, tzinfo=UTC)


async def test_hold_never_hastens_a_step(post: Post) -> None:
    await post.read(away(post.people[0], "I am away and back on 11 March 2026.", answers=post.ids[0]))
    assert (await post.enrollment())["next_due_at"] == NOON + timedelta(days=3)


async def test_campaign_may_ignore_absence(post: Post) -> None:
    await post.sql.execute("""UPDATE campaigns SET settings = '{"out_of_office": "ignore"}'""")
    await post.read(away(post.people[0], "I am away.", answers=post.ids[0]))
    assert (await post.enrollment())["status"] == "active"
    assert [fact["event_type"] for fact in await post.events()] == ["auto_replied"]


async def test_auto_reply_without_thread_is_known_by_its_sender(post: Post) -> None:
    await post.read(away(post.people[2], "I am away."))
    assert await post.statuses() == ["active", "active", "held"]


async def test_who_has_left_is_let_go_and_the_successor_is_only_named(post: Post) -> None:
    text = "I no longer work here. Please write to ben@example.com instead."
    await post.read(away(post.people[0], text, answers=post.ids[0]))
    enrollment = await post.enrollment()
    assert (enrollment["status"], enrollment["stopped_reason"]) == ("stopped", "no longer with the company")
    assert (await post.events())[0]["data"]["successors"] == ["ben@example.com"]
    assert await post.sql.fetchval("SELECT count(*) FROM leads") == 3
    assert await post.suppressed() == {}


async def test_private_mail_is_not_kept(post: Post) -> None:
    await post.read(
        letter("mother@family.example", "Dinner on Sunday?", subject="Sunday"),
        letter("bank@money.example", "Your statement", subject="Statement", answers="<x@money.example>"),
    )
    assert await post.kinds() == []
    assert await post.events() == []


async def test_known_lead_that_was_not_written_to_is_kept_apart(post: Post) -> None:
    await post.sql.execute("UPDATE email_sends SET handed_at = handed_at - interval '200 days'")
    await post.read(letter(post.people[0], "Who are you?", subject="Hello"))
    assert await post.kinds() == ["unknown"]
    assert await post.events() == []
    assert (await post.enrollment())["status"] == "active"


async def test_our_own_mail_is_ignored(post: Post) -> None:
    await post.read(letter(MAILBOX, "A copy for me", answers=post.ids[0]))
    assert (await post.kinds(), await post.statuses()) == ([], ["active"] * 3)


async def test_stranger_who_quotes_an_id_at_another_mailbox_changes_nothing(post: Post) -> None:
    stranger = await add_send(post.stage, 0, email_account_id=None)
    await post.read(letter("stranger@example.org", "stop", answers=stranger))
    assert (await post.kinds(), await post.statuses()) == (["unknown"], ["active"] * 3)
    assert (await post.suppressed(), await post.events()) == ({}, [])


async def test_id_that_we_did_not_give_out_changes_nothing(post: Post) -> None:
    await post.read(letter("stranger@example.org", "stop", answers=f"<{new_id()}@brightfjord.example>"))
    assert (await post.kinds(), await post.suppressed()) == ([], {})


async def test_newsletter_of_a_lead_is_no_answer(post: Post) -> None:
    news = letter(
        post.people[0], "Our news", subject="March", List_Id="<news.example.com>", Precedence="bulk"
    )
    await post.read(news)
    assert (await post.kinds(), await post.statuses()) == ([], ["active"] * 3)


async def test_hostile_message_is_inert(post: Post) -> None:
    raw = letter(
        f'"<script>alert(1)</script>\x00" <{post.people[0]}>', "<script>alert(2)</script>\x00 yes, interested",
        subject="Re: <img src=x onerror=alert(3)>", answers=post.ids[0],
    )  # fmt: skip
    await post.read(raw, b"\x00\xff" * 2_000, b"From: \xff\xfe\nSubject: =?x?q?=00?=\n\n", b"")
    assert (await post.enrollment())["status"] == "replied"
    assert await post.kinds() == ["reply"]
