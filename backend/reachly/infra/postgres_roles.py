"""The roles and rights the schema stands on: made on the embedded server, checked on an external one.

`reachly_app` signs in and owns the database, and is not a superuser, so that the tenant wall holds for it as it
does on a managed host. `reachly_tenant` and `reachly_system` cannot sign in; a transaction enters one of them.
"""

from __future__ import annotations

from typing import Any, TypeAlias

SUPERUSER = "postgres"
APP_ROLE = "reachly_app"
TENANT_ROLE = "reachly_tenant"
SYSTEM_ROLE = "reachly_system"
DATABASE = "reachly"
EXTENSIONS = ("pg_trgm",)
OLDEST_SERVER = 140000

Connection: TypeAlias = Any
"""An asyncpg connection (the driver brings no types)."""


async def prepare_roles(admin: Connection) -> None:
    """Makes the three roles if they are missing. `admin` is a superuser; doing it twice changes nothing."""
    for role, rights in ((TENANT_ROLE, "NOLOGIN"), (SYSTEM_ROLE, "NOLOGIN"), (APP_ROLE, "LOGIN NOINHERIT")):
        if not await admin.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
            await admin.execute(f"CREATE ROLE {role} {rights}")
    how = "WITH ADMIN OPTION"
    if admin.get_server_version().major >= 16:
        how = "WITH ADMIN TRUE, INHERIT FALSE, SET TRUE"
    await admin.execute(f"GRANT {TENANT_ROLE}, {SYSTEM_ROLE} TO {APP_ROLE} {how}")


async def prepare_database(admin: Connection, database: str = DATABASE) -> bool:
    """Makes the database, owned by the app's role. Returns whether it was new; extensions: `prepare_extensions`."""
    if await admin.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", database):
        return False
    await admin.execute(f'CREATE DATABASE "{database}" OWNER {APP_ROLE}')
    return True


async def prepare_extensions(admin: Connection) -> None:
    """Makes the extensions in the database that `admin` is connected to."""
    for extension in EXTENSIONS:
        await admin.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")


async def missing_grants(connection: Connection) -> list[str]:
    """What an external server still lacks, as statements its administrator can run; empty when all is there.

    A role may be missing where the connected one can make it itself (CREATEROLE): the migration then does.
    """
    me = await connection.fetchrow(
        "SELECT current_user AS name, rolsuper, rolcreaterole, current_setting('server_version_num')::int AS version,"
        " current_setting('server_version') AS version_name, current_database() AS database"
        " FROM pg_roles WHERE rolname = current_user"
    )
    assert me is not None
    if me["version"] < OLDEST_SERVER:
        return [f"-- PostgreSQL {me['version_name']} is too old: use 14 or newer"]
    missing: list[str] = []
    if not me["rolsuper"]:
        for role in (TENANT_ROLE, SYSTEM_ROLE):
            missing += await _missing_membership(connection, role, me)
    may_create = (
        "has_database_privilege(current_database(), 'CREATE') AND has_schema_privilege('public', 'CREATE')"
    )
    if not await connection.fetchval(f"SELECT {may_create}"):
        missing.append(f'GRANT CREATE ON DATABASE "{me["database"]}" TO "{me["name"]}";')
        missing.append(f'GRANT USAGE, CREATE ON SCHEMA public TO "{me["name"]}";')
    # A restored copy is known by its cluster; every role may ask which one it is unless somebody took that away.
    if not await connection.fetchval("SELECT has_function_privilege('pg_control_system()', 'EXECUTE')"):
        missing.append("GRANT EXECUTE ON FUNCTION pg_control_system() TO PUBLIC;")
    for extension in EXTENSIONS:
        if not await connection.fetchval("SELECT 1 FROM pg_available_extensions WHERE name = $1", extension):
            missing.append(f"-- install the extension {extension} on the server (package postgresql-contrib)")
    return missing


async def _missing_membership(connection: Connection, role: str, me: Any) -> list[str]:
    exists = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role)
    if not exists:
        if me["rolcreaterole"]:
            return []
        return [f"CREATE ROLE {role} NOLOGIN;", f'GRANT {role} TO "{me["name"]}" WITH ADMIN OPTION;']
    how = "SET" if me["version"] >= 160000 else "MEMBER"
    if await connection.fetchval("SELECT pg_has_role(current_user, $1, $2)", role, how):
        return []
    return [f'GRANT {role} TO "{me["name"]}";']
