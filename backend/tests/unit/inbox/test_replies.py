"""What people write, what they quote and sign, and what they want; and what machines say in their place."""

# ruff: noqa: E501 - tables of texts

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reachly.services.inbox.policy import (
    classify,
    extract_reply,
    has_left,
    hold_until,
    is_from_ourselves,
    matching_keys,
    parse_inbound,
    parse_return_date,
    read_absence,
    read_intent,
)

OURS = "ada@acme.example"


def message(
    body: str = "Hello",
    subject: str = "Re: A question",
    sender: str = "Joe <joe@bolt.example>",
    **headers: str,
) -> bytes:
    lines = "".join(f"{name.replace('_', '-')}: {value}\n" for name, value in headers.items())
    return f"From: {sender}\nTo: {OURS}\nSubject: {subject}\nMessage-ID: <r1@bolt.example>\n{lines}\n{body}\n".encode()


def kind(raw: bytes) -> str:
    return classify(parse_inbound(raw)).kind


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("Sounds good.\n\nOn Mon, Jan 4, 2027 at 10:00 AM Ada <ada@acme.example> wrote:\n> Hi\n> there", "Sounds good."),
        ("Sounds good.\n\nOn Mon, Jan 4, 2027 at 10:00 AM Ada Lovelace\n<ada@acme.example>\nwrote:\n\n> Hi", "Sounds good."),
        ("Klingt gut.\n\nAm Mo., 4. Jan. 2027 um 10:00 Uhr schrieb Ada <ada@acme.example>:\n\n> Hallo", "Klingt gut."),
        ("Ça m'intéresse.\n\nLe lun. 4 janv. 2027 à 10:00, Ada <ada@acme.example> a écrit :\n> Bonjour", "Ça m'intéresse."),
        ("Me interesa.\n\nEl lun, 4 ene 2027 a las 10:00, Ada (<ada@acme.example>) escribió:\n> Hola", "Me interesa."),
        ("Yes\n\n-----Original Message-----\nFrom: Ada\nSent: Monday\nTo: Joe\nSubject: A question\n\nHi", "Yes"),
        ("Yes\n\n________________________________\nFrom: Ada <ada@acme.example>\nSent: Monday\n\nHi", "Yes"),
        ("Ja\n\nVon: Ada <ada@acme.example>\nGesendet: Montag\nAn: Joe\nBetreff: Frage\n\nHallo", "Ja"),
        ("Call me.\n\n-- \nJoe Bolt\nBolt Ltd", "Call me."),
        ("Call me.\n\nBest regards,\nJoe Bolt\n+1 555 0100", "Call me."),
        ("Ruf an.\n\nMit freundlichen Grüßen\nJoe Bolt\nGeschäftsführer", "Ruf an."),
        ("Ok.\n\nCordialement,\nJoe", "Ok."),
        ("Ok.\n\nSent from my iPhone", "Ok."),
        ("Sent from my phone\n\nPlease call me", "Please call me"),
        ("> Are you interested?\nYes, very much.\n> When?\nMonday.", "Yes, very much.\nMonday."),
        ("On Mon, Jan 4, 2027 at 10:00 AM Ada <a@acme.example> wrote:\n> Hi\n\nMy answer is below.", "My answer is below."),
        ("Thanks,\n\nthat is exactly what we look for, and I would like to see more of it next week if you can.", "Thanks,"),
        ("No thanks.\n\nThis email is confidential and intended only for the addressee.", "No thanks."),
        ("", ""),
    ],
)  # fmt: skip
def test_only_the_new_words_are_kept(text: str, reply: str) -> None:
    assert extract_reply(text).startswith(reply)
    if not text.startswith("Thanks"):
        assert extract_reply(text) == reply


def test_thanks_as_the_first_line_is_no_signature() -> None:
    assert "exactly" in extract_reply("Thanks,\nthat is exactly it.")


def test_a_footer_of_ours_below_the_quote_is_no_opt_out() -> None:
    body = "Thanks, let's talk on Monday.\n\nOn Mon, Jan 4, 2027 at 10:00 AM Ada <ada@acme.example> wrote:\n> Hi\n> Reply with stop to unsubscribe me."
    found = classify(parse_inbound(message(body, In_Reply_To="<f@acme.example>")))
    assert (found.kind, found.intent) == ("reply", "interested")


def test_html_replies_lose_their_quoted_history() -> None:
    body = '<html><head><style>p{x}</style></head><body><p>Not for us, thanks.</p><div class="gmail_quote">On Monday Ada wrote:<blockquote>unsubscribe me</blockquote></div></body></html>'
    found = classify(
        parse_inbound(message(body, Content_Type="text/html; charset=utf-8", In_Reply_To="<f@acme.example>"))
    )
    assert (found.kind, found.intent, found.reply) == ("reply", "not_interested", "Not for us, thanks.")


