"""The people at work: an actor on the product's clock that carries out plans when they fall due."""

from __future__ import annotations

import heapq
import ipaddress
import itertools
import logging
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit, urlunsplit

import httpx2

from mailworld.chance import choose
from mailworld.config import MailWorldConfig
from mailworld.content import Seen
from mailworld.letters import write_answer, write_auto_reply, write_report
from mailworld.networks import Networks
from mailworld.persona import SCANNER, Person, Plan
from mailworld.record import Reaction, Received
from reachly.kit import clock

ACTOR = "mailworld"

_log = logging.getLogger(__name__)
_ASLEEP_NOT = datetime.min.replace(tzinfo=UTC)

Deliver = Callable[
    [str, bytes, str], Awaitable[bool]
]  # mailbox, raw, what -> whether there is such a mailbox


@dataclass(frozen=True, slots=True)
class Task:
    """A plan with all that carrying it out takes."""

    plan: Plan
    person: Person
    received: Received
    seen: Seen


class Reactor:
    """One actor named "mailworld": plans are done one after the other, in the order of their time."""

    def __init__(self, config: MailWorldConfig, deliver: Deliver, write: Callable[[Reaction], None]) -> None:
        self._config, self._deliver, self._write = config, deliver, write
        self._heap: list[tuple[Plan, int, Task]] = []
        self._order = itertools.count()
        self._wakes_at = _ASLEEP_NOT
        self._networks = Networks(config.fetch_timeout)

    def add(self, task: Task) -> None:
        heapq.heappush(self._heap, (task.plan, next(self._order), task))
        if task.plan.at < self._wakes_at:
            clock.nudge(ACTOR)

    @property
    def waiting(self) -> int:
        return len(self._heap)

    async def run(self) -> None:
        async with aclosing(self._networks), clock.actor(ACTOR):
            while True:
                while self._heap and self._heap[0][0].at <= clock.now():
                    _, _, task = heapq.heappop(self._heap)
                    await self._carry_out(task)
                self._wakes_at = self._heap[0][0].at if self._heap else clock.FOREVER
                await clock.sleep_until(self._wakes_at)
                self._wakes_at = _ASLEEP_NOT

    async def _carry_out(self, task: Task) -> None:
        try:
            match task.plan.what:
                case "open":
                    await self._fetch(task, "GET", task.seen.pixel)
                case "click":
                    await self._click(task)
                case "scan":
                    await self._scan(task)
                case "unsubscribe":
                    await self._unsubscribe(task)
                case "answer":
                    await self._answer(task, task.plan.detail)
                case _:
                    await self._answer_by_machine(task)
        except Exception:  # noqa: BLE001 - one strange message must not silence everybody else
            _log.exception("a reaction failed: %s of %s", task.plan.what, task.plan.recipient)
            self._note(task, f"{task.plan.detail} failed")

    async def _click(self, task: Task) -> None:
        links = [link for link in task.seen.links if self._target(link)]
        if links:
            link = choose(links, self._config.seed, task.plan.recipient, task.plan.step, "link")
            await self._fetch(task, "GET", link)

    async def _scan(self, task: Task) -> None:
        if task.plan.detail == "pixel":
            await self._fetch(task, "HEAD", task.seen.pixel)
            await self._fetch(task, "GET", task.seen.pixel)
            return
        for link in task.seen.all_links:
            await self._fetch(task, "GET", link)

    async def _unsubscribe(self, task: Task) -> None:
        """A POST as the recipient's mail program makes it (RFC 8058); without the headers, a written "stop"."""
        if task.seen.one_click:
            await self._fetch(task, "POST", task.seen.one_click)
        else:
            await self._answer(task, "stop")

    async def _answer(self, task: Task, meaning: str) -> None:
        letter = write_answer(self._config.seed, task.person, task.plan, task.seen, meaning=meaning)
        known = await self._deliver(task.seen.answer_to, letter, task.plan.what)
        self._note(task, meaning if known else f"{meaning}, but nobody is at {task.seen.answer_to}")

    async def _answer_by_machine(self, task: Task) -> None:
        if task.plan.what == "auto_reply":
            letter = write_auto_reply(self._config.seed, task.person, task.plan, task.seen)
        else:
            letter = write_report(
                self._config.seed, task.plan, task.seen,
                hostname=self._config.hostname, arrived=task.received.at,
            )  # fmt: skip
        # The return path, not the From line, gets what machines write (RFC 3834 section 4, RFC 3464 section 2).
        known = await self._deliver(task.received.mail_from, letter, task.plan.what)
        detail = task.plan.detail.partition(" ")[0]
        self._note(task, detail if known else f"{detail}, but nobody is at {task.received.mail_from}")

    async def _fetch(self, task: Task, method: str, url: str) -> None:
        target = self._target(url)
        if target is None:
            return
        plan = task.plan
        headers = {"User-Agent": plan.agent, "X-Forwarded-For": plan.network, "Accept": "*/*"}
        if plan.agent != SCANNER:
            headers["Accept-Language"] = task.person.language
        body = None
        if method == "POST":
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = b"List-Unsubscribe=One-Click"
        try:
            client = await self._networks.client_of(plan.network, urlsplit(target).hostname or "")
            response = await client.request(method, target, headers=headers, content=body)
            status: int | None = response.status_code
        except httpx2.HTTPError as error:
            _log.warning("%s %s: %s", method, target, error)
            status = None
        self._note(task, f"{plan.detail} {method}".strip(), status, url)

    def _target(self, url: str) -> str | None:
        """Where to dial for `url`: the product or the loopback; None for the world outside."""
        if not url:
            return None
        base, public = self._config.base_url, self._config.public_url or self._config.base_url
        parts = urlsplit(url)
        if base and public and _origin(url) == _origin(public):
            there = urlsplit(base)
            return urlunsplit((there.scheme, there.netloc, parts.path, parts.query, ""))
        return url if is_loopback(parts.hostname or "") else None

    def _note(self, task: Task, detail: str, status: int | None = None, url: str = "") -> None:
        plan = task.plan
        self._write(
            Reaction(
                plan.what, plan.recipient, task.received.mailbox, plan.step, clock.now(), clock.machine_now(),
                detail, status, task.received.message_id, url,
            )
        )  # fmt: skip


def is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or {"http": 80, "https": 443}.get(parts.scheme)
