"""What the people of the mail world write is understood in all of their languages."""

from __future__ import annotations

import time

import pytest

from mailworld import phrases
from reachly.services.inbox.policy import extract_reply, has_left, read_intent

MEANS = {"keen": "interested", "question": "question", "declines": "not_interested", "stop": "stop"}
ANSWERS = [
    (language, meaning, text)
    for language, by_meaning in phrases.ANSWERS.items()
    for meaning, texts in by_meaning.items()
    for text in texts
]


@pytest.mark.parametrize(("language", "meaning", "text"), ANSWERS)
def test_answer_is_understood(language: str, meaning: str, text: str) -> None:
    assert read_intent(extract_reply(text.format(name="Ada Lovelace"))) == MEANS[meaning]


@pytest.mark.parametrize("language", phrases.LANGUAGES)
def test_who_has_left_is_told_from_who_is_away(language: str) -> None:
    assert has_left(phrases.LEFT[language].format(successor="info@example.com"))
    assert not has_left(phrases.AWAY[language].format(date="2026-03-20", name="Ada"))


@pytest.mark.parametrize("language", sorted(set(phrases.LANGUAGES) - {"ja"}))
def test_quotation_is_cut_where_it_is_announced(language: str) -> None:
    announced = phrases.WROTE[language].format(date="12.03.2026 10:00", sender="Mira Sol <mira@reachly.test>")
    assert extract_reply(f"Hello.\n\n{announced}\n> Hi\n> Unsubscribe: stop\n") == "Hello."


def test_thanks_and_signatures_are_no_wish() -> None:
    for words in ("Thanks, see you at the bus stop.", "Grazie!", "Bedankt.", "Obrigado, até logo.", "Tack!"):
        assert read_intent(words) == "unclear", words


def test_hostile_text_is_read_in_no_time() -> None:
    started = time.thread_time()
    for bad in (
        "usunięcie " * 3_000,
        "geen " * 6_000,
        "de me " * 5_000,
        "nie " * 8_000,
        "a 1.1 " * 5_000 + "escreveu:",
    ):
        read_intent(extract_reply(bad))
        has_left(bad)
    assert time.thread_time() - started < 5
