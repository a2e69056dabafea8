"""Opens, clicks and opt-outs, from tokens to facts."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from reachly.data import outbox
from reachly.data.repositories import tracking as repository
from reachly.data.session import Session, tenant
from reachly.events import Clicked, Event, Opened, Rejudged, Unsubscribed
from reachly.kit import clock
from reachly.kit.address import address_key
from reachly.services.campaigns import service as campaigns
from reachly.services.sending.service import engagement
from reachly.services.sending.service.engagement import Mark, SentRow
from reachly.services.sending.tokens import TokenParts
from reachly.services.suppression import service as suppression
from reachly.services.tracking import policy
from reachly.services.tracking.policy import Hit, Judged, Kind

What = Literal["opened", "clicked"]
KINDS: Mapping[Kind, What] = {"open": "opened", "click": "clicked"}


@dataclass(frozen=True, slots=True)
class TokenHit:
    """A hit and the message it names."""

    organization_id: uuid.UUID
    send_id: uuid.UUID
    hit: Hit


async def record_hits(hits: Sequence[TokenHit]) -> None:
    """Writes a batch in one transaction an organization. Tests and answers are sent with tracking off or uncounted.

    One organization's trouble is not another's: the rest is written, then the first error is raised.
    """
    by_organization: dict[uuid.UUID, list[TokenHit]] = defaultdict(list)
    for each in hits:
        by_organization[each.organization_id].append(each)
    troubles: list[Exception] = []
    for organization_id in sorted(by_organization):
        try:
            async with tenant(organization_id) as session:
                await _record(session, organization_id, by_organization[organization_id])
        except Exception as error:  # noqa: BLE001 - see above
            troubles.append(error)
    if troubles:
        raise troubles[0]


async def _record(session: Session, organization_id: uuid.UUID, hits: Sequence[TokenHit]) -> None:
    by_send: dict[uuid.UUID, list[Hit]] = defaultdict(list)
    for each in hits:
        by_send[each.send_id].append(each.hit)
    rows = await engagement.list_sent(session, organization_id, list(by_send), lock=True)
    earlier = await _earlier_hits(session, organization_id, rows, hits)
    events: list[Event] = []
    firsts: dict[tuple[Mark, datetime], list[uuid.UUID]] = defaultdict(list)
    for row in rows:
        if row.kind != "campaign":
            continue
        seen: dict[Mark, datetime | None] = {
            "opened_at": row.opened_at, "opened_machine_at": row.opened_machine_at,
            "clicked_at": row.clicked_at, "clicked_machine_at": row.clicked_machine_at,
        }  # fmt: skip
        own = by_send[row.id]
        events += await _rejudge(session, organization_id, row, seen, earlier[row.id], own)
        for i, hit in enumerate(own):
            judged = policy.judge(hit, row.handed_at, [*earlier[row.id], *own[:i], *own[i + 1 :]])
            column = _column(hit, judged)
            first = column is not None and seen[column] is None
            if column is not None and first:
                seen[column] = hit.at
                firsts[column, hit.at].append(row.id)
            events.append(_event(organization_id, row, hit, judged, first))
    for (column, at), ids in sorted(firsts.items(), key=lambda item: (item[0][0], item[0][1])):
        await engagement.mark_first(session, organization_id, column, ids, at)
    await outbox.emit(session, events)


async def _earlier_hits(
    session: Session, organization_id: uuid.UUID, rows: Sequence[SentRow], hits: Sequence[TokenHit]
) -> dict[uuid.UUID, list[Hit]]:
    """Hits of the last minutes on the same messages: a scanner's burst is rarely committed together."""
    found: dict[uuid.UUID, list[Hit]] = defaultdict(list)
    people = [row.lead_id for row in rows if row.lead_id]
    since = min(each.hit.at for each in hits) - policy.LOOK_BACK
    for row in await repository.list_recent_hits(session, organization_id, people, since):
        found[row.send_id].append(
            Hit(
                kind="open" if row.event_type == "opened" else "click", at=row.at, link=int(row.data.get("link") or 0),
                method=str(row.data.get("method") or "GET"), user_agent=str(row.data.get("agent") or ""),
                ip=str(row.data.get("ip") or ""),
            )
        )  # fmt: skip
    return found


