"""A cap counts across an edit of zone, cap or window: what had left by then is kept with the edit.

Revision: 0008. After: 0007.
"""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

SCOPES = (
    "'mailbox', 'domain', 'campaign', 'new_leads', 'company',"
    " 'mailbox_edit', 'domain_edit', 'campaign_edit', 'new_leads_edit', 'company_edit'"
)


def upgrade() -> None:
    op.execute("ALTER TABLE email_accounts ADD COLUMN carried JSONB")
    op.execute("ALTER TABLE email_accounts ADD COLUMN domain_carried JSONB")
    op.execute("ALTER TABLE email_accounts ADD COLUMN limits_version INTEGER NOT NULL DEFAULT 0")
    op.execute("ALTER TABLE campaigns ADD COLUMN carried JSONB")
    op.execute("ALTER TABLE cap_usage DROP CONSTRAINT ck_cap_usage_scope")
    op.execute(f"ALTER TABLE cap_usage ADD CONSTRAINT ck_cap_usage_scope CHECK (scope IN ({SCOPES})) NOT VALID")
    op.execute("ALTER TABLE cap_usage VALIDATE CONSTRAINT ck_cap_usage_scope")


def downgrade() -> None:
    raise NotImplementedError("restore a dump: downgrades lose data")
