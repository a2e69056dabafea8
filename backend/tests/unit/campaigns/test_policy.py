"""The way of a campaign, and every reason against its start at once."""

# ruff: noqa: E501 - tables of facts

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from reachly.kit.errors import Conflict
from reachly.kit.ids import NIL
from reachly.services.campaigns.policy import (
    MOVES,
    Lacking,
    PeopleCounts,
    StartFacts,
    StepFacts,
    count_people,
    find_refusals,
    mailing_choice,
    move,
)

WHO = (NIL, NIL, "a@x.example")
READY = StartFacts(
    mailboxes_able=1, mailboxes=1, outside_mailboxes=1, steps=[StepFacts(1, True, [])], missing={}, people=PeopleCounts(mail=3),
    postal_address="1 Example Road", schedule_problem=None, public_url_is_https=True,
)  # fmt: skip
ALLOWED = {
    ("draft", "start"): "active",
    ("paused", "start"): "active",
    ("active", "pause"): "paused",
    ("active", "complete"): "completed",
    ("draft", "archive"): "archived",
    ("paused", "archive"): "archived",
    ("completed", "archive"): "archived",
    ("completed", "reopen"): "active",
}


@pytest.mark.parametrize(
    ("status", "action"), list(product(["draft", "active", "paused", "completed", "archived"], MOVES))
)
def test_every_move_is_allowed_or_refused(status: str, action: Any) -> None:
    after = ALLOWED.get((status, action))
    if after is not None:
        assert move(status, action) == after
        return
    with pytest.raises(Conflict) as refused:
        move(status, action)
    assert status in refused.value.detail


def test_a_campaign_that_lacks_nothing_may_start() -> None:
    assert find_refusals(READY) == []


@pytest.mark.parametrize(
    ("changes", "code", "blocks"),
    [
        ({"mailboxes": 0, "mailboxes_able": 0}, "no_mailbox", True),
        ({"mailboxes_able": 0}, "no_working_mailbox", True),
        ({"unread_mailboxes": 1}, "mailbox_without_imap", False),
        ({"public_url_is_https": False}, "public_url", True),
        ({"steps": []}, "no_steps", True),
        ({"steps": [StepFacts(1, False, [])]}, "no_steps", True),
        ({"steps": [StepFacts(1, True, ["bad tag"])]}, "step_problem", True),
        ({"missing": {"company": Lacking(3, [WHO])}}, "unresolved_fields", True),
        ({"missing": {"company": Lacking(1, [WHO])}}, "unresolved_fields", False),
        ({"lacking_senders": {"signature": ["m@x.example"]}}, "mailbox_lacks_field", True),
        ({"language": "fr", "written_languages": frozenset({"de", "en"})}, "opening_line_left_out", False),
        (
            {"language": "de", "written_languages": frozenset({"de"}), "lines_elsewhere": 2},
            "opening_line_language",
            False,
        ),
        ({"postal_address": "  "}, "no_postal_address", True),
        ({"schedule_problem": "No window."}, "bad_schedule", True),
        ({"people": PeopleCounts()}, "no_leads", True),
        ({"people": PeopleCounts(skip=3)}, "no_mailable_lead", True),
        ({"people": PeopleCounts(mail=1, wait=2)}, "awaiting_verification", False),
        ({"people": PeopleCounts(mail=1, skip=2)}, "leads_left_out", False),
    ],
)
def test_each_lack_is_named_with_what_to_do(changes: dict[str, Any], code: str, blocks: bool) -> None:
    (refusal,) = find_refusals(replace(READY, **changes))
    assert (refusal.code, refusal.blocks) == (code, blocks)
    assert refusal.detail


def test_a_mail_world_needs_no_public_address() -> None:
    assert find_refusals(replace(READY, public_url_is_https=False, outside_mailboxes=0)) == []


def test_all_reasons_come_at_once_those_that_block_first() -> None:
    nothing = StartFacts(0, 0, 0, [], {}, PeopleCounts(), None, "No window.", False)
    assert {refusal.code for refusal in find_refusals(nothing)} == {
        "no_mailbox",
        "no_steps",
        "no_postal_address",
        "bad_schedule",
        "no_leads",
    }
    mixed = find_refusals(replace(READY, unread_mailboxes=1, postal_address=None))
    assert [refusal.blocks for refusal in mixed] == [True, False]


@pytest.mark.parametrize(
    ("verdict", "mail_to", "choice"),
    [
        ("deliverable", "deliverable", "mail"),
        ("risky", "deliverable", "skip"),
        ("risky", "risky", "mail"),
        ("unknown", "risky", "skip"),
        ("unknown", "unknown", "mail"),
        ("undeliverable", "unknown", "skip"),
        ("unverified", "deliverable", "wait"),
    ],
)
def test_who_is_mailed_follows_the_worst_verdict_allowed(verdict: str, mail_to: str, choice: str) -> None:
    assert mailing_choice(verdict, mail_to) == choice


def test_everybody_is_counted_once_whatever_they_lack() -> None:
    verdicts = {"deliverable": 5, "unverified": 3, "undeliverable": 2, "suppressed": 1}
    holes = {"deliverable": 2, "unverified": 1, "undeliverable": 2}
    counts = count_people(verdicts, holes, "unknown")
    assert (counts.mail, counts.wait, counts.blocked, counts.skip) == (3, 2, 3, 3)
    assert counts.total == sum(verdicts.values())


def _said(n: int) -> list[str]:
    """Every sentence of the check that counts, with `n` to count."""
    people = PeopleCounts(mail=9, wait=n, skip=n)
    boxes = [f"m{i}@x.example" for i in range(n)]
    found = find_refusals(
        replace(
            READY, missing={"company": Lacking(n, [WHO])}, people=people, unread_mailboxes=n,
            lacking_senders={"signature": boxes}, language="de", written_languages=frozenset({"de"}), lines_elsewhere=n,
        )
    )  # fmt: skip
    return [refusal.detail for refusal in found]


def test_one_is_spoken_of_as_one_and_two_as_two() -> None:
    one, two = " | ".join(_said(1)), " | ".join(_said(2))
    for words in (
        "1 lead has no",
        "This lead would",
        "m0@x.example has no",
        "1 person has",
        "1 lead is",
        "1 lead will",
    ):
        assert words in one
    for words in (
        "2 leads have no",
        "These leads would",
        "m1@x.example have no",
        "2 people have",
        "2 leads are",
        "2 leads will",
    ):
        assert words in two
    assert "1 leads" not in one
    assert "1 people" not in one
