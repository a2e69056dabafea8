"""Two organizations with a row in every tenant table, made from the catalogue."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Table
from sqlalchemy.dialects.postgresql import JSONB

from reachly.data import models
from reachly.data.base import Base
from reachly.kit.ids import new_id
from tests.conftest import NewActor

assert models.__name__
TENANT_TABLES = [table for table in Base.metadata.sorted_tables if "organization_id" in table.c]


@dataclass
class Populated:
    """`rows[table]` is the one row that was put in for this organization."""

    id: uuid.UUID
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    extra: dict[str, uuid.UUID] = field(default_factory=dict)


@pytest.fixture
async def two_filled(new_actor: NewActor, sql: Any) -> tuple[Populated, Populated]:
    """Organizations A and B; each has one row in every table that belongs to an organization."""
    one, two = await new_actor("brightfjord"), await new_actor("quietharbor")
    return (
        await fill_organization(sql, one.organization_id, {}),
        await fill_organization(sql, two.organization_id, {}),
    )


async def fill_organization(sql: Any, organization_id: uuid.UUID, extra: dict[str, uuid.UUID]) -> Populated:
    """Puts a row into every table of an organization that has nothing but its people."""
    filled = Populated(organization_id, extra=extra)
    user = await sql.fetchrow("SELECT * FROM users WHERE organization_id = $1", organization_id)
    filled.rows["users"] = dict(user)
    for table in TENANT_TABLES:
        if table.name not in filled.rows:
            await _insert(sql, table, filled)
    return filled


async def _insert(sql: Any, table: Table, owner: Populated) -> None:
    values: dict[str, Any] = {}
    for column in table.columns:
        if column.name == "organization_id":
            values[column.name] = owner.id
        elif column.server_default is None and not column.nullable:
            values[column.name] = _invent(table, column)
    for constraint in table.constraints:
        if isinstance(constraint, ForeignKeyConstraint) and len(constraint.columns) == 2:
            element = constraint.elements[1]
            target = element.column.table.name
            if target in owner.rows:
                values[element.parent.name] = owner.rows[target]["id"]
    names = ", ".join(values)
    marks = ", ".join(f"${n}" for n in range(1, len(values) + 1))
    row = await sql.fetchrow(
        f"INSERT INTO {table.name} ({names}) VALUES ({marks}) RETURNING *", *values.values()
    )
    owner.rows[table.name] = dict(row)


def _invent(table: Table, column: Any) -> Any:
    for constraint in table.constraints:
        if isinstance(constraint, CheckConstraint) and str(constraint.sqltext).startswith(
            f"{column.name} IN"
        ):
            return str(constraint.sqltext).split("'")[1]
    if isinstance(column.type, JSONB):
        return json.dumps({})
    kind = column.type.python_type.__name__
    made = {
        "UUID": new_id(),
        "str": new_id().hex,
        "bytes": new_id().bytes,
        "int": 1,
        "bool": True,
        "float": 1.0,
        "date": _now().date(),
        "datetime": _now(),
    }
    return made[kind]


def _now() -> Any:
    from reachly.kit import clock

    return clock.now()
