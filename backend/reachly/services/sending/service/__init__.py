"""The ledger and the mailbox turn: the only code that sends through a mailbox."""

from reachly.data.repositories.sending.rows import Lease
from reachly.services.sending.service.deciding import Decision, decide_at_the_console, decide_unknown
from reachly.services.sending.service.holding import (
    Held,
    list_held,
    recognise_database,
    resume_everywhere,
    resume_sending,
)
from reachly.services.sending.service.leasing import find_next_turn, lease_due, renew_leases
from reachly.services.sending.service.limiting import update_organization
from reachly.services.sending.service.reading import page_sends
from reachly.services.sending.service.rescue import (
    abandon,
    complete_done_campaigns,
    rescue_expired,
    rescue_organization,
    set_next_turn,
    wake_sleepers,
)
from reachly.services.sending.service.settling import settle_mailbox, settle_unknown
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
    "Decision",
    "Held",
    "Lease",
    "MailerFactory",
    "ReaderFactory",
    "Tools",
    "abandon",
    "complete_done_campaigns",
    "decide_at_the_console",
    "decide_unknown",
    "find_next_turn",
    "lease_due",
    "list_held",
    "open_mailer",
    "open_reader",
    "page_sends",
    "recognise_database",
    "renew_leases",
    "rescue_expired",
    "rescue_organization",
    "resume_everywhere",
    "resume_sending",
    "send_test",
    "set_next_turn",
    "settle_mailbox",
    "settle_unknown",
    "take_turn",
    "update_organization",
    "wake_sleepers",
]
