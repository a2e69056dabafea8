"""Mailboxes: connecting them, their settings, and how other rooms reach them."""

from reachly.services.email_accounts.service.accounts import (
    connect_smtp,
    delete_account,
    find_connection,
    get_account,
    list_accounts,
    list_by_ids,
    set_trouble,
    test_account,
    toggle_account,
    update_account,
)
from reachly.services.email_accounts.service.connection import Connection

__all__ = [
    "Connection", "connect_smtp", "delete_account", "find_connection", "get_account", "list_accounts", "list_by_ids",
    "set_trouble", "test_account", "toggle_account", "update_account",
]  # fmt: skip