async def _rejudge(
    session: Session, organization_id: uuid.UUID, row: SentRow, seen: dict[Mark, datetime | None],
    earlier: Sequence[Hit], own: Sequence[Hit],
) -> list[Event]:  # fmt: skip
    """Takes back what was counted as a person's and, with all that is known now, was a machine's.

    An earlier hit of a person, if there is one, takes its place. Changes `seen` and the row.
    """
    events: list[Event] = []
    for kind, what in KINDS.items():
        human, machine = _mark(what), _mark(what, machine=True)
        same = [hit for hit in earlier if hit.kind == kind]
        counted = next((hit for hit in same if hit.at == seen[human]), None)
        if counted is None:
            continue
        verdicts = {id(hit): _judge_among(hit, row, [*earlier, *own]) for hit in same}
        if verdicts[id(counted)].verdict != "machine":
            continue
        people = [hit.at for hit in same if verdicts[id(hit)].verdict == "human"]
        first_machine, seen[human] = seen[machine] is None, min(people, default=None)
        await engagement.move_mark(session, organization_id, human, row.id, seen[human])
        if first_machine:
            seen[machine] = counted.at
            await engagement.move_mark(session, organization_id, machine, row.id, counted.at)
        data = {"rule": verdicts[id(counted)].rule, "step": row.step}
        events.append(
            Rejudged(
                organization_id=organization_id, at=counted.at, what=what, uncounts=not people, data=data,
                first_machine=first_machine, **ids_of(row),
            )
        )  # fmt: skip
    return events


def _judge_among(hit: Hit, row: SentRow, hits: Sequence[Hit]) -> Judged:
    return policy.judge(hit, row.handed_at, [other for other in hits if other is not hit])


def _mark(what: What, *, machine: bool = False) -> Mark:
    if what == "opened":
        return "opened_machine_at" if machine else "opened_at"
    return "clicked_machine_at" if machine else "clicked_at"


def _column(hit: Hit, judged: Judged) -> Mark | None:
    """None: nobody can tell, so nothing is counted."""
    if judged.verdict == "undecided":
        return None
    return _mark(KINDS[hit.kind], machine=judged.verdict == "machine")


def _event(organization_id: uuid.UUID, row: SentRow, hit: Hit, judged: Judged, first: bool) -> Event:
    kind = Opened if hit.kind == "open" else Clicked
    raw = {
        "rule": judged.rule,
        "agent": hit.user_agent[:300],
        "ip": hit.ip,
        "method": hit.method,
        "step": row.step,
    }
    if hit.kind == "click":
        raw["link"] = hit.link
    return kind(
        organization_id=organization_id,
        at=hit.at,
        verdict=judged.verdict,
        first=first,
        data=raw,
        **ids_of(row),
    )


def ids_of(row: SentRow) -> dict[str, Any]:
    """The ids that every fact about a message carries."""
    return {
        "campaign_id": row.campaign_id, "lead_id": row.lead_id, "enrollment_id": row.enrollment_id, "send_id": row.id,
        "email_account_id": row.email_account_id, "sequence_id": row.sequence_id, "variant": row.variant,
    }  # fmt: skip


async def find_target(token: TokenParts) -> str | None:
    """Where a click leads: only what is stored for that very message."""
    async with tenant(token.organization_id) as session:
        return await engagement.find_link(session, token.organization_id, token.send_id, token.link)


async def unsubscribe(token: TokenParts, *, source: str) -> bool:
    """Opts the recipient of a message out of everything this organization sends; idempotent.

    Stops every sequence the person is in. False when the message is not known (the answer to the person is the same).
    """
    async with tenant(token.organization_id) as session:
        rows = await engagement.list_sent(session, token.organization_id, [token.send_id], lock=True)
        if not rows:
            return False
        if (
            rows[0].kind == "test"
        ):  # whoever tries the link in a test mail wants to see it work, not to be left out
            return True
        left = await _opt_out(session, token.organization_id, rows[0], source)
    # In a transaction of its own: sending locks campaigns before enrollments, and here it was the other way round.
    async with tenant(token.organization_id) as session:
        events: list[Event] = []
        for campaign_id in sorted(left):
            events += await campaigns.complete_if_done(session, token.organization_id, campaign_id)
        await outbox.emit(session, events)
    return True


async def _opt_out(session: Session, organization_id: uuid.UUID, row: SentRow, source: str) -> set[uuid.UUID]:
    """The campaigns that the person was still in."""
    now = clock.now()
    await suppression.suppress_addresses(
        session, organization_id, [address_key(row.to_email)], "unsubscribed", source, ends=False
    )
    left: set[uuid.UUID] = set()
    if row.lead_id:
        stopped = await campaigns.stop_lead(session, organization_id, row.lead_id, "unsubscribed", source)
        left = set(stopped.values())
    if row.enrollment_id:
        await campaigns.end_otherwise(session, organization_id, row.enrollment_id, "unsubscribed", source)
    events: list[Event] = []
    if row.unsubscribed_at is None and row.kind == "campaign":
        await engagement.mark_first(session, organization_id, "unsubscribed_at", [row.id], now)
        data = {"source": source, "step": row.step}
        events.append(Unsubscribed(organization_id=organization_id, at=now, data=data, **ids_of(row)))
    await outbox.emit(session, events, wake=True)
    return left
