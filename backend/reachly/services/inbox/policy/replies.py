"""What a person wrote, without what was quoted and signed, and what they want. English, German, French, Spanish.

Own rules, line by line: the usual reply parsers need minutes for a hostile text of 60 KB (nested repetition in their
patterns), and everything here is read by our workers.
"""

from __future__ import annotations

import re
from typing import Literal

from reachly.services.inbox.policy import elsewhere
from reachly.services.inbox.policy.intents import (
    INTERESTED,
    NOT_INTERESTED,
    OUT_OF_OFFICE,
    QUESTION,
    STOP_PHRASE,
    STOP_WORD,
)

Intent = Literal["interested", "not_interested", "question", "stop", "out_of_office", "unclear"]

SCANNED = 50_000  # characters of a body in which the reply is looked for
KEPT = 20_000  # characters of a reply
READ = 3_000  # characters from which an intent is read

_STARTS = re.compile(
    r"\s{0,8}\*?(?:on|am|le|el|il|op|den|em|a|w dniu|dnia|dne|vào|pada|the|\d{1,2}[./-]\d{1,2})\b"
    r"|\s{0,8}[\"'<\w].{0,200}\b(?:wrote|schrieb|skrev|schreef)\b|\s{0,8}20\d\d[-/年.]",
    re.IGNORECASE,
)
_WROTE = re.compile(
    r"(?:wrote|writes|schrieb|geschrieben|a écrit|écrit|escribió|escribio|ha scritto|scritto|schreef|geschreven"
    r"|skrev|escreveu|napisał\w{0,4}"
    r"|napsal\w{0,3}|写道|書きました|작성|写信).{0,120}[:：]\s*$",
    re.IGNORECASE,
)
_DIVIDER = re.compile(
    r"\s{0,4}(?:[-_=*]{2,}\s*(?:original(?:[ -]?message|e nachricht|[ -]?nachricht)?|ursprüngliche nachricht"
    r"|message d'origine|message original"
    r"|mensaje original|messaggio originale|oorspronkelijk bericht|forwarded message|weitergeleitete nachricht"
    r"|reply message|ursprungligt meddelande"
    r"|begin forwarded message)\b|_{8,}\s*$|-{20,}\s*$|begin forwarded message)",
    re.IGNORECASE,
)
_FROM = re.compile(
    r"\s{0,4}[*>]{0,2}(?:from|von|de|da|van|från|fra|od|expéditeur|发件人|差出人)\s?\*?\s?[:：]",
    re.IGNORECASE,
)
_SENT = re.compile(
    r"\s{0,4}[*>]{0,2}(?:sent|gesendet|datum|date|envoyé|enviado|fecha|inviato|data|verzonden|skickat|sendt|to|an|à"
    r"|para|a|aan|subject|betreff"
    r"|objet|asunto|oggetto|onderwerp|ämne|emne|发送时间|送信日時)\s?\*?\s?[:：]",
    re.IGNORECASE,
)
_DEVICE = re.compile(
    r"\s{0,4}(?:sent from (?:my|yahoo|outlook|mail)|get outlook for|von meinem \S{1,30}.{0,40} gesendet"
    r"|gesendet (?:von|mit)|envoyé de"
    r"|enviado de|inviato da|verstuurd vanaf|skickat från|télécharger outlook|obtener outlook)",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"\s{0,4}(?:(?:with )?(?:best|kind|warm|many|kindest|warmest)?\s?(?:regards|wishes|thanks)|best|all the best"
    r"|cheers|thanks(?: a lot| so much| again)?"
    r"|thank you|thx|sincerely|yours(?: sincerely| truly| faithfully)?|cordially|respectfully|rgds|br"
    r"|mfg|lg|vg|vlg"
    r"|mit (?:freundlichen|besten|herzlichen|lieben) gr(?:ü|ue)(?:ß|ss)en|(?:viele|liebe|beste|freundliche"
    r"|herzliche|schöne) gr(?:ü|ue)(?:ß|ss)e"
    r"|gru(?:ß|ss)|danke(?: und gru(?:ß|ss))?|vielen dank|hochachtungsvoll|(?:bien )?cordialement|bien à vous|cdlt"
    r"|sincères salutations|merci(?: d'avance)?"
    r"|salutations(?: distinguées)?|amicalement|(?:un )?(?:cordial )?saludos?(?: cordiales)?|atentamente"
    r"|muchas gracias|gracias|un abrazo|cordiali saluti"
    r"|met vriendelijke groet(?:en)?|med vänliga hälsningar|atenciosamente)\s?[,.!–-]{0,3}\s*",
    re.IGNORECASE,
)
_DISCLAIMER = re.compile(
    r"\s{0,4}[*_]{0,2}(?:this (?:e-?mail|message|communication)\b.{0,120}(?:confidential|privileged|intended)"
    r"|confidentiality notice|disclaimer\b|diese (?:e-?mail|nachricht)"
    r".{0,80}vertraulich|ce (?:message|courriel).{0,80}confidentiel|este (?:mensaje|correo).{0,80}confidencial"
    r"|caution: this|external email|\[external\])",
    re.IGNORECASE,
)


