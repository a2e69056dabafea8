"""0003: copies that an earlier version filed itself must prove nothing."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from reachly.data import migrate
from tests.migrations.test_open_sends import insert, reach

pytestmark = pytest.mark.anyio


async def test_what_left_through_a_mailbox_that_files_nothing_has_a_copy_of_ours(empty_dsn: str) -> None:
    await reach(empty_dsn, "0005")
    connection = await asyncpg.connect(empty_dsn)
    await connection.execute("SET ROLE reachly_system")
    organization = uuid.uuid4()
    await insert(connection, "organizations", id=organization, name="Brightfjord", timezone="UTC")
    now, wanted = datetime.now(UTC), dict[str, bool]()
    for files in (True, False, None):
        account = uuid.uuid4()
        await insert(
            connection,
            "email_accounts",
            organization_id=organization,
            id=account,
            provider="smtp",
            email_address=f"{files}@brightfjord.example",
            email_key=f"{files}@brightfjord.example",
            files_sent=files,
        )
        for days in (1, 90):
            name = f"{files} {days}"
            await insert(
                connection,
                "email_sends",
                organization_id=organization,
                id=uuid.uuid4(),
                kind="test",
                intent_key=name,
                email_account_id=account,
                status="sent",
                handed_at=now - timedelta(days=days),
                message_id=name,
            )
            wanted[name] = files is False and days == 1
    await migrate.upgrade(empty_dsn)
    rows = await connection.fetch("SELECT message_id, copy_filed_at IS NOT NULL AS ours FROM email_sends")
    assert {row["message_id"]: row["ours"] for row in rows} == wanted
    await connection.close()
