"""Bounces of systems that write no delivery report: whom the words name, and whether it is final."""

from __future__ import annotations

import re
from collections.abc import Collection

from reachly.kit.mail_headers import decode_words, read_mailboxes
from reachly.services.inbox.policy.copies import cut_original
from reachly.services.inbox.policy.parts import Headers, header
from reachly.services.inbox.policy.reports import (
    MAX_RECIPIENTS,
    DeliveryReport,
    ReportedRecipient,
    find_addresses,
)

_I = re.IGNORECASE
_STATUS = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![.\d])")
_ALONE = re.compile(
    r"[\s>*<\"'\[(•·-]{0,12}(?:\S{1,30}[=:;])?[^\s<>@\"']{1,64}@[^\s<>@\"']{3,255}[\s>\"'\])]{0,5}"
    r"(?:\(.{0,80}\))?[\s:;,.]{0,5}"
)
_BEGINS = re.compile(
    r"[\s>*•·-]{0,12}(?:<[^<>\s@]{1,64}@[^<>\s@]{3,255}>|\S{1,200}[=:]\S{1,64}@\S{3,255}"
    r"|[^\s<>@]{1,64}@[^\s<>@:]{3,255}(?: on \w{3}\b|:? ))",
    _I,
)
_LABELLED = re.compile(
    r"(?:smtp=|final.recipient|original.recipient|failed recipient|failed address|recipient(?: address)?"
    r"|unknown (?:user|address)|invalid recipient|your (?:message|mail|e-?mail) (?:to|for|addressed to)|delivery to"
    r"|deliver(?:ed)? (?:it |your message )?to|following (?:user|recipient|address)\S{0,5}|rcpt to|addressed to"
    r"|undeliverable to|not delivered to|delivery userid|user:|empf(?:ä|ae)nger|destinataire|destinatario|adresse)",
    _I,
)
_SAYS = re.compile(
    r"(?<!\d)[45]\d\d[ -](?:#?[45]\.\d|\w)|[#(]?[45]\.\d{1,2}\.\d{1,2}|unknown user|user unknown|no such"
    r"|does ?n.t exist|not found|over ?quota|mailbox (?:is )?full"
    r"|unavailable|rejected|invalid|unbekannt|inconnu|desconocid|sconosciut|not accepting",
    _I,
)
_COVER = re.compile(
    r"\s{0,8}(?:to|cc|from|subject|sent|date|message-?id|reply-to|an|von|à|de|para)\s{0,5}:", _I
)

_DELAYED = re.compile(
    r"delivery .{0,40}delayed|delayed .{0,20}delivery|has (?:been|not) (?:yet been|delayed)"
    r"|not (?:yet )?been delivered .{0,30}(?:after|for) (?:more|over|\d)"
    r"|still (?:being )?(?:trying|retried|queued)|will (?:keep|continue) (?:trying|to)|will be re?tried"
    r"|this is a warning|warning message only"
    r"|do(?:es)? not need to (?:resend|re-send)|verz(?:ö|oe)gert|retard(?:é|ée)|(?:se )?reintentar",
    _I,
)
_FINAL = re.compile(
    r"permanent|giving up|given up|gave up|fatal error|returned to (?:the )?sender|failed permanently"
    r"|unable to deliver|not going to try|no longer valid|will not be (?:re)?tried"
    r"|undeliverable|has not been delivered|too long|did not reach|unzustellbar|endg(?:ü|ue)ltig|(?:non"
    r"|n'a pas) (?:pu être )?(?:remis|distribu)",
    _I,
)
BODY = re.compile(
    r"could ?n.t be delivered|(?:could|can) ?not (?:be delivered|deliver)|cannot be delivered|unable to deliver"
    r"|wasn't able to deliver|was ?n.t delivered|was not delivered"
    r"|delivery (?:to the following|of the following|has failed|failed|attempt)|fail(?:ed|ure) permanently"
    r"|following (?:address|recipient|user)\S{0,6} (?:failed|had|could|did|was|were|is)"
    r"|failed recipient|permanent(?:ly)? (?:fatal )?(?:error|failure|failed)|undeliverable|undelivered"
    r"|non-?delivery|user unknown|unknown user|no such user|mailbox (?:unavailable|full)"
    r"|did(?: not|n't) reach|has been rejected|automatically rejected|returned (?:mail|message|to sender)"
    r"|delivery status notification|bounced|over quota|not delivered to|permanent error"
    r"|(?<!\d)5\d\d[ -]5\.\d\.\d|unzustellbar|nicht zugestellt|nicht zustellbar|konnte nicht|n'a pas (?:pu|été)"
    r"|non remis|no (?:se )?(?:ha )?(?:podido|pudo) (?:ser )?entreg|non (?:è stato )?(?:possibile|recapitat)",
    _I,
)


