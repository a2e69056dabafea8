"""The only ways to a connection: `tenant(organization_id)` here, `system()` in `data/system.py`.

Each is one transaction that commits when the block ends and rolls back when it raises. The first statement
enters the role and names the organization: it opens the transaction before anything else (an enqueue on the bare
asyncpg connection would otherwise be committed on its own) and puts row-level security in force.
"""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import asyncpg
from sqlalchemy import event, make_url, text
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine
from sqlalchemy.orm import Session as SyncSession
from sqlalchemy.orm import SessionTransaction

from reachly.data.errors import is_database_away
from reachly.infra import metrics

Session = AsyncSession
IDLE_SECONDS = 60
"""So long a transaction may say nothing. A process that was frozen in the middle of one, with its locks, loses it, and
nobody waits for it any longer. Said with each transaction, for a pooler hands sessions around."""
_ENTER = (
    "SELECT set_config('role', :role, true), set_config('reachly.organization_id', :organization_id, true),"
    f" set_config('idle_in_transaction_session_timeout', '{IDLE_SECONDS}s', true)"
)
ENTER = text(_ENTER)
ENTER_POOLED = text(f"{_ENTER}, set_config('jit', 'off', true)")
"""Behind a pooler, which passes few parameters on at the start of a connection."""


class ScopedSession(SyncSession):
    """Enters the role anew with every transaction, since `set_config(…, true)` ends with it."""


@event.listens_for(ScopedSession, "after_begin")
def _enter(session: SyncSession, transaction: SessionTransaction, connection: Any) -> None:
    if not transaction.nested:
        connection.execute(
            ENTER_POOLED if session.info["pooled"] else ENTER,
            {"role": session.info["role"], "organization_id": session.info["organization_id"]},
        )
        session.info["raw"] = (transaction, connection.connection.driver_connection)


def _refuse_closed(dbapi_connection: Any, _record: Any, _proxy: Any) -> None:
    """A connection that the server closed (a restart) is replaced. Asking costs nothing; a ping would cost three round
    trips a transaction."""
    if dbapi_connection.driver_connection.is_closed():
        raise DisconnectionError("the server closed this connection")


def server_settings(*, durable: bool = True) -> dict[str, str]:
    """What every connection of ours asks of the server. Not durable: a power cut may take the last second, as it may
    in a played past."""
    asked = {"jit": "off", "application_name": "reachly"}
    return asked if durable else {**asked, "synchronous_commit": "off"}


_AFTER_COMMIT = "reachly_after_commit"
TIMED = 16
"""One transaction in so many is timed, statement by statement: timing all of them costs a third of their own time."""
_checkouts = itertools.count()


def _begin_timing(dbapi_connection: Any, record: Any, _proxy: Any) -> None:
    if next(_checkouts) % TIMED == 0:
        record.info["timed"] = True
        # For what repositories say to the driver itself.
        dbapi_connection.driver_connection.add_query_logger(_observe)


def _end_timing(dbapi_connection: Any, record: Any) -> None:
    if record.info.pop("timed", False) and dbapi_connection is not None:
        dbapi_connection.driver_connection.remove_query_logger(_observe)


def _observe(query: Any) -> None:
    metrics.database_query_seconds.observe(query.elapsed)


def _begin(connection: Any, _cursor: Any, _statement: Any, _args: Any, context: Any, _many: Any) -> None:
    context.reachly_began = time.perf_counter() if connection.info.get("timed") else None


def _end(_connection: Any, _cursor: Any, _statement: Any, _args: Any, context: Any, _many: Any) -> None:
    if context.reachly_began is not None:
        metrics.database_query_seconds.observe(time.perf_counter() - context.reachly_began)


OVERFLOW = 10
"""Connections beyond the pool's, for a moment; each is opened for it and closed after it."""


class _PooledConnection(asyncpg.Connection):  # type: ignore[misc]
    """A connection whose server may be another one after each transaction: what takes two steps stays in one."""

    async def set_type_codec(self, *arguments: Any, **named: Any) -> None:
        async with self.transaction():
            await super().set_type_codec(*arguments, **named)


def _unnamed() -> str:
    """A named statement would outlive its transaction on a server that the next one shares."""
    return ""


