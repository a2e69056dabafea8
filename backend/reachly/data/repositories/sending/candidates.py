"""Reading what a mailbox could send now."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from reachly.data.repositories.sending.rows import (
    CampaignRow,
    EnrollmentRow,
    IntentRow,
    Lease,
    MailboxRow,
    StepRow,
)
from reachly.data.session import Session, raw

_MAILBOX = """
SELECT a.id, a.organization_id, a.provider, a.smtp_config ->> 'host' AS smtp_host, a.email_address,
       a.email_key, a.display_name, a.is_active, a.status,
       a.failures_in_a_row, a.daily_limit, a.min_gap_seconds, a.gap_jitter_seconds, a.ramp_enabled, a.ramp_start,
       a.ramp_step, a.ramp_started_at, a.timezone, a.workday, a.absences, a.signature, a.reply_to, a.files_sent,
       a.files_seen_at, a.copies_seen, a.reconcile_at,
       a.imap_config IS NOT NULL AS readable, a.sync_cursor, a.last_handed_at, a.not_before, a.next_turn_at,
       o.postal_address, o.name AS organization_name, o.plan_type,
       (o.settings ->> 'domain_daily_limit')::int AS domain_daily_limit,
       a.carried, a.domain_carried, a.limits_version
FROM email_accounts a JOIN organizations o ON o.id = a.organization_id
WHERE a.organization_id = $1 AND a.id = $2
"""
_LEASED = _MAILBOX + " AND a.lease_attempt = $3"

_PEOPLE = """
SELECT e.id, e.campaign_id, e.lead_id, e.status, e.next_step, e.next_due_at, e.personalization::text,
       e.thread_message_id, e.thread_references, e.thread_subject, e.last_sent_at, e.created_at,
       l.email, l.email_key, l.first_name, l.last_name, l.company, l.position, l.country, l.timezone,
       l.mail_provider, l.custom_fields::text, l.verification
FROM enrollments e JOIN leads l ON l.organization_id = e.organization_id AND l.id = e.lead_id
WHERE e.organization_id = $1
"""
_PAGE = """
  AND e.email_account_id = $2 AND e.next_due_at <= $3 AND e.last_sent_at IS {sent}
ORDER BY e.next_due_at, e.sort_key LIMIT $4
"""
_DUE = f"({_PEOPLE}{_PAGE.format(sent='NOT NULL')}) UNION ALL ({_PEOPLE}{_PAGE.format(sent='NULL')})"
_THESE = _PEOPLE + " AND e.id = ANY($2::uuid[])"

_CAMPAIGNS = """
SELECT id, name, status, send_schedule, daily_cap, new_leads_cap, company_cap, settings, seed, failures_in_a_row,
       version, carried
FROM campaigns WHERE organization_id = $1 AND id = ANY($2::uuid[])
"""
_STEPS = """
SELECT q.id, q.campaign_id, q.sequence_number, q.delay_days, q.delay_hours, q.working_days_only, q.subject_template,
       q.email_template, q.version, q.updated_at AS changed_at,
       (SELECT json_agg(json_build_object('label', v.label, 'subject_template', v.subject_template,
                                          'email_template', v.email_template, 'weight', v.weight) ORDER BY v.label)
        FROM sequence_variants v
        WHERE v.organization_id = $1 AND v.sequence_id = q.id AND v.is_active) AS variants
FROM email_sequences q WHERE q.organization_id = $1 AND q.campaign_id = ANY($2::uuid[]) AND q.is_active
ORDER BY q.campaign_id, q.sequence_number
"""
_LATE = """
SELECT c.id FROM campaigns c WHERE c.organization_id = $1 AND c.status = 'active' AND EXISTS (
    SELECT FROM enrollments e WHERE e.organization_id = $1 AND e.campaign_id = c.id AND e.email_account_id = $2
    AND e.status IN ('active', 'held') AND e.next_due_at < $3)
  AND coalesce(c.resumed_at, c.started_at, c.created_at) < $3
ORDER BY c.id
"""
_INTENTS = """
SELECT id, intent_key, enrollment_id, status, attempts, handed_at, sent_at, reason, message_id FROM email_sends
WHERE organization_id = $1 AND intent_key = ANY($2::text[])
"""


async def get_mailbox(
    session: Session, organization_id: uuid.UUID, account_id: uuid.UUID
) -> MailboxRow | None:
    row = await (await raw(session)).fetchrow(_MAILBOX, organization_id, account_id)
    return MailboxRow.read(row) if row else None


async def find_leased(session: Session, lease: Lease) -> MailboxRow | None:
    """The mailbox if the lease still stands; None if it was lost.

    Not locked: the lease keeps other turns away, and locks are taken in one order by everybody: campaigns,
    enrollments, caps, sends, mailboxes.
    """
    row = await (await raw(session)).fetchrow(
        _LEASED, lease.organization_id, lease.email_account_id, lease.attempt_id
    )
    return MailboxRow.read(row) if row else None


async def list_due(
    session: Session, organization_id: uuid.UUID, account_id: uuid.UUID, now: datetime, limit: int
) -> tuple[list[EnrollmentRow], bool]:
    """Due enrollments of one mailbox, follow-ups then first mails, and whether a page was full."""
    rows = await (await raw(session)).fetch(_DUE, organization_id, account_id, now, limit)
    people = [EnrollmentRow.read(row) for row in rows]
    later = sum(person.last_sent_at is not None for person in people)
    return people, limit in (later, len(people) - later)


async def list_people(
    session: Session, organization_id: uuid.UUID, enrollment_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, EnrollmentRow]:
    """These enrollments with their people, due or not."""
    rows = await (await raw(session)).fetch(_THESE, organization_id, list(enrollment_ids))
    return {row["id"]: EnrollmentRow.read(row) for row in rows}


async def list_campaigns(
    session: Session, organization_id: uuid.UUID, campaign_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, CampaignRow]:
    rows = await (await raw(session)).fetch(_CAMPAIGNS, organization_id, list(campaign_ids))
    return {row["id"]: CampaignRow.read(row) for row in rows}


async def list_steps(
    session: Session, organization_id: uuid.UUID, campaign_ids: Sequence[uuid.UUID]
) -> dict[uuid.UUID, list[StepRow]]:
    """The active steps of each campaign, in order, with their active variants."""
    steps: dict[uuid.UUID, list[StepRow]] = {campaign_id: [] for campaign_id in campaign_ids}
    for row in await (await raw(session)).fetch(_STEPS, organization_id, list(campaign_ids)):
        steps[row["campaign_id"]].append(StepRow.read(row))
    return steps


async def list_late_campaigns(
    session: Session, organization_id: uuid.UUID, account_id: uuid.UUID, before: datetime
) -> list[uuid.UUID]:
    """Running campaigns, started before an instant, of which this mailbox has something that was due before it."""
    rows = await (await raw(session)).fetch(_LATE, organization_id, account_id, before)
    return [row["id"] for row in rows]


async def list_intents(
    session: Session, organization_id: uuid.UUID, intent_keys: Sequence[str]
) -> dict[str, IntentRow]:
    """What is already decided for these intents."""
    rows = await (await raw(session)).fetch(_INTENTS, organization_id, list(intent_keys))
    return {row["intent_key"]: IntentRow(**dict(row)) for row in rows}
