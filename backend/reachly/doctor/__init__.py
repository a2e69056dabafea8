"""For whoever runs the server: is everything there, and does the ledger agree with the mailboxes."""

from reachly.doctor.audit import audit_campaign
from reachly.doctor.calendar import simulate_campaign
from reachly.doctor.health import Finding, examine

__all__ = ["Finding", "audit_campaign", "examine", "simulate_campaign"]
