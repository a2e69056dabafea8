"""The reasons of a suppression: in words, and how a sequence ends by each."""

from __future__ import annotations

WORDS = {
    "unsubscribed": "Unsubscribed",
    "bounced": "The address bounced",
    "complained": "Called it spam",
    "asked": "Asked not to be written to",
    "manual": "Put on the list by hand",
    "erased": "Erased on request",
}
_ENDS = {
    "unsubscribed": "unsubscribed",
    "asked": "unsubscribed",
    "complained": "unsubscribed",
    "bounced": "bounced",
}


def end_by(reason: str) -> str:
    """The state in which a sequence ends for somebody who is suppressed for this reason."""
    return _ENDS.get(reason, "stopped")


def words_of(reason: str) -> str:
    """The reason for people to read."""
    return WORDS.get(reason, "On the do-not-contact list")
