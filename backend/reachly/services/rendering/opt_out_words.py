"""The line that we add for opting out, in the language of the text above it.

“Stop” is the word that the inbox looks for in a reply, in every language.
"""

from __future__ import annotations

import re

from reachly.kit.language import guess_language

_LABELS = {
    "en": "Unsubscribe", "de": "Abmelden", "fr": "Se désinscrire", "es": "Darse de baja", "it": "Annulla iscrizione",
    "nl": "Afmelden", "pt": "Cancelar subscrição", "pl": "Wypisz się", "sv": "Avregistrera", "da": "Afmeld",
}  # fmt: skip
_REPLIES = {
    "en": "If you would rather not hear from me again, reply with “stop”.",
    "de": "Wenn Sie nichts mehr von mir hören möchten, antworten Sie mit „stop“.",
    "fr": "Si vous ne souhaitez plus recevoir de messages de ma part, répondez « stop ».",
    "es": "Si prefiere no recibir más mensajes míos, responda «stop».",
    "it": "Se preferisce non ricevere altri messaggi da me, risponda «stop».",
    "nl": "Wilt u niets meer van mij horen? Antwoord dan met ‘stop’.",
    "pt": "Se preferir não receber mais mensagens minhas, responda «stop».",
    "pl": "Jeśli nie chce Pan/Pani otrzymywać ode mnie wiadomości, proszę odpowiedzieć „stop”.",
    "sv": "Vill du inte höra av mig igen, svara ”stop”.",
    "da": "Vil du ikke høre fra mig igen, så svar »stop«.",
}
_MARKS = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|<[^>]*>|https?://\S+", re.DOTALL)


def label_for(body: str) -> str:
    """The words of the unsubscribe link under this body."""
    return _LABELS[_language(body)]


def reply_for(body: str) -> str:
    """The sentence that offers to answer “stop”."""
    return _REPLIES[_language(body)]


def plain_words(text: str) -> str:
    """A template without its marks and addresses."""
    return _MARKS.sub(" ", text)


def _language(body: str) -> str:
    """One small word is enough here: a short follow-up has no more, and English is what is left otherwise."""
    return guess_language(plain_words(body), fewest=1) or "en"
