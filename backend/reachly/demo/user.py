"""The person at the keyboard: everything goes through the HTTP API, as it would from the browser."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx2

from reachly.demo.story import Box, Story

MINUTES_BEFORE_EXPIRY = 2


class Refused(Exception):
    """The API said no; the text is its own."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(f"{status}: {detail}")
        self.status = status
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Servers:
    """Where the mail world listens."""

    smtp_port: int
    imap_port: int
    host: str = "127.0.0.1"


class User:
    """Signs in on first use, and again when the session has ended."""

    def __init__(self, base_url: str, email: str, password: str) -> None:
        self._email, self._password = email, password
        # Only our own server is dialled, and reading the machine's certificates takes a fifth of a second.
        self._client = httpx2.AsyncClient(base_url=base_url, timeout=60, trust_env=False, verify=False)
        self._token: str | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def ask(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """The answer's JSON (None for 204). Raises Refused."""
        for attempt in (1, 2):
            if self._token is None:
                await self._sign_in()
            headers = {"Authorization": f"Bearer {self._token}"}
            response = await self._client.request(method, path, json=body, headers=headers, **more)
            if response.status_code == 401 and attempt == 1:
                self._token = None
                continue
            break
        return _read(response)

    async def _sign_in(self) -> None:
        body = {"email": self._email, "password": self._password, "client": "token"}
        self._token = _read(await self._client.post("/api/auth/login", json=body))["access_token"]

    # --- what a person does -----------------------------------------------------------------------------------------

    async def set_postal_address(self, address: str) -> None:
        organization = await self.ask("GET", "/api/organization")
        if organization["postal_address"] != address:
            wanted = {name: organization[name] for name in ("name", "domain", "timezone")}
            await self.ask("PUT", "/api/organization", {**wanted, "postal_address": address})

    async def connect(
        self, boxes: Sequence[Box], servers: Servers, secret: str, *, anew: bool = False
    ) -> dict[str, str]:
        """Connects what is not connected, and tells the others when the servers have moved; ids by address.

        With `anew` all are told, which has them read at once.
        """
        known = {
            account["email_address"]: account for account in await self.ask("GET", "/api/email-accounts")
        }
        ids = {}
        for box in boxes:
            legs = {
                leg: {"host": servers.host, "port": port, "security": "none", "username": box.address,
                      "password": secret}
                for leg, port in (("smtp", servers.smtp_port), ("imap", servers.imap_port))
            }  # fmt: skip
            account = known.get(box.address)
            if account is None:
                limits = {"daily_limit": box.daily_limit, "min_gap_seconds": box.gap, "gap_jitter_seconds": box.jitter,
                          "display_name": box.name, "ramp_enabled": False}  # fmt: skip
                body = {"email_address": box.address, **limits, **legs}
                account = await self.ask("POST", "/api/email-accounts/connect/smtp", body)
            elif anew or any(
                account[leg] is None or account[leg]["port"] != legs[leg]["port"] for leg in legs
            ):
                account = await self.ask("PUT", f"/api/email-accounts/{account['id']}", legs)
            ids[box.address] = account["id"]
        return ids

    async def find_campaign(self, name: str) -> dict[str, Any] | None:
        found = await self.ask("GET", "/api/campaigns", params={"q": name})
        return next((campaign for campaign in found["items"] if campaign["name"] == name), None)

    async def write_campaign(self, story: Story, mailboxes: Mapping[str, str]) -> str:
        """A draft with its steps; its id."""
        body = {
            "name": story.name,
            "send_schedule": story.schedule,
            "daily_cap": story.daily_cap,
            "new_leads_cap": story.new_leads_cap,
            "settings": {"track_opens": True, "track_clicks": True},
            "email_account_ids": [mailboxes[box.address] for box in story.boxes],
        }
        campaign_id: str = (await self.ask("POST", "/api/campaigns", body))["id"]
        for step in story.steps:
            words = {"delay_days": step.days, "subject_template": step.subject, "email_template": step.body}
            await self.ask("POST", f"/api/campaigns/{campaign_id}/sequences", words)
        return campaign_id

    async def import_leads(
        self, content: bytes, campaign_id: str, wait: Callable[[], Awaitable[None]]
    ) -> dict[str, Any]:
        """Uploads a CSV into a campaign and waits until it is through; the import's figures."""
        options = {"source": "demo", "lawful_basis": "invented people"}
        form = {"campaign_id": campaign_id, "options": json.dumps(options)}
        files = {"file": ("leads.csv", content, "text/csv")}
        found: dict[str, Any] = await self.ask("POST", "/api/leads/import", data=form, files=files)
        while found["status"] not in ("completed", "failed"):
            await wait()
            found = await self.ask("GET", f"/api/leads/imports/{found['id']}")
        if found["status"] == "failed":
            raise Refused(422, found["error"] or "the import failed")
        while found["imported"] and not await self._has_people(campaign_id):  # a job of its own enrols them
            await wait()
        return found

    async def _has_people(self, campaign_id: str) -> bool:
        campaign = await self.ask("GET", f"/api/campaigns/{campaign_id}")
        return int(campaign["progress"]["total"]) > 0

    async def start(self, campaign_id: str) -> None:
        await self.ask("POST", f"/api/campaigns/{campaign_id}/start")


def _read(response: httpx2.Response) -> Any:
    if response.status_code >= 400:
        try:
            detail = response.json().get("detail", response.text)
        except ValueError:
            detail = response.text[:300]
        raise Refused(response.status_code, detail)
    return response.json() if response.content else None
