"""Whether requests can be served: the database answers, and its schema is this code's."""

from __future__ import annotations

from functools import cache

from alembic.script import ScriptDirectory
from sqlalchemy import text

from reachly.data.migrate import script_config
from reachly.data.session import database
from reachly.kit.errors import Unavailable

ASKED = text(
    "SELECT version_num, to_regclass('public.pgqueuer') IS NOT NULL AS has_queue FROM alembic_version"
)


@cache
def _head() -> str | None:
    return ScriptDirectory.from_config(script_config()).get_current_head()


async def check() -> None:
    """Raises Unavailable when the schema is another's or the queue is missing; the driver's errors when it is away."""
    async with database().engine.connect() as connection:
        row = (await connection.execute(ASKED)).one_or_none()
    if row is None or row.version_num != _head() or not row.has_queue:
        raise Unavailable(
            "The database's schema is not this program's. Run `reachly migrate`.",
            code="schema",
            retry_after=30,
        )
