"""Taking a message apart, whatever it is: bounded in depth, parts, bytes and time, without ever raising.

The standard library's parser recurses into nested parts and reads line by line; a hostile message of a few
megabytes stops it with an exception or for minutes. So structure is found here with plain splits, and the library
decodes single headers and leaves, where it is at its best. LF, CR and CRLF are the same.
"""

from __future__ import annotations

import binascii
import html
import quopri
import re
from dataclasses import dataclass, field
from email.message import Message

from reachly.kit import charsets

MAX_BYTES = 8_000_000  # of a message that are looked at
MAX_HEADER_BYTES = 256_000
MAX_HEADERS = 500
MAX_VALUE = 8_000  # characters of one header
MAX_DEPTH = 20
MAX_PARTS = 200
MAX_LEAF = 400_000  # decoded bytes of one part

Headers = list[tuple[str, str]]
_NAME = re.compile(rb"([!-9;-~]{1,100})[ \t]*:")


@dataclass(slots=True)
class Part:
    """One leaf, or an embedded message, in the order of the message. `kind` is type/subtype in lower case.

    `choice` is the same for all that lies in one multipart/alternative, of which one is shown; 0: in none.
    """

    kind: str
    headers: Headers
    body: bytes
    depth: int
    charset: str = "utf-8"
    params: dict[str, str] = field(default_factory=dict)
    is_attachment: bool = False
    choice: int = 0

    def data(self, limit: int = MAX_LEAF) -> bytes:
        """The body without its transfer encoding, at most `limit` bytes; damage is passed over."""
        encoding = header(self.headers, "content-transfer-encoding").strip().lower()
        raw = self.body[: limit * 2]
        if encoding == "base64":
            kept = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
            try:
                return binascii.a2b_base64(kept + b"=" * (-len(kept) % 4))[:limit]
            except binascii.Error:
                return binascii.a2b_base64(kept[: len(kept) // 4 * 4])[:limit]
        if encoding == "quoted-printable":
            return quopri.decodestring(raw)[:limit]
        return raw[:limit]

    def text(self, limit: int = MAX_LEAF) -> str:
        """The first `limit` bytes of the body as text; line ends are LF, NUL and lone surrogates are gone."""
        text = charsets.decode(self.data(limit), self.charset)
        text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")
        return text.encode("utf-8", "replace").decode("utf-8", "replace")


def header(headers: Headers, name: str) -> str:
    """The first value of that name, else an empty text."""
    return next((value for key, value in headers if key == name), "")


def all_headers(headers: Headers, name: str) -> list[str]:
    return [value for key, value in headers if key == name]


def split_message(raw: bytes) -> tuple[Headers, bytes]:
    """The headers (names in lower case, values unfolded, not yet decoded) and the body."""
    raw = raw.lstrip(b"\n")
    if raw.startswith((b"From ", b">From ")):  # an mbox line in front
        raw = raw.partition(b"\n")[2]
    head, _, body = raw.partition(b"\n\n")
    found: list[tuple[str, list[bytes]]] = []
    for line in head[:MAX_HEADER_BYTES].split(b"\n"):
        match = _NAME.match(line)
        if line[:1] in (b" ", b"\t") and found:
            found[-1][1].append(line)
        elif match and len(found) < MAX_HEADERS:
            found.append((match[1].decode("ascii").lower(), [line[match.end() :]]))
        elif not match and not found:
            return [], raw  # no headers at all: everything is text
    return [(name, _value(b"".join(lines))) for name, lines in found], body


def _value(raw: bytes) -> str:
    raw = raw[:MAX_VALUE]
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")
    return re.sub(r"[\x00-\x1f\x7f]+", " ", text).strip()


def content_type(headers: Headers) -> tuple[str, dict[str, str]]:
    """Type/subtype in lower case and the parameters, with the library's patience for RFC 2231."""
    value = header(headers, "content-type")
    message = Message()
    message["content-type"] = value[:2000]
    try:
        found = message.get_params(failobj=[], unquote=True) or []
        params = {name.lower(): _parameter(text) for name, text in found[1:21]}
    except Exception:  # noqa: BLE001 - the library has raised a dozen kinds of error here over the years
        params = {}
    kind = value.partition(";")[0].strip().lower()
    return (kind if re.fullmatch(r"[\w.+-]{1,60}/[\w.+-]{1,80}", kind) else "text/plain"), params


def _parameter(value: object) -> str:
    return str(value[2] if isinstance(value, tuple) else value)


def walk(headers: Headers, body: bytes) -> list[Part]:
    """The leaves of a message in order. Past the limits a part is a leaf, whatever it says it is."""
    parts: list[Part] = []
    stack: list[tuple[Headers, bytes, int, int]] = [(headers, body, 0, 0)]
    choices = 0
    while stack and len(parts) < MAX_PARTS:
        found, content, depth, choice = stack.pop()
        kind, params = content_type(found)
        boundary = params.get("boundary", "")
        if kind.startswith("multipart/") and 0 < len(boundary) <= 200 and depth < MAX_DEPTH:
            children = _split_parts(content, boundary.encode("utf-8", "replace"))
            if children:
                if kind == "multipart/alternative" and not choice:
                    choice = choices = choices + 1
                stack.extend(
                    (*split_message(b"\n" + child), depth + 1, choice) for child in reversed(children)
                )
                continue
        charset = params.get("charset", "utf-8").strip().lower() or "utf-8"
        disposition = header(found, "content-disposition").lower()
        is_attachment = disposition.startswith("attachment")
        parts.append(Part(kind, found, content, depth, charset, params, is_attachment, choice))
    return parts


def _split_parts(body: bytes, boundary: bytes) -> list[bytes]:
    """The parts between the delimiter lines; preamble and epilogue are left out (RFC 2046 5.1.1)."""
    delimiter = b"\n--" + boundary
    chunks = (b"\n" + body).split(delimiter, MAX_PARTS + 1)
    parts: list[bytes] = []
    for chunk in chunks[1:]:
        line, _, rest = chunk.partition(b"\n")
        if line.startswith(b"--") and not line[2:].strip():
            break
        if line.strip():  # only the beginning of a longer boundary, or of a line of text
            if parts:
                parts[-1] += delimiter + chunk
            continue
        parts.append(rest)
    return parts


_BLOCK = re.compile(r"<(style|script|head|title)\b|<!--", re.IGNORECASE)
_BREAKS = re.compile(r"<(?:br|/p|/div|/tr|/li|/h[1-6]|hr|/table|p|div)\b[^<>]{0,2000}>", re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z/!?][^<>]{0,5000}>")
_QUOTED = re.compile(
    r"<blockquote\b|<div[^<>]{0,200}\bclass=[\"']?[^\"'<>]{0,100}\b(?:gmail_quote|moz-cite-prefix|yahoo_quoted)"
    r"|<div[^<>]{0,200}\bid=[\"']?(?:divRplyFwdMsg|appendonsend|mail-editor-reference-message-container)",
    re.IGNORECASE,
)


def html_to_text(source: str, *, keep_quotes: bool = True) -> str:
    """The words of an HTML part. Without `keep_quotes` it ends where the quoted history begins."""
    source = source[:MAX_LEAF]
    if not keep_quotes:
        cut = _QUOTED.search(source)
        if cut and _TAG.sub("", source[: cut.start()]).strip():
            source = source[: cut.start()]
    source = _without_blocks(source)
    source = _BREAKS.sub("\n", re.sub(r"[ \t\n]+", " ", source))
    text = re.sub(r"[ \t\xa0]+", " ", html.unescape(_TAG.sub("", source)))
    return re.sub(r"\n{3,}", "\n\n", re.sub(r" ?\n ?", "\n", text)).strip()


def _without_blocks(source: str) -> str:
    """Without styles, scripts, head and comments; one that never ends takes the rest along. One pass."""
    lowered = source.lower()
    if len(lowered) != len(source):  # a few letters change their length
        lowered = source
    kept: list[str] = []
    at = 0
    while found := _BLOCK.search(source, at):
        kept.append(source[at : found.start()])
        closing = f"</{found[1].lower()}" if found[1] else "-->"
        end = lowered.find(closing, found.end())
        if end < 0:
            return " ".join(kept)
        at = max(source.find(">", end) + 1, end + len(closing))
    kept.append(source[at:])
    return " ".join(kept)
