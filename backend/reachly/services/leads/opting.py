"""Columns that say who must not be written to, as the exports of other tools name them, and what their cells mean.

They are acted on and not kept as fields.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

# Folded headers (see `policy.fold_header`).
SUPPRESSING = {
    "suppress:unsubscribed": """unsubscribed unsubscribe unsubscribedat unsubscribedate unsubscribeddate
        unsubscribedtime unsubtime unsubscribedmode isunsubscribed hasunsubscribed emailunsubscribed
        unsubscribedfromemail unsubscribedfromallemail unsubscribedfromallemails portalunsubscribe globalunsubscribe
        globallyunsubscribed optedout optout optoutdate optedoutat optedoutdate optoutat emailoptout emailoptedout
        emailoptoutdate emailoptedoutat isoptedout hasoptedout optedoutofemail hasoptedoutofemail hasoptedoutofallemail
        donotcontact donotemail donotmail dnc blacklisted isblacklisted emailblacklisted blocklisted isblocklisted
        emailblocklisted suppressed issuppressed abgemeldet abbestellt desabonne desinscrit uitgeschreven disiscritto
        wypisany""",
    "suppress:bounced": """bounced bounce bouncedat isbounced hasbounced emailbounced emailbouncedat
        emailbounceddate emailbouncedreason emailbouncereason emailbounce hardbounced hardbounce ishardbounced
        hardbouncedat hardbouncereason emailhardbouncereason emailhardbounced bouncedate bouncereason bounceddate
        portalbounce globalbounce cleantime unzustellbar rebotado""",
    "suppress:complained": """complained complaint complainedat spamcomplaint spamreport portalspamreport markedasspam
        markedspam reportedspam reportedasspam""",
    "suppress:status": """emailstatus mailstatus mailingstatus subscriptionstatus emailsubscriptionstatus
        subscriberstatus optinstatus marketingstatus personmarketingstatus emailmarketingconsent emailmarketingstatus
        emailpermissionstatus permissionstatus emailsuppressions suppressions suppressionreason unsubreason""",
    "suppress:unless": """subscribed issubscribed emailsubscribed optin optedin emailoptin emailoptedin isoptedin
        acceptsmarketing acceptsemailmarketing emailconsent marketingconsent canbeemailed mailable""",
}
_TARGET_OF = {word: target for target, words in SUPPRESSING.items() for word in words.split()}
# Columns of states of all kinds: they count only where their cells speak of it.
_MAYBE = frozenset(
    [
        "status",
        "leadstatus",
        "contactstatus",
        "prospectstatus",
        "personstatus",
        "leadcategory",
        "stage",
        "contactstage",
        "lemliststatus",
    ]
)
_SPEAKS_OF_IT = re.compile(
    r"unsub|opt(?:ed)?outs?|donot(?:contact|e?mail|send)|bounc|complain|spam|suppress|blacklist|blocklist|quarantine"
    r"|abgemeldet|abbestell|abmeld|widerspr|desabonn|desinscri|uitgeschreven|afgemeld|disiscri|wypisa|baja"
)
_NO_WORDS = """0 no n false f nein non ne nee nie nej no. never nunca mai none null nil na n/a - – — off subscribed
    active aktiv ok valid deliverable delivered not #n/a undefined nan [] {}"""
_CLEARLY_NOT = frozenset(_NO_WORDS.split())
_CLEARLY_OUT = frozenset(
    ["0", "no", "n", "false", "f", "nein", "non", "nee", "nie", "nej", "off", "unsubscribed"]
)
_STATUS_WORDS = (
    ("complained", re.compile(r"complain|spam|abuse", re.IGNORECASE)),
    (
        "unsubscribed",
        re.compile(
            r"unsub|opt(?:ed)?[ _-]?out|do[ _-]?not|abgemeldet|d[ée]sabonn|removed|black[ _-]?list|block[ _-]?list"
            r"|suppressed",
            re.IGNORECASE,
        ),
    ),
    ("bounced", re.compile(r"bounc|undeliver|invalid|cleaned", re.IGNORECASE)),
)
WORST_FIRST = tuple(reason for reason, _ in _STATUS_WORDS)


def target_of(folded: str, cells: Sequence[str]) -> str | None:
    """What a column with this folded header stands for: one of SUPPRESSING, "" where it speaks of opting out and is not
    understood, None where it is about something else."""
    target = _TARGET_OF.get(folded)
    if target is not None:
        return target
    if folded in _MAYBE and any(read_suppression("suppress:status", cell) for cell in cells):
        return "suppress:status"
    return "" if is_doubtful(folded) else None


def is_doubtful(folded: str) -> bool:
    """Whether a header speaks of opting out, bouncing or complaining in words that the table does not have."""
    return folded not in _TARGET_OF and _SPEAKS_OF_IT.search(folded) is not None


def read_suppression(target: str, cell: str) -> str | None:
    """Why the person must not be written to, from a cell of a column mapped to one of SUPPRESSING; None: they may.

    Anything but a clear no in a column of its own (a yes, a date, a reason) counts: a person too few does less harm
    than one who had asked for peace. In a column of states only the words that say so count, in one of consent only a
    clear no.
    """
    kind, said = target.removeprefix("suppress:"), cell.strip().casefold()
    if kind == "status":
        return next((reason for reason, words in _STATUS_WORDS if words.search(cell)), None)
    if kind == "unless":
        return "unsubscribed" if said in _CLEARLY_OUT else None
    return None if not said or said in _CLEARLY_NOT else kind


def worst_suppression(reasons: Sequence[str]) -> str | None:
    """The one that is kept of several."""
    return min(reasons, key=WORST_FIRST.index, default=None)
