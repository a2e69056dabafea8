"""Caps are counted in rows, never in memory: reserved by a mark, used by what really left, else released."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from reachly.data.repositories.sending.rows import CapKey
from reachly.data.session import Session, raw

_READ = """
SELECT u.scope, u.key, u.day, u.reserved, u.used
FROM unnest($2::text[], $3::text[], $4::date[]) AS w(scope, key, day)
JOIN cap_usage u ON u.organization_id = $1 AND u.scope = w.scope AND u.key = w.key AND u.day = w.day
"""
# Sorted by key, so that two marks that want the same caps wait for each other instead of deadlocking.
_RESERVE = """
WITH wanted AS MATERIALIZED (
    SELECT * FROM unnest($2::text[], $3::text[], $4::date[], $5::int[], $6::int[]) AS w(scope, key, day, n, cap)
)
INSERT INTO cap_usage AS u (organization_id, scope, key, day, reserved)
SELECT $1, scope, key, day, n FROM wanted WHERE n <= cap ORDER BY scope, key, day
ON CONFLICT (organization_id, scope, key, day) DO UPDATE SET reserved = u.reserved + excluded.reserved
WHERE u.reserved + u.used + excluded.reserved <= (
    SELECT w.cap FROM wanted w WHERE w.scope = u.scope AND w.key = u.key AND w.day = u.day)
RETURNING 1
"""
# `reserved` carries what is given back, `used` what was spent.
_SETTLE = """
INSERT INTO cap_usage AS u (organization_id, scope, key, day, reserved, used)
SELECT $1, w.scope, w.key, w.day, w.back, w.spent
FROM unnest($2::text[], $3::text[], $4::date[], $5::int[], $6::int[]) AS w(scope, key, day, back, spent)
ORDER BY w.scope, w.key, w.day
ON CONFLICT (organization_id, scope, key, day)
DO UPDATE SET reserved = greatest(0, u.reserved - excluded.reserved), used = greatest(0, u.used + excluded.used)
RETURNING scope, key, day, reserved, used
"""

_READ_SCOPE = """
SELECT scope, key, day, reserved + used AS n FROM cap_usage WHERE organization_id = $1 AND scope = $2 AND day >= $3
"""
_AT_LEAST = """
INSERT INTO cap_usage AS u (organization_id, scope, key, day, reserved, used)
SELECT $1, w.scope, w.key, w.day, 0, w.n
FROM unnest($2::text[], $3::text[], $4::date[], $5::int[]) AS w(scope, key, day, n)
ORDER BY w.scope, w.key, w.day
ON CONFLICT (organization_id, scope, key, day) DO UPDATE SET used = greatest(u.used, excluded.used - u.reserved)
"""
_ROLLING = """
SELECT count(*) AS n, (array_agg(handed_at ORDER BY handed_at DESC))[$4] AS nth FROM email_sends
WHERE organization_id = $1 AND email_account_id = $2 AND handed_at > $3
"""


@dataclass(frozen=True, slots=True)
class Usage:
    reserved: int = 0
    used: int = 0

    @property
    def total(self) -> int:
        return self.reserved + self.used


async def read_usage(
    session: Session, organization_id: uuid.UUID, keys: Iterable[CapKey]
) -> dict[CapKey, Usage]:
    """What is reserved and used; a cap that nobody touched yet is left out."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    columns = [list(column) for column in zip(*wanted, strict=True)]
    rows = await (await raw(session)).fetch(_READ, organization_id, *columns)
    return {(r["scope"], r["key"], r["day"]): Usage(r["reserved"], r["used"]) for r in rows}


async def read_scope(
    session: Session, organization_id: uuid.UUID, scope: str, since: date
) -> dict[CapKey, int]:
    """What is reserved and used of all counters of a kind from a day on."""
    rows = await (await raw(session)).fetch(_READ_SCOPE, organization_id, scope, since)
    return {(r["scope"], r["key"], r["day"]): r["n"] for r in rows}


async def count_at_least(session: Session, organization_id: uuid.UUID, sums: Mapping[CapKey, int]) -> None:
    """For counters that begin in the middle of a day: they stand no lower than what left before. Again: no change."""
    keys = sorted(sums)
    if keys:
        columns = [list(column) for column in zip(*keys, strict=True)]
        counts = [sums[key] for key in keys]
        await (await raw(session)).execute(_AT_LEAST, organization_id, *columns, counts)


async def read_rolling_day(
    session: Session, organization_id: uuid.UUID, account_id: uuid.UUID, since: datetime, limit: int
) -> tuple[int, datetime | None]:
    """(how many messages of any kind left this mailbox after `since`, the `limit`-th latest of them)."""
    row = await (await raw(session)).fetchrow(_ROLLING, organization_id, account_id, since, limit)
    assert row is not None
    return int(row["n"]), row["nth"]


async def reserve(
    session: Session, organization_id: uuid.UUID, wanted: Mapping[CapKey, tuple[int, int]]
) -> bool:
    """Reserves (how many, up to which cap) for every key; False if one would be broken: then roll back."""
    keys = sorted(wanted)
    if not keys:
        return True
    columns: list[Sequence[object]] = [list(column) for column in zip(*keys, strict=True)]
    counts, limits = [wanted[key][0] for key in keys], [wanted[key][1] for key in keys]
    rows = await (await raw(session)).fetch(_RESERVE, organization_id, *columns, counts, limits)
    return len(rows) == len(keys)


async def settle(
    session: Session,
    organization_id: uuid.UUID,
    *,
    used: Iterable[CapKey] = (),
    released: Iterable[CapKey] = (),
) -> dict[CapKey, Usage]:
    """Takes reservations back, once per mention; those in `used` become used. What the counters say then."""
    spent, back = Counter(used), Counter(released)
    back.update(spent)
    return await _change(session, organization_id, back, spent)


async def use(session: Session, organization_id: uuid.UUID, keys: Iterable[CapKey]) -> None:
    """Counts what left without a reservation."""
    await _change(session, organization_id, Counter(), Counter(keys))


async def unuse(session: Session, organization_id: uuid.UUID, keys: Iterable[CapKey]) -> None:
    """What counted as used did not leave after all (an `unknown` that was settled)."""
    await _change(session, organization_id, Counter(), Counter({key: -n for key, n in Counter(keys).items()}))


async def _change(
    session: Session, organization_id: uuid.UUID, back: Mapping[CapKey, int], spent: Mapping[CapKey, int]
) -> dict[CapKey, Usage]:
    keys = sorted({*back, *spent})
    if not keys:
        return {}
    columns: list[Sequence[object]] = [list(column) for column in zip(*keys, strict=True)]
    backs, spents = [back.get(key, 0) for key in keys], [spent.get(key, 0) for key in keys]
    rows = await (await raw(session)).fetch(_SETTLE, organization_id, *columns, backs, spents)
    return {(r["scope"], r["key"], r["day"]): Usage(r["reserved"], r["used"]) for r in rows}
