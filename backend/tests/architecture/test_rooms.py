"""Who may touch which rows: what imports alone cannot say."""

from __future__ import annotations

import re

from tests.architecture.source import REACHLY, imported, modules, name_of, texts

TABLES = {
    "identity": {
        "organizations", "users", "sessions", "one_time_tokens", "api_keys", "audit_log", "idempotency_keys",
        "sign_in_attempts", "usage_days",
    },
    "email_accounts": {"email_accounts"},
    "suppression": {"suppressions"},
    "leads": {
        "leads", "imports", "import_rows", "upload_chunks", "import_stage", "staged_leads", "lead_facts",
        "saved_views",
    },
    "campaigns": {"campaigns", "campaign_email_accounts", "enrollments"},
    "sequences": {"email_sequences", "sequence_variants"},
    "sending": {"email_sends", "open_sends", "cap_usage", "tracked_links", "installations"},
    "inbox": {"inbound_messages", "threads"},
    "webhooks": {"webhooks", "webhook_deliveries", "notifications"},
    "outbox": {"analytics_events", "campaign_stats", "organization_seq"},
}  # fmt: skip

ALSO_WRITES = {
    # The turn writes leases, alarms and outcomes in the statements that decide them: a call per row to another
    # room's repository would cost the batch and the lock order.
    "sending": {"email_accounts", "enrollments", "campaigns", "organizations"},
    # Who is left behind by a mailbox that goes is parted from it, and comes back to it, in the same transaction.
    "email_accounts": {"enrollments", "campaign_email_accounts"},
    # Whoever is put on the list is out of every campaign when the request that does it is answered.
    "suppression": {"enrollments"},
    # Counters must equal a recount; the recount mends them.
    "analytics": {"campaign_stats"},
    # Planning sets the alarm of an enrollment and the next turn of a mailbox, a thousand rows at a time.
    "scheduling": {"enrollments", "email_accounts"},
}

SYSTEM_IMPORTERS = {
    "reachly.services.identity": "sign-in, refresh, API keys, one-time tokens: the organization is not known yet",
    "reachly.services.email_accounts": "OAuth state, and the one organization an address may be connected in",
    "reachly.services.sending": "leases over all mailboxes",
    "reachly.services.inbox": "which mailboxes are due to be read",
    "reachly.services.tracking": "tokens of pixels, links and unsubscribe pages",
    "reachly.services.live": "replay",
    "reachly.services.webhooks": "deliveries that are due",
    "reachly.services.leads": "chunks and stages that nobody reads any more",
    "reachly.services.analytics": "retention and repair",
    "reachly.jobs": "what is due in any organization",
    "reachly.supervisor": "the demo organization",
    "reachly.demo": "the audit",
    "reachly.doctor": "counts over all",
}
"""Who may import the unit of work that sees every organization, and why."""

WRITES = re.compile(
    r"\b(?:INSERT INTO|UPDATE|DELETE FROM|TRUNCATE|MERGE INTO)\s+(?:ONLY\s+)?([a-z_]+)(?=[\s(;]|$)"
)
NOT_TABLES = {"set", "skip", "of", "nowait"}
"""What follows UPDATE in `DO UPDATE SET` and `FOR UPDATE SKIP LOCKED`."""


def room(module: str, floor: str) -> str | None:
    """The room of a module on a floor, e.g. `leads` for `reachly.services.leads.service`."""
    prefix = f"reachly.{floor}."
    return module[len(prefix) :].partition(".")[0] if module.startswith(prefix) else None


def test_repository_is_imported_by_its_own_service_alone() -> None:
    strangers = [
        f"{name_of(path)} imports {target}"
        for path in modules()
        for target in imported(path)
        if (rooms := room(target, "data.repositories")) and not name_of(path).startswith("reachly.data.")
        if room(name_of(path), "services") != rooms
    ]
    assert strangers == []


def test_repository_writes_its_rooms_tables_only() -> None:
    odd = {}
    for path in modules(REACHLY / "data" / "repositories"):
        own = room(name_of(path), "data.repositories") or ""
        allowed = TABLES.get(own, set()) | ALSO_WRITES.get(own, set()) | NOT_TABLES
        written = {table for _, text in texts(path) for table in WRITES.findall(text)}
        if written - allowed:
            odd[name_of(path)] = written - allowed
    assert odd == {}


def test_unit_of_work_over_all_organizations_has_few_importers() -> None:
    importers = {name_of(path) for path in modules() if "reachly.data.system.system" in set(imported(path))}
    unlisted = {
        module
        for module in importers
        if not any(module == listed or module.startswith(f"{listed}.") for listed in SYSTEM_IMPORTERS)
    }
    assert unlisted == set()


def test_every_table_has_one_room() -> None:
    from sqlalchemy import MetaData

    from reachly.data import models
    from reachly.data.base import Base

    assert models.__name__
    metadata: MetaData = Base.metadata
    rooms = [table for tables in TABLES.values() for table in tables]
    assert len(rooms) == len(set(rooms))
    assert {table.name for table in metadata.sorted_tables} <= set(rooms)
