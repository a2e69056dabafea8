"""The first release: tables, both roles and their policies, the job engine, the search function.

Revision: 0001. After: nothing.
"""

from __future__ import annotations

import re
from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

HERE = Path(__file__).parent

ROLES = """
DO $$
DECLARE wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['reachly_tenant', 'reachly_system'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
            EXCEPTION
                WHEN duplicate_object OR unique_violation THEN NULL;  -- another database of this cluster was quicker
                WHEN insufficient_privilege THEN
                    RAISE EXCEPTION 'the role % is missing: run CREATE ROLE % NOLOGIN; GRANT % TO % as an administrator',
                        wanted, wanted, wanted, current_user;
            END;
        END IF;
        IF NOT pg_has_role(current_user, wanted, 'MEMBER') THEN
            BEGIN
                EXECUTE format('GRANT %I TO %I', wanted, current_user);
            EXCEPTION
                WHEN unique_violation THEN NULL;  -- the same
                WHEN insufficient_privilege THEN
                    RAISE EXCEPTION 'the right to act as % is missing: run GRANT % TO % as an administrator',
                        wanted, wanted, current_user;
            END;
        END IF;
    END LOOP;
END $$
"""

SCOPE = "(SELECT NULLIF(current_setting('reachly.organization_id', true), '')::uuid)"

# What is common is found among the newest leads at once; what is rare is found by trigrams. Either alone is slow for
# the other kind, and the planner cannot tell them apart.
SEARCH = f"""
CREATE FUNCTION search_leads(wanted_organization uuid, wanted text, at_most int) RETURNS SETOF uuid
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 50
SET search_path = public, pg_temp SET plan_cache_mode = force_custom_plan AS $$
DECLARE
    pattern text := '%' || replace(replace(replace(lower(wanted), '\\', '\\\\'), '%', '\\%'), '_', '\\_') || '%';
    found uuid[];
BEGIN
    IF wanted_organization IS DISTINCT FROM {SCOPE} THEN
        RETURN;
    END IF;
    SELECT array_agg(hit.id) INTO found FROM (
        SELECT newest.id FROM (
            SELECT l.id, l.search_text, l.created_at FROM leads l WHERE l.organization_id = wanted_organization
            ORDER BY l.created_at DESC, l.id DESC LIMIT 5000
        ) AS newest WHERE newest.search_text LIKE pattern ORDER BY newest.created_at DESC, newest.id DESC LIMIT at_most
    ) AS hit;
    IF COALESCE(cardinality(found), 0) < at_most THEN
        WITH hits AS MATERIALIZED (
            SELECT l.id, l.created_at FROM leads l
            WHERE l.organization_id = wanted_organization AND l.search_text LIKE pattern
        )
        SELECT array_agg(hit.id) INTO found FROM (
            SELECT hits.id FROM hits ORDER BY hits.created_at DESC, hits.id DESC LIMIT at_most
        ) AS hit;
    END IF;
    RETURN QUERY SELECT unnest(found);
END $$
"""

JOB_GRANTS = (
    "GRANT INSERT, SELECT (id, entrypoint, priority, dedupe_key, status) ON pgqueuer TO reachly_tenant, reachly_system",
    "GRANT INSERT ON pgqueuer_log TO reachly_tenant, reachly_system",
    "GRANT USAGE ON SEQUENCE pgqueuer_id_seq, pgqueuer_log_id_seq TO reachly_tenant, reachly_system",
)


def statements(name: str) -> list[str]:
    """The statements of a file, split at `;` outside of `$$` (the driver takes one at a time)."""
    text = re.sub(r"^--.*$", "", (HERE / name).read_text(), flags=re.MULTILINE)
    parts, inside = [""], False
    for piece in re.split(r"(\$\w*\$|;)", text):
        if piece == ";" and not inside:
            parts.append("")
            continue
        inside = inside ^ bool(re.fullmatch(r"\$\w*\$", piece))
        parts[-1] += piece
    return [part.strip() for part in parts if part.strip()]


def tenant_tables(tables: list[str]) -> list[str]:
    return [name for name in tables if name not in ("organizations", "sign_in_attempts", "installations")]


def protect(table: str, column: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY tenant ON {table} TO reachly_tenant"
        f" USING ({column} = {SCOPE}) WITH CHECK ({column} = {SCOPE})"
    )
    op.execute(f"CREATE POLICY everyone ON {table} TO reachly_system USING (true) WITH CHECK (true)")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO reachly_tenant, reachly_system")


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.execute(ROLES)
    op.execute("GRANT USAGE ON SCHEMA public TO reachly_tenant, reachly_system")
    op.execute("GRANT CREATE ON SCHEMA public TO reachly_system")  # owns the search function
    created = statements("0001_tables.sql")
    for statement in created:
        op.execute(statement)
    op.execute("CREATE TABLE analytics_events_default PARTITION OF analytics_events DEFAULT")
    tables = re.findall(r"^CREATE TABLE (\w+)", "\n".join(created), flags=re.MULTILINE)
    protect("organizations", "id")
    for table in tenant_tables(tables):
        protect(table, "organization_id")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON sign_in_attempts, installations TO reachly_system")
    op.execute(SEARCH)
    op.execute("ALTER FUNCTION search_leads(uuid, text, int) OWNER TO reachly_system")
    op.execute("REVOKE ALL ON FUNCTION search_leads(uuid, text, int) FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION search_leads(uuid, text, int) TO reachly_tenant")
    for statement in statements("0001_job_engine.sql"):
        op.execute(statement)
    for grant in JOB_GRANTS:
        op.execute(grant)


def downgrade() -> None:
    raise NotImplementedError("restore a dump: downgrades lose data")