INTENTS = {
    "stop": [
        "STOP", "stop!", "Stop.", "unsubscribe", "Please unsubscribe", "UNSUBSCRIBE ME", "remove me", "Please remove me from your list",
        "Take me off your list!", "Stop emailing me", "do not contact me again", "Don't email us anymore", "opt out", "no more emails please",
        "I want to unsubscribe", "Delete my data", "leave me alone", "Abmelden", "bitte abmelden", "Bitte löschen Sie meine Daten",
        "Nehmen Sie mich aus Ihrem Verteiler.", "Bitte keine weiteren Mails", "Bitte nicht mehr kontaktieren", "Hören Sie auf, mir zu schreiben",
        "Désinscription", "désabonnez-moi", "Merci de me désinscrire", "Ne me contactez plus", "Retirez-moi de votre liste",
        "Baja", "Quiero darme de baja", "No me escriba más", "Dejen de enviarme correos", "Elimíneme de su lista",
    ],
    "not_interested": [
        "Not interested", "No thanks", "We're all set, thanks", "We already have a tool for this", "Not a fit for us", "Not right now",
        "I am not interested in this", "Kein Interesse", "Kein Bedarf, danke", "Nein danke", "Wir sind nicht interessiert", "Pas intéressé",
        "Non merci", "Nous n'avons pas besoin de cela", "No me interesa", "No estamos interesados", "No, gracias", "I'm the wrong person",
    ],
    "interested": [
        "I'm interested", "Sounds great, let's talk", "Yes please send more details", "Happy to chat next week", "Can you call me?", "Tell me more",
        "Interested! What times work?", "Tuesday works for me", "Klingt interessant", "Gerne, rufen Sie mich an", "Wir haben Interesse",
        "Schicken Sie mir mehr Infos", "Ça m'intéresse", "Avec plaisir", "Je suis intéressé", "Me interesa", "Suena bien, hablemos", "Estoy interesado",
    ],
    "question": ["How much does it cost?", "Who are you", "Was kostet das?", "Combien ça coûte ?", "¿Cuánto cuesta?", "Where did you get my address?"],
    "out_of_office": ["I am out of the office until Monday", "Ich bin derzeit nicht im Büro", "Je suis absent jusqu'au 5", "Estoy de vacaciones"],
    "unclear": ["Ok", "Hello Ada", "Thanks", "Danke", "We stop by the fair every year", "It runs non-stop", "Please don't stop"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "intent"), [(text, intent) for intent, texts in INTENTS.items() for text in texts]
)
def test_what_people_want_is_read(text: str, intent: str) -> None:
    assert read_intent(text) == intent


def test_an_opt_out_is_a_kind_of_its_own() -> None:
    assert kind(message("STOP", In_Reply_To="<f@acme.example>")) == "unsubscribe"
    assert kind(message("", subject="unsubscribe")) == "unsubscribe"


AUTO_SUBJECTS = [
    "Automatic reply: A question", "Out of Office: A question", "Out of the office Re: A question", "Auto: away", "OOO until Monday",
    "Automatische Antwort: Frage", "Abwesenheitsnotiz: Frage", "Abwesend", "Réponse automatique : question", "Absence du bureau",
    "Respuesta automática: pregunta", "Fuera de la oficina", "Risposta automatica: domanda", "Resposta automática", "Automatisch antwoord: vraag",
    "Autosvar: fråga", "Automatisk svar", "Automaattinen vastaus", "Automatyczna odpowiedź", "Автоматический ответ: вопрос", "自动回复: 问题",
    "自動返信: 件名", "자동 회신: 질문", "[EXTERNAL] Automatic reply: x", "Re: Out of office", "I am away until Monday",
]  # fmt: skip


@pytest.mark.parametrize("subject", AUTO_SUBJECTS)
def test_an_auto_reply_is_known_by_its_subject_in_many_languages(subject: str) -> None:
    assert kind(message("Back on Monday.", subject=subject, In_Reply_To="<f@acme.example>")) == "auto_reply"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Auto_Submitted", "auto-replied"),
        ("Auto_Submitted", "auto-generated; owner=x"),
        ("X_Autoreply", "yes"),
        ("X_Autorespond", "1"),
        ("Precedence", "auto_reply"),
        ("Precedence", "bulk"),
        ("X_Auto_Response_Suppress", "All"),
        ("Return_Path", "<>"),
    ],
)
def test_an_auto_reply_is_known_by_its_headers(name: str, value: str) -> None:
    assert kind(message("I will get back to you.", subject="Your mail", **{name: value})) == "auto_reply"


def test_auto_submitted_no_is_a_person() -> None:
    assert kind(message(Auto_Submitted="no", In_Reply_To="<f@acme.example>")) == "reply"


@pytest.mark.parametrize(
    "subject",
    ["Re: A question", "AW: Frage", "Antw: vraag", "SV: fråga", "RE[2]: x", "回复: x", "[EXT] Re: x"],
)
def test_a_reply_without_ids_is_known_by_its_subject(subject: str) -> None:
    assert kind(message("Let us see.", subject=subject)) == "reply"


