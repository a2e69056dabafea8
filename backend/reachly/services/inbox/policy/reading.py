"""All that is read out of a received message, in one call, so that it can be made in a process of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date

from reachly.services.inbox.policy.absences import Absence, has_left, parse_return_date
from reachly.services.inbox.policy.inbound import Inbound, named_addresses, parse_inbound
from reachly.services.inbox.policy.kinds import Classified, classify
from reachly.services.inbox.policy.replies import extract_reply
from reachly.services.inbox.policy.reports import find_addresses

HEAD_BYTES = 64_000  # of a message whose whole could not be read
UNREADABLE = (
    "This message could not be read within the limits that protect this server (size, nesting, time), so what it says"
    " is not known here. It is kept as it came. Open it in the mailbox itself; until you have, nothing more is sent to"
    " this person where an answer stops the sequence."
)


@dataclass(frozen=True, slots=True)
class Reading:
    """`shown` are the words for the inbox, `named` every address that the message names. `flaw` says why the message
    could not be read; "" where it was."""

    inbound: Inbound
    classified: Classified
    shown: str
    absence: Absence | None = None
    flaw: str = ""
    named: frozenset[str] = frozenset()


def read_message(raw: bytes, own_addresses: Collection[str], received: date) -> Reading:
    """Takes any bytes for a message. `received` is the day by which dates in it are understood."""
    inbound = parse_inbound(raw)
    classified = classify(inbound, own_addresses)
    shown = classified.reply or extract_reply(inbound.reply_source) or inbound.text
    absence = read_absence(inbound, received) if classified.kind == "auto_reply" else None
    return Reading(inbound, classified, shown, absence, named=named_addresses(inbound))


def read_head(raw: bytes, flaw: str) -> Reading:
    """What the headers tell of a message whose whole could not be read. It counts as what a person wrote: of all
    mistakes the smallest, for it stops, is seen, and accuses nobody."""
    head = raw[:HEAD_BYTES].replace(b"\r\n", b"\n").replace(b"\r", b"\n").lstrip(b"\n").partition(b"\n\n")[0]
    return _unread(parse_inbound(head + b"\nContent-Type: text/plain\n\n"), raw, flaw)


def read_nothing(raw: bytes, flaw: str) -> Reading:
    """The same where not even the headers can be read."""
    return _unread(parse_inbound(b""), raw, flaw)


def read(raw: bytes, own_addresses: Collection[str], received: date, flaw: str = "") -> Reading:
    """The whole message or, with a `flaw` that the whole has shown, its head."""
    return read_head(raw, flaw) if flaw else read_message(raw, own_addresses, received)


def _unread(inbound: Inbound, raw: bytes, flaw: str) -> Reading:
    if inbound.message_id.endswith("@no-message-id.invalid>"):
        made = f"<{hashlib.sha256(raw).hexdigest()[:40]}@no-message-id.invalid>"
        inbound = replace(inbound, message_id=made)
    return Reading(
        inbound, Classified("reply", "unreadable"), UNREADABLE, flaw=flaw, named=named_addresses(inbound)
    )


def read_absence(inbound: Inbound, received: date) -> Absence:
    """What an auto-reply says about coming back. Successors are named for a person to look at, never written to."""
    words = f"{inbound.subject}\n{extract_reply(inbound.reply_source)}"
    gone = has_left(words)
    known = {inbound.from_email, *inbound.to}
    others = tuple(address for address in find_addresses(words) if address not in known)[:5] if gone else ()
    return Absence(None if gone else parse_return_date(words, received), gone, others)
