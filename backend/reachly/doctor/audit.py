"""A campaign's ledger against the copies in the mailboxes that sent it.

A folder proves only what it shows: a message without a copy is lost only where its neighbours have theirs, and of one
whose copy is missing, or was filed by us, nobody can tell here whether it went out twice. What cannot be told is named.
"""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from reachly.data import upkeep
from reachly.data.session import tenant
from reachly.data.system import system
from reachly.infra import outbound
from reachly.infra.mail_world import read_ports
from reachly.infra.settings import current_settings
from reachly.infra.startup import CannotStart
from reachly.integrations.reader.port import Reader, ReaderError, SentCopy
from reachly.integrations.reader.registry import make_reader
from reachly.kit.errors import ReachlyError
from reachly.services.email_accounts import service as email_accounts
from reachly.services.identity.schemas import PERMISSIONS, Actor
from reachly.services.sending.service import auditing
from reachly.services.sending.service.auditing import Absence, LedgerRow

SHOWN = 20
AT_ONCE = 200
A_DAY = timedelta(days=1)
_HOW = {
    "sent_folder": "a look into the mailbox",
    "person": "a person",
    "answer": "an answer to it",
    "report": "a server's report on it",
    "journal": "the journal of a worker that was gone",
}


@dataclass(slots=True)
class Compared:
    """`lost`: no copy, though its neighbours have theirs. `doubled`: several copies. `silent`: no copy and nothing
    beside it. `ours`: only the copy that we filed, which says nothing. `words`: mailboxes that could not be read."""

    looked: int = 0
    lost: list[LedgerRow] = field(default_factory=list)
    doubled: list[LedgerRow] = field(default_factory=list)
    silent: list[LedgerRow] = field(default_factory=list)
    ours: list[LedgerRow] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    def add(self, other: Compared) -> None:
        self.looked += other.looked
        for name in ("lost", "doubled", "silent", "ours", "words"):
            getattr(self, name).extend(getattr(other, name))


@dataclass(slots=True)
class Proofs:
    """The absences that settled something: `kept` with what can still be found of their controls, `contradicted` whose
    message has a copy although it was not sent again."""

    kept: list[tuple[Absence, int]] = field(default_factory=list)
    contradicted: list[Absence] = field(default_factory=list)
    without: list[LedgerRow] = field(default_factory=list)


def compare(rows: Sequence[LedgerRow], found: Mapping[str, SentCopy]) -> Compared:
    """The sent messages of one mailbox against its copies. Of what a person had sent again there may well be two."""
    compared = Compared(looked=len(rows))
    ordered = sorted(rows, key=lambda row: (row.handed_at or row.planned_at, row.message_id))
    theirs = [row for row in ordered if not row.copy_filed_at]
    for n, row in enumerate(theirs):
        copy = found.get(row.message_id)
        if copy is None:
            beside = [*theirs[max(0, n - 1) : n], *theirs[n + 1 : n + 2]]
            is_lost = len(beside) == 2 and all(one.message_id in found for one in beside)
            (compared.lost if is_lost else compared.silent).append(row)
        elif copy.copies > 1 and row.settled_by != "person":
            compared.doubled.append(row)
    for row in ordered:
        if row.copy_filed_at:
            copy = found.get(row.message_id)
            (compared.doubled if copy and copy.copies > 2 else compared.ours).append(row)
    return compared


async def audit_campaign(campaign_id: uuid.UUID) -> tuple[list[str], bool]:
    """(lines for a terminal, nothing is missing, doubled, contradicted or unreadable). Raises CannotStart when there is
    no such campaign."""
    ports = read_ports(current_settings().data_dir)
    if ports is not None:
        outbound.permit(*ports.allowed)
    actor = await owner_of(campaign_id)
    ledger = await auditing.read_ledger(actor.organization_id, campaign_id)
    compared, proofs = await _look_into_mailboxes(actor, ledger)
    steps = Counter((row.email, row.step) for row in ledger if row.sent_at)
    doubled = [key for key, n in steps.items() if n > 1]
    doubled += [(row.email, row.step) for row in compared.doubled]
    states = Counter(row.status for row in ledger)
    lines = [f"{len(ledger)} intended messages: " + ", ".join(f"{n} {s}" for s, n in sorted(states.items()))]
    lines += _tell_copies(compared, doubled)
    lines += _tell_doubts(ledger)
    lines += _tell_proofs(proofs)
    clean = not (compared.lost or doubled or compared.words or proofs.contradicted)
    return lines, clean


async def owner_of(campaign_id: uuid.UUID) -> Actor:
    """Whoever runs the server, in a campaign's organization. Raises CannotStart."""
    async with system() as session:
        organization_id = await upkeep.find_owner(session, campaign_id)
    if organization_id is None:
        raise CannotStart(f"There is no campaign {campaign_id}.")
    return Actor(organization_id, uuid.UUID(int=0), "", "admin", PERMISSIONS["admin"])