def test_mail_that_answers_nothing_is_unknown() -> None:
    assert kind(message("Our newest offer", subject="Great prices")) == "unknown"


def test_the_ids_to_look_for_go_from_the_nearest_to_the_first() -> None:
    raw = message(
        In_Reply_To="<c@acme.example>", References="<a@acme.example> <b@acme.example>\n <c@acme.example>"
    )
    assert matching_keys(parse_inbound(raw)) == ["<c@acme.example>", "<b@acme.example>", "<a@acme.example>"]


def test_a_person_who_attaches_an_old_mail_does_not_answer_it() -> None:
    raw = b"""From: joe@bolt.example
To: ada@acme.example
Subject: see this
Content-Type: multipart/mixed; boundary=x

--x

Look.
--x
Content-Type: message/rfc822

From: ada@acme.example
Message-ID: <secret@acme.example>

Hello
--x--
"""
    assert matching_keys(parse_inbound(raw)) == []


def test_our_own_mail_is_known_whatever_the_spelling() -> None:
    inbound = parse_inbound(message(sender='"Joe <joe@bolt.example>" <ADA@Acme.example>'))
    assert inbound.from_email == "ada@acme.example"
    assert is_from_ourselves(inbound, {"Ada@acme.example"})
    assert not is_from_ourselves(parse_inbound(message()), {"ada@acme.example"})


MONDAY = date(2027, 1, 4)


@pytest.mark.parametrize(
    ("text", "returns"),
    [
        ("I will be back on 2027-01-11.", date(2027, 1, 11)),
        ("I am out until 2027-01-08.", date(2027, 1, 9)),
        ("Ich bin ab dem 18.01.2027 wieder im Büro.", date(2027, 1, 18)),
        ("Ich bin bis 15.1. im Urlaub.", date(2027, 1, 16)),
        ("Vom 1.1. bis 15.1.2027 nicht erreichbar", date(2027, 1, 16)),
        ("Back on January 12th", date(2027, 1, 12)),
        ("I return on 12 January 2027.", date(2027, 1, 12)),
        ("Ich bin am 12. Januar zurück, wieder erreichbar ab 12. Januar", date(2027, 1, 12)),
        ("de retour le 20 janvier 2027", date(2027, 1, 20)),
        ("Vuelvo el 20 de enero de 2027", date(2027, 1, 20)),
        ("Absent jusqu'au 22 janvier", date(2027, 1, 23)),
        ("I'm away until Thursday", date(2027, 1, 8)),
        ("I will be back on Monday", date(2027, 1, 11)),
        ("wieder da am Mittwoch", date(2027, 1, 6)),
        ("Back tomorrow", date(2027, 1, 5)),
        ("I return next week", date(2027, 1, 11)),
        ("Out of office 01/02/2027 - 15/01/2027, back on 18/01/2027", date(2027, 1, 18)),
        ("I was away until 2026-12-24", None),
        ("See you in 2031-01-01", None),
        ("I am away.", None),
        ("back on 2027-02-30", None),
        ("Call 555-01-02 or 12-34-5678", None),
    ],
)
def test_the_day_of_return_is_read(text: str, returns: date | None) -> None:
    assert parse_return_date(text, MONDAY) == returns


def test_a_hold_ends_one_working_day_after_the_return_and_is_capped() -> None:
    assert hold_until(MONDAY, date(2027, 1, 14), 7) == date(2027, 1, 15)
    assert hold_until(MONDAY, date(2027, 1, 15), 7) == date(2027, 1, 18)  # Friday -> Monday
    assert hold_until(MONDAY, None, 7) == date(2027, 1, 11)
    assert hold_until(MONDAY, date(2027, 6, 1), 7) == date(2027, 4, 4)


@pytest.mark.parametrize(
    "text",
    [
        "Joe is no longer with Bolt. Please write to sue@bolt.example.",
        "I have left the company.",
        "Herr Bolt ist nicht mehr im Unternehmen tätig.",
        "Je ne fais plus partie de la société.",
        "Joe ya no trabaja aquí.",
    ],
)
def test_somebody_who_has_left_does_not_come_back(text: str) -> None:
    assert has_left(text)
    absence = read_absence(parse_inbound(message(text, subject="Automatic reply: x")), MONDAY)
    assert absence.has_left
    assert absence.returns is None


def test_a_successor_is_named() -> None:
    body = "Joe is no longer with Bolt. Please write to sue@bolt.example."
    absence = read_absence(parse_inbound(message(body, subject="Automatic reply: x")), MONDAY)
    assert absence.successors == ("sue@bolt.example",)
    assert not has_left("I am no longer in the office today")


@given(st.text(max_size=400))
def test_no_text_breaks_the_readers(text: str) -> None:
    extract_reply(text)
    read_intent(text)
    parse_return_date(text, MONDAY)
