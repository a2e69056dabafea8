"""The port that obtains and renews a right to use somebody's mailbox (OAuth 2.0)."""
