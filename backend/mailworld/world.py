"""The world itself: three servers, the people, and the book of everything that happened."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

from mailworld.config import MailWorldConfig
from mailworld.content import Seen, header, read, read_headers, sender_of
from mailworld.dns import DnsServer
from mailworld.imap import ImapServer
from mailworld.persona import Person, Plan, meet, react
from mailworld.reactions import Reactor, Task
from mailworld.record import Book, Delivered, Reaction, Received, Refused, read_log
from mailworld.smtp import SmtpServer
from mailworld.state import Store
from reachly.kit import clock

ACCEPTED = "250 2.0.0 Ok: queued"

_HORIZON = timedelta(days=5)  # every reaction falls due sooner than this after its message


@dataclass(slots=True)
class _Account:
    password: str
    files_sent: bool


class MailWorld:
    """`async with MailWorld(config) as world:` runs SMTP, IMAP and DNS on the loopback, on the product's clock.

    It counts as one actor, named "mailworld", on a virtual clock: install the clock before entering, and add one
    to its number of actors.
    """

    def __init__(self, config: MailWorldConfig | None = None) -> None:
        self.config = config or MailWorldConfig()
        self.book = Book(self.config.log)
        self._accounts: dict[str, _Account] = {}
        self._cast: dict[str, dict[str, Any]] = {}
        self._people: dict[str, Person] = {}
        self._steps: dict[str, list[str]] = {}
        self._first_tries: dict[tuple[str, str], datetime] = {}
        self._dropped_replies = 0
        self._store = Store(self.config.state) if self.config.state else None
        self._reactor = Reactor(self.config, self.deliver, self.book.write)
        self._imap = ImapServer(self.config.host, self.config.imap_port, self.config.seed)
        self._smtp = SmtpServer(
            self.config.host,
            self.config.smtp_port,
            self.config.hostname,
            self.config.message_size_limit,
            self,
        )
        self._dns = DnsServer(self.config)
        self._actor: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        if self.config.log and self.config.log.exists():
            self._remember(read_log(self.config.log))
        self.book.open()
        try:
            await self._imap.start()
            await self._smtp.start()
            await self._dns.start()
            self._restore()
        except BaseException:
            await self._stop()
            raise
        self._actor = asyncio.create_task(self._reactor.run(), name="mailworld")
        await asyncio.sleep(0)  # the actor takes its seat at the clock before anybody else runs
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    async def _stop(self) -> None:
        if self._actor is not None:
            self._actor.cancel()
            await asyncio.wait({self._actor})
        for server in (self._smtp, self._imap, self._dns):
            await server.stop()
        self.book.close()
        if self._store is not None:
            self._store.close()

    # Ports and accounts

    @property
    def smtp_port(self) -> int:
        return self._smtp.port

    @property
    def imap_port(self) -> int:
        return self._imap.port

    @property
    def dns_port(self) -> int:
        return self._dns.port

    def add_mailbox(self, address: str, password: str, files_sent: bool = True) -> None:
        """An address of the product's own that sends by SMTP and is read by IMAP. Again: a new password.

        `files_sent`: the server files what is submitted in Sent by itself, as Gmail does.
        """
        address = address.lower()
        self._accounts[address] = _Account(password, files_sent)
        known = address in self._imap.mailboxes
        mailbox = self._imap.add(address, password, self._store.keep_mail if self._store else None)
        if not known and self._store is not None:
            for mail in self._kept_mail.pop(address, []):
                mailbox.folder(mail.folder).restore(mail.uid, mail.raw, mail.at)

    def cast(self, address: str, **changes: Any) -> None:
        """Gives one recipient a part, e.g. `cast("amy@acme.test", answer_step=1, answer="keen")`: see Person."""
        self._cast.setdefault(address.lower(), {}).update(changes)
        self._people.pop(address.lower(), None)

    def drop_replies(self, count: int) -> None:
        """The next `count` messages are accepted, but the connection breaks before the sender hears it."""
        self._dropped_replies += count

    # What happened

    @property
    def received(self) -> list[Received]:
        return self.book.received

    @property
    def refused(self) -> list[Refused]:
        return self.book.refused

    @property
    def reactions(self) -> list[Reaction]:
        return self.book.reactions

    @property
    def delivered(self) -> list[Delivered]:
        return self.book.delivered

    @property
    def waiting(self) -> int:
        """How many reactions are still to come."""
        return self._reactor.waiting

    def count_message_ids(self) -> Counter[str]:
        """How often each Message-ID was received; more than once is a duplicate."""
        return Counter(fact.message_id for fact in self.book.received)

    def person(self, address: str) -> Person:
        """Who is behind a recipient's address."""
        key = address.lower()
        found = self._people.get(key)
        if found is None:
            found = replace(meet(self.config.seed, self.config.rates, key), **self._cast.get(key, {}))
            self._people[key] = found
        return found

    async def deliver(self, mailbox: str, raw: bytes, what: str = "mail") -> bool:
        """Puts a message into the INBOX of one of the product's mailboxes; False when there is none."""
        address = _without_tag(mailbox.lower())
        if address not in self._accounts:
            return False
        headers, now = read_headers(raw), clock.now()
        await self._imap.file(address, "INBOX", raw, now)
        self.book.write(
            Delivered(
                mailbox=address,
                sender=sender_of(headers),
                message_id=header(headers, "Message-ID"),
                in_reply_to=header(headers, "In-Reply-To"),
                what=what,
                at=now,
                machine_at=clock.machine_now(),
            )
        )
        if self.config.on_delivery is not None:
            self.config.on_delivery(address)
        return True

    # The post office (called by the SMTP server)

    def knows(self, address: str, password: str) -> bool:
        account = self._accounts.get(address)
        return account is not None and account.password == password

    def drops_reply(self) -> bool:
        if not self._dropped_replies:
            return False
        self._dropped_replies -= 1
        return True

    def judge_sender(self, mailbox: str, mail_from: str) -> str:
        if _without_tag(mail_from.lower()) in (mailbox, ""):
            return "250 2.1.0 Ok"
        return self._refuse(mailbox, mail_from, "", "553 5.7.1 Sender address rejected: not owned by user")

    def judge_recipient(self, mailbox: str, mail_from: str, recipient: str) -> str:
        key = recipient.lower()
        domain = _ascii(key.rpartition("@")[2])
        reply = "250 2.1.5 Ok"
        if _without_tag(key) in self._accounts:
            return reply
        if domain in self.config.null_mx_domains:
            reply = "556 5.1.10 Recipient address has null MX"
        elif not self.config.takes_mail(domain):
            reply = "550 5.1.2 Recipient address rejected: Domain not found"
        elif self.person(key).fate == "refuses":
            reply = f"550 5.1.1 <{recipient}>: Recipient address rejected: User unknown"
        elif self.person(key).fate == "greylists" and self._is_too_early(mailbox, key):
            reply = f"451 4.7.1 <{recipient}>: Recipient address rejected: Greylisted, please try again later"
        return reply if reply[0] == "2" else self._refuse(mailbox, mail_from, key, reply)

    async def accept(self, mailbox: str, mail_from: str, recipients: list[str], raw: bytes) -> str:
        seen = read(raw)
        if self._accounts[mailbox].files_sent:
            await self._imap.file(mailbox, "Sent", raw, clock.now(), ("\\Seen",))
        number = len(self.book.received) + 1
        reply = f"{ACCEPTED} as MW{number:08d}"
        for recipient in dict.fromkeys(address.lower() for address in recipients):
            received = self._receive(
                raw, seen, mailbox=mailbox, mail_from=mail_from, recipient=recipient, reply=reply
            )
            if _without_tag(recipient) in self._accounts:
                await self.deliver(recipient, raw)
            elif not received.duplicate:
                self._plan(received, seen)
        return reply

    def _receive(
        self, raw: bytes, seen: Seen, *, mailbox: str, mail_from: str, recipient: str, reply: str
    ) -> Received:
        known = self._steps.setdefault(recipient, [])
        duplicate = seen.message_id in known
        if not duplicate:
            known.append(seen.message_id)
        body = raw.partition(b"\r\n\r\n")[2]
        received = Received(
            number=len(self.book.received) + 1, message_id=seen.message_id, recipient=recipient,
            sender=seen.sender, mail_from=mail_from.lower(), mailbox=mailbox, at=clock.now(),
            machine_at=clock.machine_now(), step=known.index(seen.message_id) + 1, duplicate=duplicate,
            subject=seen.subject, in_reply_to=seen.in_reply_to, references=seen.references, marks=seen.marks,
            sha256=hashlib.sha256(body).hexdigest(), size=len(raw), reply=reply,
        )  # fmt: skip
        if self._store is not None:
            self._store.keep_received(received.number, raw)
        self.book.write(received)
        return received

    def _plan(self, received: Received, seen: Seen, done: frozenset[str] = frozenset()) -> None:
        for plan in self._react(received):
            if _key(plan.what, plan.detail) not in done:
                self._reactor.add(Task(plan, self.person(received.recipient), received, seen))

    def _react(self, received: Received) -> list[Plan]:
        person = self.person(received.recipient)
        return react(self.config.seed, self.config.rates, person, received.step, received.at)

    def _is_too_early(self, mailbox: str, recipient: str) -> bool:
        first = self._first_tries.setdefault((mailbox, recipient), clock.now())
        return (clock.now() - first).total_seconds() < self.config.greylist_seconds

    def _refuse(self, mailbox: str, mail_from: str, recipient: str, reply: str) -> str:
        fact = Refused(recipient, mail_from.lower(), mailbox, clock.now(), clock.machine_now(), reply)
        self.book.write(fact)
        return reply

    # After a restart

    def _remember(self, book: Book) -> None:
        self.book.received, self.book.refused = book.received, book.refused
        self.book.reactions, self.book.delivered = book.reactions, book.delivered
        for fact in book.received:
            if not fact.duplicate:
                self._steps.setdefault(fact.recipient, []).append(fact.message_id)
        for refused in book.refused:
            if refused.reply.startswith("451"):
                self._first_tries.setdefault((refused.mailbox, refused.recipient), refused.at)

    def _restore(self) -> None:
        self._kept_mail: dict[str, list[Any]] = {}
        if self._store is None:
            return
        for mail in self._store.load_mail():
            self._kept_mail.setdefault(mail.address, []).append(mail)
        done: dict[tuple[str, int], set[str]] = {}
        for fact in self.book.reactions:
            done.setdefault((fact.recipient, fact.step), set()).add(_key(fact.what, fact.detail))
        unfinished: dict[int, tuple[Received, frozenset[str]]] = {}
        for received in self.book.received:
            if received.duplicate or received.at < clock.now() - _HORIZON:
                continue
            finished = frozenset(done.get((received.recipient, received.step), ()))
            if any(_key(plan.what, plan.detail) not in finished for plan in self._react(received)):
                unfinished[received.number] = received, finished
        for number, raw in self._store.load_received(set(unfinished)).items():
            received, finished = unfinished[number]
            self._plan(received, read(raw), finished)


def _key(what: str, detail: str) -> str:
    """Names one plan among those that a message causes: only a scan comes twice (pixel, links)."""
    return f"{what} {detail.partition(' ')[0]}" if what == "scan" else what


def _without_tag(address: str) -> str:
    """The mailbox behind a tagged address (name+tag@domain)."""
    local, at, domain = address.rpartition("@")
    return f"{local.partition('+')[0]}{at}{domain}"


def _ascii(domain: str) -> str:
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain
