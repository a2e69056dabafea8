"""From a chosen intent to the bytes of its message: the same renderer as preview and check."""

from __future__ import annotations

import uuid
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from reachly.data.repositories.sending.rows import EnrollmentRow, MailboxRow, StepRow
from reachly.kit.address import parse_address
from reachly.kit.errors import ReachlyError
from reachly.services.rendering.errors import MessageTooLarge, TemplateError, UnresolvedField
from reachly.services.rendering.policy import (
    CompiledTemplate,
    bare_subject,
    build_message,
    compile_template,
    follow_up_subject,
    render,
    with_subject,
)
from reachly.services.rendering.schemas import MessageEnvelope, Rendered, TemplateSource
from reachly.services.rendering.values import LEAD_FIELDS, merge_values, text_seed
from reachly.services.sending import tokens
from reachly.services.sending.service.choosing import Item

KEPT_TEMPLATES = 512
_columns: Callable[[EnrollmentRow], tuple[str, ...]] = attrgetter(*LEAD_FIELDS)


@dataclass(slots=True)
class Message:
    """Final words and bytes. `threaded`: it answers in the enrollment's thread instead of opening one."""

    item: Item
    rendered: Rendered
    threaded: bool
    data: bytes

    @property
    def send_id(self) -> uuid.UUID:
        return self.item.send_id

    @property
    def tracked_links(self) -> tuple[str, ...]:
        return self.rendered.links if self.rendered.track_clicks else ()


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A message that cannot be made. `missing`: a field of this person is empty, which can be mended; else the row is
    set apart for good."""

    item: Item
    missing: bool
    reason: str
    detail: str


_templates: OrderedDict[tuple[object, ...], CompiledTemplate] = OrderedDict()


def compiled_for(step: StepRow, label: str, settings: dict[str, object]) -> CompiledTemplate:
    """The compiled template of one version of a step, kept. Raises TemplateError."""
    key = (
        step.id, step.version, step.changed_at, label, settings.get("text_only"), settings.get("track_opens"),
        settings.get("track_clicks"), settings.get("unsubscribe_form"),
    )  # fmt: skip
    found = _templates.get(key)
    if found is None:
        found = _templates[key] = compile_template(source_of(step, label, settings))
        while len(_templates) > KEPT_TEMPLATES:
            _templates.popitem(last=False)
    else:
        _templates.move_to_end(key)
    return found


def source_of(step: StepRow, label: str, settings: dict[str, object]) -> TemplateSource:
    """What the author wrote, under the campaign's settings. A variant without a subject keeps the step's."""
    variant = next((one for one in step.variants if one.label == label), None)
    form = "reply" if settings.get("unsubscribe_form") == "reply" else "link"
    return TemplateSource(
        subject=(variant.subject_template if variant else "") or step.subject_template,
        body=variant.email_template if variant else step.email_template,
        text_only=bool(settings.get("text_only")),
        track_opens=bool(settings.get("track_opens")),
        track_clicks=bool(settings.get("track_clicks")),
        unsubscribe_form="reply" if form == "reply" else "link",
    )


def values_of(person: EnrollmentRow, mailbox: MailboxRow) -> dict[str, str]:
    """Every merge tag of one person and one sender."""
    return merge_values(
        _columns(person),
        person.custom_fields,
        opening_line=str(person.personalization.get("opening_line") or ""),
        sender_name=mailbox.display_name,
        signature=mailbox.signature,
        postal_address=mailbox.postal_address or "",
    )


def compose(item: Item, mailbox: MailboxRow, now: datetime, max_bytes: int) -> Message | Obstacle:
    """One message, dated `now`, or what is in the way. Never raises for a message's own sake."""
    person = item.ready.person
    try:
        rendered = _words(item, mailbox)
        threaded = False
        if person.thread_message_id is not None:
            subject, threaded = follow_up_subject(person.thread_subject or "", rendered.subject)
            rendered = with_subject(rendered, subject)
        elif (
            not rendered.subject and person.thread_subject
        ):  # handed over: another mailbox begins a new thread
            rendered = with_subject(rendered, bare_subject(person.thread_subject))
        elif not rendered.subject:
            return Obstacle(item, True, "missing_field", "The first message needs a subject.")
        data = _bytes(item, rendered, mailbox, now, threaded)
    except UnresolvedField as error:
        return Obstacle(item, True, "missing_field", "These fields are empty: " + ", ".join(error.fields))
    except TemplateError as error:
        return Obstacle(item, True, "missing_field", error.detail)
    except MessageTooLarge as error:
        return Obstacle(item, False, "message_too_large", error.detail)
    except ReachlyError as error:
        return Obstacle(item, False, "unrenderable", error.detail)
    except Exception as error:  # noqa: BLE001 - one message that cannot be made must not stop the others
        return Obstacle(item, False, "unrenderable", f"{type(error).__name__}: {error}"[:500])
    if len(data) > max_bytes:
        return Obstacle(item, False, "message_too_large", f"The message has {len(data):,} bytes.")
    return Message(item, rendered, threaded, data)


def _words(item: Item, mailbox: MailboxRow) -> Rendered:
    ready = item.ready
    compiled = compiled_for(ready.step, item.intent.variant, ready.campaign.settings)
    seed = text_seed(ready.campaign.seed, ready.person.email_key, ready.step.sequence_number)
    return render(compiled, values_of(ready.person, mailbox), seed=seed, strict=True)


def _bytes(item: Item, rendered: Rendered, mailbox: MailboxRow, now: datetime, threaded: bool) -> bytes:
    person = item.ready.person
    references = tuple(person.thread_references.split()) if threaded else ()
    urls = tokens.make_urls(
        mailbox.organization_id, item.send_id, opens=rendered.track_opens,
        clicks=len(rendered.links) if rendered.track_clicks else 0,
    )  # fmt: skip
    envelope = MessageEnvelope(
        message_id=item.intent.message_id,
        from_name=mailbox.display_name,
        from_email=_wire(mailbox.email_address, mailbox.email_key),
        to_name=f"{person.first_name} {person.last_name}".strip(),
        to_email=_wire(person.email, person.email_key),
        date=now,
        reply_to=parse_address(mailbox.reply_to).wire if mailbox.reply_to else None,
        in_reply_to=references[-1] if references else None,
        references=references,
        list_unsubscribe_url=urls.unsubscribe_url if rendered.unsubscribe_form == "link" else None,
    )
    return build_message(rendered, envelope, urls)


def _wire(email: str, key: str) -> str:
    """`Address.wire`. An address that is its own key has been parsed before."""
    return email if email == key else parse_address(email).wire