def extract_reply(text: str) -> str:
    """The new words of a message: without quoted history, signature and disclaimer. The whole text if nothing else is
    left, so that a reply below the quote is not lost."""
    lines = text[:SCANNED].replace("\r\n", "\n").replace("\r", "\n").split("\n")
    cut = _history_starts(lines)
    new = _without_quotes(lines[:cut])
    if not any(line.strip() for line in new):  # answered below the quote
        new = _without_quotes(lines[cut + 1 :])
    reply = "\n".join(_without_signature(new)).strip()
    return re.sub(r"\n{3,}", "\n\n", reply)[:KEPT]


def _history_starts(lines: list[str]) -> int:
    for place, line in enumerate(lines):
        short = line[:400]
        if _DIVIDER.match(short):
            return place
        if _FROM.match(short) and any(
            _SENT.match(following[:100]) for following in lines[place + 1 : place + 5]
        ):
            return place
        if _STARTS.match(short):
            joined = short
            for following in ("", *lines[place + 1 : place + 3]):
                joined = f"{joined} {following[:300].strip()}".rstrip()
                if _WROTE.search(joined[-400:]):
                    return place
    return len(lines)


def _without_quotes(lines: list[str]) -> list[str]:
    return [
        line for line in lines if not line.lstrip().startswith((">", "|>")) and not _WROTE.match(line[:400])
    ]


def _without_signature(lines: list[str]) -> list[str]:
    started = False
    for place, line in enumerate(lines):
        short = line[:300]
        if started and (line.rstrip() in ("--", "-- ", "—", "––") or _DISCLAIMER.match(short)):
            return lines[:place]
        if _DEVICE.match(short) and len(short) < 120:
            return lines[:place] if started else lines[place + 1 :]
        if (
            started
            and len(short) < 60
            and _CLOSING.fullmatch(short)
            and _is_tail(lines[place + 1 : place + 60])
        ):
            return lines[:place]
        started = started or bool(line.strip())
    return lines


def _is_tail(rest: list[str]) -> bool:
    """After a closing formula come a name and contact lines, not another paragraph."""
    words = [line for line in rest if line.strip()]
    return len(words) <= 15 and not any(len(line) > 160 for line in words[:3])


def read_intent(reply: str, subject: str = "") -> Intent:
    """What a person's reply asks for. `stop` is an opt-out and weighs more than everything else."""
    words = " ".join(reply[:READ].replace("’", "'").split())
    bare = re.sub(r"[^\w\s'-]", " ", words).strip().lower()
    topic = re.sub(r"[^\w\s'-]", " ", subject[:200]).strip().lower()
    if STOP_WORD.fullmatch(" ".join(bare.split())) or STOP_PHRASE.search(words):
        return "stop"
    if elsewhere.STOP.search(words):
        return "stop"
    if STOP_WORD.fullmatch(" ".join(topic.split())):
        return "stop"
    if OUT_OF_OFFICE.search(words):
        return "out_of_office"
    if NOT_INTERESTED.search(words) or elsewhere.NOT_INTERESTED.search(words):
        return "not_interested"
    if INTERESTED.search(words) or elsewhere.INTERESTED.search(words):
        return "interested"
    asks = "?" in words or "？" in words or QUESTION.match(words) or elsewhere.QUESTION.search(words)
    return "question" if asks else "unclear"
