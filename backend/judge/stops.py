"""Stops of every kind, each in the middle of what is under way, with the time at which it was answered.

A stop counts from its HTTP answer; a reply from the moment at which the API first shows it, which is later than the
commit of its row and so never unjust.
"""

from __future__ import annotations

import random
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from judge.audit import Stop
from judge.books import Event
from judge.campaign import Campaign, write_campaign
from judge.client import Client
from judge.court import Court
from judge.processes import wait_for

HOLD = 1.5
"""Seconds that a stop which can be lifted is left alone: whatever was going to break it has begun by then."""
AT_ONCE = 3
PERSONAL = ("stop-person", "delete-lead", "suppress-address", "suppress-domain", "suppress-many")
FOLLOWED = ("unsubscribe", "reply")
PATIENCE = 120.0


@dataclass
class Stopper:
    court: Court
    draw: random.Random
    stops: list[Stop] = field(default_factory=list)
    _done: set[str] = field(default_factory=set)

    # --- a whole campaign or a mailbox -------------------------------------------------------------------------------

    def pause(self, campaign: Campaign, times: int) -> None:
        """Pauses and starts again."""
        client, path = self.court.client, f"/api/campaigns/{campaign.id}"
        for _ in range(times):
            self._until_under_way()
            answer = client.post(f"{path}/pause")
            time.sleep(HOLD)
            lifted = client.post(f"{path}/start")
            self._note("pause", answer, lifted.asked, people=campaign.people)

    def archive(self, name: str, ids: Sequence[str], people: int) -> None:
        """A campaign of its own, paused and put away for good."""
        campaign = self._fresh(name, ids, people)
        answer = self.court.client.post(f"/api/campaigns/{campaign.id}/pause")
        self.court.client.post(f"/api/campaigns/{campaign.id}/archive")
        self._note("archive", answer, people=campaign.people)

    def switch_off(self, mailbox: str, times: int) -> None:
        client, path = self.court.client, f"/api/email-accounts/{self.court.ids[mailbox]}/toggle"
        for _ in range(times):
            self._until_under_way(mailbox)
            answer = client.put(path, {"is_active": False})
            time.sleep(HOLD)
            lifted = client.put(path, {"is_active": True})
            self._note("switch-off", answer, lifted.asked, mailboxes=(mailbox,))

    def delete_mailboxes(self, name: str, mailboxes: Sequence[str], people_each: int) -> None:
        """Of a campaign of their own, each as soon as it is sending."""
        campaign = self._fresh(
            name, [self.court.ids[each] for each in mailboxes], people_each * len(mailboxes)
        )
        assert campaign.people
        for mailbox in mailboxes:
            self._until_under_way(mailbox)
            answer = self.court.client.delete(f"/api/email-accounts/{self.court.ids[mailbox]}")
            self._note("delete-mailbox", answer, mailboxes=(mailbox,))

    # --- one person --------------------------------------------------------------------------------------------------

    def persons(self, kinds: Sequence[str], campaign: Campaign, times: int) -> None:
        """So many of each kind, of people who are on their way to the server: several at once, as users do."""
        todo = [(kind, self._act_of(kind, campaign)) for kind in kinds] * times
        with ThreadPoolExecutor(AT_ONCE) as threads:
            for chosen in self._chosen(campaign, follow_up=set(kinds) <= set(FOLLOWED)):
                group, todo = todo[: len(chosen)], todo[len(chosen) :]
                answers = [threads.submit(act, row) for (_, act), row in zip(group, chosen, strict=False)]
                for (kind, _), row, answer in zip(group, chosen, answers, strict=False):
                    self._note(kind, answer.result(), people=(row["to_email"],))
                if not todo:
                    return

    def _chosen(self, campaign: Campaign, *, follow_up: bool) -> Iterator[list[dict[str, Any]]]:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            rows = self.court.sends(campaign, status="sending")
            rows = [row for row in rows if row["to_email"] not in self._done and row["lead_id"]]
            rows = [row for row in rows if (row["step"] > 1) == follow_up]
            self.draw.shuffle(rows)
            offered = self._offered(last=400)
            waiting = [row for row in rows if (row["to_email"], row["step"]) not in offered]
            if chosen := (waiting or rows)[:AT_ONCE]:
                self._done |= {row["to_email"] for row in chosen}
                deadline = time.monotonic() + PATIENCE
                yield chosen
            else:
                time.sleep(0.05)
        raise TimeoutError("nobody is on the way any more")

    def _offered(self, last: int) -> set[tuple[str, int]]:
        """Who has been offered to the server lately, and as which message of theirs."""
        books = self.court.books()
        counts: dict[str, int] = {}
        for event in books:
            if event.kind == "rcpt":
                counts[event.recipient] = counts.get(event.recipient, 0) + 1
        return {(event.recipient, counts[event.recipient]) for event in books[-last:] if event.kind == "rcpt"}

    def _act_of(self, kind: str, campaign: Campaign) -> Callable[[dict[str, Any]], Any]:
        clients = threading.local()

        def client() -> Client:
            if not hasattr(clients, "own"):
                clients.own = self.court.client.again()
            own: Client = clients.own
            return own

        def suppress(value: str) -> Any:
            return client().post("/api/suppressions", {"value": value})

        def stop(row: dict[str, Any]) -> Any:
            (found,) = client().get(f"/api/campaigns/{campaign.id}/enrollments", q=row["to_email"])["items"]
            return client().post(f"/api/campaigns/{campaign.id}/enrollments/{found['id']}/stop")

        return {
            "stop-person": stop,
            "delete-lead": lambda row: client().delete(f"/api/leads/{row['lead_id']}"),
            "suppress-address": lambda row: suppress(row["to_email"]),
            "suppress-domain": lambda row: suppress(row["to_email"].partition("@")[2]),
            "suppress-many": lambda row: client().post(
                "/api/leads/bulk", {"lead_ids": [row["lead_id"]], "action": "suppress"}
            ),
            "unsubscribe": lambda row: self._unsubscribe(client(), row),
            "reply": lambda row: self._reply(client(), row),
        }[kind]

    def _first_of(self, person: str) -> Event:
        return next(e for e in self.court.books() if e.kind == "accepted" and e.recipient == person)

    def _unsubscribe(self, client: Client, row: dict[str, Any]) -> Any:
        """As a mail program does it (RFC 8058)."""
        links = self._first_of(row["to_email"]).facts["unsubscribe"]
        link = next(
            part for part in links.replace("<", " ").replace(">", " ").split() if part.startswith("https://")
        )
        path = urllib.parse.urlsplit(link).path
        return client.send("POST", path, b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded")

    def _reply(self, client: Client, row: dict[str, Any]) -> Any:
        """An answer lies in INBOX; counted from when the API shows it."""
        first = self._first_of(row["to_email"])
        message = (
            f"From: <{row['to_email']}>\r\nTo: <{first.mailbox}>\r\nSubject: Re: {first.facts['subject']}\r\n"
            f"Message-ID: <{random.getrandbits(60)}@{row['to_email'].partition('@')[2]}>\r\n"
            f"In-Reply-To: {first.facts['message_id']}\r\nReferences: {first.facts['message_id']}\r\n"
            f"Date: {time.strftime('%a, %d %b %Y %H:%M:%S +0000', time.gmtime())}\r\n\r\nTell me more, please.\r\n"
        )
        self.court.servers.order("deliver", first.mailbox, message)
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            answer = client.ask("GET", f"/api/inbox/threads?q={urllib.parse.quote(row['to_email'])}")
            if answer.body["items"]:
                return answer
            time.sleep(0.05)
        raise TimeoutError(f"the answer of {row['to_email']} was never read")

    def rest(self, seconds: float) -> None:
        """Nobody is stopped for a while."""
        time.sleep(seconds)

    # --- shared ------------------------------------------------------------------------------------------------------

    def _fresh(self, name: str, ids: Sequence[str], people: int) -> Campaign:
        """A campaign of its own that has begun."""
        persons = [f"{name.lower().replace(' ', '-')}-{n}@of-{n % 7}.example" for n in range(people)]
        campaign = write_campaign(self.court.client, name, ids, persons)
        self.court.start(campaign)
        known = set(persons)
        wait_for(
            lambda: any(e.kind == "rcpt" and e.recipient in known for e in self.court.books()[-400:]),
            PATIENCE,
            f"{name} has begun",
        )
        time.sleep(self.draw.uniform(0, 1))
        return campaign

    def _until_under_way(self, mailbox: str = "") -> None:
        """Until something was offered just now (by this mailbox), and some more of the wave."""
        since = time.time()

        def seen() -> bool:
            return any(
                event.kind == "mail" and event.at > since and event.mailbox == (mailbox or event.mailbox)
                for event in self.court.books()[-400:]
            )

        wait_for(seen, PATIENCE, f"something is sent by {mailbox or 'anybody'}")
        time.sleep(self.draw.uniform(0, 0.7))

    def _note(
        self,
        kind: str,
        answer: Any,
        lifted: float = float("inf"),
        *,
        people: Sequence[str] = (),
        mailboxes: Sequence[str] = (),
    ) -> None:
        self.stops.append(
            Stop(kind, answer.asked, answer.answered, frozenset(people), frozenset(mailboxes), lifted)
        )
