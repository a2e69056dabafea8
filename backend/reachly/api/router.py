"""All REST routes, in one list."""

from __future__ import annotations

from fastapi import APIRouter

from reachly.api.routes import (
    analytics,
    auth,
    campaigns,
    email_accounts,
    everywhere,
    inbox,
    jobs,
    leads,
    operations,
    sending,
    sequences,
    suppressions,
    users,
)

ROUTERS: tuple[APIRouter, ...] = (
    auth.router,
    users.router,
    email_accounts.router,
    campaigns.router,
    sending.router,
    sequences.router,
    leads.router,
    suppressions.router,
    inbox.router,
    analytics.router,
    everywhere.router,
    jobs.router,
    operations.router,
)
