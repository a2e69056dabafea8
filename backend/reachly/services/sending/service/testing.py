"""A test mail: the words of the real message, to one's own address, through the same connection."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from reachly.data.repositories.sending import candidates, caps, marks, outcomes, reads
from reachly.data.repositories.sending.outcomes import Outcome
from reachly.data.repositories.sending.reads import TestRow
from reachly.data.repositories.sending.rows import CapKey, MailboxRow
from reachly.data.session import Session, tenant
from reachly.data.system import system
from reachly.infra.settings import current_settings
from reachly.integrations.mailer.port import Envelope, Receipt
from reachly.kit import clock
from reachly.kit.address import Address, domain_of, inbox_key, parse_address
from reachly.kit.errors import Conflict, FieldError, Invalid, NotFound, RateLimited
from reachly.kit.ids import new_id
from reachly.services.campaigns import service as campaigns
from reachly.services.campaigns.schemas import TestSendIn, TestSendOut
from reachly.services.email_accounts import service as email_accounts
from reachly.services.email_accounts.service import Connection
from reachly.services.identity import service as identity
from reachly.services.identity.schemas import Actor
from reachly.services.rendering import MessageEnvelope, Rendered, TrackedUrls, build_message
from reachly.services.sending import tokens
from reachly.services.sending.policy import Retry, judge, make_message_id
from reachly.services.sending.service import world
from reachly.services.sending.service.counting import Cap, Counters, summed
from reachly.services.sending.service.tools import MailerFactory, open_mailer
from reachly.services.suppression import service as suppression

HOUR = timedelta(hours=1)


async def send_test(
    actor: Actor, campaign_id: uuid.UUID, body: TestSendIn, *, mailer_factory: MailerFactory = open_mailer
) -> TestSendOut:
    """Sends one and says how it went. It is in the ledger as a test, counts towards the mailbox's day and in no figure.

    Raises Invalid, NotFound, Conflict (no mailbox that can send, or its day, its domain's or the plan is used up), or
    RateLimited: the limit is per inbox, over all senders and organizations and all spellings that end there.
    """
    to = _parse(body.to_email)
    async with tenant(actor.organization_id) as session:
        await _refuse_suppressed(session, actor, to)
        sample = await campaigns.render_sample(session, actor, campaign_id, body)
        mailbox = await _mailbox(session, actor, campaign_id, body.email_account_id)
        connection = await email_accounts.find_connection(session, actor.organization_id, mailbox.id)
        assert connection is not None, "read in the same transaction"
    now = clock.now()
    wanted = Counters(mailbox, now).of_mailbox()
    row = _row(mailbox, to, sample.rendered, tuple(key for key, _ in wanted))
    async with (
        system() as session
    ):  # the limit is everybody's, and is counted in the transaction that uses it
        await _limit(session, to, now)
        await identity.require_quota(session, actor.organization_id, "sends")
        await _reserve(session, mailbox, wanted, now)
        lease_until = clock.machine_now() + timedelta(seconds=current_settings().sending.lease_seconds * 3)
        await reads.insert_test(session, actor.organization_id, row, now, lease_until)
    receipt = await _deliver(row, mailbox, to, sample.rendered, connection, mailer_factory)
    return await _record(mailbox, row, receipt)


def _parse(text: str) -> Address:
    try:
        return parse_address(text)
    except ValueError as error:
        fault = FieldError("/to_email", str(error), "address")
        raise Invalid("Give an address for the test mail.", code="bad_address", errors=[fault]) from None


async def _limit(session: Session, to: Address, now: datetime) -> None:
    inbox = inbox_key(to.key)
    domains = {domain_of(to.key), domain_of(inbox)}
    if domain_of(inbox) == "gmail.com":
        domains.add("googlemail.com")
    lately = await reads.list_tests(session, inbox, sorted(domains), now - HOUR)
    if sum(inbox_key(key) == inbox for key in lately) >= current_settings().sending.test_sends_an_hour:
        detail = "This address has had enough test mails for now. Try again in an hour."
        raise RateLimited(detail, code="too_many_tests", retry_after=3600)


async def _reserve(session: Session, mailbox: MailboxRow, wanted: Sequence[Cap], now: datetime) -> None:
    """A test spends what a message spends; only the gap and the hours are not for it. Raises Conflict."""
    state = await world.read_state(session, mailbox, now)
    held = [at for at in (state.not_before, state.provider_full_until) if at is not None and at > now]
    if held or not await caps.reserve(session, mailbox.organization_id, summed(wanted)):
        raise Conflict(
            f"{mailbox.email_address} may send no more for now: its daily limit, its domain's or its provider's is"
            " used up. Choose another mailbox, or try again tomorrow.",
            code="mailbox_full",
        )
    if not await marks.hold_limits(session, mailbox.organization_id, mailbox.id, mailbox.limits_version):
        raise Conflict(
            f"The limits of {mailbox.email_address} were changed just now. Try again.", code="limits_changed"
        )


async def _refuse_suppressed(session: Session, actor: Actor, to: Address) -> None:
    if await suppression.find_reasons(session, actor.organization_id, [to.key]):
        fault = FieldError("/to_email", "This address is on the do-not-contact list.", "suppressed")
        raise Invalid(
            "Nothing is sent to suppressed addresses, not even tests.", code="suppressed", errors=[fault]
        )


async def _mailbox(
    session: Session, actor: Actor, campaign_id: uuid.UUID, wanted: uuid.UUID | None
) -> MailboxRow:
    if wanted is None:
        ids = await campaigns.list_mailbox_ids(session, actor, campaign_id)
    else:
        ids = [wanted]
    rows = [await candidates.get_mailbox(session, actor.organization_id, account_id) for account_id in ids]
    found = [row for row in rows if row is not None]
    if wanted is not None and not found:
        raise NotFound("There is no such mailbox.")
    able = sorted((row for row in found if row.can_send()), key=lambda row: row.email_key)
    if not able:
        raise Conflict("Choose a mailbox that is connected and switched on.", code="no_mailbox")
    return able[0]


def _row(mailbox: MailboxRow, to: Address, rendered: Rendered, caps: tuple[CapKey, ...]) -> TestRow:
    message_id = make_message_id(mailbox.email_key, new_id())
    return TestRow(
        new_id(),
        new_id(),
        mailbox.id,
        to.key,
        message_id,
        rendered.subject,
        rendered.text,
        rendered.content_hash,
        caps,
    )


async def _deliver(
    row: TestRow, mailbox: MailboxRow, to: Address, rendered: Rendered, connection: Connection,
    mailer_factory: MailerFactory,
) -> Receipt:  # fmt: skip
    opt_out = tokens.unsubscribe_url(mailbox.organization_id, row.send_id)
    sender = parse_address(mailbox.email_address).wire
    envelope = MessageEnvelope(
        message_id=row.message_id, from_name=mailbox.display_name, from_email=sender, to_name="", to_email=to.wire,
        date=clock.now(), list_unsubscribe_url=opt_out if rendered.unsubscribe_form == "link" else None,
    )  # fmt: skip
    data = build_message(rendered, envelope, TrackedUrls(unsubscribe_url=opt_out))
    mailer = mailer_factory(connection)
    try:
        return await mailer.send(Envelope(sender, to.wire, data))
    finally:
        await mailer.close()


async def _record(mailbox: MailboxRow, row: TestRow, receipt: Receipt) -> TestSendOut:
    verdict = judge(receipt, 1, 0, Retry(minutes=()))
    status = verdict.status if verdict.status != "deferred" else "refused"
    outcome = Outcome(
        row.send_id, status, reason=verdict.reason, reply_code=receipt.code, reply_text=receipt.text,
        provider_message_id=receipt.provider_message_id,
    )  # fmt: skip
    now = clock.now()
    async with tenant(mailbox.organization_id) as session:
        await outcomes.record(session, mailbox.organization_id, row.attempt_id, now, [outcome])
        went = status in ("sent", "unknown")
        used, released = (row.caps, ()) if went else ((), row.caps)
        await caps.settle(session, mailbox.organization_id, used=used, released=released)
    if status == "sent":
        return TestSendOut(ok=True, detail=f"Sent from {mailbox.email_address}.", send_id=row.send_id)
    told = f"{receipt.code} {receipt.text}" if receipt.code else receipt.text
    return TestSendOut(ok=False, detail=f"It was not sent: {told}"[:500], send_id=row.send_id)
