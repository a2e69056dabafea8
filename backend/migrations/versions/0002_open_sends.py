"""What is not at its end yet gets a table of its own, so that noting an outcome touches no index of the ledger.

Revision: 0002. After: 0001.
"""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SCOPE = "(SELECT NULLIF(current_setting('reachly.organization_id', true), '')::uuid)"

TABLE = """
CREATE TABLE open_sends (
    organization_id UUID NOT NULL,
    send_id UUID NOT NULL,
    attempt_id UUID,
    lease_until TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_open_sends PRIMARY KEY (organization_id, send_id),
    CONSTRAINT fk_open_sends_organization_id_send_id FOREIGN KEY(organization_id, send_id)
        REFERENCES email_sends (organization_id, id) ON DELETE CASCADE
)
"""
FILL = """
INSERT INTO open_sends (organization_id, send_id, attempt_id, lease_until)
SELECT organization_id, id, CASE WHEN status <> 'unknown' THEN attempt_id END,
       CASE WHEN status <> 'unknown' THEN coalesce(lease_until, now()) END
FROM email_sends WHERE status IN ('claimed', 'sending', 'unknown')
"""


def upgrade() -> None:
    op.execute(TABLE)
    op.execute("ALTER TABLE open_sends ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE open_sends FORCE ROW LEVEL SECURITY")
    op.execute(
        "CREATE POLICY tenant ON open_sends TO reachly_tenant"
        f" USING (organization_id = {SCOPE}) WITH CHECK (organization_id = {SCOPE})"
    )
    op.execute("CREATE POLICY everyone ON open_sends TO reachly_system USING (true) WITH CHECK (true)")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON open_sends TO reachly_tenant, reachly_system")
    op.execute("SET LOCAL ROLE reachly_system")  # the walls hold for the owner too
    op.execute(FILL)
    op.execute("RESET ROLE")
    op.execute("DROP INDEX ix_email_sends_open")
    op.execute("DROP INDEX ix_email_sends_unknown")
    op.execute("ALTER TABLE email_sends DROP COLUMN lease_until")
    # The words lie beside the row, and a page keeps room for the outcome.
    op.execute("ALTER TABLE email_sends ALTER COLUMN body_text SET STORAGE EXTERNAL")
    op.execute("ALTER TABLE email_sends SET (fillfactor = 50, toast_tuple_target = 256)")


def downgrade() -> None:
    raise NotImplementedError("restore a dump: downgrades lose data")
