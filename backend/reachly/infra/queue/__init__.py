"""The job engine behind one door: the only package that knows PgQueuer.

A job is a row that commits with the business row that caused it. What waits for a later time is a column on a
business row, never a delayed job. A job may run twice (a killed worker's jobs are picked up again), so handlers
are idempotent; one that fails for good is kept and shown.
"""

from __future__ import annotations

from reachly.infra.queue.engine import JobEngine, is_transient
from reachly.infra.queue.jobs import BadEnvelope, Handler, Job, enqueue, enqueue_many, is_superseded
from reachly.infra.queue.upkeep import (
    KeptJob,
    QueueState,
    failed_jobs,
    install_ddl,
    kept_jobs,
    plan_upgrade,
    queue_state,
    requeue_failed,
    trim_log,
    upgrade,
)

__all__ = [
    "BadEnvelope",
    "Handler",
    "Job",
    "JobEngine",
    "KeptJob",
    "QueueState",
    "enqueue",
    "enqueue_many",
    "failed_jobs",
    "install_ddl",
    "is_superseded",
    "is_transient",
    "kept_jobs",
    "plan_upgrade",
    "queue_state",
    "requeue_failed",
    "trim_log",
    "upgrade",
]
