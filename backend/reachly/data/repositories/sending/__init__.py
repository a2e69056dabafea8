"""The ledger, the caps and the turns of mailboxes, in batches on the bare connection.

Locks are taken in one order by everybody: campaigns, enrollments, caps, sends, mailboxes.
"""

from reachly.data.repositories.sending import (
    candidates,
    caps,
    enrollments,
    leases,
    lost,
    marks,
    outcomes,
    reads,
    turns,
)

__all__ = ["candidates", "caps", "enrollments", "leases", "lost", "marks", "outcomes", "reads", "turns"]