async def _look_into_mailboxes(actor: Actor, ledger: Sequence[LedgerRow]) -> tuple[Compared, Proofs]:
    compared = Compared()
    absences, without = await auditing.read_absences(actor.organization_id, ledger)
    proofs = Proofs(without=without)
    by_box: dict[uuid.UUID, list[LedgerRow]] = defaultdict(list)
    for row in ledger:
        if row.email_account_id and (row.status == "sent" or row.id in absences):
            by_box[row.email_account_id].append(row)
    for account_id, rows in sorted(by_box.items()):
        async with tenant(actor.organization_id) as session:
            connection = await email_accounts.find_connection(session, actor.organization_id, account_id)
            box = (await email_accounts.list_by_ids(session, actor.organization_id, [account_id]))[0]
        if connection is None or connection.reader is None:
            compared.words.append(
                f"  {box.email_address} cannot be read: {len(rows)} messages stay uncompared"
            )
            continue
        reader = make_reader(connection.reader_provider, connection.reader)
        try:
            await _look(
                rows, [one for row in rows for one in absences.get(row.id, [])], reader, compared, proofs
            )
        except (ReaderError, ReachlyError) as error:
            compared.words.append(f"  {box.email_address} cannot be read: {error}")
        finally:
            await reader.close()
    return compared, proofs


async def _look(
    rows: Sequence[LedgerRow],
    absences: Sequence[Absence],
    reader: Reader,
    compared: Compared,
    proofs: Proofs,
) -> None:
    controls = [one.message_id for absence in absences for one in absence.controls]
    wanted = list(dict.fromkeys([*(row.message_id for row in rows), *controls]))
    found: dict[str, SentCopy] = {}
    for start in range(0, len(wanted), AT_ONCE):
        found |= await reader.find_copies(wanted[start : start + AT_ONCE])
    compared.add(compare([row for row in rows if row.status == "sent"], found))
    for absence in absences:
        proofs.kept.append((absence, sum(one.message_id in found for one in absence.controls)))
        if absence.row.status == "deferred" and absence.row.message_id in found:
            proofs.contradicted.append(absence)


def _tell_copies(compared: Compared, doubled: Sequence[tuple[str, int]]) -> list[str]:
    told = compared.looked - len(compared.silent) - len(compared.ours)
    lines = [f"looked up in the Sent folders: {compared.looked}; lost: {len(compared.lost)}"]
    if told or doubled:
        lines.append(f"duplicate: {len(doubled)} of the {told} that can be compared")
    else:
        lines.append("duplicate: cannot be told, no folder shows a copy of the mailbox's own")
    if compared.silent:
        lines.append(
            f"not comparable: {len(compared.silent)} have no copy, and nothing beside them proves more"
        )
    if compared.ours:
        lines.append(f"not comparable: of {len(compared.ours)} there is only the copy that Reachly filed")
    lines += [f"  lost: step {row.step} to {row.email}, sent {row.sent_at}" for row in compared.lost[:SHOWN]]
    lines += [f"  duplicate: step {step} to {email}" for email, step in doubled[:SHOWN]]
    lines += [f"  no copy: step {row.step} to {row.email}" for row in compared.silent[:SHOWN]]
    return lines + compared.words


def _tell_doubts(ledger: Sequence[LedgerRow]) -> list[str]:
    doubts = [row for row in ledger if row.status == "unknown"]
    settled = [row for row in ledger if row.settled_by]
    how = Counter(row.settled_by or "" for row in settled)
    return [
        f"unknown: {len(doubts)}",
        *(
            f"  unknown: step {row.step} to {row.email} at {row.handed_at}  {row.id}"
            for row in doubts[:SHOWN]
        ),
        f"were in doubt and are settled: {len(settled)}",
        *(f"  {n} by {_HOW[name]}" for name, n in sorted(how.items())),
        *(
            f"  step {row.step} to {row.email}: {row.status}, by {_HOW[row.settled_by or '']}"
            for row in settled[:SHOWN]
        ),
    ]


def _tell_proofs(proofs: Proofs) -> list[str]:
    lines = [f"settled by absence: {len(proofs.kept) + len(proofs.without)}"]
    for absence, there in proofs.kept[:SHOWN]:
        row, controls = absence.row, absence.controls
        named = ", ".join(one.message_id for one in controls)
        lines.append(
            f"  step {row.step} to {row.email}: never left, by {absence.key} in {absence.folder}, beside {named};"
            f" {there} of {absence.named} can still be found"
        )
    gone = sum(there < absence.named for absence, there in proofs.kept)
    if gone:
        lines.append(f"evidence missing: the controls of {gone} cannot all be found any more")
    if proofs.without:
        lines.append(f"evidence missing: {len(proofs.without)} were settled before evidence was kept")
        lines += [f"  no evidence: step {row.step} to {row.email}" for row in proofs.without[:SHOWN]]
    for absence in proofs.contradicted[:SHOWN]:
        lines.append(f"  contradicted: step {absence.row.step} to {absence.row.email} has a copy after all")
    return lines
