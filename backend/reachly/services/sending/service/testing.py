"""A test mail: the words of the real message, to one's own address, through the same connection."""

from __future__ import annotations

import uuid
from datetime import timedelta

from reachly.data.repositories.sending import candidates, caps, outcomes, reads
from reachly.data.repositories.sending.outcomes import Outcome
from reachly.data.repositories.sending.reads import TestRow
from reachly.data.repositories.sending.rows import MailboxRow
from reachly.data.session import Session, tenant
from reachly.data.system import system
from reachly.infra.settings import current_settings
from reachly.integrations.mailer.port import Envelope, Receipt
from reachly.kit import clock
from reachly.kit.address import Address, parse_address
from reachly.kit.errors import Conflict, FieldError, Invalid, NotFound, RateLimited
from reachly.kit.ids import new_id
from reachly.services.campaigns import service as campaigns
from reachly.services.campaigns.schemas import TestSendIn, TestSendOut
from reachly.services.email_accounts import service as email_accounts
from reachly.services.email_accounts.service import Connection
from reachly.services.identity.schemas import Actor
from reachly.services.rendering import MessageEnvelope, Rendered, TrackedUrls, build_message
from reachly.services.sending import tokens
from reachly.services.sending.policy import Retry, judge, make_message_id
from reachly.services.sending.service import world
from reachly.services.sending.service.tools import MailerFactory, open_mailer
from reachly.services.suppression import service as suppression

HOUR = timedelta(hours=1)


async def send_test(
    actor: Actor, campaign_id: uuid.UUID, body: TestSendIn, *, mailer_factory: MailerFactory = open_mailer
) -> TestSendOut:
    """Sends one and says how it went. It is in the ledger as a test, counts towards the mailbox's day and in no figure.

    Raises Invalid, NotFound, Conflict (no mailbox that can send), or RateLimited: the limit is per recipient, over
    all senders and organizations.
    """
    to = _parse(body.to_email)
    await _limit(to)
    async with tenant(actor.organization_id) as session:
        await _refuse_suppressed(session, actor, to)
        sample = await campaigns.render_sample(session, actor, campaign_id, body)
        mailbox = await _mailbox(session, actor, campaign_id, body.email_account_id)
        connection = await email_accounts.find_connection(session, actor.organization_id, mailbox.id)
        assert connection is not None, "read in the same transaction"
        row = _row(mailbox, to, sample.rendered)
        lease_until = clock.machine_now() + timedelta(seconds=current_settings().sending.lease_seconds * 3)
        await reads.insert_test(session, actor.organization_id, row, clock.now(), lease_until)
    receipt = await _deliver(row, mailbox, to, sample.rendered, connection, mailer_factory)
    return await _record(mailbox, row, receipt)


def _parse(text: str) -> Address:
    try:
        return parse_address(text)
    except ValueError as error:
        fault = FieldError("/to_email", str(error), "address")
        raise Invalid("Give an address for the test mail.", code="bad_address", errors=[fault]) from None


async def _limit(to: Address) -> None:
    async with system() as session:
        sent = await reads.count_tests(session, to.key, clock.now() - HOUR)
    if sent >= current_settings().sending.test_sends_an_hour:
        detail = "This address has had enough test mails for now. Try again in an hour."
        raise RateLimited(detail, code="too_many_tests", retry_after=3600)


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
        campaign = await campaigns.get_campaign(session, actor, campaign_id)
        ids = campaign.email_account_ids
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


def _row(mailbox: MailboxRow, to: Address, rendered: Rendered) -> TestRow:
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
        if status in ("sent", "unknown"):
            keys = [world.mailbox_day(mailbox, now), world.domain_day(mailbox, now)]
            await caps.use(session, mailbox.organization_id, [key for key in keys if key])
    if status == "sent":
        return TestSendOut(ok=True, detail=f"Sent from {mailbox.email_address}.", send_id=row.send_id)
    told = f"{receipt.code} {receipt.text}" if receipt.code else receipt.text
    return TestSendOut(ok=False, detail=f"It was not sent: {told}"[:500], send_id=row.send_id)
