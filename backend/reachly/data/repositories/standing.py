"""Where somebody stands in a campaign, in the words that people read: one rule for counts, lists and filters.

Of those who are not at an end: `blocked` (somebody must mend something), `held` (waits until a date), `not_yet`
(nothing was sent to them, and it may) and `between_steps`. Ends are told as they are stored.
"""

from __future__ import annotations

# These pass by themselves, at an instant that is known or within minutes. Every other reason wants a person.
PASSING = ("held", "held_ooo", "deferred", "reply_seen")
# The address is being looked at, or it is the campaign that stands still: nobody need mend anything about the person.
# (Only whose message was taken back by a pause has its reason written down; all others of the campaign have none.)
SETTLING = ("awaiting_verification", "campaign_paused", "campaign_not_active")

_OPEN = "('pending', 'active', 'held')"
STATE = f"""CASE
    WHEN e.status NOT IN {_OPEN} THEN e.status
    WHEN e.status = 'held' OR e.blocked_reason IN {PASSING} THEN 'held'
    WHEN e.blocked_reason NOT IN {SETTLING} THEN 'blocked'
    WHEN e.last_sent_at IS NULL THEN 'not_yet' ELSE 'between_steps' END"""
"""Of an enrollment `e`."""

# What follows from a state by itself, so that an index serves who asks for it.
_NARROW = {
    "blocked": f"e.blocked_reason IS NOT NULL AND e.status IN {_OPEN}",
    "held": f"e.status IN {_OPEN}",
    "not_yet": "e.status IN ('pending', 'active')",
    "between_steps": "e.status IN ('pending', 'active')",
}


def in_state(state: str) -> str:
    """The condition on an enrollment `e` for `:state`."""
    return f"({STATE}) = :state AND {_NARROW.get(state, 'e.status = :state')}"
