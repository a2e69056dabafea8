"""What became of the messages of which nobody knows: the mailbox itself is asked.

Found is sent. Absence is a proof only beside controls (`sending.proof`); else the message stays unknown, visible, and
only a person may send it again. No timer ever does.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import structlog

from reachly.data import outbox
from reachly.data.repositories.sending import candidates, caps, enrollments
from reachly.data.repositories.sending import reconcile as repository
from reachly.data.repositories.sending.lost import OpenRow
from reachly.data.repositories.sending.reconcile import DueMailbox, Sure
from reachly.data.session import tenant
from reachly.data.system import system
from reachly.infra.crypto import CannotOpen
from reachly.infra.settings import Settings
from reachly.integrations.reader.port import Reader, ReaderError, SentCopy
from reachly.kit import clock, mime
from reachly.kit.errors import ReachlyError
from reachly.services.email_accounts import service as email_accounts
from reachly.services.sending import proof
from reachly.services.sending.proof import Control, Filing, Neighbours, Seen
from reachly.services.sending.service.settled import make_due, note_arrived
from reachly.services.sending.service.tools import Tools

log = structlog.get_logger(__name__)

SHORTEST_WAIT, LONGEST_WAIT = (
    60,
    1800,
)  # seconds of product time between two looks; doubled while nothing comes of it
PAGE = 200  # messages in doubt that one look takes
ELSEWHERE = 50  # of them that are searched in every folder
TOGETHER = 50  # of them that are settled in one transaction
MAILBOXES_AT_ONCE, OF_ONE_ORGANIZATION = 200, 20
ORGANIZATION_SECONDS = 60.0  # after that its other mailboxes wait for the next pass
A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Reconciled:
    """`settled` of what was in doubt, `left` still is, and when the next mailbox is asked (None: none is to be)."""

    settled: int
    left: int
    next_at: datetime | None


async def reconcile_due(tools: Tools, side_by_side: int = 1) -> Reconciled:
    """Asks the mailboxes whose time has come. Each has a pace of its own, so that one that cannot be settled slows down
    no other; organizations are asked side by side, each one's mailboxes one after the other."""
    now = clock.now()
    until = now + timedelta(seconds=LONGEST_WAIT)
    async with system() as session:
        due = await repository.claim_due(
            session, now, until, per_organization=OF_ONE_ORGANIZATION, limit=MAILBOXES_AT_ONCE
        )
    room = asyncio.Semaphore(side_by_side)

    async def ask(boxes: list[DueMailbox]) -> tuple[int, int]:
        settled = left = 0
        async with room:
            began = time.monotonic()
            for box in boxes:
                if time.monotonic() - began > ORGANIZATION_SECONDS:
                    await _set_pace(box, at=clock.now(), wait=box.wait, claimed_until=until)
                    continue
                done, rest = await _ask(box, tools, until)
                settled, left = settled + done, left + rest
        return settled, left

    groups = groupby(due, key=lambda box: box.organization_id)
    found = await asyncio.gather(*(ask(list(group)) for _, group in groups))
    async with system() as session:
        next_at = await repository.find_next_look(session, clock.now())
    return Reconciled(sum(done for done, _ in found), sum(rest for _, rest in found), next_at)


async def _ask(box: DueMailbox, tools: Tools, claimed_until: datetime) -> tuple[int, int]:
    settled, left = 0, 1
    try:
        with tools.at_work_for(box.email_account_id):
            async with asyncio.timeout(tools.settings.mail.command_seconds * 2):
                settled, left = await reconcile_mailbox(box.organization_id, box.email_account_id, tools)
    except (ReaderError, CannotOpen, TimeoutError) as error:
        log.info("sent folder could not be read", mailbox=str(box.email_account_id), detail=str(error))
    except ReachlyError as error:
        log.info("mailbox cannot be asked", mailbox=str(box.email_account_id), detail=error.detail)
    finally:  # whatever came of it, it is asked again in its own time
        wait = SHORTEST_WAIT if settled else min(LONGEST_WAIT, max(SHORTEST_WAIT, box.wait * 2))
        at = clock.now() + timedelta(seconds=wait) if left else None
        await _set_pace(box, at=at, wait=wait if left else 0, claimed_until=claimed_until)
    return settled, left