class Database:
    """An engine and the sessions on it. `pooled`: behind a transaction pooler."""

    def __init__(self, dsn: str, *, pool_size: int = 10, pooled: bool = False, durable: bool = True) -> None:
        self.dsn, self.pooled = dsn, pooled
        url = make_url(dsn).set(drivername="postgresql+asyncpg")
        connect: dict[str, Any] = {"server_settings": server_settings(durable=durable)}
        if pooled:
            connect = {
                "server_settings": {"application_name": "reachly"}, "statement_cache_size": 0,
                "connection_class": _PooledConnection, "prepared_statement_name_func": _unnamed,
            }  # fmt: skip
            url = url.update_query_dict({"prepared_statement_cache_size": "0"})
        self.engine: AsyncEngine = create_async_engine(
            url, pool_size=pool_size, max_overflow=OVERFLOW, connect_args=connect
        )
        event.listen(self.engine.sync_engine, "checkout", _refuse_closed)
        event.listen(self.engine.sync_engine, "checkout", _begin_timing)
        event.listen(self.engine.sync_engine, "checkin", _end_timing)
        event.listen(self.engine.sync_engine, "before_cursor_execute", _begin)
        event.listen(self.engine.sync_engine, "after_cursor_execute", _end)

    def session(self, role: str, organization_id: uuid.UUID | None) -> AsyncSession:
        """A session that enters `role` for `organization_id` with its first statement."""
        info = {"role": role, "organization_id": str(organization_id or ""), "pooled": self.pooled}
        return AsyncSession(self.engine, sync_session_class=ScopedSession, info=info, expire_on_commit=False)

    async def close(self) -> None:
        await self.engine.dispose()


_installed: Database | None = None


def install(database: Database | None) -> None:
    """Called once by `bootstrap` (and by test fixtures)."""
    global _installed
    _installed = database


def database() -> Database:
    """The installed database; a programming error when there is none."""
    assert _installed is not None, "no database installed"
    return _installed


@asynccontextmanager
async def unit_of_work(role: str, organization_id: uuid.UUID | None) -> AsyncIterator[Session]:
    """One transaction in `role`; for `tenant` and `system` only.

    What was asked for with `after_commit` is done before the block is left, without a connection in hand.
    """
    async with await _enter_role(role, organization_id) as session:
        yield session
        await session.commit()
        works: dict[object, Callable[[], Awaitable[None]]] = session.info.pop(_AFTER_COMMIT, {})
    for work in works.values():
        await work()


def after_commit(session: Session | ScopedSession, key: object, work: Callable[[], Awaitable[None]]) -> None:
    """Has `work` done once this transaction is committed, and before whoever waits for it is answered; once a `key`."""
    session.info.setdefault(_AFTER_COMMIT, {}).setdefault(key, work)


async def _enter_role(role: str, organization_id: uuid.UUID | None) -> Session:
    """A session that has entered, so that an enqueue as the very first act is inside.

    A connection whose server has just gone may not know it yet: its farewell is read with the first statement. Nothing
    was said before that, so another connection is asked, once.
    """
    for is_last in (False, True):
        session = database().session(role, organization_id)
        try:
            await session.connection()
        except BaseException as error:
            await session.invalidate()
            away = is_database_away(error)
            if is_last or not away or isinstance(error, PoolTimeout):
                if away:
                    metrics.database_connection_failures.inc()
                raise
        else:
            return session
    raise AssertionError("unreachable")


@asynccontextmanager
async def tenant(organization_id: uuid.UUID) -> AsyncIterator[Session]:
    """One transaction that sees one organization."""
    async with unit_of_work("reachly_tenant", organization_id) as session:
        yield session


async def raw(session: Session) -> asyncpg.Connection[Any]:
    """The asyncpg connection under the session, inside its transaction: for COPY, batches and the job engine.

    JSON columns take text and give Python values here, as SQLAlchemy has set the codecs.
    """
    transaction, connection = session.info.get("raw", (None, None))
    unit = session.sync_session
    if transaction is None or unit.get_transaction() is not transaction or unit.in_nested_transaction():
        await (
            session.connection()
        )  # begins, and sets the savepoint that a nested transaction has only announced
        _, connection = session.info["raw"]
    return cast("asyncpg.Connection[Any]", connection)
