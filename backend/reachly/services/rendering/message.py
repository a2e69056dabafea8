"""Filling a compiled template, and joining the result into the bytes of a message."""

from __future__ import annotations

import re
from binascii import hexlify
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from html import escape
from itertools import groupby

from reachly.kit import correlation, mime
from reachly.kit.quoted import Part, join_pieces, make_piece, make_pieces, make_place
from reachly.services.rendering.compile import CompiledTemplate, find_unresolved
from reachly.services.rendering.errors import UnresolvedField, Unsendable
from reachly.services.rendering.fill import Mode, Run, fill, fill_words, show
from reachly.services.rendering.schemas import (
    PREVIEW_UNSUBSCRIBE_URL,
    MessageEnvelope,
    Rendered,
    TrackedUrls,
)

_TAIL = make_piece("</body></html>\n")
_PIXEL = (
    make_piece('<img src="'),
    make_place("", -2),  # before that of the opt-out
    make_piece('" width="1" height="1" alt="" style="display:block;width:1px;height:1px;border:0">'),
)
_MANY_LINES = re.compile(r"\n{3,}")
_RE = re.compile(r"(?:\s*re\s*:)+\s*", re.IGNORECASE)
_CONTENT = (
    b"Content-Type: text/%b; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n%%b\r\n"
)
_PLAIN = b"%b\r\n" + _CONTENT % b"plain"
_ALTERNATIVE = (
    b'%b\r\nContent-Type: multipart/alternative;\r\n boundary="%b"\r\n'
    b"\r\n--%b\r\n" + _CONTENT % b"plain" + b"--%b\r\n" + _CONTENT % b"html" + b"--%b--\r\n"
)
_ONE_CLICK = "List-Unsubscribe-Post: List-Unsubscribe=One-Click"
_OUR_HEADERS = """bcc cc content-transfer-encoding content-type date from in-reply-to list-unsubscribe
list-unsubscribe-post message-id mime-version references reply-to return-path sender subject to x-correlation-id"""
_OURS = frozenset(_OUR_HEADERS.split())
_format_sender = lru_cache(maxsize=1_024)(mime.format_mailbox)  # few write, and each of them to many


def render(
    compiled: CompiledTemplate, values: Mapping[str, str], *, seed: str, strict: bool = False
) -> Rendered:
    """One message in its final words. Raises UnresolvedField (`strict`: also for what only those options of spintax ask
    for that this seed does not take), or MessageTooLarge."""
    run = Run(values, seed, compiled.slots, section="s")
    if strict:
        _stop_if_any(find_unresolved(compiled, run))
    subject = mime.clean_header(fill_words(compiled.subject, run))
    if compiled.subject and not subject and not run.unresolved:
        run.unresolved.append("subject")
    run.section = "b"
    html_parts: list[Part] | None = None
    text_parts: list[Part] = []
    if compiled.html is not None:
        html_parts = []
        fill(compiled.html, run, Mode.HTML, html_parts)
    fill(compiled.text, run, Mode.TEXT, text_parts)
    _stop_if_any(run.unresolved)
    text_parts, text = _tidied(text_parts, run, fold=compiled.tidies_text)
    return Rendered(
        subject=subject,
        html=None if html_parts is None else show((*html_parts, _TAIL), run),
        text=text,
        links=tuple(run.links),
        unsubscribe_form=compiled.source.unsubscribe_form,
        track_opens=compiled.source.track_opens and html_parts is not None,
        track_clicks=compiled.source.track_clicks,
        html_parts=html_parts,
        text_parts=text_parts,
    )


def with_subject(rendered: Rendered, subject: str) -> Rendered:
    """The same message under another subject (a follow-up in its thread)."""
    return replace(rendered, subject=mime.clean_header(subject))


def bare_subject(subject: str) -> str:
    """A subject without the `Re:` of an answer."""
    clean = mime.clean_header(subject)
    return clean[_end_of_re(clean) :]


def follow_up_subject(original_subject: str, own_subject: str) -> tuple[str, bool]:
    """(subject, whether it stays in the thread). No own subject, or the original one again, answers in the thread with
    `Re: ` once; another subject begins a new thread."""
    bare = bare_subject(original_subject)
    own = mime.clean_header(own_subject)
    if not own or own[_end_of_re(own) :].casefold() == bare.casefold():
        return f"Re: {bare}".rstrip(), True
    return own, False


