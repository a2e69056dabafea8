"""What people write, in the languages of the world's companies. `{name}` is the writer, `{date}` a return date."""

from __future__ import annotations

from datetime import datetime

LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pl", "pt", "sv", "ja")

ANSWERS: dict[str, dict[str, tuple[str, ...]]] = {
    "en": {
        "keen": (
            "Thanks for reaching out, this is interesting. Could we talk on Thursday?\n\nBest,\n{name}",
            "Sounds good. Please send me a few times next week.\n\n{name}",
        ),
        "question": (
            "How much is it, and does it work with our current system?\n\n{name}",
            "Who else in our industry uses this?\n\nRegards\n{name}",
        ),
        "declines": (
            "Thanks, but this is not relevant for us right now.\n\n{name}",
            "We already have a supplier for this. Not interested at the moment.",
        ),
        "stop": ("stop", "Please remove me from your list.", "Unsubscribe me, please."),
    },
    "de": {
        "keen": (
            "vielen Dank für Ihre Nachricht, das klingt interessant. Passt Donnerstag?\n\nGrüße\n{name}",
        ),
        "question": ("was kostet das, und läuft es mit unserem System?\n\nMit freundlichen Grüßen\n{name}",),
        "declines": ("danke, aber wir haben derzeit keinen Bedarf.\n\nMit freundlichen Grüßen\n{name}",),
        "stop": ("Bitte nehmen Sie mich aus dem Verteiler.", "Bitte keine weiteren Mails. Abmelden."),
    },
    "fr": {
        "keen": (
            "Bonjour,\n\nmerci pour votre message, cela m’intéresse. Jeudi vous conviendrait ?\n\n{name}",
        ),
        "question": ("Bonjour,\n\nquel est le prix, et combien de temps prend la mise en place ?\n\n{name}",),
        "declines": ("Bonjour,\n\nmerci, mais nous ne sommes pas intéressés pour le moment.\n\n{name}",),
        "stop": ("Merci de me retirer de votre liste.", "Désinscription, s’il vous plaît."),
    },
    "es": {
        "keen": (
            "Hola:\n\ngracias por escribir, me interesa. ¿Podemos hablar el jueves?\n\nSaludos\n{name}",
        ),
        "question": ("Hola:\n\n¿cuánto cuesta y cuánto tarda la puesta en marcha?\n\n{name}",),
        "declines": ("Gracias, pero ahora mismo no nos interesa.\n\n{name}",),
        "stop": ("Por favor, elimíneme de su lista.", "No me escriban más, por favor."),
    },
    "it": {
        "keen": ("Buongiorno,\n\ngrazie, la cosa ci interessa. Possiamo sentirci giovedì?\n\n{name}",),
        "question": ("Buongiorno,\n\nquanto costa e quali sono i tempi?\n\n{name}",),
        "declines": ("Grazie, ma al momento non siamo interessati.\n\n{name}",),
        "stop": ("Per favore cancellatemi dalla vostra lista.",),
    },
    "nl": {
        "keen": ("Dank voor uw bericht, dat klinkt goed. Schikt donderdag?\n\nGroet,\n{name}",),
        "question": ("Wat kost het, en werkt het met ons systeem?\n\n{name}",),
        "declines": ("Dank, maar wij hebben hier nu geen interesse in.\n\n{name}",),
        "stop": ("Graag uitschrijven, ik wil geen mails meer.",),
    },
    "pl": {
        "keen": ("Dzień dobry,\n\ndziękuję, to ciekawe. Czy możemy porozmawiać w czwartek?\n\n{name}",),
        "question": ("Dzień dobry,\n\nile to kosztuje i jak długo trwa wdrożenie?\n\n{name}",),
        "declines": ("Dziękuję, ale nie jesteśmy zainteresowani.\n\n{name}",),
        "stop": ("Proszę o usunięcie mojego adresu z listy.",),
    },
    "pt": {
        "keen": ("Olá,\n\nobrigado pela mensagem, tenho interesse. Podemos falar na quinta?\n\n{name}",),
        "question": ("Olá,\n\nqual é o preço e o prazo?\n\n{name}",),
        "declines": ("Obrigado, mas neste momento não temos interesse.\n\n{name}",),
        "stop": ("Por favor, remova-me da sua lista.",),
    },
    "sv": {
        "keen": ("Hej,\n\ntack, det låter intressant. Passar torsdag?\n\nHälsningar\n{name}",),
        "question": ("Hej,\n\nvad kostar det?\n\n{name}",),
        "declines": ("Tack, men det är inte aktuellt för oss.\n\n{name}",),
        "stop": ("Ta bort mig från listan, tack.",),
    },
    "ja": {
        "keen": ("ご連絡ありがとうございます。興味があります。木曜日にお話しできますか。\n\n{name}",),
        "question": ("料金と導入期間を教えてください。\n\n{name}",),
        "declines": ("申し訳ありませんが、今回は見送らせていただきます。\n\n{name}",),
        "stop": ("配信停止をお願いします。",),
    },
}

