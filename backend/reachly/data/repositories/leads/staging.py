"""One batch of an import: COPY into a stage that vanishes at the commit, then from there into `leads`.

COPY into a table under row-level security is refused, into a temporary table it is not (and it is as quick).
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reachly.data.session import Session, raw

FIELDS = ("first_name", "last_name", "company", "position", "country", "timezone", "source", "lawful_basis")

_STAGE = """
CREATE TEMPORARY TABLE IF NOT EXISTS staged_leads (
    id uuid, email text, email_key text, domain text, first_name text, last_name text, company text, position text,
    country text, timezone text, source text, lawful_basis text, custom_fields text
) ON COMMIT DROP
"""
_COLUMNS = ("id", "email", "email_key", "domain", *FIELDS, "custom_fields")

_INSERT = """
INSERT INTO leads (organization_id, id, email, email_key, domain, first_name, last_name, company, position, country,
                   timezone, source, lawful_basis, custom_fields, import_id, created_at, updated_at)
SELECT $1, id, email, email_key, domain, first_name, last_name, company, position, country,
       timezone, source, lawful_basis, custom_fields::jsonb, $2, $3, $3
FROM staged_leads ORDER BY email_key
ON CONFLICT (organization_id, email_key) DO NOTHING
RETURNING email_key
"""

_EXISTING = """
SELECT id, email_key, first_name, last_name, company, position, country, timezone, source, lawful_basis,
       custom_fields, version, import_id
FROM leads WHERE organization_id = $1 AND email_key = any($2::text[]) ORDER BY email_key FOR UPDATE
"""

_UPDATE = """
UPDATE leads SET
    first_name = u.first_name, last_name = u.last_name, company = u.company, position = u.position,
    country = u.country, timezone = u.timezone, source = u.source, lawful_basis = u.lawful_basis,
    custom_fields = u.custom_fields::jsonb, version = version + 1, updated_at = $2, enriched_at = NULL
FROM unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
            $11::text[], $12::text[])
     AS u(id, first_name, last_name, company, position, country, timezone, source, lawful_basis, custom_fields)
WHERE leads.organization_id = $1 AND leads.id = u.id
"""


@dataclass(slots=True)
class StagedLead:
    """A lead as the file has it; `fields` has every name of FIELDS."""

    id: uuid.UUID
    email: str
    email_key: str
    domain: str
    fields: dict[str, str]
    custom_fields: dict[str, str]


@dataclass(slots=True)
class KnownLead:
    """A lead that exists, locked."""

    id: uuid.UUID
    fields: dict[str, str]
    custom_fields: dict[str, str]
    version: int
    import_id: uuid.UUID | None


async def lock_known(
    session: Session, organization_id: uuid.UUID, email_keys: Sequence[str]
) -> dict[str, KnownLead]:
    """The leads that exist by their keys, locked in one order so that two imports cannot block each other."""
    connection = await raw(session)
    rows = await connection.fetch(_EXISTING, organization_id, email_keys)
    return {
        row["email_key"]: KnownLead(
            id=row["id"], fields={name: row[name] for name in FIELDS},
            custom_fields=row["custom_fields"], version=row["version"], import_id=row["import_id"],
        )
        for row in rows
    }  # fmt: skip


async def list_met(
    session: Session, organization_id: uuid.UUID, import_id: uuid.UUID, lead_ids: Sequence[uuid.UUID]
) -> set[uuid.UUID]:
    """Those of the leads that an earlier row of this import has met already."""
    connection = await raw(session)
    rows = await connection.fetch(
        "SELECT lead_id FROM import_rows WHERE organization_id = $1 AND import_id = $2 AND lead_id = any($3::uuid[])",
        organization_id, import_id, lead_ids,
    )  # fmt: skip
    return {row["lead_id"] for row in rows}


async def add_new(
    session: Session,
    organization_id: uuid.UUID,
    import_id: uuid.UUID,
    leads: Sequence[StagedLead],
    now: datetime,
) -> set[str]:
    """Adds the leads and returns the keys that were added; the others came into being meanwhile."""
    if not leads:
        return set()
    connection = await raw(session)
    await connection.execute(_STAGE)
    await connection.execute("DELETE FROM staged_leads")
    records = [
        (lead.id, lead.email, lead.email_key, lead.domain, *(lead.fields[name] for name in FIELDS),
         json.dumps(lead.custom_fields, ensure_ascii=False))
        for lead in leads
    ]  # fmt: skip
    await connection.copy_records_to_table("staged_leads", records=records, columns=_COLUMNS)
    return {row["email_key"] for row in await connection.fetch(_INSERT, organization_id, import_id, now)}


async def update_known(
    session: Session, organization_id: uuid.UUID, leads: Sequence[KnownLead], now: datetime
) -> None:
    """Writes fields and custom fields of leads locked by `lock_known`."""
    if not leads:
        return
    connection = await raw(session)
    columns = [[lead.fields[name] for lead in leads] for name in FIELDS]
    custom = [json.dumps(lead.custom_fields, ensure_ascii=False) for lead in leads]
    await connection.execute(_UPDATE, organization_id, now, [lead.id for lead in leads], *columns, custom)
