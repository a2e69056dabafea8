"""Delivery reports (RFC 3464), feedback reports (RFC 5965), and the bounces of systems that know neither."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from reachly.services.inbox.policy.parts import Part

MAX_RECIPIENTS = 100
SCANNED = 60_000  # characters of a bounce's text that are searched

_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}")
_LABEL = re.compile(r"\A(?:smtp|rfc822|to|for|user|mailto|address|recipient)=")
_MESSAGE_ID = re.compile(r"<[^<>\s@]{1,400}@[^<>\s@]{1,255}>")
_STATUS = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![.\d])")
_ACTIONS = ("failed", "delayed", "delivered", "relayed", "expanded")


@dataclass(frozen=True, slots=True)
class ReportedRecipient:
    """One recipient of a report. `address` is whom we wrote to, `final_address` where it ended up after forwarding;
    `status` is as written (it may be malformed or empty), `action` in lower case."""

    address: str
    action: str
    status: str
    diagnostic: str
    final_address: str = ""


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """What became of a message. `standard` is false where it was read from plain words."""

    recipients: tuple[ReportedRecipient, ...]
    standard: bool
    envelope_id: str = ""

    @property
    def failed(self) -> bool:
        return any(one.action == "failed" for one in self.recipients)


@dataclass(frozen=True, slots=True)
class FeedbackReport:
    """A complaint report. `kind` is the Feedback-Type: abuse, fraud, virus, not-spam, other, …"""

    kind: str
    recipients: tuple[str, ...]


def find_addresses(text: str) -> list[str]:
    """Every address in a text, in order, once, in lower case."""
    found = (_LABEL.sub("", one.lower()).strip(".'`") for one in _ADDRESS.findall(text[:SCANNED]))
    return list(dict.fromkeys(found))


def find_message_ids(text: str) -> list[str]:
    return list(dict.fromkeys(_MESSAGE_ID.findall(text)))[:100]


def read_report(parts: Sequence[Part]) -> DeliveryReport | None:
    """The first delivery-status part; its groups are separated by empty lines, the first is about the message."""
    part = next(
        (one for one in parts if one.kind.endswith(("/delivery-status", "/global-delivery-status"))), None
    )
    if part is None:
        return None
    groups = [_fields(block) for block in re.split(r"\n[ \t]*\n", part.text().strip("\n")) if block.strip()]
    envelope = next(
        (group["original-envelope-id"] for group in groups if "original-envelope-id" in group), ""
    )
    recipients = [found for group in groups[: MAX_RECIPIENTS + 1] if (found := _recipient(group))]
    return DeliveryReport(tuple(recipients[:MAX_RECIPIENTS]), True, envelope)


def _fields(block: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    last = ""
    for line in block[:20_000].split("\n"):
        if line[:1] in (" ", "\t") and last:
            fields[last] += " " + line.strip()
        elif ":" in line:
            name, _, value = line.partition(":")
            last = name.strip().lower()
            fields.setdefault(last, value.strip())
    return fields


def _recipient(group: dict[str, str]) -> ReportedRecipient | None:
    """None for the group about the message, or one that names nobody."""
    final, original = _typed(group.get("final-recipient", "")), _typed(group.get("original-recipient", ""))
    status = group.get("status", "").partition("(")[0].strip()[:40]
    diagnostic = group.get("diagnostic-code", "")[:4000]
    action = group.get("action", "").strip().lower().partition(" ")[0].rstrip(";,.")
    if action not in _ACTIONS:  # missing or invented: the status tells
        action = "delayed" if status.startswith("4") else "delivered" if status.startswith("2") else "failed"
    if not (final or original or diagnostic or status):
        return None
    # The original recipient is the one we wrote to; the final one may be where it was forwarded to.
    return ReportedRecipient(original if "@" in original else final, action, status, diagnostic, final)


def _typed(value: str) -> str:
    """`rfc822; name@host` -> the address, decoded from xtext where needed (RFC 3461 4)."""
    text = value.rpartition(";")[2].strip().strip("<>").removeprefix("mailto:")
    text = re.sub(r"\+([0-9A-F]{2})", lambda code: chr(int(code[1], 16)), text) if "+3D" in text else text
    return text.lower()[:320]


def read_feedback(parts: Sequence[Part]) -> FeedbackReport | None:
    part = next((one for one in parts if one.kind == "message/feedback-report"), None)
    if part is None:
        return None
    text = part.text()
    kind = _fields(text).get("feedback-type", "abuse").strip().lower() or "abuse"
    named = re.findall(
        r"^(?:Original-Rcpt-To|Removal-Recipient)[ \t]*:(.{1,400})$",
        text[:20_000],
        re.IGNORECASE | re.MULTILINE,
    )
    return FeedbackReport(kind, tuple(find_addresses(" ".join(named))))