def build_message(rendered: Rendered, envelope: MessageEnvelope, urls: TrackedUrls | None) -> bytes:
    """The whole message (RFC 5322) with CRLF, as it goes on the wire before dot-stuffing. ASCII, unless an address
    needs SMTPUTF8. Raises Unsendable if the envelope has a part that cannot stand in a message."""
    urls = urls or TrackedUrls()
    clicks = _clicks(rendered, urls)
    opt_out = urls.unsubscribe_url or envelope.list_unsubscribe_url
    if opt_out is None and rendered.unsubscribe_form == "link":
        raise Unsendable("This message has no unsubscribe address.", code="no_unsubscribe")
    try:
        unique, token = correlation.split_digest(envelope.message_id)
        head = "\r\n".join(_headers(rendered, envelope, token)).encode()
    except ValueError as error:
        raise Unsendable(f"The message cannot be addressed: {error}", code="bad_envelope") from None
    shown = [*clicks, urls.pixel_url or "", opt_out or PREVIEW_UNSUBSCRIBE_URL]
    places = make_pieces(shown)
    text = join_pieces(rendered.text_parts, places)
    if rendered.html_parts is None:
        return _PLAIN % (head, text)
    escaped = _escaped(shown)
    if escaped is not shown:
        places = make_pieces(escaped)
    pixel = _PIXEL if rendered.track_opens and urls.pixel_url else ()
    html = join_pieces((*rendered.html_parts, *pixel, _TAIL), places)
    # No line of quoted-printable can contain "=_", so the boundary never occurs in a body (RFC 2045 6.7).
    boundary = b"=_" + hexlify(unique)
    return _ALTERNATIVE % (head, boundary, boundary, text, boundary, html, boundary)


def _stop_if_any(unresolved: Sequence[str]) -> None:
    if unresolved:
        raise UnresolvedField(list(dict.fromkeys(unresolved)))


def _tidied(parts: list[Part], run: Run, *, fold: bool) -> tuple[list[Part], str]:
    """Parts and their text, without blank ends, and (if derived from HTML) without the blank lines that conditions
    leave. Nearly every text is tidy as it comes."""
    text = show(parts, run)
    if not (text[0].isspace() or text[-2].isspace() or (fold and "\n\n\n" in text)):
        return parts, text
    tidy: list[str | Part] = []
    for is_place, group in groupby(parts, lambda part: part[1] is None):
        if is_place:
            tidy += group
        else:
            words = "".join([part[0] for part in group])
            tidy.append(_MANY_LINES.sub("\n\n", words) if fold else words)
    if isinstance(tidy[0], str):
        tidy[0] = tidy[0].lstrip()
    if isinstance(tidy[-1], str):
        tidy[-1] = tidy[-1].rstrip() + "\n"
    made = [make_piece(part) if isinstance(part, str) else part for part in tidy]
    return made, show(made, run)


def _escaped(urls: list[str]) -> list[str]:
    """The addresses as values of attributes."""
    text = "".join(urls)  # nearly never has one of them anything to escape
    is_plain = not ("&" in text or '"' in text or "'" in text or "<" in text or ">" in text)
    return urls if is_plain else [escape(url) for url in urls]


def _end_of_re(subject: str) -> int:
    match = _RE.match(subject)
    return match.end() if match else 0


def _clicks(rendered: Rendered, urls: TrackedUrls) -> Sequence[str]:
    if not rendered.track_clicks or not urls.click_urls:
        return rendered.links
    if len(urls.click_urls) != len(rendered.links):
        raise Unsendable("There must be one click address per link.", code="bad_click_urls")
    return urls.click_urls


def _headers(rendered: Rendered, envelope: MessageEnvelope, token: str) -> list[str]:
    """The header block up to MIME-Version. Raises ValueError for a part that cannot stand in it."""
    if not mime.is_message_id(envelope.message_id):
        raise ValueError("the message id has a wrong form.")
    lines = [
        f"From: {_format_sender(envelope.from_name, envelope.from_email, 6)}",
        f"To: {mime.format_mailbox(envelope.to_name, envelope.to_email, 4)}",
        f"Subject: {mime.encode_text(rendered.subject, 9)}",
        f"Date: {mime.format_date(envelope.date)}",
        f"Message-ID: {envelope.message_id}",
        f"{correlation.HEADER}: {token}",
    ]
    if envelope.reply_to:
        lines.append(f"Reply-To: {_format_sender('', envelope.reply_to, 10)}")
    if envelope.in_reply_to and mime.is_message_id(envelope.in_reply_to):
        lines.append(f"In-Reply-To: {envelope.in_reply_to}")
    if envelope.references and (references := mime.fold_message_ids(envelope.references, 12)):
        lines.append(f"References: {references}")
    if rendered.unsubscribe_form == "link":
        lines += _list_unsubscribe(envelope)
    for name, value in envelope.extra_headers:
        if not mime.is_header_name(name) or name.lower() in _OURS:
            raise ValueError(f"the header {mime.clean_header(name)[:40]!r} cannot be set.")
        lines.append(f"{name}: {mime.encode_text(value, len(name) + 2)}")
    lines.append("MIME-Version: 1.0")
    return lines


def _list_unsubscribe(envelope: MessageEnvelope) -> list[str]:
    """RFC 2369 and RFC 8058: one web address, which takes the POST, and perhaps a mailto."""
    uris: list[str] = []
    if envelope.list_unsubscribe_url:
        uris.append(mime.angle_uri(envelope.list_unsubscribe_url))
    if envelope.list_unsubscribe_mailto:
        mailto = envelope.list_unsubscribe_mailto
        uris.append(mime.angle_uri(mailto if mailto.startswith("mailto:") else f"mailto:{mailto}"))
    if not uris:
        return []
    line = "List-Unsubscribe: " + ",\r\n ".join(uris)
    return [line, _ONE_CLICK] if envelope.list_unsubscribe_url else [line]
