"""Where a reply ends: history, signature and disclaimer, edge by edge; and what its words ask for."""

from __future__ import annotations

import pytest

from reachly.services.inbox.policy import extract_reply, read_intent
from reachly.services.inbox.policy.replies import KEPT, READ, SCANNED

FROM = "From: Ada\n"
WROTE = "On Monday Ada wrote:"


@pytest.mark.parametrize(("text", "reply"), [
    ("Yes.\r\n\r\nand\rno", "Yes.\n\nand\nno"),
    ("a\n\n\n\n\nb", "a\n\nb"),
    ("a\r\nb", "a\nb"),
    ("Yes.\nOur Disclaimer: x", "Yes.\nOur Disclaimer: x"),
    ("a\n\n\nb", "a\n\nb"),
    ("  \n\n Yes. \n\n", "Yes."),
    # What was quoted.
    ("Yes.\n > unsubscribe me", "Yes."),
    ("Yes.\n|> unsubscribe me", "Yes."),
    ("Yes.\nAda wrote:\nno", "Yes."),
    ("Yes.\nwrote:\nno", "Yes.\nno"),
    ("Yes.\na > b", "Yes.\na > b"),
    # Below the quote, and nothing else.
    (f"{WROTE}\n> Hi\n\nBelow.", "Below."),
    (f" \n{WROTE}\n> Hi\n\nBelow.", "Below."),
    (f"Above.\n{WROTE}\n> Hi\n\nBelow.", "Above."),
    (f"> a\n\n{WROTE}\n> Hi\n\nBelow.", "Below."),
    # A header block needs its second line within four.
    (f"Yes.\n{FROM}Sent: x\nold", "Yes."),
    (f"Yes.\n{FROM}\n\n\nSent: x\nold", "Yes."),
    (f"Yes.\n{FROM}\n\n\n\nSent: x\nold", f"Yes.\n{FROM}\n\nSent: x\nold".replace("\n\n\n", "\n\n")),
    ("Yes.\nFrom: here it is", "Yes.\nFrom: here it is"),
    ("Sent: x\nYes.\nFrom: here it is", "Sent: x\nYes.\nFrom: here it is"),
    ("Sent: x\nFrom: here it is\nYes.", "Sent: x\nFrom: here it is\nYes."),
    # The line "on … wrote" may be broken twice.
    ("Yes.\nOn Monday\nAda\nwrote:\nold", "Yes."),
    ("Yes.\nOn Monday\nAda\nof Acme\nwrote:\nold", "Yes.\nOn Monday\nAda\nof Acme\nold"),
    ("wrote: \nYes.\nOn Monday\nit rains", "Yes.\nOn Monday\nit rains"),
    ("Yes.\nOn Monday   \n   Ada\n   wrote:   \nold", "Yes."),
    ("Yes.\nOn Monday Ada wro\nte:\nold", "Yes.\nOn Monday Ada wro\nte:\nold"),
    ("Mi ha scritto:\nOn Monday\nit rains", "Mi ha scritto:\nOn Monday\nit rains"),
    ("Yes.\nwrote:" + " " * 394 + "x\nno", "Yes.\nno"),
    ("Yes.\nwrote:" + " " * 393 + "x\nno", "Yes.\nwrote:" + " " * 393 + "x\nno"),
    # Signatures.
    ("\n \nSent from my phone\nYes.", "Yes."),
    ("Yes.\n-- \nJoe", "Yes."), ("Yes.\n--\nJoe", "Yes."), ("Yes.\n—\nJoe", "Yes."), ("Yes.\n––\nJoe", "Yes."),
    ("Yes.\n--  \t\nJoe", "Yes."),
    ("--\nYes.", "--\nYes."), ("Yes.\n---\nJoe", "Yes.\n---\nJoe"),
    ("Yes.\nI have it sent from my desk", "Yes.\nI have it sent from my desk"),
    (" \t\n--\nYes.", "--\nYes."),
    ("Yes.\nDisclaimer: x", "Yes."), ("Disclaimer: x\nYes.", "Disclaimer: x\nYes."),
    ("Yes.\nSent from my phone\nmore", "Yes."), ("Sent from my phone\nYes.", "Yes."),
    ("Yes.\nSent from my " + "x" * 106, "Yes."), ("Yes.\nSent from my " + "x" * 107, "Yes.\nSent from my " + "x" * 107),
    ("Yes.\nBest regards, Joe", "Yes.\nBest regards, Joe"),
    ("Best regards\nJoe", "Best regards\nJoe"),
    ("Yes.\nthanks" + " " * 53 + "\nJoe", "Yes."),
    ("Yes.\nthanks" + " " * 54 + "\nJoe", "Yes.\nthanks" + " " * 54 + "\nJoe"),
    ("Yes.\nthanks\n" + "x\n" * 15, "Yes."), ("Yes.\nthanks\n" + "x\n" * 16, "Yes.\nthanks\n" + "\n".join("x" * 16)),
    ("Yes.\nthanks\n" + "x" * 160, "Yes."), ("Yes.\nthanks\n" + "x" * 161, "Yes.\nthanks\n" + "x" * 161),
    ("Yes.\nthanks\na\n\nb\n" + "x" * 161, "Yes.\nthanks\na\n\nb\n" + "x" * 161),
    ("Yes.\nthanks\na\nb\nc\n" + "x" * 161, "Yes."),
    ("Yes.\n" + "x" * 200 + "\nthanks\nJoe", "Yes.\n" + "x" * 200),
    ("Yes.\nthanks\n\nJoe\n" + "\n" * 57 + "y\n" * 16, "Yes."),
    # As far as is looked.
    ("x" * (KEPT + 1), "x" * KEPT),
    ("\n" * (SCANNED - 1) + "xy", "x"),
])  # fmt: skip
def test_the_new_words_alone(text: str, reply: str) -> None:
    assert extract_reply(text) == reply


