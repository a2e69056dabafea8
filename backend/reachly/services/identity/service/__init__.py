"""Who is who: organizations, people, sign-in, and what is written down of it."""

from reachly.services.identity.service.account import (
    change_password,
    delete_account,
    end_session,
    get_me,
    get_profile,
    list_sessions,
    update_profile,
)
from reachly.services.identity.service.organizations import (
    add_usage,
    find_organization,
    get_organization,
    get_usage,
    list_members,
    page_audit_log,
    record,
    update_organization,
)
from reachly.services.identity.service.signing_in import (
    authenticate,
    authenticate_token,
    create_organization,
    login,
    logout,
    refresh,
    register,
)

__all__ = [
    "add_usage", "authenticate", "authenticate_token", "change_password", "create_organization", "delete_account",
    "end_session", "find_organization", "get_me", "get_organization", "get_profile", "get_usage", "list_members",
    "list_sessions", "login", "logout", "page_audit_log", "record", "refresh", "register", "update_organization",
    "update_profile",
]  # fmt: skip
