"""Stop means stop: what takes somebody out of what may be sent is answered when nothing of it can begin any more.

A claim asks everything again under locks, so after the commit of a stop nothing new is claimed for it. What was claimed
before and has not begun is taken back by its worker, and whoever stopped it waits for that: here, between the commit
and the answer, for every transaction alike. What counts as a stop is `SENDABLE` for rows that are changed as objects
(seen in every flush); statements say it themselves by `request`, and a test finds those that do not.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeAlias

from sqlalchemy import event

from reachly.data.base import Base
from reachly.data.models.campaigns import Campaign, Enrollment
from reachly.data.models.email_accounts import EmailAccount
from reachly.data.models.sequences import EmailSequence
from reachly.data.session import ScopedSession, Session, after_commit

Settle: TypeAlias = Callable[[uuid.UUID, bool], Awaitable[None]]
"""Returns when no message of the organization that may no longer go can begin. True: somebody was suppressed."""

SENDABLE: Mapping[type[Base], Mapping[str, frozenset[object]]] = {
    Campaign: {"status": frozenset({"active"})},
    Enrollment: {"status": frozenset({"active", "held"})},
    EmailSequence: {"is_active": frozenset({True})},
    EmailAccount: {"is_active": frozenset({True}), "status": frozenset({"connected"})},
}
"""The states in which something may be sent; to write a row that is in none of them is a stop."""

STOP_CHANNEL = "reachly_stop"
"""Tells workers to look: `<organization>:` and, where named, messages to take back whatever they find."""

_STOPS = "reachly_stops"
_unasked: ContextVar[bool] = ContextVar("reachly_stops_unasked", default=False)
_settle: Settle | None = None


def install(settle: Settle | None) -> None:
    """How to wait; called once by `bootstrap` (and by test fixtures)."""
    global _settle
    _settle = settle


def request(
    session: Session | ScopedSession, organization_id: uuid.UUID, *, suppresses: bool = False
) -> None:
    """This transaction stops something of the organization: after its commit, what is in flight is taken back.

    `suppresses`: an address or a domain, which touches no row that a claim locks.
    """
    stops: dict[uuid.UUID, bool] = session.info.setdefault(_STOPS, {})
    stops[organization_id] = stops.get(organization_id, False) or suppresses

    async def settle() -> None:
        for one, suppressed in sorted(session.info.pop(_STOPS, {}).items()):
            if _settle is not None and not _unasked.get():
                await _settle(one, suppressed)

    after_commit(session, request, settle)


@contextmanager
def unasked() -> Iterator[None]:
    """What is stopped in this block was asked for by nobody who waits for it: the sending loop's own transactions,
    which must not wait for its own messages. They are taken back all the same, when they are looked at next."""
    token = _unasked.set(True)
    try:
        yield
    finally:
        _unasked.reset(token)


@event.listens_for(ScopedSession, "after_flush")
def _see(session: ScopedSession, _context: Any) -> None:
    for row in session.dirty:
        columns = SENDABLE.get(type(row), {})
        # As it stands now, changed or not: who stops what is stopped already gets the same answer.
        if any(row.__dict__.get(name, next(iter(ok))) not in ok for name, ok in columns.items()):
            request(session, row.organization_id)
