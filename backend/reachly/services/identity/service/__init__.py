"""Who is who: organizations, people, sign-in, and what is written down of it."""

from reachly.services.identity.service.account import (
    change_password,
    delete_account,
    end_session,
    get_me,
    get_profile,
    list_sessions,
    require_administrator,
    update_profile,
)
from reachly.services.identity.service.once import (
    SavedAnswer,
    begin_once,
    drop_once,
    end_once,
    forget_answers,
)
from reachly.services.identity.service.organizations import (
    add_usage,
    domain_limit,
    find_organization,
    find_quota,
    get_organization,
    get_usage,
    list_members,
    page_audit_log,
    quota_reached,
    record,
    require_quota,
    update_organization,
)
from reachly.services.identity.service.signing_in import (
    authenticate,
    authenticate_token,
    create_organization,
    forget_attempts,
    keep_password,
    login,
    logout,
    refresh,
    register,
)

__all__ = [
    "SavedAnswer", "add_usage", "authenticate", "authenticate_token", "begin_once", "change_password",
    "create_organization", "delete_account", "domain_limit", "drop_once", "end_once", "end_session",
    "find_organization", "find_quota", "forget_answers", "forget_attempts", "get_me", "get_organization",
    "get_profile", "get_usage", "keep_password", "list_members", "list_sessions", "login", "logout", "page_audit_log",
    "quota_reached", "record", "refresh", "register", "require_administrator", "require_quota",
    "update_organization", "update_profile",
]  # fmt: skip
