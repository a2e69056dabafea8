"""Alembic's environment: runs on the connection that `reachly.data.migrate` hands over."""

from __future__ import annotations

from alembic import context

import reachly.data.models  # noqa: F401 - fills the metadata
from reachly.data.base import Base

LOCK_TIMEOUT = "SET LOCAL lock_timeout = '5s'"


def run() -> None:
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        transaction_per_migration=True,
        compare_type=True,
    )
    with context.begin_transaction():
        connection.exec_driver_sql(LOCK_TIMEOUT)
        context.run_migrations()


run()
