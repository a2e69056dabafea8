"""The second wall between tenants: what the database itself refuses."""

from __future__ import annotations

import uuid
from typing import Any

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from reachly.data.session import Database, raw, tenant
from reachly.data.system import system
from reachly.kit.ids import new_id
from tests.integration.data.conftest import TENANT_TABLES, Populated

pytestmark = pytest.mark.anyio


async def test_every_table_with_an_organization_has_row_level_security_and_both_policies(sql: Any) -> None:
    rows = await sql.fetch(
        "SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity,"
        " array(SELECT polname::text FROM pg_policy p WHERE p.polrelid = c.oid ORDER BY 1) AS policies"
        " FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')"
        " AND NOT c.relispartition AND (c.relname = 'organizations' OR EXISTS (SELECT FROM pg_attribute a"
        " WHERE a.attrelid = c.oid AND a.attname = 'organization_id'))"
    )
    assert {row["relname"] for row in rows} >= {table.name for table in TENANT_TABLES} | {"organizations"}
    unguarded = [
        row["relname"]
        for row in rows
        if (row["relrowsecurity"], row["relforcerowsecurity"], row["policies"])
        != (True, True, ["everyone", "tenant"])
    ]
    assert unguarded == []


async def test_policies_name_roles_and_check_what_is_written(sql: Any) -> None:
    rows = await sql.fetch("SELECT * FROM pg_policies WHERE schemaname = 'public'")
    for row in rows:
        role = {"tenant": ["reachly_tenant"], "everyone": ["reachly_system"]}[row["policyname"]]
        assert (list(row["roles"]), row["cmd"], row["permissive"]) == (role, "ALL", "PERMISSIVE")
        assert row["qual"] == row["with_check"]


async def test_partitions_cannot_be_read_around_the_policy(
    two_filled: tuple[Populated, ...], sql: Any
) -> None:
    names = await sql.fetch("SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'")
    assert len(names) >= 4
    for row in names:
        with pytest.raises(DBAPIError, match="permission denied"):
            async with tenant(two_filled[0].id) as session:
                await session.execute(text(f"SELECT count(*) FROM {row['relname']}"))


async def test_app_role_is_no_superuser_and_sees_nothing_without_a_role(
    two_filled: tuple[Populated, ...], dsn: str
) -> None:
    """A plain owner under FORCE: code that forgets to enter a role does nothing, on every host alike."""
    connection = await asyncpg.connect(dsn)
    assert not await connection.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    for table in TENANT_TABLES:
        assert await connection.fetchval(f"SELECT count(*) FROM {table.name}") == 0, table.name
    await connection.close()


async def test_forgotten_where_shows_the_callers_own_rows_only(two_filled: tuple[Populated, ...]) -> None:
    mine, _ = two_filled
    for table in TENANT_TABLES:
        everything = text(f"SELECT organization_id FROM {table.name}")
        async with tenant(mine.id) as session:
            assert set((await session.scalars(everything)).all()) == {mine.id}, table.name
        async with system() as session:
            assert len(set((await session.scalars(everything)).all())) == 2, table.name


async def test_other_tenants_rows_cannot_be_changed_deleted_or_made(
    two_filled: tuple[Populated, ...],
) -> None:
    mine, theirs = two_filled
    for table in TENANT_TABLES:
        scope = {"theirs": theirs.id}
        async with tenant(mine.id) as session:
            for statement in (
                f"UPDATE {table.name} SET organization_id = organization_id WHERE organization_id = :theirs",
                f"DELETE FROM {table.name} WHERE organization_id = :theirs",
            ):
                assert (await session.execute(text(statement), scope)).rowcount == 0, table.name
        plain = [c.name for c in table.columns if c.name != "organization_id" and c.computed is None]
        names = ", ".join(plain)
        with pytest.raises(DBAPIError, match="row-level security"):
            async with tenant(mine.id) as session:
                await session.execute(
                    text(
                        f"INSERT INTO {table.name} (organization_id, {names}) SELECT :theirs, {names} FROM {table.name}"
                    ),
                    scope,
                )
        with pytest.raises(DBAPIError, match="row-level security"):
            async with tenant(mine.id) as session:
                await session.execute(text(f"UPDATE {table.name} SET organization_id = :theirs"), scope)


async def test_organizations_themselves_are_walled(two_filled: tuple[Populated, ...]) -> None:
    mine, theirs = two_filled
    async with tenant(mine.id) as session:
        assert (await session.scalars(text("SELECT id FROM organizations"))).all() == [mine.id]
        renamed = await session.execute(
            text("UPDATE organizations SET name = 'x' WHERE id = :id"), {"id": theirs.id}
        )
        assert renamed.rowcount == 0


