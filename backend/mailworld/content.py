"""What a recipient's mail program sees in a message: text, links, pixel, the way out."""

from __future__ import annotations

import email
import re
from dataclasses import dataclass
from email.message import Message
from email.policy import compat32

from selectolax.lexbor import LexborHTMLParser, LexborNode

from reachly.kit import charsets
from reachly.kit.mail_headers import HeaderMailbox, decode_words, read_mailboxes

READ_BYTES = 400_000  # who gets more than this sees the headers, and nothing to react to
_URL = re.compile(r"https?://[^\s<>\"']+")
_WAY_OUT = re.compile(
    r"unsub|opt.?out|abmeld|austragen|desabon|désinscri|desinscri|darse de baja|cancella|uitschrijv|wypisz|配信停止",
    re.IGNORECASE,
)
_HIDDEN = re.compile(r"display\s*:\s*none|(?:width|height)\s*:\s*[01](?:px)?\b", re.IGNORECASE)
_TINY = {"0", "1", "0px", "1px"}


@dataclass(frozen=True, slots=True)
class Seen:
    """One message as its reader has it. `pixel` is "" without one; `links` are in order, without the way out."""

    message_id: str
    sender: str
    sender_name: str
    answer_to: str
    recipient_name: str
    subject: str
    in_reply_to: str
    references: tuple[str, ...]
    marks: dict[str, str]
    text: str
    pixel: str
    links: tuple[str, ...]
    all_links: tuple[str, ...]
    one_click: str  # the https URI of RFC 8058, "" where the two headers do not allow a one-click POST
    headers: bytes


def read(raw: bytes) -> Seen:
    """Reads any bytes; what is not there is empty."""
    # The older policy parses four times as fast, and this is done for every message.
    message = email.message_from_bytes(raw, policy=compat32) if len(raw) <= READ_BYTES else read_headers(raw)
    html, text = _part(message, "text/html"), _part(message, "text/plain")
    pixel, links, ways_out = _read_html(html) if html else ("", _URL.findall(text), [])
    if not html:
        ways_out = [link for link in links if _WAY_OUT.search(link)]
    sender, recipient = _mailbox(message, "From"), _mailbox(message, "To")
    one_click = _one_click(message)
    ways_out = [*ways_out, one_click]
    return Seen(
        message_id=header(message, "Message-ID"),
        sender=sender.address,
        sender_name=sender.name,
        answer_to=_mailbox(message, "Reply-To").address or sender.address,
        recipient_name=recipient.name,
        subject=header(message, "Subject"),
        in_reply_to=header(message, "In-Reply-To"),
        references=tuple(header(message, "References").split()),
        marks={key: str(value) for key, value in message.items() if key.lower().startswith("x-")},
        text=text or (LexborHTMLParser(html).text(separator=" ") if html else ""),
        pixel=pixel,
        links=tuple(link for link in links if link not in ways_out),
        all_links=tuple(dict.fromkeys(links)),
        one_click=one_click,
        headers=raw.partition(b"\r\n\r\n")[0] + b"\r\n",
    )


def read_headers(raw: bytes) -> Message:
    """The headers alone, quickly."""
    return email.message_from_bytes(raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n", policy=compat32)


def header(message: Message, name: str) -> str:
    """One header unfolded and decoded; "" when it is missing."""
    return decode_words(_unfolded(message, name))


def _unfolded(message: Message, name: str) -> str:
    return " ".join(str(message.get(name, ""))[:100_000].split())


def _mailbox(message: Message, name: str) -> HeaderMailbox:
    """The first mailbox of a header."""
    found = read_mailboxes(_unfolded(message, name))
    return found[0] if found else HeaderMailbox("", "")


def sender_of(message: Message) -> str:
    """The address in From, in lower case; "" without one."""
    return _mailbox(message, "From").address


def _part(message: Message, kind: str) -> str:
    for part in message.walk():
        if part.get_content_type() == kind and part.get_content_disposition() != "attachment":
            payload = part.get_payload(decode=True)
            if not isinstance(payload, bytes):
                return ""
            return charsets.decode(payload, _charset(part)).replace("\r\n", "\n")
    return ""


def _charset(part: Message) -> str:
    """As it stands there: the library would decode an RFC 2231 value by a codec that the sender names."""
    value = part.get_param("charset", "utf-8")
    return str(value[2] if isinstance(value, tuple) else value)


def _read_html(html: str) -> tuple[str, list[str], list[str]]:
    tree = LexborHTMLParser(html)
    links: list[str] = []
    ways_out: list[str] = []
    for anchor in tree.css("a[href]"):
        link = (anchor.attributes.get("href") or "").strip()
        if not link.startswith(("http://", "https://")):
            continue
        links.append(link)
        if _WAY_OUT.search(link) or _WAY_OUT.search(anchor.text()):
            ways_out.append(link)
    images = [image for image in tree.css("img[src]") if _source(image).startswith(("http://", "https://"))]
    pixels = [image for image in images if _is_pixel(image)]
    return (_source((pixels or images)[0]) if images else ""), links, ways_out


def _source(image: LexborNode) -> str:
    return (image.attributes.get("src") or "").strip()


def _is_pixel(image: LexborNode) -> bool:
    attributes = image.attributes
    if attributes.get("width") in _TINY or attributes.get("height") in _TINY:
        return True
    return bool(_HIDDEN.search(attributes.get("style") or ""))


def _one_click(message: Message) -> str:
    if header(message, "List-Unsubscribe-Post") != "List-Unsubscribe=One-Click":
        return ""
    found = re.findall(r"<\s*(https?://[^>\s]+)\s*>", header(message, "List-Unsubscribe"))
    return found[0] if found else ""
