"""HTML for mail: what is kept of it, its styles inlined, its words as plain text. Knows nothing of the grammar."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from html import escape

import css_inline
import nh3
from selectolax.lexbor import LexborHTMLParser, LexborNode


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_KNOWN_TAG = re.compile(
    r"</?(?:a|abbr|b|blockquote|body|br|center|code|div|em|font|h[1-6]|head|hr|html|i|img|li|ol|p|pre|s|small|span|"
    r"strike|strong|style|sub|sup|table|tbody|td|th|thead|tr|u|ul)(?:\s[^<>]*)?/?>|<!doctype\s",
    re.IGNORECASE,
)
_TAGS = _words(
    "a abbr address article b blockquote br caption center code col colgroup dd del div dl dt em figcaption "
    "figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark ol p pre q s section small span "
    "strike strong sub sup table tbody td tfoot th thead tr u ul"
)
_ATTRIBUTES: dict[str, set[str]] = {
    "*": {"style", "title", "dir", "lang", "align", "valign", "width", "height", "bgcolor", "role"},
    "a": {"href", "name"},
    "img": {"src", "alt", "border"},
    "table": {"border", "cellpadding", "cellspacing"},
    "td": {"colspan", "rowspan", "nowrap"},
    "th": {"colspan", "rowspan", "nowrap", "scope"},
    "col": {"span"},
    "ol": {"start", "type"},
    "ul": {"type"},
    "font": {"color", "face", "size"},
    "hr": {"size", "color", "noshade"},
}
_STYLES = _words(
    "background background-color background-image background-position background-repeat background-size border "
    "border-bottom border-collapse border-color border-left border-radius border-right border-spacing "
    "border-style border-top border-width box-sizing color direction display float clear font font-family "
    "font-size font-style font-variant font-weight height letter-spacing line-height list-style list-style-type "
    "margin margin-bottom margin-left margin-right margin-top max-height max-width min-height min-width "
    "mso-line-height-rule mso-table-lspace mso-table-rspace opacity overflow padding padding-bottom padding-left "
    "padding-right padding-top table-layout text-align text-decoration text-indent text-transform vertical-align "
    "white-space width word-break word-spacing word-wrap"
)
_DROPPED = _words("script style title noscript template iframe object embed svg math select textarea")
_CLEANER = nh3.Cleaner(
    tags=set(_TAGS),
    clean_content_tags=set(_DROPPED),
    attributes=_ATTRIBUTES,
    url_schemes={"http", "https", "mailto", "tel"},
    url_relative="pass_through",
    link_rel=None,
    strip_comments=False,  # between table rows our own placeholders are comments; others are gone before
    filter_style_properties=set(_STYLES),
)
_INLINER = css_inline.CSSInliner(load_remote_stylesheets=False)

_SPACES = re.compile(r"[ \t\r\n\f\u00a0]+")
_BREAKS = re.compile(r"[ \x01-\x03]+")
_BLANK = "\x1f"  # stands for a character taken away, until the positions in the source no longer matter
_LINE, _PARAGRAPH, _BR = "\x01", "\x02", "\x03"
_PARAGRAPHS = _words("p h1 h2 h3 h4 h5 h6 ul ol dl table blockquote pre hr figure")
_LINES = _words("address article caption center dd div dt figcaption footer header li main section td th tr")
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)


def looks_like_html(text: str) -> bool:
    """True if the text has at least one tag that mail uses. `a < b` and `<your name>` are plain text."""
    return _KNOWN_TAG.search(text) is not None


def take_styles(source: str) -> tuple[str, str]:
    """The source with comments, scripts, styles and the head blanked out (same length, same lines), and the styles.
    `inline_and_clean` closes the gaps."""
    styles: list[str] = []
    source = _blank(source, "<!--", "-->", None)
    source = _blank(source, "<style", "</style", styles)
    for tag in ("script", "head"):
        source = _blank(source, f"<{tag}", f"</{tag}", None)
    return source, "\n".join(styles)


def _blank(source: str, opener: str, closer: str, contents: list[str] | None) -> str:
    """Linear in the source, also for openers that never close."""
    begins = re.compile(re.escape(opener) + (r"(?![\w-])" if opener[1].isalpha() else ""), re.IGNORECASE)
    ends = re.compile(re.escape(closer), re.IGNORECASE)
    pieces: list[str] = []
    last = 0
    while (begin := begins.search(source, last)) is not None:
        end = ends.search(source, begin.end())
        if end is None:
            break
        stop = end.end() if closer == "-->" else source.find(">", end.end()) + 1 or len(source)
        inside = source[begin.end() : end.start()]
        if contents is not None:
            contents.append(inside.partition(">")[2])
        pieces += [source[last : begin.start()], re.sub(r"[^\n]", _BLANK, source[begin.start() : stop])]
        last = stop
    return "".join([*pieces, source[last:]])


def inline_and_clean(fragment: str, css: str) -> str:
    """The fragment with `css` inlined and everything gone that has no place in a mail: scripts, forms, frames, event
    attributes, addresses other than http, https, mailto and tel. Raises ValueError if the styles cannot be read."""
    fragment = fragment.replace(_BLANK, "")
    if css.strip():
        fragment = _INLINER.inline_fragment(fragment, css)
    return _CLEANER.clean(fragment)


def derive_text(root: LexborNode, target: Callable[[str], str]) -> str:
    """The words of `root`, block by block. `target(href)` is the address behind an href as it is now; it is written
    behind its label unless it is the label. Comments give their content (placeholders of the caller)."""
    out: list[str] = []
    stack: list[tuple[LexborNode, bool]] = [(root, False)]
    while stack:
        node, closing = stack.pop()
        if closing:
            _close_element(node, out, target)
        elif node.is_text_node:
            out.append(_SPACES.sub(" ", node.text_content or ""))
        elif node.is_comment_node:
            out.append(node.comment_content or "")
        elif _is_own_label(node, target):
            out.append(node.attributes["href"] or "")
        elif not _HIDDEN.search(node.attributes.get("style") or ""):
            _open_element(node, out)
            stack.append((node, True))
            child = node.last_child
            while child is not None:
                stack.append((child, False))
                child = child.prev
    return _BREAKS.sub(_space_or_lines, "".join(out)).strip("\n ")


def _is_own_label(node: LexborNode, target: Callable[[str], str]) -> bool:
    """True for a link whose words are its address."""
    href = node.attributes.get("href") if node.tag == "a" else None
    return bool(href) and (node.text() or "").strip() == target(href or "")


def _open_element(node: LexborNode, out: list[str]) -> None:
    tag = node.tag or ""
    if tag == "br":
        out.append(_BR)
    elif tag == "img":
        out.append(node.attributes.get("alt") or "")
    elif tag in _PARAGRAPHS:
        out.append(_PARAGRAPH + ("---" if tag == "hr" else ""))
    elif tag in _LINES:
        out.append(_LINE + ("- " if tag == "li" else ""))


def _close_element(node: LexborNode, out: list[str], target: Callable[[str], str]) -> None:
    tag = node.tag or ""
    if tag in _PARAGRAPHS:
        out.append(_PARAGRAPH)
    elif tag in _LINES:
        out.append(_LINE)
    elif tag == "a":
        href = node.attributes.get("href") or ""
        label = (node.text() or "").strip()
        if not href or target(href).startswith(("#", "tel:", f"mailto:{label}" if label else "#")):
            return
        shown = href.removeprefix("mailto:")
        out.append(f" ({shown})" if label or node.css_first("img") else shown)


def _space_or_lines(match: re.Match[str]) -> str:
    run = match[0]
    breaks = max(run.count(_BR), 2 if _PARAGRAPH in run else 1 if _LINE in run else 0)
    return "\n" * breaks or " "


@lru_cache(maxsize=256)
def signature_html(signature: str) -> str:
    """A mailbox's signature as HTML: cleaned if it is HTML, else its lines."""
    if looks_like_html(signature):
        return inline_and_clean(*take_styles(signature)).strip()
    return escape(signature).replace("\n", "<br>\n")


@lru_cache(maxsize=256)
def signature_text(signature: str) -> str:
    """A mailbox's signature as plain text."""
    if not looks_like_html(signature):
        return signature
    body = LexborHTMLParser(signature_html(signature)).body
    return derive_text(body, lambda href: href) if body is not None else ""
