"""Mailboxes: connecting them, their settings, and how other rooms reach them."""

from reachly.services.email_accounts.service.accounts import (
    connect_smtp,
    delete_account,
    end_trouble,
    find_connection,
    get_account,
    list_accounts,
    list_by_ids,
    set_trouble,
    switch_all_off,
    take_back_people,
    test_account,
    toggle_account,
    update_account,
)
from reachly.services.email_accounts.service.connection import Connection
from reachly.services.email_accounts.service.limits import carry_domains
from reachly.services.email_accounts.service.providers import PROVIDERS, refuse_provider
from reachly.services.email_accounts.service.syncing import (
    DueSync,
    find_next_sync,
    find_own,
    finish_sync,
    lease_syncs,
    renew_syncs,
)

__all__ = [
    "PROVIDERS",
    "Connection",
    "DueSync",
    "carry_domains",
    "connect_smtp",
    "delete_account",
    "end_trouble",
    "find_connection",
    "find_next_sync",
    "find_own",
    "finish_sync",
    "get_account",
    "lease_syncs",
    "list_accounts",
    "list_by_ids",
    "refuse_provider",
    "renew_syncs",
    "set_trouble",
    "switch_all_off",
    "take_back_people",
    "test_account",
    "toggle_account",
    "update_account",
]
