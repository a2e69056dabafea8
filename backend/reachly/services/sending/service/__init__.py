"""The ledger and the mailbox turn: the only code that sends through a mailbox."""

from reachly.data.repositories.sending.rows import Lease
from reachly.services.sending.service.holding import (
    Held,
    list_held,
    recognise_database,
    resume_everywhere,
    resume_sending,
)
from reachly.services.sending.service.leasing import find_next_turn, lease_due, renew_leases
from reachly.services.sending.service.leaving import delete_account
from reachly.services.sending.service.limiting import update_organization
from reachly.services.sending.service.reading import page_sends
from reachly.services.sending.service.recall import recall
from reachly.services.sending.service.reconcile import Reconciled, reconcile_due, reconcile_mailbox
from reachly.services.sending.service.recovery import recover_journals
from reachly.services.sending.service.rescue import (
    abandon,
    complete_done_campaigns,
    follow_stop,
    rescue_expired,
    rescue_organization,
    set_next_turn,
    wake_sleepers,
)
from reachly.services.sending.service.resolution import (
    decide_unknown,
    resolve_doubts,
    scopes_at_the_console,
    survey_doubts,
)
from reachly.services.sending.service.testing import send_test
from reachly.services.sending.service.tools import (
    MailerFactory,
    ReaderFactory,
    Tools,
    open_mailer,
    open_reader,
)
from reachly.services.sending.service.turn import take_turn

__all__ = [
    "Held",
    "Lease",
    "MailerFactory",
    "ReaderFactory",
    "Reconciled",
    "Tools",
    "abandon",
    "complete_done_campaigns",
    "decide_unknown",
    "delete_account",
    "find_next_turn",
    "follow_stop",
    "lease_due",
    "list_held",
    "open_mailer",
    "open_reader",
    "page_sends",
    "recall",
    "recognise_database",
    "reconcile_due",
    "reconcile_mailbox",
    "recover_journals",
    "renew_leases",
    "rescue_expired",
    "rescue_organization",
    "resolve_doubts",
    "resume_everywhere",
    "resume_sending",
    "scopes_at_the_console",
    "send_test",
    "set_next_turn",
    "survey_doubts",
    "take_turn",
    "update_organization",
    "wake_sleepers",
]
