"""Texts as they stand in mails, and which language they are in."""

from __future__ import annotations

import pytest

from reachly.kit.language import guess_language
from reachly.services.campaigns.service.languages import plain_words

TEXTS = {
    "en": "Hi {{ first_name }}, I saw that you are hiring. Would it help if we took this off your hands?",
    "de": "Hallo {{ first_name }}, hätten Sie zehn Minuten? Ich würde Ihnen gern zeigen, wie wir das machen.",
    "fr": "Bonjour, est-ce que vous avez dix minutes cette semaine pour en parler avec nous ?",
    "es": "Hola, ¿tiene usted diez minutos esta semana para hablar con nosotros sobre su equipo?",
    "it": "Buongiorno, avrebbe dieci minuti questa settimana per il vostro team? Grazie anche per il tempo.",
    "nl": "Hallo, hebben jullie deze week tien minuten? Wij zouden het graag met u bespreken.",
    "pt": "Olá, você tem dez minutos esta semana para falar da nossa proposta? Muito obrigado.",
    "pl": "Dzień dobry, czy ma pan dziesięć minut w tym tygodniu? Jestem ciekaw, jak to jest u państwa.",
}  # fmt: skip


@pytest.mark.parametrize("language", TEXTS)
def test_the_language_of_a_mail_is_seen(language: str) -> None:
    assert guess_language(plain_words(TEXTS[language])) == language


@pytest.mark.parametrize(
    "text", ["", "Acme", "OK", "{{ company }} {{ opening_line }}", "1234 5678", "Budget Q3?"]
)
def test_where_nothing_tells_nothing_is_said(text: str) -> None:
    assert guess_language(plain_words(text)) is None
