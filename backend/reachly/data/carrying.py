"""What had left by the moment of an edit: the edit keeps it, and counters do not begin below it.

Replies count towards no cap. A mailbox that was disconnected is known by the counters its messages touched.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from reachly.data.repositories.sending import caps
from reachly.data.repositories.sending.rows import CapKey
from reachly.data.session import Session, raw

_COUNTED = """ceil(extract(epoch FROM s.handed_at) / 60)::bigint * 60 AS minute, count(*) AS n,
       count(*) FILTER (WHERE s.handed_at >= {midnight}) AS today"""
# By mailbox, as the index of what was handed over has it; those without one are few.
_LATELY = """s.organization_id = $1 AND s.handed_at > $2 AND s.kind IN ('campaign', 'test')
  AND (s.email_account_id IS NULL
       OR s.email_account_id = ANY(ARRAY(SELECT id FROM email_accounts WHERE organization_id = $1)))"""
_ITS_MAILBOX = "(SELECT c ->> 1 FROM jsonb_array_elements(s.caps) c WHERE c ->> 0 = 'mailbox' LIMIT 1)"

_OF_MAILBOX = f"""
SELECT {_COUNTED.format(midnight="$5")} FROM email_sends s
WHERE s.organization_id = $1 AND s.handed_at > $2 AND s.kind IN ('campaign', 'test')
  AND (s.email_account_id = $3
       OR s.email_account_id IS NULL AND s.caps @> jsonb_build_array(jsonb_build_array('mailbox', $4::text)))
GROUP BY 1 ORDER BY 1
"""  # noqa: S608 - fixed text
_OF_HOSTS = f"""
SELECT split_part(coalesce(a.email_key, {_ITS_MAILBOX}), '@', 2) AS host, {_COUNTED.format(midnight="$3")}
FROM email_sends s LEFT JOIN email_accounts a ON a.organization_id = $1 AND a.id = s.email_account_id
WHERE {_LATELY} GROUP BY 1, 2 ORDER BY 1, 2
"""  # noqa: S608
_FIRST = """AND ($5 <> 'new_leads' OR NOT EXISTS (
      SELECT FROM email_sends b WHERE b.organization_id = $1 AND b.enrollment_id = s.enrollment_id
      AND b.handed_at < s.handed_at AND b.status IN ('sent', 'unknown')))"""
_OF_CAMPAIGN = f"""
SELECT {_COUNTED.format(midnight="$3")} FROM email_sends s
WHERE {_LATELY} AND s.campaign_id = $4 {_FIRST} GROUP BY 1 ORDER BY 1
"""  # noqa: S608
_OF_RECIPIENTS = f"""
SELECT split_part(s.to_email, '@', 2) AS host, {_COUNTED.format(midnight="$3")}
FROM email_sends s JOIN campaigns c ON c.organization_id = $1 AND c.id = s.campaign_id
WHERE {_LATELY} AND (c.id = $4 OR c.company_cap IS NOT NULL) GROUP BY 1, 2 ORDER BY 1, 2
"""  # noqa: S608


@dataclass(slots=True)
class Left:
    """`minutes`: the end of each in UTC seconds, and how many left in it. `today`: how many since the midnight that
    was asked for."""

    minutes: dict[int, int] = field(default_factory=dict)
    today: int = 0

    def join(self, other: Left) -> None:
        for minute, n in other.minutes.items():
            self.minutes[minute] = self.minutes.get(minute, 0) + n
        self.today += other.today

    def pairs(self) -> list[tuple[int, int]]:
        return sorted(self.minutes.items())


async def left_mailbox(
    session: Session,
    organization_id: uuid.UUID,
    account_id: uuid.UUID,
    email_key: str,
    since: datetime,
    midnight: datetime,
) -> Left:
    """Of one mailbox, and of one of the same address that was disconnected."""
    values = (organization_id, since, account_id, email_key, midnight)
    return _sum(await (await raw(session)).fetch(_OF_MAILBOX, *values))


async def left_hosts(
    session: Session, organization_id: uuid.UUID, since: datetime, midnight: datetime
) -> dict[str, Left]:
    """Of all mailboxes, by the host in their addresses."""
    return _by_host(await (await raw(session)).fetch(_OF_HOSTS, organization_id, since, midnight))


async def left_campaign(
    session: Session,
    organization_id: uuid.UUID,
    campaign_id: uuid.UUID,
    scope: str,
    since: datetime,
    midnight: datetime,
) -> Left:
    """`scope`: campaign, or new_leads for the first mails alone. Call it with the campaign locked."""
    values = (organization_id, since, midnight, campaign_id, scope)
    return _sum(await (await raw(session)).fetch(_OF_CAMPAIGN, *values))


async def left_recipients(
    session: Session, organization_id: uuid.UUID, campaign_id: uuid.UUID, since: datetime, midnight: datetime
) -> dict[str, Left]:
    """By the host of the recipient: of this campaign and of all that have a cap per company."""
    values = (organization_id, since, midnight, campaign_id)
    return _by_host(await (await raw(session)).fetch(_OF_RECIPIENTS, *values))


async def count_at_least(session: Session, organization_id: uuid.UUID, sums: Mapping[CapKey, int]) -> None:
    """Counters that begin in the middle of a day stand no lower than what left before."""
    await caps.count_at_least(session, organization_id, {key: n for key, n in sums.items() if n})


def _sum(rows: Sequence[Mapping[str, Any]]) -> Left:
    left = Left()
    for row in rows:
        left.join(_read(row))
    return left


def _by_host(rows: Sequence[Mapping[str, Any]]) -> dict[str, Left]:
    found: dict[str, Left] = defaultdict(Left)
    for row in rows:
        if row["host"]:
            found[row["host"]].join(_read(row))
    return dict(found)


def _read(row: Mapping[str, Any]) -> Left:
    return Left({row["minute"]: row["n"]}, row["today"])
