"""A person whose mailbox is disconnected keeps its address, and no due time stands without a mailbox.

Revision: 0005. After: 0006.
"""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0006"
branch_labels = None
depends_on = None

# Those that earlier versions left behind: due for ever in no mailbox's queue.
STRANDED = """
UPDATE enrollments
SET next_due_at = NULL,
    blocked_reason = CASE WHEN status IN ('active', 'held') THEN coalesce(blocked_reason, 'sender_gone')
                          ELSE blocked_reason END
WHERE next_due_at IS NOT NULL AND email_account_id IS NULL
"""
WAITING = """
UPDATE enrollments SET blocked_reason = 'sender_gone', blocked_detail = NULL
WHERE status IN ('active', 'held') AND email_account_id IS NULL AND last_sent_at IS NOT NULL
  AND blocked_reason IS NOT NULL AND blocked_reason NOT IN ('sender_gone', 'unknown_previous')
"""


def upgrade() -> None:
    op.execute("ALTER TABLE enrollments ADD COLUMN former_sender_key TEXT")
    op.execute("SET LOCAL ROLE reachly_system")  # the walls hold for the owner too
    op.execute(STRANDED)
    op.execute(WAITING)
    op.execute("RESET ROLE")
    op.execute(
        "CREATE INDEX ix_enrollments_former_sender ON enrollments (organization_id, former_sender_key)"
        " WHERE former_sender_key IS NOT NULL"
    )
    op.execute(
        "ALTER TABLE enrollments ADD CONSTRAINT ck_enrollments_due_has_mailbox"
        " CHECK (next_due_at IS NULL OR email_account_id IS NOT NULL) NOT VALID"
    )
    op.execute("ALTER TABLE enrollments VALIDATE CONSTRAINT ck_enrollments_due_has_mailbox")


def downgrade() -> None:
    raise NotImplementedError("restore a dump: downgrades lose data")