def test_a_long_line_is_judged_by_its_beginning() -> None:
    gap = "x" * 379
    history = f"On Monday {gap} wrote:"
    assert len(history) > 390
    assert extract_reply(f"Yes.\n{'-' * 20}{' ' * 400}\nold") == "Yes."
    assert extract_reply("Yes.\nFrom: " + "x" * 500 + "\nTo: x\nold") == "Yes."
    assert extract_reply("Yes.\nOn " + "x" * 500 + "\nAda wrote:\nold") == "Yes."


@pytest.mark.parametrize(("reply", "subject", "intent"), [
    ("stop", "", "stop"), ("  STOP!! ", "", "stop"), ("Stop.  Please.", "", "stop"),
    ("", "Unsubscribe!", "stop"), ("", "STOP", "stop"), ("per favore cancellami", "", "stop"),
    ("non mi interessa", "", "not_interested"),
    ("Yes", "un  subscribe", "unclear"), ("", "remove   me", "stop"), ("please’", "", "unclear"),
    ("don’t contact me", "", "stop"), ("x " * (READ // 2) + "unsubscribe me", "", "unclear"),
    ("x " * 100 + "unsubscribe me", "", "stop"),
    ("", "s" * 200 + "stop", "unclear"), ("", " " * 196 + "stop", "stop"), ("", " " * 197 + "stop", "unclear"),
    ("remove-me", "", "unclear"),
    ("I am out of the office until Monday.", "", "out_of_office"), ("Not interested, thanks.", "", "not_interested"),
    ("Yes, I am interested.", "", "interested"), ("And then?", "", "question"), ("那么？", "", "question"),
    ("How much is it", "", "question"), ("Hm.", "", "unclear"),
])  # fmt: skip
def test_what_is_asked_for(reply: str, subject: str, intent: str) -> None:
    assert read_intent(reply, subject) == intent


def test_no_subject_is_no_opt_out() -> None:
    assert read_intent("Hm.") == "unclear"
