"""What follows from facts without a worker."""

from __future__ import annotations

import json
import uuid
from typing import Any

from reachly.jobs.analytics import HANDLERS

CHECK = "analytics.check_mailbox"


async def run_checks(sql: Any, organization_id: uuid.UUID) -> int:
    """Runs the jobs that look at mailboxes after bounces, as the worker would; how many there were."""
    await sql.execute("RESET ROLE")
    jobs = await sql.fetch("SELECT payload FROM pgqueuer WHERE entrypoint = $1 ORDER BY id", CHECK)
    await sql.execute("SET ROLE reachly_system")
    for job in jobs:
        await HANDLERS[CHECK](organization_id, json.loads(job["payload"])["args"])
    return len(jobs)
