"""An administrator reads their organization's failed jobs and puts them back: the system's role may.

Revision: 0007. After: 0003.
"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("GRANT SELECT, UPDATE ON pgqueuer TO reachly_system")
    op.execute("GRANT SELECT ON pgqueuer_log TO reachly_system")


def downgrade() -> None:
    op.execute("REVOKE UPDATE ON pgqueuer FROM reachly_system")
