"""Out of office: until when, and whether the person has left for good. English, German, French, Spanish."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from reachly.services.inbox.policy import elsewhere

CAP_DAYS = 180  # a date further away is not believed
SCANNED = 6_000

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar jänner jaenner janvier janv enero ene",
            "february feb februar février fevrier févr fevr febrero",
            "march mar märz maerz mär mars marzo",
            "april apr avril avr abril abr",
            "may mai mayo",
            "june jun juni juin junio",
            "july jul juli juillet juil julio",
            "august aug août aout agosto ago",
            "september sep sept septembre septiembre setiembre",
            "october oct oktober okt octobre octubre",
            "november nov novembre noviembre",
            "december dec dezember dez décembre decembre déc diciembre dic",
        ),
        1,
    )
    for name in names.split()
}
_WEEKDAYS = {
    name: number
    for number, names in enumerate(
        (
            "monday montag lundi lunes",
            "tuesday dienstag mardi martes",
            "wednesday mittwoch mercredi miércoles miercoles",
            "thursday donnerstag jeudi jueves",
            "friday freitag vendredi viernes",
            "saturday samstag sonnabend samedi sábado sabado",
            "sunday sonntag dimanche domingo",
        )
    )
    for name in names.split()
}
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_WEEKDAY = "|".join(sorted(_WEEKDAYS, key=len, reverse=True))
_DATES = re.compile(
    rf"(?P<iso>\b(?P<iy>20\d\d)-(?P<im>\d\d?)-(?P<id>\d\d?)\b)"
    rf"|(?P<dotted>\b(?P<dd>\d\d?)\. ?(?P<dm>\d\d?)\.(?: ?(?P<dy>(?:20)?\d\d)\b)?)"
    rf"|(?P<slashed>\b(?<![-/])(?P<s1>\d\d?)(?:/|-(?=\d\d?-20))(?P<s2>\d\d?)(?:[/-](?P<sy>(?:20)?\d\d))?\b(?![/-]))"
    rf"|(?P<named>\b(?P<nd>\d\d?)(?:st|nd|rd|th|er|\.)?(?: of| de)? (?P<nm>{_MONTH})\b\.?"
    rf"(?:,? (?:de |del )?(?P<ny>20\d\d)\b)?)"
    rf"|(?P<english>\b(?P<em>{_MONTH})\b\.? (?P<ed>\d\d?)(?:st|nd|rd|th)?\b(?!\.\d)(?:,? (?P<ey>20\d\d)\b)?)"
    rf"|(?P<weekday>\b(?:{_WEEKDAY})\b)"
    r"|(?P<tomorrow>\b(?:tomorrow|morgen|demain|mañana)\b)"
    r"|(?P<nextweek>\b(?:next week|nächste[rn]? woche|naechste[rn]? woche|semaine prochaine|próxima semana"
    r"|proxima semana)\b)",
    re.IGNORECASE,
)
_BACK = re.compile(
    r"\b(?:back|return(?:ing|s)?|resume|available (?:again )?(?:on|from)|in the office (?:again )?(?:on|from)"
    r"|zurück|zurueck|wieder"
    r"|ab(?: dem)?|retour|reprendrai|à partir du|a partir du|regreso|vuelvo|volveré|volvere|regresaré"
    r"|regresare"
    r"|de vuelta|a partir del?|reachable from|as of|starting)\b[^.!?\n]{0,60}\Z",
    re.IGNORECASE,
)
_UNTIL = re.compile(
    r"(?:\b(?:until|till|til|through|thru|to|bis|einschließlich|jusqu|au|hasta|al)\b"
    r"|[–—]|(?<![^\W\d_])-|-(?![^\W\d_]))[^.!?\n]{0,40}\Z",  # the hyphen of "e-mail" says nothing
    re.IGNORECASE,
)
_NOT_DOT = re.compile(r"[^.]")
_LEFT = re.compile(
    r"no longer (?:with|works?|employed|part of|at\b)|ha(?:s|ve) left (?:the |our )?(?:company"
    r"|organi[sz]ation|firm|business|team)"
    r"|left (?:the )?company|(?:is|am) not (?:longer )?(?:employed|with)|does(?:n't| not) work (?:here|at|for)"
    r"|retired (?:from|as of)|have retired|has retired"
    r"|nicht mehr (?:bei|im unternehmen|für|fuer|in unserem|tätig|taetig|beschäftigt|beschaeftigt|zu unserem)"
    r"|(?:unternehmen|firma) verlassen|ausgeschieden|im ruhestand"
    r"|ne (?:fait|fais) plus partie|ne travaille plus|a quitté (?:la société|l'entreprise|ses fonctions)"
    r"|n'est plus (?:en poste|dans)|retraité"
    r"|ya no (?:trabaja|trabajo|forma parte|pertenece)|ha dejado (?:la empresa|de trabajar)|dejó la empresa",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Absence:
    """`returns` is the first day back, None if none is stated; `has_left` means that there is no coming back."""

    returns: date | None
    has_left: bool
    successors: tuple[str, ...] = ()


def has_left(text: str) -> bool:
    """ "No longer with the company": end this person, do not hold."""
    return (_LEFT.search(text[:SCANNED]) or elsewhere.LEFT.search(text[:SCANNED])) is not None


def parse_return_date(text: str, received: date) -> date | None:
    """The first day back. Past dates and dates beyond `CAP_DAYS` are not believed.

    "Back on" names the day itself; "until" the last day away. Without either word the latest date is the last day
    away. A date that could be read in two ways (3/4) is the earlier one that lies ahead.
    """
    text = text[:SCANNED]
    candidates: list[tuple[int, date]] = []
    words = _DATES.sub(
        lambda found: _NOT_DOT.sub(" ", found[0]), text
    )  # the hyphens of a date are not "until"
    for found in _DATES.finditer(text):
        day = _read(found, received)
        if day is None or not received <= day <= received + timedelta(days=CAP_DAYS):
            continue
        before = words[max(0, found.start() - 70) : found.start()]
        if found["nextweek"] or _BACK.search(before):
            candidates.append((2, day))
        elif _UNTIL.search(before):
            candidates.append((1, day + timedelta(days=1)))
        elif not found["weekday"] and not found["tomorrow"]:
            candidates.append((0, day + timedelta(days=1)))
    if not candidates:
        return None
    best = max(weight for weight, _ in candidates)
    days = [day for weight, day in candidates if weight == best]
    return days[0] if best == 2 else max(days)


def _read(found: re.Match[str], received: date) -> date | None:
    if found["iso"]:
        return _day(found["iy"], found["im"], found["id"], received)
    if found["dotted"]:
        return _day(found["dy"], found["dm"], found["dd"], received)
    if found["named"]:
        return _day(found["ny"], _MONTHS[found["nm"].lower()], found["nd"], received)
    if found["english"]:
        return _day(found["ey"], _MONTHS[found["em"].lower()], found["ed"], received)
    if found["slashed"]:
        one = _day(found["sy"], found["s2"], found["s1"], received)
        other = _day(found["sy"], found["s1"], found["s2"], received)
        ahead = [day for day in (one, other) if day is not None and day >= received]
        return min(ahead, default=None)
    if found["weekday"]:
        ahead_days = (_WEEKDAYS[found["weekday"].lower()] - received.weekday() - 1) % 7 + 1
        return received + timedelta(days=ahead_days)
    if found["tomorrow"]:
        return received + timedelta(days=1)
    return received + timedelta(days=7 - received.weekday())  # next week begins on Monday


def _day(year: str | None, month: str | int, day: str, received: date) -> date | None:
    """Without a year: the next time that this day comes round."""
    try:
        if year:
            return date(int(year) + (2000 if int(year) < 100 else 0), int(month), int(day))
        this = date(received.year, int(month), int(day))
    except ValueError:
        return None
    if this >= received:
        return this
    try:
        return this.replace(year=this.year + 1)
    except ValueError:  # 29 February
        return None


def hold_until(received: date, returns: date | None, default_days: int, cap_days: int = 90) -> date:
    """The first day on which the sequence may go on: one working day after the return, or `default_days` from now."""
    day = received + timedelta(days=default_days)
    if returns is not None and returns >= received:
        day = returns + timedelta(days=1)
        while day.weekday() >= 5:
            day += timedelta(days=1)
    return min(day, received + timedelta(days=cap_days))
