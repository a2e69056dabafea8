"""A campaign's calendar, and its ledger against the mailboxes themselves."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Sequence

from reachly.data import upkeep
from reachly.data.session import tenant
from reachly.data.system import system
from reachly.infra import outbound
from reachly.infra.mail_world import read_ports
from reachly.infra.settings import current_settings
from reachly.infra.startup import CannotStart
from reachly.integrations.reader.port import ReaderError
from reachly.integrations.reader.registry import make_reader
from reachly.kit.errors import ReachlyError
from reachly.services.email_accounts import service as email_accounts
from reachly.services.identity.schemas import PERMISSIONS, Actor
from reachly.services.scheduling import service as scheduling
from reachly.services.sending.service import auditing
from reachly.services.sending.service.auditing import LedgerRow

SHOWN = 20
_HOW = {
    "sent_folder": "a look into the Sent folder", "person": "a person", "answer": "an answer to it",
    "report": "a server's report on it",
}  # fmt: skip


async def simulate_campaign(campaign_id: uuid.UUID) -> list[str]:
    """The calendar as lines for a terminal. Raises CannotStart when there is no such campaign."""
    actor = await _owner_of(campaign_id)
    async with tenant(actor.organization_id) as session:
        plan = await scheduling.simulate_campaign(session, actor, campaign_id)
        boxes = await email_accounts.list_accounts(session, actor)
    names = {box.id: box.email_address for box in boxes}
    if plan.problem:
        return [plan.problem]
    lines = [f"{day.day}  {names.get(day.email_account_id, '?'):<40} {day.planned:>5} planned {day.sent:>5} sent"
             for day in plan.days]  # fmt: skip
    lines.append(f"{plan.total} messages to come")
    for words, at in (
        ("last first mail", plan.last_first_mail_at),
        ("last follow-up", plan.last_follow_up_at),
    ):
        if at:
            lines.append(f"{words}: {at:%a %Y-%m-%d %H:%M} UTC")
    return [*lines, f"what limits it: {plan.limiting_factor}"]


async def audit_campaign(campaign_id: uuid.UUID) -> tuple[list[str], bool]:
    """(lines for a terminal, nothing is missing or doubled). Raises CannotStart when there is no such campaign.

    Only mailboxes that are known to file what they send can say that a message is missing; one that cannot be read
    proves nothing.
    """
    ports = read_ports(current_settings().data_dir)
    if ports is not None:
        outbound.permit(*ports.allowed)
    actor = await _owner_of(campaign_id)
    ledger = await auditing.read_ledger(actor.organization_id, campaign_id)
    states = Counter(row.status for row in ledger)
    lines = [f"{len(ledger)} intended messages: " + ", ".join(f"{n} {s}" for s, n in sorted(states.items()))]
    doubled = [
        key for key, n in Counter((row.email, row.step) for row in ledger if row.sent_at).items() if n > 1
    ]
    lost, twice, looked, unreadable = await _look_into_mailboxes(actor, ledger)
    doubled += [(row.email, row.step) for row in twice]
    lines.append(f"looked up in the Sent folders: {looked}; lost: {len(lost)}; duplicate: {len(doubled)}")
    lines += [f"  lost: step {row.step} to {row.email}, sent {row.sent_at}" for row in lost[:SHOWN]]
    lines += [f"  duplicate: step {step} to {email}" for email, step in doubled[:SHOWN]]
    lines += unreadable
    open_ones = [row for row in ledger if row.status == "unknown"]
    lines.append(f"unknown: {len(open_ones)}")
    lines += [
        f"  unknown: step {row.step} to {row.email} at {row.handed_at}  {row.id}" for row in open_ones[:SHOWN]
    ]
    settled = [row for row in ledger if row.settled_by]
    lines.append(f"were in doubt and are settled: {len(settled)}")
    lines += [
        f"  {n} by {_HOW[how]}" for how, n in sorted(Counter(row.settled_by or "" for row in settled).items())
    ]
    lines += [
        f"  step {row.step} to {row.email}: {row.status}, by {_HOW[row.settled_by or '']}"
        for row in settled[:SHOWN]
    ]
    return lines, not lost and not doubled and not unreadable


async def _look_into_mailboxes(
    actor: Actor, ledger: Sequence[LedgerRow]
) -> tuple[list[LedgerRow], list[LedgerRow], int, list[str]]:
    """(rows without a copy, rows with several, how many were looked up, what could not be read).

    Of what a person had sent again there may well be two copies.
    """
    by_box: dict[uuid.UUID, list[LedgerRow]] = defaultdict(list)
    for row in ledger:
        if row.status == "sent" and row.email_account_id:
            by_box[row.email_account_id].append(row)
    lost: list[LedgerRow] = []
    twice: list[LedgerRow] = []
    looked, words = 0, []
    for account_id, rows in sorted(by_box.items()):
        async with tenant(actor.organization_id) as session:
            connection = await email_accounts.find_connection(session, actor.organization_id, account_id)
            box = (await email_accounts.list_by_ids(session, actor.organization_id, [account_id]))[0]
        if connection is None or connection.reader is None:
            words.append(f"  {box.email_address} cannot be read")
            continue
        reader = make_reader(connection.reader_provider, connection.reader)
        try:
            for row in rows:
                copy = await reader.find_sent(row.provider_message_id or row.message_id, since=row.handed_at)
                looked += 1
                if copy is None and box.files_sent:
                    lost.append(row)
                elif copy is not None and copy.copies > 1 and row.settled_by != "person":
                    twice.append(row)
        except (ReaderError, ReachlyError) as error:
            words.append(f"  {box.email_address} cannot be read: {error}")
        finally:
            await reader.close()
    return lost, twice, looked, words


async def _owner_of(campaign_id: uuid.UUID) -> Actor:
    async with system() as session:
        organization_id = await upkeep.find_owner(session, campaign_id)
    if organization_id is None:
        raise CannotStart(f"There is no campaign {campaign_id}.")
    return Actor(organization_id, uuid.UUID(int=0), "", "admin", PERMISSIONS["admin"])
