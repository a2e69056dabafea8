"""The ledger of a campaign as a file, in parts: memory does not grow with the campaign."""

from __future__ import annotations

import json
import uuid
from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Any, Literal

from reachly.data.repositories import analytics as repository
from reachly.data.repositories.analytics import LedgerRow
from reachly.data.session import Session, tenant
from reachly.kit import clock, csv
from reachly.kit.errors import NotFound
from reachly.kit.ids import NIL
from reachly.services.analytics import policy
from reachly.services.identity.schemas import Actor

EXPORT_PAGE = 1_000
COLUMNS = tuple(LedgerRow.__dataclass_fields__)


async def export_campaign(
    session: Session,
    actor: Actor,
    campaign_id: uuid.UUID,
    file_format: Literal["csv", "json"],
    *,
    since: date | None = None,
    until: date | None = None,
) -> tuple[AsyncIterator[str], str]:
    """(parts, media type): one line a message in the order of intent. Raises NotFound or Invalid before the first
    part."""
    span = policy.instants(policy.choose_life(since, until, clock.now().date()))
    if await repository.find_campaign(session, actor.organization_id, campaign_id) is None:
        raise NotFound("There is no such campaign.")
    pages = _pages(actor.organization_id, campaign_id, span)
    if file_format == "csv":
        return _as_csv(pages), "text/csv; charset=utf-8"
    return _as_json(pages), "application/json"


async def _pages(
    organization_id: uuid.UUID, campaign_id: uuid.UUID, span: tuple[datetime, datetime]
) -> AsyncIterator[list[LedgerRow]]:
    """Each page in a transaction of its own: a slow reader holds none open."""
    after = NIL
    while True:
        async with tenant(organization_id) as session:
            rows = await repository.page_ledger(
                session, organization_id, campaign_id, after, EXPORT_PAGE, span
            )
        if rows:
            yield rows
        if len(rows) < EXPORT_PAGE:
            return
        after = rows[-1].id


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, uuid.UUID) else value


async def _as_csv(pages: AsyncIterator[list[LedgerRow]]) -> AsyncIterator[str]:
    yield csv.write_row(COLUMNS)
    async for rows in pages:
        yield "".join(csv.write_row([_plain(getattr(row, name)) for name in COLUMNS]) for row in rows)


async def _as_json(pages: AsyncIterator[list[LedgerRow]]) -> AsyncIterator[str]:
    """An array with a message on each line."""
    yield "["
    between = "\n"
    async for rows in pages:
        for row in rows:
            line = json.dumps({name: _plain(getattr(row, name)) for name in COLUMNS}, ensure_ascii=False)
            yield between + line
            between = ",\n"
    yield "\n]\n"
