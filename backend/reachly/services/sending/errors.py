"""What ends a turn early. None of these reaches a door."""

from __future__ import annotations


class LeaseLost(Exception):
    """Another worker has the mailbox now; nothing more may be written."""


class CapsRaced(Exception):
    """Another turn was quicker at a shared cap; roll back and look again."""


class MailboxOff(Exception):
    """The mailbox was switched off or set aside while it had its turn."""
