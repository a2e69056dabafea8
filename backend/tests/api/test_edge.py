"""Pixels, links and unsubscribe pages: the same for everybody who guesses, and nothing changes by looking."""

from __future__ import annotations

import asyncio
import base64
import json
import uuid
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from reachly.data.session import tenant
from reachly.kit import clock
from reachly.kit.ids import new_id
from reachly.services.analytics import service as analytics
from reachly.services.sending.tokens import make_token
from tests.api.conftest import Api, Person
from tests.api.test_tenants import _session_of
from tests.integration.data.conftest import fill_organization

pytestmark = pytest.mark.anyio
BROWSER = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36"}
TARGET = "https://brightfjord.example/offer?a=1&b=2"


@dataclass
class Sent:
    """A message that was handed over a day ago, with one link."""

    organization_id: uuid.UUID
    send_id: uuid.UUID
    campaign_id: uuid.UUID
    sql: Any

    def token(self, purpose: Any, link: int = 0) -> str:
        return make_token(purpose, self.organization_id, self.send_id, link)

    async def row(self) -> dict[str, Any]:
        return dict(await self.sql.fetchrow("SELECT * FROM email_sends WHERE id = $1", self.send_id))

    async def events(self) -> list[tuple[str, dict[str, Any]]]:
        rows = await self.sql.fetch(
            "SELECT event_type, event_data FROM analytics_events WHERE send_id = $1 ORDER BY seq",
            self.send_id,
        )
        return [(row["event_type"], json.loads(row["event_data"])) for row in rows]


async def make_sent(person: Person, sql: Any) -> Sent:
    filled = await fill_organization(sql, person.organization_id, await _session_of(person, sql))
    link = new_id()
    await sql.execute("DELETE FROM tracked_links WHERE organization_id = $1", filled.id)
    await sql.execute(
        "INSERT INTO tracked_links (organization_id, id, url, url_key, created_at) VALUES ($1, $2, $3, 'x', $4)",
        filled.id, link, TARGET, clock.now(),
    )  # fmt: skip
    send, now = filled.rows["email_sends"]["id"], clock.now()
    await sql.execute(
        "UPDATE email_sends SET kind = 'campaign', campaign_id = $2, lead_id = $3, enrollment_id = $4, links = $5,"
        " to_email = 'mira@example.com', handed_at = $6, status = 'sent' WHERE id = $1",
        send, filled.rows["campaigns"]["id"], filled.rows["leads"]["id"], filled.rows["enrollments"]["id"],
        [link], now - timedelta(days=1),
    )  # fmt: skip
    await sql.execute("UPDATE campaigns SET status = 'active' WHERE id = $1", filled.rows["campaigns"]["id"])
    await sql.execute(
        "UPDATE enrollments SET status = 'active' WHERE id = $1", filled.rows["enrollments"]["id"]
    )
    await sql.execute("UPDATE imports SET status = 'completed'")
    await sql.execute("DELETE FROM analytics_events; DELETE FROM campaign_stats; DELETE FROM suppressions")
    return Sent(filled.id, send, filled.rows["campaigns"]["id"], sql)


@pytest.fixture
async def sent(ada: Person, sql: Any) -> Sent:
    return await make_sent(ada, sql)


async def test_image_is_the_same_for_known_and_unknown_and_counts_only_the_known(
    client: httpx2.AsyncClient, sent: Sent
) -> None:
    known = await client.get(f"/t/o/{sent.token('open')}.gif", headers=BROWSER)
    others = [
        "x",
        "",
        "é",
        "A" * 300,
        sent.token("click"),
        make_token("open", sent.organization_id, new_id()),
    ]
    for text in others:
        answer = await client.get(f"/t/o/{text}.gif", headers=BROWSER)
        assert (answer.status_code, answer.content) == (known.status_code, known.content), text
        assert set(answer.headers) == set(known.headers)
    assert known.headers["content-type"] == "image/gif"
    assert "no-store" in known.headers["cache-control"]
    assert "set-cookie" not in known.headers
    assert [name for name, _ in await sent.events()] == ["opened"]
    assert (await sent.row())["opened_at"] is not None