async def _set_pace(box: DueMailbox, *, at: datetime | None, wait: int, claimed_until: datetime) -> None:
    async with tenant(box.organization_id) as session:
        await repository.set_pace(
            session, box.organization_id, box.email_account_id, at=at, wait=wait, claimed_until=claimed_until
        )


async def reconcile_mailbox(
    organization_id: uuid.UUID, account_id: uuid.UUID, tools: Tools
) -> tuple[int, int]:
    """One look into one mailbox; (settled, still unknown of those looked at). Raises ReaderError."""
    async with tenant(organization_id) as session:
        mailbox = await candidates.get_mailbox(session, organization_id, account_id)
        connection = await email_accounts.find_connection(session, organization_id, account_id)
        if mailbox is None:
            return 0, 0
        filing = Filing.read(mailbox.files_sent, mailbox.files_seen_at, mailbox.copies_seen)
        rows = await repository.list_doubts(
            session, organization_id, account_id, clock.now(), after=filing.cursor, limit=PAGE
        )
    if not rows or connection is None or connection.reader is None:
        return 0, len(rows)
    look = Look(organization_id, account_id, await tools.readers.of(connection), late_of(tools.settings))
    settled, seen = await look.settle(rows, filing)
    await look.learn(replace(filing, cursor=rows[-1].id), seen)
    return settled, len(rows) - settled


def late_of(settings: Settings) -> timedelta:
    """How long after its messages were taken for unknown a worker that was stopped may wake up and finish one of them.

    Its rows are unknown when two thirds of a lease have passed at the earliest, and it has waited for an answer as long
    as it may.
    """
    return timedelta(seconds=max(0.0, settings.mail.command_seconds - settings.sending.lease_seconds * 2 / 3))


