"""Who gets what, when, from which mailbox."""
