"""One received message in one transaction, together with everything that it causes."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reachly.data import outbox
from reachly.data.models.inbox import Thread
from reachly.data.repositories import inbox as repository
from reachly.data.repositories.inbox import NewMessage, ThreadKey
from reachly.data.session import Session, tenant
from reachly.events import Event
from reachly.infra.settings import current_settings
from reachly.kit import clock
from reachly.kit.ids import new_id
from reachly.services.campaigns import service as campaigns
from reachly.services.email_accounts import service as email_accounts
from reachly.services.inbox import policy
from reachly.services.inbox.policy import Classified, Inbound, Kind, Reading
from reachly.services.inbox.service import effects as causes
from reachly.services.inbox.service.effects import Effects
from reachly.services.inbox.service.matching import Mailbox, Match, find_match, is_report, key_of
from reachly.services.inbox.service.parsing import read_message
from reachly.services.sending.service import proving, withdraw
from reachly.services.sending.service.withdraw import Flight

MAX_BODY = 100_000
SNIPPET = 200
CUT = "\n\n[The message is larger than is fetched here. The rest of it lies in the mailbox itself.]"


class _InFlight(Exception):
    """Something is on its way to a person whom this message stops; roll back."""

    def __init__(self, flights: set[Flight]) -> None:
        super().__init__("in flight")
        self.flights = flights


@dataclass(frozen=True, slots=True)
class Stored:
    kind: Kind
    ended: frozenset[uuid.UUID] = frozenset()


async def store_inbound(mailbox: Mailbox, raw: bytes, received_at: datetime) -> Stored | None:
    """Keeps a message that concerns us; None for one that does not, is our own, or is known already.

    Once its row is committed nothing more begins to whom it stops: what was in flight is called back before.
    """
    organization_id, received = mailbox.organization_id, min(received_at, clock.now()).date()
    own = {mailbox.email_key}
    reading = await read_message(raw, own, received)
    async with tenant(organization_id) as session:
        others = await email_accounts.find_own(session, organization_id, reading.named) - own
    if others:  # another mailbox of ours is no stranger whom a bounce could mean
        own |= others
        reading = await read_message(raw, own, received)
    if policy.is_from_ourselves(reading.inbound, own):
        return None
    while True:
        try:
            stored = await _store(mailbox, reading, raw, received_at)
        except _InFlight as waiting:
            await withdraw.call_back(organization_id, waiting.flights)
        else:
            break
    if stored and stored.ended:
        await _complete(organization_id, stored.ended)
    return stored


async def _store(mailbox: Mailbox, reading: Reading, raw: bytes, received_at: datetime) -> Stored | None:
    """Raises _InFlight."""
    inbound, read = reading.inbound, reading.classified
    organization_id = mailbox.organization_id
    async with tenant(organization_id) as session:
        if await repository.is_known(session, organization_id, mailbox.account_id, inbound.message_id):
            return None
        match = await find_match(session, mailbox, inbound, read)
        if match is None and reading.flaw and not inbound.from_email:
            match = Match("unread", None, None)  # whose it is cannot be told: a person must look
        kind = kind_of(inbound, read, match) if match else None
        if match is None or kind is None:
            return None
        return await _keep(session, mailbox, reading, match, kind, raw, received_at)


def kind_of(inbound: Inbound, read: Classified, match: Match) -> Kind | None:
    """What it is, now that it is known to whom it belongs; None: not worth keeping."""
    if read.kind == "auto_reply" and is_report(inbound, read):
        return "unknown"  # delayed, relayed, delivered, not spam after all
    if match.row is not None:
        return "reply" if read.kind == "unknown" else read.kind
    if read.kind == "auto_reply":
        return None
    return "unsubscribe" if read.kind == "unsubscribe" and match.how == "lead" else "unknown"


async def _keep(
    session: Session, mailbox: Mailbox, reading: Reading, match: Match, kind: Kind, raw: bytes, received_at: datetime,
) -> Stored | None:  # fmt: skip
    organization_id, now, row = mailbox.organization_id, clock.now(), match.row
    inbound, read = reading.inbound, reading.classified
    received_at = min(received_at, now)  # a server whose clock is ahead
    had_reply = False
    if row is not None and row.enrollment_id:
        had_reply = await repository.has_human_reply(session, organization_id, row.enrollment_id)
    proven = await _settle(session, organization_id, match, inbound, read)
    effects = await _apply(session, mailbox, reading, match, kind, received_at, had_reply=had_reply)
    if flights := await withdraw.find_flights(session, organization_id, effects.stopped):
        raise _InFlight(flights)
    message = _message(mailbox, reading, match, kind, raw, received_at, effects)
    message_id = await repository.add_message(session, organization_id, message, now)
    if message_id is None:  # another worker was quicker: all that was done here is undone
        await session.rollback()
        return None
    if not is_report(inbound, read):
        thread_id = await _thread(session, mailbox, message, match, now)
        await repository.set_thread(session, organization_id, message_id, thread_id)
    await outbox.emit(session, [*proven, *effects.events], wake=effects.wake or bool(proven))
    return Stored(kind, frozenset(effects.ended))


async def _settle(
    session: Session, organization_id: uuid.UUID, match: Match, inbound: Inbound, read: Classified
) -> list[Event]:
    """Who writes back under an id that only the message itself bore has proven that it left."""
    if match.row is None or match.how != "message_id" or match.row.status not in proving.DOUBTFUL:
        return []
    proof: proving.Proof = "report" if is_report(inbound, read) else "answer"
    return await proving.note_proof(session, organization_id, match.row.id, proof)


async def _apply(
    session: Session, mailbox: Mailbox, reading: Reading, match: Match, kind: Kind, received_at: datetime, *,
    had_reply: bool,
) -> Effects:  # fmt: skip
    row, inbound, read = match.row, reading.inbound, reading.classified
    if row is None:
        wish = kind == "unsubscribe"
        return await causes.apply_wish(session, mailbox, match.lead_id, inbound) if wish else Effects()
    match kind:
        case "reply" | "unsubscribe":
            return await causes.apply_reply(session, mailbox, row, inbound, read, had_reply=had_reply)
        case "auto_reply":
            return await causes.apply_auto_reply(session, mailbox, row, reading, received_at)
        case "bounce":
            return await causes.apply_bounce(session, mailbox, row, read)
        case "complaint":
            return await causes.apply_complaint(session, mailbox, row, inbound)
        case _:
            return Effects()


def _message(
    mailbox: Mailbox, reading: Reading, match: Match, kind: Kind, raw: bytes, received_at: datetime, effects: Effects,
) -> NewMessage:  # fmt: skip
    row, inbound, read = match.row, reading.inbound, reading.classified
    facts: dict[str, Any] = {
        "rule": read.rule,
        "matched_by": match.how,
        "headers": inbound.headers,
        **effects.facts,
    }
    if read.report is not None:
        facts["actions"] = sorted({one.action for one in read.report.recipients})
    if reading.flaw:
        facts["flaw"] = reading.flaw
    shown = reading.shown[:MAX_BODY]
    if len(raw) >= current_settings().inbox.max_message_bytes:
        facts["cut"] = True
        shown += CUT
    human = kind in ("reply", "unsubscribe", "unknown")
    return NewMessage(
        email_account_id=mailbox.account_id, message_id=storable(inbound.message_id), kind=kind,
        intent=read.intent if human else "out_of_office" if kind == "auto_reply" else "unclear",
        from_email=storable(inbound.from_email), from_name=storable(inbound.from_name),
        subject=storable(inbound.subject),
        body_text=storable(shown),
        facts=_storable_json(facts), raw=raw, received_at=received_at, lead_id=match.lead_id,
        send_id=row.id if row else None, campaign_id=row.campaign_id if row else None,
        enrollment_id=row.enrollment_id if row else None,
    )  # fmt: skip


async def _thread(
    session: Session, mailbox: Mailbox, message: NewMessage, match: Match, now: datetime
) -> uuid.UUID:
    """The conversation it belongs to, brought up to date. A machine's note does not ask for attention."""
    contact = key_of(match.row.to_email) if match.row else key_of(message.from_email)
    key = ThreadKey(mailbox.account_id, message.enrollment_id, message.lead_id, contact)
    thread = await repository.find_thread(session, mailbox.organization_id, key)
    is_human = message.kind != "auto_reply"
    if thread is None:
        thread = Thread(
            organization_id=mailbox.organization_id, id=new_id(), email_account_id=mailbox.account_id,
            lead_id=message.lead_id, campaign_id=message.campaign_id, enrollment_id=message.enrollment_id,
            contact_email=contact, contact_name=message.from_name, subject=message.subject, intent=message.intent,
            unread=is_human, last_message_at=message.received_at, created_at=now,
        )  # fmt: skip
        session.add(thread)
    if is_human:
        thread.unread, thread.snoozed_until, thread.intent = True, None, message.intent
        thread.contact_name = message.from_name or thread.contact_name
    thread.last_kind = message.kind
    thread.snippet = " ".join(message.body_text.split())[:SNIPPET]
    thread.last_message_at = max(thread.last_message_at, message.received_at)
    await session.flush()
    return thread.id


async def _complete(organization_id: uuid.UUID, campaign_ids: frozenset[uuid.UUID]) -> None:
    async with tenant(organization_id) as session:
        events: list[Event] = []
        for campaign_id in sorted(campaign_ids):
            events += await campaigns.complete_if_done(session, organization_id, campaign_id)
        await outbox.emit(session, events)


def storable(text: str) -> str:
    """Without what PostgreSQL cannot keep: NUL, and halves of surrogate pairs."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode()


def _storable_json(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(str(name)): _storable_json(each) for name, each in value.items()}
    return [_storable_json(each) for each in value] if isinstance(value, list) else value
