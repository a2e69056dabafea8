"""For whoever runs the server: is everything there, and does the ledger agree with the mailboxes."""

from reachly.doctor.health import Finding, examine
from reachly.doctor.ledger import audit_campaign, simulate_campaign

__all__ = ["Finding", "audit_campaign", "examine", "simulate_campaign"]
