"""Leads, their imports and facts. Reads `enrollments`, `campaigns` (names) and `email_sends` beside its own tables."""
