"""What a user does before the first message leaves: mailboxes, a campaign, its steps, its people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from judge.client import Client
from judge.processes import wait_for

ALWAYS = {
    "timezone": "UTC",
    "windows": {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")},
}
BODY = "Hello {{ first_name }},\n\na word from us.\n"
PATIENCE = 300.0


@dataclass(frozen=True, slots=True)
class Campaign:
    id: str
    name: str
    people: tuple[str, ...]
    steps: int


def connect(client: Client, mailbox: str, secret: str, ports: dict[str, int], *, imap: bool) -> str:
    """A mailbox on the judge's servers, as quick as it can be; its id."""
    server: dict[str, Any] = {
        "host": "127.0.0.1",
        "username": mailbox,
        "password": secret,
        "security": "none",
    }
    server["allow_unencrypted"] = True
    body = {
        "email_address": mailbox,
        "display_name": "Court",
        "smtp": {**server, "port": ports["smtp"]},
        "imap": {**server, "port": ports["imap"]} if imap else None,
        "daily_limit": 10_000,
        "min_gap_seconds": 0,
        "gap_jitter_seconds": 0,
        "ramp_enabled": False,
    }
    return str(client.post("/api/email-accounts/connect/smtp", body).body["id"])


def write_campaign(
    client: Client, name: str, mailboxes: Sequence[str], people: Iterable[str], *, steps: int = 1
) -> Campaign:
    """A draft; its follow-ups are due at once, each with a subject of its own."""
    body = {
        "name": name,
        "email_account_ids": list(mailboxes),
        "send_schedule": ALWAYS,
        "subject_template": f"{name} step 1",
        "email_template": BODY,
    }
    campaign_id = str(client.post("/api/campaigns", body).body["id"])
    for step in range(2, steps + 1):
        further = {"subject_template": f"{name} step {step}", "email_template": BODY}
        client.post(f"/api/campaigns/{campaign_id}/sequences", further)
    known = tuple(people)
    _import(client, campaign_id, known)
    return Campaign(campaign_id, name, known, steps)


def _import(client: Client, campaign_id: str, people: Sequence[str]) -> None:
    rows = "".join(f"{email},Person,{email.partition('@')[2]}\n" for email in people)
    answer = client.upload(
        "/api/leads/import",
        {"campaign_id": campaign_id},
        "people.csv",
        f"email,first_name,company\n{rows}".encode(),
    )
    path = f"/api/leads/imports/{answer.body['id']}"

    def done() -> bool:
        found = client.get(path)
        if found["status"] == "failed" or found["failed"]:
            raise AssertionError(f"the import failed: {found}")
        return bool(found["status"] == "completed")

    wait_for(done, PATIENCE, "an import", every=0.2)

    def enrolled() -> bool:
        return bool(client.get(f"/api/campaigns/{campaign_id}")["progress"]["total"] == len(people))

    wait_for(enrolled, PATIENCE, "everybody is in the campaign", every=0.2)