async def test_token_that_was_touched_is_nobodys(client: httpx2.AsyncClient, sent: Sent) -> None:
    """T6: guess, increment, swap halves, another purpose."""
    token = sent.token("click")
    raw = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    touched = [
        token[:-4] + token[:4],
        token[len(token) // 2 :] + token[: len(token) // 2],
        token + "A",
        token[:-6],
    ]
    for place in (0, 1, 4, 12, 30, len(raw) - 1):
        changed = bytearray(raw)
        changed[place] ^= 1
        touched.append(base64.urlsafe_b64encode(bytes(changed)).decode().rstrip("="))
    for text in [*touched, sent.token("open"), sent.token("unsubscribe"), "x"]:
        answer = await client.get(f"/t/c/{text}", headers=BROWSER)
        assert answer.status_code == 404, text
        assert "location" not in answer.headers
    assert await sent.events() == []


async def test_click_goes_to_the_stored_address_and_nowhere_else(
    client: httpx2.AsyncClient, sent: Sent
) -> None:
    """B1."""
    path = f"/t/c/{sent.token('click')}"
    tricks = [
        "",
        "?url=https://evil.example",
        "?u=//evil.example",
        "#https://evil.example",
        "?redirect=javascript:alert(1)",
    ]
    for trick in tricks:
        answer = await client.get(path + trick, headers=BROWSER)
        assert (answer.status_code, answer.headers["location"]) == (302, TARGET), trick
    assert (await client.get(f"/t/c/{sent.token('click', 1)}", headers=BROWSER)).status_code == 404
    for bad in (
        "javascript:alert(1)",
        "//evil.example",
        "data:text/html,x",
        "\\evil.example",
        "https:evil.example\r\nX: y",
    ):
        await sent.sql.execute("UPDATE tracked_links SET url = $1", bad)
        answer = await client.get(path, headers=BROWSER)
        assert answer.status_code in (302, 404), bad
        if answer.status_code == 302:
            assert "\r" not in answer.headers["location"]
            assert "x" not in answer.headers
    await sent.sql.execute("UPDATE tracked_links SET url = $1", TARGET)
    first = [data["first"] for name, data in await sent.events() if name == "clicked"]
    assert first.count(True) == 1


async def test_machines_are_told_apart(client: httpx2.AsyncClient, sent: Sent) -> None:
    """B3: HEAD, robots and whoever comes right after the handover."""
    await client.head(f"/t/o/{sent.token('open')}.gif", headers=BROWSER)
    await client.get(f"/t/o/{sent.token('open')}.gif", headers={"user-agent": "curl/8.1"})
    await client.head(f"/t/c/{sent.token('click')}", headers=BROWSER)
    verdicts = {(name, data["verdict"]) for name, data in await sent.events()}
    assert verdicts == {("opened", "machine"), ("clicked", "machine")}
    row = await sent.row()
    assert (row["opened_at"], row["clicked_at"]) == (None, None)
    assert row["opened_machine_at"] is not None
    stats = await sent.sql.fetchrow("SELECT sum(opened) o, sum(opened_machine) m FROM campaign_stats")
    assert (stats["o"], stats["m"]) == (0, 1)


async def test_burst_takes_back_the_open_before_it(client: httpx2.AsyncClient, sent: Sent) -> None:
    """A scanner loads the image like a person; half a minute later its burst over the links gives it away."""
    await sent.sql.execute(
        "UPDATE email_sends SET links = links || links, handed_at = now() - interval '20 s'"
    )
    await client.get(f"/t/o/{sent.token('open')}.gif", headers=BROWSER)
    assert (await sent.row())["opened_at"] is not None
    await asyncio.gather(*(client.get(f"/t/c/{sent.token('click', n)}", headers=BROWSER) for n in (0, 1)))
    row = await sent.row()
    assert (row["opened_at"], row["clicked_at"]) == (None, None)
    assert row["opened_machine_at"] is not None
    figures = (
        "SELECT sum(opened), sum(opened_machine), sum(clicked), sum(clicked_machine) FROM campaign_stats"
    )
    assert tuple(await sent.sql.fetchrow(figures)) == (0, 1, 0, 1)
    async with tenant(sent.organization_id) as session:
        await analytics.recount(session, sent.organization_id)
    assert tuple(await sent.sql.fetchrow(figures)) == (0, 1, 0, 1)
    await sent.sql.execute("UPDATE analytics_events SET created_at = created_at - interval '2 minutes'")
    await client.get(f"/t/o/{sent.token('open')}.gif", headers=BROWSER)
    assert (await sent.row())["opened_at"] is not None, "a person who reads it later is one"
    assert tuple(await sent.sql.fetchrow(figures))[:2] == (1, 1)


async def test_hit_that_nobody_can_judge_counts_nothing(client: httpx2.AsyncClient, sent: Sent) -> None:
    await sent.sql.execute("UPDATE email_sends SET handed_at = NULL")
    await client.get(f"/t/o/{sent.token('open')}.gif", headers=BROWSER)
    assert [(name, data["verdict"], data["first"]) for name, data in await sent.events()] == [
        ("opened", "undecided", False)
    ]
    assert (await sent.row())["opened_at"] is None
    assert (
        await sent.sql.fetchval("SELECT coalesce(sum(opened + opened_machine), 0) FROM campaign_stats") == 0
    )


async def test_links_of_a_test_mail_do_nothing(client: httpx2.AsyncClient, sent: Sent, sql: Any) -> None:
    """They look and answer as the real ones."""
    await sent.sql.execute(
        "UPDATE email_sends SET kind = 'test', campaign_id = NULL, enrollment_id = NULL, lead_id = NULL"
    )
    before = await sent.row()
    assert (await client.get(f"/t/o/{sent.token('open')}.gif", headers=BROWSER)).status_code == 200
    assert (await client.get(f"/t/c/{sent.token('click')}", headers=BROWSER)).status_code == 302
    answer = await client.post(f"/u/{sent.token('unsubscribe')}", content=b"List-Unsubscribe=One-Click")
    assert (answer.status_code, "unsubscribed" in answer.text) == (200, True)
    assert (await sent.events(), await sent.row()) == ([], before)
    assert await sql.fetchval("SELECT count(*) FROM suppressions") == 0


async def test_thousand_hits_at_once_are_one_open(client: httpx2.AsyncClient, sent: Sent) -> None:
    """E11: raw facts all kept, one counted."""
    path = f"/t/o/{sent.token('open')}.gif"
    answers = await asyncio.gather(*(client.get(path, headers=BROWSER) for _ in range(300)))
    assert {a.status_code for a in answers} == {200}
    assert await sent.sql.fetchval("SELECT sum(opened) FROM campaign_stats") == 1
    assert len(await sent.events()) == 300


async def test_looking_at_the_unsubscribe_page_changes_nothing(
    client: httpx2.AsyncClient, sent: Sent, sql: Any
) -> None:
    """B2: scanners follow every link."""
    before = await sent.row()
    for method in ("GET", "HEAD"):
        answer = await client.request(method, f"/u/{sent.token('unsubscribe')}", headers=BROWSER)
        assert answer.status_code == 200
    page = (await client.get(f"/u/{sent.token('unsubscribe')}")).text
    assert 'method="post"' in page
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert await sent.row() == before
    assert await sql.fetchval("SELECT count(*) FROM suppressions") == 0
    assert await sent.events() == []
    unknown = (await client.get("/u/nobody")).text
    assert unknown.replace("nobody", "") == page.replace(sent.token("unsubscribe"), "")


@pytest.mark.parametrize(
    ("body", "kind", "source"),
    [
        (b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded", "one click"),
        (b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
         "multipart/form-data; boundary=x", "one click"),
        (b"", "", "page"),
    ],
)  # fmt: skip
async def test_post_opts_out_of_everything_once(
    client: httpx2.AsyncClient, sent: Sent, sql: Any, body: bytes, kind: str, source: str
) -> None:
    """RFC 8058: no sign-in, no cookie, and a second time is no error."""
    headers = {**BROWSER, **({"content-type": kind} if kind else {})}
    path = f"/u/{sent.token('unsubscribe')}"
    for _ in range(2):
        answer = await client.post(path, content=body, headers=headers)
        assert answer.status_code == 200
        assert "unsubscribed" in answer.text
    rows = await sql.fetch(
        "SELECT value, reason FROM suppressions WHERE organization_id = $1", sent.organization_id
    )
    assert [tuple(row) for row in rows] == [("mira@example.com", "unsubscribed")]
    assert (
        await sql.fetchval("SELECT status FROM enrollments WHERE organization_id = $1", sent.organization_id)
        == "unsubscribed"
    )
    events = [(name, data["source"]) for name, data in await sent.events() if name == "unsubscribed"]
    assert events == [("unsubscribed", source)]
    assert await sql.fetchval("SELECT status FROM campaigns WHERE id = $1", sent.campaign_id) == "completed"


async def test_unsubscribing_with_an_unknown_token_says_the_same(
    client: httpx2.AsyncClient, sent: Sent, sql: Any
) -> None:
    known = await client.post(f"/u/{sent.token('unsubscribe')}")
    for text in ("nobody", make_token("unsubscribe", sent.organization_id, new_id()), sent.token("open")):
        answer = await client.post(f"/u/{text}")
        assert (answer.status_code, answer.text) == (200, known.text)
    assert await sql.fetchval("SELECT count(*) FROM suppressions") == 1


async def test_large_form_is_refused(client: httpx2.AsyncClient, sent: Sent) -> None:
    answer = await client.post(f"/u/{sent.token('unsubscribe')}", content=b"x" * 10_000)
    assert answer.status_code == 413


async def test_other_addresses_and_methods_are_nothing(client: httpx2.AsyncClient) -> None:
    for method, path in (("GET", "/t/"), ("GET", "/t/x/y"), ("POST", "/t/o/x.gif"), ("PUT", "/u/x"), ("GET", "/u/a/b"),
                         ("DELETE", "/t/c/x")):  # fmt: skip
        assert (await client.request(method, path)).status_code == 404, (method, path)


async def test_hostile_agents_are_kept_as_text(api: Api, sent: Sent) -> None:
    """I7, I11: raw bytes in the header, NUL included, reach the row harmless."""
    path = f"/t/o/{sent.token('open')}.gif"
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "server": ("reachly.test", 80),
        "headers": [(b"user-agent", b"Mozilla/5.0 <script>\x00\x1b[31m\xff" + b"x" * 5_000)],
        "client": ("198.51.100.7", 1),
    }  # fmt: skip
    sent_messages: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent_messages.append(message)

    await api.app(scope, receive, send)
    assert sent_messages[0]["status"] == 200
    ((_, data),) = await sent.events()
    assert data["agent"].startswith("Mozilla/5.0 <script>\x1b[31m")
    assert len(data["agent"]) <= 300


async def test_one_organizations_trouble_is_not_anothers(
    client: httpx2.AsyncClient, sent: Sent, bea: Person, sql: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from reachly.services.tracking import service

    other = await make_sent(bea, sql)
    plain = service._record

    async def failing(session: Any, organization_id: uuid.UUID, hits: Any) -> None:
        if organization_id == min(sent.organization_id, other.organization_id):
            raise RuntimeError("poison")
        await plain(session, organization_id, hits)

    monkeypatch.setattr(service, "_record", failing)
    both = [each.token("open") for each in (sent, other)]
    answers = await asyncio.gather(*(client.get(f"/t/o/{token}.gif", headers=BROWSER) for token in both))
    assert [a.status_code for a in answers] == [200, 200]
    assert len(await sent.events()) + len(await other.events()) == 1
