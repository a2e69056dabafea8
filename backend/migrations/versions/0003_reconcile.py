"""What a mailbox files is learned again and again, and a doubt that was settled keeps what settled it.

Revision: 0003. After: 0005.
"""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0005"
branch_labels = None
depends_on = None

# Copies that an earlier version filed itself must not prove anything: whoever sends and files nothing had them from us.
# Controls are looked for a few days around a message in doubt, so that far back is enough.
MARK_OUR_COPIES = """
UPDATE email_sends AS s SET copy_filed_at = s.handed_at
FROM email_accounts a
WHERE a.files_sent IS FALSE AND s.organization_id = a.organization_id AND s.email_account_id = a.id
  AND s.handed_at > now() - interval '14 days' AND s.status = 'sent'
"""


def upgrade() -> None:
    op.execute("ALTER TABLE email_accounts ADD COLUMN files_seen_at TIMESTAMP WITH TIME ZONE")
    op.execute("ALTER TABLE email_accounts ADD COLUMN copies_seen JSONB NOT NULL DEFAULT '{}'")
    op.execute("ALTER TABLE email_accounts ADD COLUMN reconcile_at TIMESTAMP WITH TIME ZONE")
    op.execute("ALTER TABLE email_accounts ADD COLUMN reconcile_wait INTEGER NOT NULL DEFAULT 0")
    op.execute("ALTER TABLE email_sends ADD COLUMN copy_filed_at TIMESTAMP WITH TIME ZONE")
    op.execute("ALTER TABLE email_sends ADD COLUMN evidence JSONB")
    op.execute(
        "CREATE INDEX ix_email_sends_settled ON email_sends (organization_id, email_account_id)"
        " WHERE evidence IS NOT NULL"
    )
    op.execute("SET LOCAL ROLE reachly_system")  # the walls hold for the owner too
    op.execute(MARK_OUR_COPIES)
    op.execute("RESET ROLE")


def downgrade() -> None:
    raise NotImplementedError("restore a dump: downgrades lose data")
