"""Who answers a message has proven that it left: what was in doubt about it is settled."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.factories.inbound import away, letter, report
from tests.integration.inbox.conftest import NOON, Post

pytestmark = pytest.mark.anyio
YESTERDAY = NOON - timedelta(days=1)


async def make_doubtful(post: Post, status: str = "unknown") -> None:
    """The first message was handed over, and nobody knows what became of it."""
    handed = "handed_at" if status == "unknown" else "NULL"
    await post.sql.execute(
        f"UPDATE email_sends SET status = $2, sent_at = NULL, handed_at = {handed} WHERE message_id = $1",
        post.ids[0], status,
    )  # fmt: skip
    if status == "unknown":
        await post.sql.execute(
            "INSERT INTO open_sends (organization_id, send_id)"
            " SELECT organization_id, id FROM email_sends WHERE message_id = $1",
            post.ids[0],
        )
        await post.sql.execute(
            "UPDATE enrollments SET next_due_at = NULL, blocked_reason = 'unknown_previous' WHERE id = $1",
            post.stage.enrollment_ids[0],
        )


async def settled(post: Post) -> tuple[Any, ...]:
    row = await post.send()
    assert await post.sql.fetchval("SELECT count(*) FROM open_sends") == (row["status"] == "unknown")
    return row["status"], row["settled_by"], row["sent_at"], row["handed_at"]


@pytest.mark.parametrize("status", ["unknown", "deferred"])
async def test_an_answer_proves_that_the_message_arrived(post: Post, status: str) -> None:
    await make_doubtful(post, status)
    await post.read(letter(post.people[0], "Sounds good.", answers=post.ids[0]))
    assert await settled(post) == ("sent", "answer", YESTERDAY, YESTERDAY)
    assert (await post.enrollment())["status"] == "replied"
    assert [fact["event_type"] for fact in await post.events()] == ["sent", "replied"]
    assert await post.sql.fetchval("SELECT sum(sent) FROM campaign_stats") == 1


async def test_a_sequence_that_stood_still_for_the_doubt_goes_on(post: Post) -> None:
    await make_doubtful(post)
    await post.sql.execute("""UPDATE campaigns SET settings = '{"stop_on_reply": false}'""")
    await post.read(letter(post.people[0], "Perhaps later.", answers=post.ids[0]))
    person = await post.enrollment()
    assert (person["status"], person["next_step"], person["blocked_reason"]) == ("active", 2, None)
    assert (person["next_due_at"], person["thread_message_id"]) == (
        YESTERDAY + timedelta(days=3), post.ids[0],
    )  # fmt: skip


async def test_an_absence_note_proves_it_too(post: Post) -> None:
    await make_doubtful(post)
    await post.read(away(post.people[0], "I am out of office until Monday.", answers=post.ids[0]))
    assert (await settled(post))[:2] == ("sent", "answer")


@pytest.mark.parametrize(
    ("said", "state"),
    [({}, "bounced"), ({"action": "delayed", "status": "4.4.7", "said": "451 no answer"}, "active")],
)
async def test_a_report_on_it_proves_that_a_server_had_it(post: Post, said: Any, state: str) -> None:
    await make_doubtful(post)
    await post.read(report(post.people[0], post.ids[0], **said))
    assert (await settled(post))[:2] == ("sent", "report")
    assert (await post.enrollment())["status"] == state


async def test_a_letter_that_names_no_message_of_ours_proves_nothing(post: Post) -> None:
    await make_doubtful(post)
    await post.read(letter(post.people[0], "How much is it?", subject="Your mail"))
    assert (await settled(post))[:2] == ("unknown", None)
    assert (await post.enrollment())["status"] == "replied"
