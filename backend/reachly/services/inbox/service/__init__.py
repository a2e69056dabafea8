"""What came back: read from mailboxes, matched to what was sent, acted upon, shown as conversations."""

from reachly.services.inbox.service.matching import Mailbox
from reachly.services.inbox.service.reading import (
    ReaderFactory,
    Readers,
    look_into,
    open_reader,
    put_off,
)
from reachly.services.inbox.service.storing import Stored, store_inbound
from reachly.services.inbox.service.threads import get_thread, mark_read, page_threads, set_intent, snooze

__all__ = [
    "Mailbox", "ReaderFactory", "Readers", "Stored", "get_thread", "look_into", "mark_read", "open_reader",
    "page_threads", "put_off", "set_intent", "snooze", "store_inbound",
]  # fmt: skip