@dataclass(frozen=True, slots=True)
class Look:
    """One look into one mailbox. `late`: see `late_of`."""

    organization_id: uuid.UUID
    account_id: uuid.UUID
    reader: Reader
    late: timedelta

    async def settle(self, rows: Sequence[OpenRow], filing: Filing) -> tuple[int, list[Seen]]:
        """(how many of the rows were settled, what was seen on the way)."""
        since = min(row.handed_at for row in rows if row.handed_at) - A_DAY
        found = await self.reader.find_copies([row.message_id for row in rows], since=since)
        seen = [_seen(row, found) for row in rows]
        settled = await self._note_sent(rows, found)
        left = [row for row in rows if row.message_id not in found]
        patience = filing.patience()
        ripe = [
            row
            for row in left
            if proof.is_ripe(row, clock.now(), (patience or proof.FILED_WITHIN) + self.late)
        ]
        proofs: dict[uuid.UUID, dict[str, Any]] = {}
        if ripe and patience is not None and filing.files is not False:  # else absence proves nothing here
            proofs, looked = await self._prove(ripe, patience)
            seen += looked
        done, late = await self._search_everywhere(ripe, proofs, since)
        return settled + done, seen + late

    async def _prove(
        self, rows: Sequence[OpenRow], patience: timedelta
    ) -> tuple[dict[uuid.UUID, dict[str, Any]], list[Seen]]:
        """(what is proven, if it is found nowhere; the controls that were looked for)."""
        beside = await self._neighbours(rows, patience)
        controls = {one.message_id: one for neighbours in beside.values() for one in neighbours.all}
        shown = await self.reader.find_copies(list(controls))
        looked = [Seen(one.send_id, one.handed_at, date_of(name, shown)) for name, one in controls.items()]
        now, proofs = clock.now(), dict[uuid.UUID, dict[str, Any]]()
        for row in rows:
            proven = proof.prove_absence(row, beside[row.id], shown, now, patience=patience, late=self.late)
            if proven:
                proofs[row.id] = proven
        return proofs, looked

    async def _search_everywhere(
        self, rows: Sequence[OpenRow], proofs: dict[uuid.UUID, dict[str, Any]], since: datetime
    ) -> tuple[int, list[Seen]]:
        """The search that decides, made after the controls were found: a mailbox that files in order and late has filed
        a message before its later control. The whole folder, for its calendar need not be ours, and every other one,
        for a rule may have moved it."""
        rows = sorted(rows, key=lambda row: row.id not in proofs)[:ELSEWHERE]
        found = await self.reader.find_copies([row.message_id for row in rows if row.id in proofs])
        missing = [row.message_id for row in rows if row.message_id not in found]
        found |= await self.reader.find_copies(missing, since=since, elsewhere=True)
        settled = await self._note_sent(rows, found)
        absent = [row for row in rows if row.message_id not in found and row.id in proofs]
        settled += await self._note_absent(absent, proofs)
        return settled, [_seen(row, found) for row in rows if row.message_id in found]

    async def _neighbours(self, rows: Sequence[OpenRow], patience: timedelta) -> dict[uuid.UUID, Neighbours]:
        asked = [(row.id, row.handed_at, proof.later_from(row, self.late)) for row in rows if row.handed_at]
        async with tenant(self.organization_id) as session:
            found = await repository.list_controls(
                session,
                self.organization_id,
                self.account_id,
                asked,
                within=proof.NEIGHBOUR_WITHIN,
                per_side=proof.CONTROLS,
                until=clock.now() - patience,
            )
        return {
            id_: Neighbours(tuple(map(control_of, before)), tuple(map(control_of, after)))
            for id_, (before, after) in found.items()
        }

    async def _note_sent(self, rows: Sequence[OpenRow], found: dict[str, SentCopy]) -> int:
        """They went out: the sequences go on from the instant at which each was handed over."""
        there = [row for row in rows if row.message_id in found]
        settled = 0
        for start in range(0, len(there), TOGETHER):
            batch = there[start : start + TOGETHER]
            now = clock.now()
            names = {row.id: name for row in batch if (name := other_id(found[row.message_id], row))}
            async with tenant(self.organization_id) as session:
                await _lock_people(session, self.organization_id, batch)
                ids = await repository.settle(
                    session,
                    self.organization_id,
                    batch,
                    now,
                    status="sent",
                    settled_by="sent_folder",
                    reason=None,
                    evidence={row.id: proof.found_evidence(found[row.message_id], now) for row in batch},
                    filed_as=names,
                )
                ours = [
                    replace(row, provider_message_id=names.get(row.id, row.provider_message_id))
                    for row in batch
                    if row.id in ids
                ]
                events = await note_arrived(session, self.organization_id, ours, "sent_folder")
                await outbox.emit(session, events, wake=True)
            settled += len(ids)
        return settled

    async def _note_absent(self, rows: Sequence[OpenRow], proofs: dict[uuid.UUID, dict[str, Any]]) -> int:
        """They never left, and that is proven: they may be sent."""
        settled = 0
        for start in range(0, len(rows), TOGETHER):
            batch = rows[start : start + TOGETHER]
            async with tenant(self.organization_id) as session:
                await _lock_people(session, self.organization_id, batch)
                ids = await repository.settle(
                    session,
                    self.organization_id,
                    batch,
                    clock.now(),
                    status="deferred",
                    settled_by="sent_folder",
                    reason="never_left",
                    evidence=proofs,
                )
                ours = [row for row in batch if row.id in ids]
                await caps.unuse(session, self.organization_id, [key for row in ours for key in row.caps])
                await make_due(session, self.organization_id, ours)
                await outbox.emit(session, [], wake=True)
            settled += len(ids)
        return settled

    async def learn(self, filing: Filing, seen: Sequence[Seen]) -> Filing:
        """Keeps what the look taught of the mailbox."""
        learned = proof.learn(filing, seen, clock.now())
        async with tenant(self.organization_id) as session:
            await repository.save_filing(
                session,
                self.organization_id,
                self.account_id,
                files=learned.files,
                seen_at=learned.seen_at,
                kept=learned.as_json(),
            )
        return learned


def date_of(message_id: str, found: dict[str, SentCopy]) -> datetime | None:
    """When its copy was filed, by the server; None: there is none."""
    copy = found.get(message_id)
    return copy.filed_at if copy else None


def control_of(sure: Sure) -> Control:
    return Control(sure.id, sure.message_id, sure.handed_at)


def other_id(copy: SentCopy, row: OpenRow) -> str | None:
    """The Message-ID that the provider gave it, if that is not ours."""
    return copy.filed_as if copy.filed_as != row.message_id and mime.is_message_id(copy.filed_as) else None


def _seen(row: OpenRow, found: dict[str, SentCopy]) -> Seen:
    return Seen(row.id, row.handed_at or row.since, date_of(row.message_id, found), surely_left=False)


async def _lock_people(session: Any, organization_id: uuid.UUID, rows: Sequence[OpenRow]) -> None:
    await enrollments.lock(session, organization_id, [row.enrollment_id for row in rows if row.enrollment_id])
