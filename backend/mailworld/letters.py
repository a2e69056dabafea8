"""The letters of the world: human answers, automatic replies, delivery reports. Bytes with CRLF line ends.

Sources: RFC 5322 3.6.4 (threading), RFC 3834 (automatic mail), RFC 3464 and RFC 6522 (delivery reports).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage, Message
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.mime.text import MIMEText
from email.policy import SMTP as _SMTP
from email.utils import format_datetime
from html import escape

from mailworld import phrases
from mailworld.chance import between, choose, draw, happens
from mailworld.content import Seen
from mailworld.persona import Person, Plan, message_id

# Wide lines: a Message-ID that does not fit 78 columns would be folded into an encoded word.
SMTP = _SMTP.clone(max_line_length=900)


def write_answer(seed: int, person: Person, plan: Plan, seen: Seen, *, meaning: str) -> bytes:
    """A human answer in the thread, with the text answered to quoted below."""
    name = _name(person, seen)
    options = phrases.ANSWERS[person.language][meaning]
    words = choose(options, seed, person.address, plan.step, "words").format(name=name)
    wrote = phrases.WROTE[person.language].format(
        date=f"{plan.at:%d.%m.%Y %H:%M}", sender=f"{seen.sender_name} <{seen.sender}>".strip()
    )
    quoted = "\n".join(f"> {line}".rstrip() for line in seen.text.strip().splitlines())
    message = _letter(seed, plan, seen, name)
    prefix = phrases.REPLY_PREFIX.get(person.language, "Re: ")
    message["Subject"] = seen.subject if _is_reply(seen.subject) else prefix + seen.subject
    _thread(message, seen)
    message.set_content(f"{words}\n\n{wrote}\n{quoted}\n")
    if happens(0.5, seed, person.address, plan.step, "html"):
        said = escape(words).replace("\n", "<br>\n")
        message.add_alternative(
            f'<div dir="ltr">{said}</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">'
            f"{escape(wrote)}</div><blockquote>{escape(seen.text)}</blockquote></div>\n",
            subtype="html",
        )
    return message.as_bytes(policy=SMTP)


def write_auto_reply(seed: int, person: Person, plan: Plan, seen: Seen) -> bytes:
    """An out-of-office note (`plan.detail` "away") or the note of a mailbox whose owner has left ("left")."""
    who = (person.address, plan.step)
    name = _name(person, seen)
    message = _letter(seed, plan, seen, name)
    message["Subject"] = phrases.AUTO_SUBJECTS[person.language].format(subject=seen.subject)
    message["Auto-Submitted"] = choose(
        ("auto-replied", "auto-replied (vacation)", "auto-generated"), seed, *who
    )
    if happens(0.5, seed, *who, "exchange"):
        message["X-Auto-Response-Suppress"] = "All"
    else:
        message["Precedence"] = choose(("bulk", "auto_reply", "junk"), seed, *who, "precedence")
    if happens(0.7, seed, *who, "threaded"):
        _thread(message, seen)
    if plan.detail == "left":
        successor = f"{choose(('office', 'info', 'team'), seed, *who)}@{person.address.rpartition('@')[2]}"
        message.set_content(phrases.LEFT[person.language].format(successor=successor) + "\n")
    else:
        back = return_day(seed, person, plan)
        day = phrases.write_date(person.language, back, draw(seed, *who, "date"))
        message.set_content(phrases.AWAY[person.language].format(date=day, name=name) + "\n")
    return message.as_bytes(policy=SMTP)


def return_day(seed: int, person: Person, plan: Plan) -> datetime:
    """The day on which somebody who is away says to be back."""
    return plan.at + timedelta(days=round(between(2, 13, seed, person.address, plan.step, "back")))


def write_report(seed: int, plan: Plan, seen: Seen, *, hostname: str, arrived: datetime) -> bytes:
    """A delivery report; `plan.detail` is "<status> <diagnostic>". A "delay" is not a bounce (Action: delayed)."""
    status, _, diagnostic = plan.detail.partition(" ")
    failed = plan.what == "bounce"
    report = MIMEMultipart("report", f"=_{message_id(seed, plan)[1:21]}", report_type="delivery-status")
    report["Return-Path"] = "<>"
    report["From"] = f"Mail Delivery System <MAILER-DAEMON@{hostname}>"
    report["To"] = seen.sender
    report["Subject"] = (
        "Undelivered Mail Returned to Sender" if failed else "Delayed Mail (still being retried)"
    )
    report["Date"] = format_datetime(plan.at)
    report["Message-ID"] = message_id(seed, plan)
    report["Auto-Submitted"] = "auto-replied"
    if happens(0.5, seed, plan.recipient, "failed recipients"):
        report["X-Failed-Recipients"] = plan.recipient
    because = f"\n    {diagnostic}" if diagnostic else ""
    verb = "could not be delivered to" if failed else "has been delayed and is still on its way to"
    report.attach(MIMEText(f"This is the mail system at {hostname}.\n\nYour message {verb}\n\n"
                           f"<{plan.recipient}>:{because}\n", "plain", "us-ascii"))  # fmt: skip
    report.attach(_status(plan, status, diagnostic, hostname, arrived))
    report.attach(_original(seed, plan, seen))
    return report.as_bytes(policy=SMTP)


def _status(plan: Plan, status: str, diagnostic: str, hostname: str, arrived: datetime) -> MIMENonMultipart:
    whole = _block((("Reporting-MTA", f"dns; {hostname}"), ("Arrival-Date", format_datetime(arrived))))
    one = [
        ("Final-Recipient", f"rfc822; {plan.recipient}"),
        ("Original-Recipient", f"rfc822;{plan.recipient}"),
        ("Action", "failed" if plan.what == "bounce" else "delayed"),
        ("Status", status),
        ("Remote-MTA", f"dns; mail.{plan.recipient.rpartition('@')[2]}"),
    ]
    if diagnostic:
        one.append(("Diagnostic-Code", f"smtp; {diagnostic}"))
    part = MIMENonMultipart("message", "delivery-status")
    part.set_payload([whole, _block(one)])
    return part


def _block(fields: Sequence[tuple[str, str]]) -> Message:
    block = Message()
    for name, value in fields:
        block[name] = value
    return block


def _original(seed: int, plan: Plan, seen: Seen) -> MIMENonMultipart:
    """Half of the servers return the headers alone, half a message/rfc822 (here cut after the headers)."""
    if happens(0.5, seed, plan.recipient, "headers only"):
        part = MIMENonMultipart("text", "rfc822-headers")
        part.set_payload(seen.headers.decode("ascii", "replace").replace("\r\n", "\n"))
        return part
    original = Message()
    original.set_payload("")
    for line in (
        seen.headers.decode("ascii", "replace").replace("\r\n ", " ").replace("\r\n\t", " ").split("\r\n")
    ):
        name, found, value = line.partition(":")
        if found:
            original[name] = value.strip()
    return MIMEMessage(original)


def _letter(seed: int, plan: Plan, seen: Seen, name: str) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(name, addr_spec=plan.recipient)
    message["To"] = seen.answer_to
    message["Date"] = plan.at
    message["Message-ID"] = message_id(seed, plan)
    return message


def _thread(message: EmailMessage, seen: Seen) -> None:
    if seen.message_id:
        message["In-Reply-To"] = seen.message_id
        message["References"] = " ".join((*seen.references, seen.message_id))


def _name(person: Person, seen: Seen) -> str:
    if seen.recipient_name:
        return seen.recipient_name
    return person.address.partition("@")[0].replace(".", " ").replace("_", " ").title()


def _is_reply(subject: str) -> bool:
    return subject.lower().startswith(("re:", "aw:", "sv:", "odp:", "r:"))
