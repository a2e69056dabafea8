"""What was read from mailboxes, and the conversations it belongs to."""

from reachly.data.repositories.inbox.messages import (
    NewMessage,
    add_message,
    has_human_reply,
    is_known,
    list_conversation,
    set_thread,
)
from reachly.data.repositories.inbox.threads import (
    ThreadFilter,
    ThreadKey,
    find_thread,
    find_thread_view,
    lock_thread,
    page_threads,
)

__all__ = [
    "NewMessage", "ThreadFilter", "ThreadKey", "add_message", "find_thread", "find_thread_view", "has_human_reply",
    "is_known", "list_conversation", "lock_thread", "page_threads", "set_thread",
]  # fmt: skip