async def test_composite_keys_refuse_a_strangers_row(two_filled: tuple[Populated, ...]) -> None:
    """Every foreign key inside a tenant, with the id of the same kind of row in another organization."""
    mine, theirs = two_filled
    tried = 0
    for table in TENANT_TABLES:
        for constraint in table.foreign_key_constraints:
            if len(constraint.columns) != 2:
                continue
            element = constraint.elements[1]
            stranger = theirs.rows[element.column.table.name]["id"]
            with pytest.raises(DBAPIError, match="violates foreign key"):
                async with tenant(mine.id) as session:
                    await session.execute(
                        text(f"UPDATE {table.name} SET {element.parent.name} = :stranger"),
                        {"stranger": stranger},
                    )
            tried += 1
    assert tried >= 15


async def test_role_and_setting_are_gone_after_commit_and_rollback(database: Database) -> None:
    """On the very connection that the next caller gets from the pool."""
    organization = new_id()
    asked = "SELECT current_user, current_setting('reachly.organization_id', true)"
    for fate in ("commit", "rollback"):
        async with database.engine.connect() as connection:
            pid = (await connection.exec_driver_sql("SELECT pg_backend_pid()")).scalar()
        if fate == "commit":
            async with tenant(organization) as session:
                entered = (await session.execute(text(asked))).one()
                assert tuple(entered) == ("reachly_tenant", str(organization))
        else:
            with pytest.raises(RuntimeError):
                async with tenant(organization):
                    raise RuntimeError
        async with database.engine.connect() as connection:
            assert (await connection.exec_driver_sql("SELECT pg_backend_pid()")).scalar() == pid
            user, setting = (await connection.exec_driver_sql(asked)).one()
        assert user == "reachly_app"
        assert not setting


async def test_each_transaction_of_one_session_enters_anew(two_filled: tuple[Populated, ...]) -> None:
    async with tenant(two_filled[0].id) as session:
        await session.commit()
        assert (await session.scalars(text("SELECT organization_id FROM leads"))).all() == [two_filled[0].id]
        async with session.begin_nested():
            assert await session.scalar(text("SELECT current_user")) == "reachly_tenant"
        await session.rollback()
        assert await session.scalar(text("SELECT current_user")) == "reachly_tenant"


async def test_one_prepared_statement_answers_each_tenant_rightly(two_filled: tuple[Populated, ...]) -> None:
    for _ in range(3):
        for each in two_filled:
            async with tenant(each.id) as session:
                rows = await (await raw(session)).fetch("SELECT organization_id FROM leads")
                assert [row["organization_id"] for row in rows] == [each.id]


async def test_search_refuses_another_organization(two_filled: tuple[Populated, ...], sql: Any) -> None:
    """The function runs as its owner, past the policy: it compares the organization itself."""
    mine, theirs = two_filled
    await sql.execute(
        "UPDATE leads SET email = 'ada@x.example', email_key = organization_id || 'ada@x.example'"
    )
    call = text("SELECT * FROM search_leads(:organization, 'ada', 10)")
    async with tenant(mine.id) as session:
        own = (await session.scalars(call, {"organization": mine.id})).all()
        assert own == [mine.rows["leads"]["id"]]
        assert (await session.scalars(call, {"organization": theirs.id})).all() == []
        for hostile in ("%", "_", "\\", "'; DROP TABLE leads; --"):
            found = await session.scalars(
                text("SELECT * FROM search_leads(:organization, :q, 10)"),
                {"organization": mine.id, "q": hostile},
            )
            assert found.all() == [], hostile


async def test_tenant_may_not_empty_copy_into_or_reshape_tables(two_filled: tuple[Populated, ...]) -> None:
    for statement in (
        "TRUNCATE leads CASCADE",
        "ALTER TABLE leads DISABLE ROW LEVEL SECURITY",
        "DROP POLICY tenant ON leads",
        "SELECT * FROM sign_in_attempts",
        "SELECT payload FROM pgqueuer",
        "SELECT set_config('role', 'reachly_system', true); SELECT 1",
    ):
        with pytest.raises(DBAPIError, match=r"permission denied|must be owner|multiple commands"):
            async with tenant(two_filled[0].id) as session:
                await session.execute(text(statement))


async def test_unknown_organization_sees_nothing(two_filled: tuple[Populated, ...]) -> None:
    async with tenant(uuid.UUID(int=0)) as session:
        for table in TENANT_TABLES:
            assert await session.scalar(text(f"SELECT count(*) FROM {table.name}")) == 0
