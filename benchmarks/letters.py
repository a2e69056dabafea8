"""The same letter for everybody: as a template of ours, as a template for nodemailer, and ready-made."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

from reachly.services.rendering.policy import build_message, compile_template, render
from reachly.services.rendering.schemas import MessageEnvelope, TemplateSource, TrackedUrls

SUBJECT = "A question about {{ company }}, {{ first_name }}"
_PARAGRAPH = (
    "Teams like the one at {{ company }} spend four hours a week on copying figures from one sheet into another. "
    "We have looked at how thirty of them work, and what the quick ones do differently is less than you would think."
)
_LINKS = "".join(
    f'<p><a href="https://brightfjord.example/stories/{n}" style="color:#1a5fb4">What number {n} did</a> took a week '
    "and saved a day of every month after it.</p>"
    for n in range(1, 4)
)
HTML = (
    '<div style="font-family:Helvetica,Arial,sans-serif;font-size:15px;line-height:1.5;color:#222">'
    "<p>Hi {{ first_name }},</p>"
    + "".join(f"<p>{_PARAGRAPH}</p>" for _ in range(3))
    + _LINKS
    + "<p>Would a quarter of an hour on Thursday suit you?</p><p>Mira Sol<br>Brightfjord</p></div>"
)
VALUES = {
    "first_name": "Ada", "last_name": "Lovelace", "company": "Lovelace & Sons", "sender_name": "Mira Sol",
    "postal_address": "1 Example Street, Oslo",
}  # fmt: skip
BASE = "https://reachly.example"


def write_letters(folder: Path) -> tuple[Path, Path]:
    """A message as our renderer makes it, and its words as a template that nodemailer composes from."""
    compiled = compile_template(
        TemplateSource(subject=SUBJECT, body=HTML, track_opens=True, track_clicks=True)
    )
    rendered = render(compiled, VALUES, seed="bench")
    token = "x" * 60
    urls = TrackedUrls(
        pixel_url=f"{BASE}/o/{token}.gif",
        click_urls=tuple(f"{BASE}/c/{token}{n}" for n in range(len(rendered.links))),
        unsubscribe_url=f"{BASE}/u/{token}",
    )
    envelope = MessageEnvelope(
        message_id="<bench@brightfjord.example>", from_name="Mira Sol", from_email="mira@brightfjord.example",
        to_name="Ada Lovelace", to_email="ada@example.com", date=datetime(2026, 11, 23, 9, tzinfo=UTC),
        list_unsubscribe_url=urls.unsubscribe_url,
    )  # fmt: skip
    raw = folder / "letter.eml"
    raw.write_bytes(build_message(rendered, envelope, urls))
    # nodemailer's own template: the final HTML and text with two names to fill in.
    html, text = rendered.html or "", rendered.text
    for link, url in zip(rendered.links, urls.click_urls, strict=True):
        html, text = html.replace(link, url), text.replace(link, url)
    template = folder / "letter.json"
    words = {
        "subject": SUBJECT,
        "html": _open(html),
        "text": _open(text),
        "unsubscribe": urls.unsubscribe_url,
    }
    template.write_text(json.dumps(words))
    return raw, template


def _open(filled: str) -> str:
    """The names as slots again."""
    for name in ("Lovelace &amp; Sons", "Lovelace & Sons"):
        filled = filled.replace(name, "{{ company }}")
    return filled.replace("Hi Ada", "Hi {{ first_name }}")
