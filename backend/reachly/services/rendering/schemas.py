"""What goes into the renderer and what comes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Literal

from reachly.kit.quoted import Part, make_place

UnsubscribeForm = Literal["link", "reply", "none"]
"""How a recipient opts out: a link with the RFC 8058 headers, a "reply with stop" line without them, or (only for
mail from one person to another, such as an answer in the inbox) not at all and without a footer."""

PREVIEW_UNSUBSCRIBE_URL = "#unsubscribe"
"""What previews and the content hash show in place of the recipient's own unsubscribe address."""

UNSUBSCRIBE = make_place(PREVIEW_UNSUBSCRIBE_URL, -1)
"""The place of that address: the last in a list behind the links."""


@dataclass(frozen=True, slots=True)
class TemplateSource:
    """A step as its author wrote it. `body` is plain text, or HTML as soon as it has a known tag."""

    subject: str
    body: str
    preheader: str = ""
    text_only: bool = False
    track_opens: bool = False
    track_clicks: bool = False
    unsubscribe_form: UnsubscribeForm = "link"
    opt_out_text: str = ""  # own words for the opt-out line of the footer; empty = ours


@dataclass(frozen=True, slots=True)
class FieldUse:
    """A name that the template asks for. `where`: subject, preheader, body or footer. `has_fallback` is also true
    where the name is only a condition (`{% if name %}`)."""

    name: str
    has_fallback: bool
    where: str


# Not frozen, which would take three times as long to make: there is one for every message.
@dataclass(slots=True)
class Rendered:
    """One message in its final words.

    `html` (None for a text-only message) and `text` show the plain links; `links` are the http(s) targets in the order
    of the HTML (of the text if there is no HTML), equal in both parts. The `*_parts` are the same texts with places for
    links and opt-out, ready to be joined for the wire.
    """

    subject: str
    html: str | None
    text: str
    links: tuple[str, ...]
    unsubscribe_form: UnsubscribeForm
    track_opens: bool
    track_clicks: bool
    html_parts: Sequence[Part] | None
    text_parts: Sequence[Part]

    @property
    def content_hash(self) -> str:
        """The SHA-256 (hex) of subject, text and html as they stand here, so it does not depend on tokens."""
        words = "\0".join((self.subject, self.text, self.html or ""))
        return sha256(words.encode("utf-8", "replace")).hexdigest()


@dataclass(slots=True)  # not frozen, as `Rendered`
class TrackedUrls:
    """This recipient's own addresses. `click_urls` is empty or as long as `Rendered.links` and in its order."""

    pixel_url: str | None = None
    click_urls: tuple[str, ...] | list[str] = ()
    unsubscribe_url: str | None = None


@dataclass(slots=True)  # not frozen, as `Rendered`
class MessageEnvelope:
    """Who writes to whom, when, and in which thread. Addresses are bare (`Address.wire`), ids have angle brackets,
    `references` is oldest first, `date` has a zone, `list_unsubscribe_mailto` is a bare address or a mailto: URI."""

    message_id: str
    from_name: str
    from_email: str
    to_name: str
    to_email: str
    date: datetime
    reply_to: str | None = None
    in_reply_to: str | None = None
    references: tuple[str, ...] | list[str] = ()
    list_unsubscribe_url: str | None = None
    list_unsubscribe_mailto: str | None = None
    extra_headers: tuple[tuple[str, str], ...] = ()
