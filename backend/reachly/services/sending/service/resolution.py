"""Manual resolution: what a person decides about messages of which nobody knows whether they arrived, one or many."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from reachly.data import outbox
from reachly.data.repositories.sending import candidates, doubts, enrollments, lost, reads
from reachly.data.repositories.sending import reconcile as repository
from reachly.data.repositories.sending.doubts import Doubts, Ended, Scope
from reachly.data.repositories.sending.lost import OpenRow
from reachly.data.session import Session
from reachly.data.system import system
from reachly.events import Event
from reachly.kit import clock
from reachly.kit.errors import Conflict, NotFound
from reachly.kit.ids import NIL
from reachly.services.campaigns.schemas import SendOut
from reachly.services.identity import service as identity
from reachly.services.identity.schemas import PERMISSIONS, Actor
from reachly.services.sending.schemas import (
    Basis,
    Decision,
    DoubtGroup,
    DoubtScope,
    DoubtsOut,
    ResolveIn,
    ResolveOut,
)
from reachly.services.sending.service.settled import make_due, note_arrived

GOING_ON = ("active", "held")
AT_ONCE = 5_000
NOBODY = NIL
"""Whoever runs the server, at its command line."""


async def survey_doubts(session: Session, actor: Actor, scope: DoubtScope) -> DoubtsOut:
    """What is in doubt, and the share of it that has probably arrived: by how the doubts of the same mailbox, else of
    the whole organization, that broke off at the same stage have ended so far. Raises NotFound."""
    asked = await _scope(session, actor, scope)
    found = await doubts.count_doubts(session, actor.organization_id, asked)
    ended = await doubts.count_ended(session, actor.organization_id) if found else []
    groups = [_group(one, ended) for one in found]
    known = [group for group in groups if group.settled]
    likely = sum(group.count * group.arrived / group.settled for group in known)
    sources = {
        (group.email_account_id if group.basis == "mailbox" else None, group.stage): group for group in known
    }
    return DoubtsOut(
        count=sum(group.count for group in groups),
        groups=groups,
        likely_arrived=round(likely) if known else None,
        without_evidence=sum(group.count for group in groups if not group.settled),
        arrived=sum(group.arrived for group in sources.values()),
        settled=sum(group.settled for group in sources.values()),
    )


def _group(one: Doubts, ended: Sequence[Ended]) -> DoubtGroup:
    same = [each for each in ended if each.stage == one.stage]
    own = [each for each in same if each.email_account_id == one.email_account_id]
    basis: Basis = "mailbox" if own else "organization" if same else "none"
    source = own or same
    return DoubtGroup(
        email_account_id=one.email_account_id,
        email_address=one.email_address,
        stage=one.stage,
        count=one.count,
        basis=basis,
        arrived=sum(each.arrived for each in source),
        settled=sum(each.settled for each in source),
    )


async def resolve_doubts(session: Session, actor: Actor, body: ResolveIn) -> ResolveOut:
    """Decides up to 5,000 messages at once. What was settled meanwhile is left alone, and so is who gets nothing more;
    both are counted. Again: nothing more happens. Raises NotFound.

    `arrived`: the sequences go on from the instant of each. `resend`: they are due again at once, as another attempt of
    the same intent under the same Message-ID, so a mailbox that has it already can tell; the first one still counts
    towards today's limits. Each row keeps who decided, and the audit log has a line.
    """
    organization_id = actor.organization_id
    scope = await _scope(session, actor, body)
    rows = await doubts.list_doubts(session, organization_id, scope, AT_ONCE)
    resolved, ended = await _decide(session, actor, rows, body.decision)
    named = len(set(body.send_ids or ()))
    skipped = len(rows) - len(resolved) - len(ended) + max(0, named - len(rows))
    if resolved:
        detail: dict[str, Any] = {
            "messages": len(resolved),
            "skipped": skipped,
            "ended": len(ended),
            "campaign_id": _text(body.campaign_id),
            "email_account_id": _text(body.email_account_id),
            "all": body.all,
        }
        subject = f"{len(resolved)} messages" if len(resolved) > 1 else resolved[0].to_email
        await _note(session, actor, body.decision, subject, detail)
    left = await doubts.count_doubts(session, organization_id, scope)
    return ResolveOut(
        resolved=len(resolved), skipped=skipped, ended=len(ended), left=sum(one.count for one in left)
    )


async def decide_unknown(
    session: Session, actor: Actor, campaign_id: uuid.UUID | None, send_id: uuid.UUID, decision: Decision
) -> SendOut:
    """The same for one message. Raises NotFound, or Conflict where nothing is in doubt or nothing more goes to this
    person."""
    organization_id = actor.organization_id
    row = await lost.find_row(session, organization_id, send_id)
    if row is None or row.kind != "campaign" or campaign_id not in (None, row.campaign_id):
        raise NotFound("There is no such message.")
    resolved, ended = await _decide(session, actor, [row], decision)
    if ended:
        raise Conflict("Nothing more goes to this person: their sequence has ended.", code="ended")
    if not resolved:
        raise Conflict(f"Nothing is in doubt about this message: it is {row.status}.", code="not_unknown")
    detail: dict[str, Any] = {
        "send_id": str(row.id),
        "step": row.step,
        "message_id": row.message_id,
        "attempt": row.attempts + 1,
        "handed_at": row.handed_at.isoformat() if row.handed_at else None,
    }
    await _note(session, actor, decision, row.to_email, detail)
    shown = await reads.find_send(session, organization_id, send_id)
    return SendOut.model_validate(dict(shown or {}))


async def scopes_at_the_console(
    *, messages: Sequence[uuid.UUID] = (), campaign: uuid.UUID | None = None, mailbox: str | None = None
) -> list[tuple[Actor, DoubtScope]]:
    """What whoever runs the server means, by organization; nothing named: everything. `mailbox`: its address or id."""
    async with system() as session:
        owners = await doubts.list_owners(session, list(messages), campaign, mailbox)
    found = []
    for organization_id, account_ids in sorted(owners.items()):
        actor = Actor(organization_id, NOBODY, "", "admin", PERMISSIONS["admin"])
        for account_id in sorted(account_ids) if mailbox else [None]:
            scope = DoubtScope(
                campaign_id=campaign, email_account_id=account_id, send_ids=list(messages) or None, all=True
            )
            found.append((actor, scope))
    return found


async def _scope(session: Session, actor: Actor, asked: DoubtScope) -> Scope:
    organization_id = actor.organization_id
    if asked.campaign_id and not await reads.has_campaign(session, organization_id, asked.campaign_id):
        raise NotFound("There is no such campaign.")
    if asked.email_account_id and not await candidates.get_mailbox(
        session, organization_id, asked.email_account_id
    ):
        raise NotFound("There is no such mailbox.")
    return Scope(asked.campaign_id, asked.email_account_id, asked.send_ids)


async def _decide(
    session: Session, actor: Actor, rows: Sequence[OpenRow], decision: Decision
) -> tuple[list[OpenRow], list[OpenRow]]:
    """(those that it was decided for, those that are not sent again because nothing more goes to the person)."""
    organization_id, now = actor.organization_id, clock.now()
    people = [row.enrollment_id for row in rows if row.enrollment_id]
    await enrollments.lock(session, organization_id, people)
    ended: list[OpenRow] = []
    if decision == "resend":
        standing = await candidates.list_people(session, organization_id, people)
        going = {id_ for id_, person in standing.items() if person.status in GOING_ON}
        ended = [row for row in rows if row.status == "unknown" and row.enrollment_id not in going]
    apart = {row.id for row in ended}
    asked = [row for row in rows if row.id not in apart]
    entry = {
        "by": "person",
        "verdict": "sent" if decision == "arrived" else "resend",
        "at": now.isoformat(),
        "user_id": _text(_user(actor)),
    }
    evidence: Mapping[uuid.UUID, Mapping[str, object]] = defaultdict(lambda: entry)
    ids = await repository.settle(
        session,
        organization_id,
        asked,
        now,
        status="sent" if decision == "arrived" else "deferred",
        settled_by="person",
        reason="resent_by_hand" if decision == "resend" else None,
        evidence=evidence,
    )
    resolved = [row for row in asked if row.id in ids]
    events: list[Event] = []
    if decision == "arrived":
        events = await note_arrived(session, organization_id, resolved, "person")
    else:
        await make_due(session, organization_id, resolved)
    await outbox.emit(session, events, wake=True)
    return resolved, ended


async def _note(
    session: Session, actor: Actor, decision: Decision, subject: str, detail: dict[str, Any]
) -> None:
    action = "message.resent" if decision == "resend" else "message.arrived"
    await identity.record(
        session, actor.organization_id, _user(actor), action, subject=subject, detail=detail, ip=actor.ip
    )


def _user(actor: Actor) -> uuid.UUID | None:
    return actor.user_id if actor.user_id != NOBODY else None


def _text(id_: uuid.UUID | None) -> str | None:
    return str(id_) if id_ else None
