"""Those who were personalised and have no plan yet are found without a look at those who have one.

Revision: 0006. After: 0002.
"""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0002"
branch_labels = None
depends_on = None

INDEX = """
CREATE INDEX ix_enrollments_unplanned ON enrollments (organization_id, campaign_id, id)
WHERE status = 'active' AND next_due_at IS NULL AND blocked_reason IS NULL
"""


def upgrade() -> None:
    op.execute(INDEX)  # one pass over the table: writers wait about a second for a million rows


def downgrade() -> None:
    raise NotImplementedError("restore a dump: downgrades lose data")
