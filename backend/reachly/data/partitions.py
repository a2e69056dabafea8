"""Monthly partitions of `analytics_events`, made at the start and daily, as the owner of the tables.

Workers that start at once would all find the same month missing; one of them makes it, and nobody waits for it.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from reachly.kit import clock

AHEAD = 3  # months
TAKE = text("SELECT pg_try_advisory_xact_lock(hashtext('reachly partitions'))")
STRANDED = text(
    "SELECT EXISTS (SELECT FROM analytics_events WHERE created_at >= :first AND created_at < :after)"
)


def _start(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(tzinfo=UTC)


def _months(now: datetime) -> list[tuple[str, str, str]]:
    """(suffix, first day, first day of the next month) for this month and the next ones."""
    result = []
    year, month = now.year, now.month
    for _ in range(AHEAD):
        after_year, after_month = (year + 1, 1) if month == 12 else (year, month + 1)
        result.append((f"{year}_{month:02}", f"{year}-{month:02}-01", f"{after_year}-{after_month:02}-01"))
        year, month = after_year, after_month
    return result


async def ensure(connection: AsyncConnection) -> list[str]:
    """Makes the partitions that are missing and returns their names; a month that has events in DEFAULT stays there.

    Nothing is made while somebody else is at it. Whoever makes them keeps the others out until its commit.
    """
    made: list[str] = []
    if not await connection.scalar(TAKE):
        return made
    for suffix, first, after in _months(clock.now().astimezone(UTC)):
        name = f"analytics_events_{suffix}"
        if await connection.scalar(text("SELECT to_regclass(:name)"), {"name": name}):
            continue
        bounds = f"FROM ('{first} 00:00:00+00') TO ('{after} 00:00:00+00')"
        await connection.execute(text("SET LOCAL lock_timeout = '5s'"))
        await connection.execute(text("SET LOCAL ROLE reachly_system"))
        stranded = await connection.scalar(STRANDED, {"first": _start(first), "after": _start(after)})
        await connection.execute(text("RESET ROLE"))
        if stranded:
            continue  # they stay in DEFAULT, where they are found just as well
        await connection.execute(
            text(f"CREATE TABLE {name} PARTITION OF analytics_events FOR VALUES {bounds}")
        )
        made.append(name)
    return made
