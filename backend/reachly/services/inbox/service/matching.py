"""Which message of ours a received one is about, and whether it concerns us at all.

Anybody can write anything: an answer counts by an id that we gave out and the mailbox that it came to, a report also
by the address that the original went to. What matches nothing is private mail and is not kept.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from reachly.data.session import Session
from reachly.kit import clock
from reachly.kit.address import address_key
from reachly.kit.mail_headers import read_mailboxes
from reachly.services.inbox import policy
from reachly.services.inbox.policy import Classified, Inbound
from reachly.services.leads import service as leads
from reachly.services.sending.service import engagement
from reachly.services.sending.service.engagement import SentRow

REACH = timedelta(days=90)  # mail outside the thread counts as an answer for so long after ours
REPORT_REACH = timedelta(days=10)  # servers try for five days at most


@dataclass(frozen=True, slots=True)
class Mailbox:
    """The mailbox being read."""

    organization_id: uuid.UUID
    account_id: uuid.UUID
    email_key: str


@dataclass(frozen=True, slots=True)
class Match:
    """`row` None: it is from somebody we know, or answers ours by a strange way, and changes nothing."""

    how: Literal["message_id", "recipient", "quoted", "lead", "unread"]
    row: SentRow | None
    lead_id: uuid.UUID | None


def key_of(address: str) -> str:
    """The normalised address; a strange one as it is."""
    try:
        return address_key(address)
    except ValueError:
        return address.strip().lower()


def is_report(inbound: Inbound, read: Classified) -> bool:
    """Whether a server writes about a message of ours: it failed, is late, was called spam or not spam."""
    return read.report is not None or inbound.feedback is not None or read.kind in ("bounce", "complaint")


async def find_match(session: Session, mailbox: Mailbox, inbound: Inbound, read: Classified) -> Match | None:
    """None: it has nothing to do with us, or is forged."""
    ids = policy.matching_keys(inbound)
    rows: list[SentRow] = []
    if ids:
        rows = await engagement.list_by_message_ids(session, mailbox.organization_id, ids)
        rows = sorted(rows, key=lambda row: ids.index(row.message_id) if row.message_id in ids else len(ids))
    if is_report(inbound, read):
        row = await _find_reported(session, mailbox, inbound, read, rows, has_ids=bool(ids))
        return Match("message_id" if rows else "recipient", row, row.lead_id) if row else None
    return await _find_answered(session, mailbox, inbound, rows)


async def _find_answered(
    session: Session, mailbox: Mailbox, inbound: Inbound, rows: Sequence[SentRow]
) -> Match | None:
    sender = key_of(inbound.from_email)
    for row in rows:
        # Answers may be directed to another mailbox (Reply-To): then it must be the recipient who writes.
        if row.email_account_id == mailbox.account_id or key_of(row.to_email) == sender:
            return Match("message_id", row, row.lead_id)
    if "list-id" in inbound.headers or "list-unsubscribe" in inbound.headers:
        return None  # a newsletter of somebody we wrote to
    since = clock.now() - REACH
    organization_id = mailbox.organization_id
    found = await engagement.list_by_recipient(session, organization_id, mailbox.account_id, sender, since)
    if found:
        return Match("recipient", found[0], found[0].lead_id)
    lead_id = await leads.find_lead_id(session, organization_id, sender)
    if rows:
        return Match("quoted", None, lead_id)
    return Match("lead", None, lead_id) if lead_id else None


async def _find_reported(
    session: Session, mailbox: Mailbox, inbound: Inbound, read: Classified, rows: Sequence[SentRow], *, has_ids: bool
) -> SentRow | None:  # fmt: skip
    """A report must name a message of this mailbox and its recipient; only one without any id is found by address."""
    named = named_recipients(inbound, read)
    blank = read.kind == "complaint" and not named  # who complains is often blacked out (RFC 5965)
    for row in rows:
        if row.email_account_id == mailbox.account_id and (blank or key_of(row.to_email) in named):
            return row
    if has_ids or read.kind == "complaint":
        return None
    since = clock.now() - REPORT_REACH
    for address in sorted(named):
        found = await engagement.list_by_recipient(
            session, mailbox.organization_id, mailbox.account_id, address, since
        )
        if found:
            return found[0]
    return None


def named_recipients(inbound: Inbound, read: Classified) -> set[str]:
    """Whom a report is about, by its own words and by the original that it returns."""
    named = [one.address for one in read.report.recipients] if read.report else []
    if inbound.feedback:
        named += inbound.feedback.recipients
    for name, value in inbound.original:
        if name in ("to", "x-original-to"):
            named += [mailbox.address for mailbox in read_mailboxes(value)]
    return {key_of(address) for address in named if "@" in address}