AUTO_SUBJECTS = {
    "en": "Automatic reply: {subject}",
    "de": "Automatische Antwort: {subject}",
    "fr": "Réponse automatique : {subject}",
    "es": "Respuesta automática: {subject}",
    "it": "Risposta automatica: {subject}",
    "nl": "Automatisch antwoord: {subject}",
    "pl": "Odpowiedź automatyczna: {subject}",
    "pt": "Resposta automática: {subject}",
    "sv": "Autosvar: {subject}",
    "ja": "自動返信: {subject}",
}

AWAY = {
    "en": "I am out of the office and will be back on {date}. In urgent cases please call my colleagues.\n\n{name}",
    "de": "ich bin nicht im Büro und ab dem {date} wieder erreichbar.\n\nMit freundlichen Grüßen\n{name}",
    "fr": "Je suis absent du bureau et serai de retour le {date}.\n\n{name}",
    "es": "Estoy fuera de la oficina y vuelvo el {date}.\n\n{name}",
    "it": "Sono fuori ufficio e rientrerò il {date}.\n\n{name}",
    "nl": "Ik ben afwezig en ben terug op {date}.\n\n{name}",
    "pl": "Jestem poza biurem, wracam {date}.\n\n{name}",
    "pt": "Estou fora do escritório e regresso a {date}.\n\n{name}",
    "sv": "Jag är inte på kontoret och är tillbaka den {date}.\n\n{name}",
    "ja": "不在にしております。{date}に戻ります。\n\n{name}",
}

LEFT = {
    "en": "I no longer work here. Please write to {successor} instead.",
    "de": "Ich bin nicht mehr im Unternehmen tätig. Bitte wenden Sie sich an {successor}.",
    "fr": "Je ne fais plus partie de l’entreprise. Merci d’écrire à {successor}.",
    "es": "Ya no trabajo en la empresa. Por favor, escriba a {successor}.",
    "it": "Non lavoro più in azienda. Potete scrivere a {successor}.",
    "nl": "Ik werk hier niet meer. Neem contact op met {successor}.",
    "pl": "Nie pracuję już w firmie. Proszę pisać na adres {successor}.",
    "pt": "Já não trabalho na empresa. Por favor, escreva para {successor}.",
    "sv": "Jag har slutat på företaget. Kontakta {successor}.",
    "ja": "退職いたしました。{successor} までご連絡ください。",
}

REPLY_PREFIX = {"de": "AW: ", "sv": "SV: ", "pl": "Odp: ", "it": "R: "}

WROTE = {
    "en": "On {date}, {sender} wrote:",
    "de": "Am {date} schrieb {sender}:",
    "fr": "Le {date}, {sender} a écrit :",
    "es": "El {date}, {sender} escribió:",
    "it": "Il {date}, {sender} ha scritto:",
    "nl": "Op {date} schreef {sender}:",
    "pl": "{date} {sender} napisał(a):",
    "pt": "A {date}, {sender} escreveu:",
    "sv": "Den {date} skrev {sender}:",
    "ja": "{date} {sender}:",
}

_MONTHS = {
    "en": "January February March April May June July August September October November December",
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "nl": "januari februari maart april mei juni juli augustus september oktober november december",
    "pl": "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "sv": "januari februari mars april maj juni juli augusti september oktober november december",
}


def write_date(language: str, day: datetime, style: float) -> str:
    """A return date as people of that language write it; `style` in [0, 1) picks the form."""
    if language == "ja":
        return f"{day.month}月{day.day}日"
    if style < 0.2:
        return f"{day:%Y-%m-%d}"
    if style < 0.5 and language != "en":
        separator = "." if language in {"de", "pl"} else "/" if language in {"fr", "es", "it", "pt"} else "-"
        return f"{day:%d}{separator}{day:%m}{separator}{day:%Y}"
    month = _MONTHS[language].split()[day.month - 1]
    if language == "en":
        return f"{month} {day.day}" if style < 0.6 else f"{day.day} {month} {day.year}"
    if language in {"es", "pt"}:
        return f"{day.day} de {month} de {day.year}"
    return f"{day.day}. {month}" if language == "de" else f"{day.day} {month} {day.year}"
