"""Who must not be written to: each header that says so, each word of a cell, and their twins that say nothing."""

from __future__ import annotations

import pytest

from reachly.services.leads.opting import is_doubtful, read_suppression, target_of, worst_suppression
from reachly.services.leads.policy import guess_mapping

HEADERS = {
    "unsubscribed": """unsubscribed unsubscribe unsubscribedat optedout optout donotcontact donotemail dnc blacklisted
        blocklisted emailoptout hasoptedoutofallemail suppressed abgemeldet abbestellt desabonne desinscrit
        uitgeschreven disiscritto wypisany""",
    "bounced": "bounced bounce hardbounced hardbounce bouncereason cleantime unzustellbar rebotado",
    "complained": "complained complaint spamcomplaint spamreport markedasspam reportedasspam",
    "status": "emailstatus subscriptionstatus marketingstatus suppressionreason unsubreason",
    "unless": "subscribed optin emailoptin acceptsmarketing emailconsent mailable",
}


@pytest.mark.parametrize(
    ("kind", "header"), [(k, word) for k, words in HEADERS.items() for word in words.split()]
)
def test_a_header_of_its_own(kind: str, header: str) -> None:
    assert target_of(header, []) == f"suppress:{kind}"
    assert not is_doubtful(header)


STATES = """status leadstatus contactstatus prospectstatus personstatus leadcategory stage contactstage
    lemliststatus"""


@pytest.mark.parametrize("header", STATES.split())
def test_a_column_of_states_counts_where_a_cell_speaks_of_it(header: str) -> None:
    assert target_of(header, ["new", "Unsubscribed"]) == "suppress:status"
    assert target_of(header, ["new", "won"]) is None
    assert target_of("plan", ["unsubscribed"]) is None


DOUBTFUL = """unsub optout optouts optedout optedouts donotcontact donotemail donotmail donotsend bounc complain spam
    suppress blacklist blocklist quarantine abgemeldet abbestell abmeld widerspr desabonn desinscri uitgeschreven
    afgemeld disiscri wypisa baja"""


@pytest.mark.parametrize("word", DOUBTFUL.split())
def test_a_header_that_speaks_of_it_and_is_not_known_is_doubtful(word: str) -> None:
    assert is_doubtful(f"my{word}xy")
    assert target_of(f"my{word}xy", ["x"]) == ""
    assert guess_mapping([f"my{word}xy"]) == {f"my{word}xy": ""}


def test_other_headers_are_not() -> None:
    assert target_of("donotcall", []) is None
    assert not is_doubtful("options")
    assert guess_mapping(["Unsubscribed"]) == {"Unsubscribed": "suppress:unsubscribed"}
    assert guess_mapping(["Stage"], [["lead"], ["bounced"]]) == {"Stage": "suppress:status"}


NO = """0 no n false f nein non ne nee nie nej no. never nunca mai none null nil na n/a - – — off subscribed active
    aktiv ok valid deliverable delivered not #n/a undefined nan [] {}"""


@pytest.mark.parametrize("cell", ["", "  ", "\t", *NO.split(), " No ", "FALSE"])
def test_a_clear_no_or_nothing(cell: str) -> None:
    for kind in ("unsubscribed", "bounced", "complained"):
        assert read_suppression(f"suppress:{kind}", cell) is None


@pytest.mark.parametrize("cell", ["yes", "1", " x ", "2027-01-04", "unsubscribed", "no idea", "spam"])
def test_anything_else_counts(cell: str) -> None:
    for kind in ("unsubscribed", "bounced", "complained"):
        assert read_suppression(f"suppress:{kind}", cell) == kind


OUT = ["0", "no", "n", "false", "f", "nein", "non", "nee", "nie", "nej", "off", "unsubscribed", " NO "]


@pytest.mark.parametrize(("cell", "reason"), [
    *[(cell, "unsubscribed") for cell in OUT], ("", None), ("yes", None), ("never", None), ("2027-01-04", None),
])  # fmt: skip
def test_a_column_of_consent_counts_a_clear_no_alone(cell: str, reason: str | None) -> None:
    assert read_suppression("suppress:unless", cell) == reason


@pytest.mark.parametrize(("reason", "words"), [
    ("complained", ["complaint", "spam", "Abuse", "spam, bounced", "unsubscribed after a complaint"]),
    ("unsubscribed", ["unsub", "opt out", "opted-out", "opt_out", "optedout", "do not mail", "do_not", "donot",
                      "abgemeldet", "désabonné", "desabonne", "removed", "black list", "blacklist", "block-list",
                      "Suppressed", "unsubscribed, bounced"]),
    ("bounced", ["bounced", "undeliverable", "INVALID", "cleaned"]),
    (None, ["", "new", "subscribed", "opt in", "don't know"]),
])  # fmt: skip
def test_each_word_of_a_state(reason: str | None, words: list[str]) -> None:
    assert [read_suppression("suppress:status", word) for word in words] == [reason] * len(words)


def test_the_worst_of_several_is_kept() -> None:
    assert worst_suppression(["bounced", "complained", "unsubscribed"]) == "complained"
    assert worst_suppression(["bounced", "unsubscribed"]) == "unsubscribed"
    assert worst_suppression(["bounced"]) == "bounced"
    assert worst_suppression([]) is None