def read_words(text: str, subject: str, headers: Headers, ours: Collection[str]) -> DeliveryReport | None:
    """Whom a bounce names, from its words; None if it names nobody but ourselves.

    An address that stands alone on a line weighs most, then one at the beginning of a line or after a label, then one
    beside an error; all of the best weight are meant.
    """
    words = cut_original(text)
    named = [one for one in find_addresses(header(headers, "x-failed-recipients")) if one not in ours]
    named = (
        named
        or _weighed(words, ours)
        or _weighed(decode_words(subject), ours)
        or _weighed(text[len(words) :], ours)[:1]
    )
    if not named:
        return None
    status = _STATUS.search(words)
    told = f"{subject}\n{words[:6000]}"
    action = "delayed" if _DELAYED.search(told) and not _FINAL.search(told) else "failed"
    recipients = [
        ReportedRecipient(address, action, status[0] if status else "", words_about(address, words), address)
        for address in named[:MAX_RECIPIENTS]
    ]
    return DeliveryReport(tuple(recipients), False)


def names_somebody(words: str, ours: Collection[str]) -> bool:
    """Whether an address that is not ours stands alone on a line."""
    lines = (
        line for line in cut_original(words).split("\n")[:200] if "@" in line and _ALONE.fullmatch(line[:600])
    )
    return any(_may_have_failed(address, ours) for line in lines for address in find_addresses(line))


def _weighed(words: str, ours: Collection[str]) -> list[str]:
    weights: dict[str, int] = {}
    for line in words.split("\n")[:2000]:
        if "@" in line:
            weight = _weight(line[:600])
            for address in find_addresses(line[:600]):
                if _may_have_failed(address, ours):
                    weights[address] = max(weight, weights.get(address, 0))
    best = max(weights.values(), default=0)
    found = [address for address, weight in weights.items() if weight == best]
    return found if best >= 2 else found[:1]


def _weight(line: str) -> int:
    if _COVER.match(line):
        return 1
    if _ALONE.fullmatch(line):
        return 4
    if _BEGINS.match(line) or _LABELLED.search(line):
        return 3
    return 2 if _SAYS.search(line) else 0


def _may_have_failed(address: str, ours: Collection[str]) -> bool:
    local = address.partition("@")[0]
    return address not in ours and local not in (
        "mailer-daemon",
        "postmaster",
        "mail-daemon",
        "abuse",
        "noreply",
    )


def words_about(address: str, words: str) -> str:
    """The lines around the address, without those that only tell what was sent: what was said of this one."""
    lines = [line for line in words.split("\n") if not _COVER.match(line)]
    kept = "\n".join(lines)
    at = kept.lower().find(address)
    return kept[max(0, at - 300) : at + 1200].strip() if at >= 0 else kept[:1500].strip()


def original_recipients(embedded: Headers) -> list[str]:
    """To whom the returned message was addressed."""
    named = [mailbox.address for mailbox in read_mailboxes(header(embedded, "to"))]
    return list(dict.fromkeys([*named, *find_addresses(header(embedded, "x-original-to"))]))
