"""Connecting mailboxes to real SMTP and IMAP servers, and keeping their secrets."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any

import pytest

from mailworld import MailWorld, MailWorldConfig
from mailworld.config import Rates
from reachly.data.server import count_exposed
from reachly.data.session import tenant
from reachly.infra.crypto import CannotOpen
from reachly.infra.settings import OutboundSettings
from reachly.services.email_accounts import service
from tests.api.conftest import Person
from tests.api.routes import ROUTES

pytestmark = pytest.mark.anyio


@pytest.fixture
def options() -> dict[str, Any]:
    """The world lies on the loopback, which only an operator may allow."""
    return {"outbound": OutboundSettings(allow=("127.0.0.1",))}


@pytest.fixture
async def world(anyio_backend: str) -> AsyncIterator[MailWorld]:
    async with MailWorld(MailWorldConfig(rates=Rates.quiet())) as made:
        made.add_mailbox("mira@reachly.test", "app password")
        yield made


def body(world: MailWorld, **more: Any) -> dict[str, Any]:
    account = {
        "host": "127.0.0.1",
        "security": "none",
        "username": "mira@reachly.test",
        "password": "app password",
    }
    legs = {"smtp": {**account, "port": world.smtp_port}, "imap": {**account, "port": world.imap_port}}
    return {"email_address": "mira@reachly.test", "display_name": "Mira Sol", **legs, **more}


async def connect(person: Person, given: dict[str, Any]) -> Any:
    return await person.http.post("/api/email-accounts/connect/smtp", json=given)


async def test_mailbox_is_connected_after_both_legs_were_tried(
    ada: Person, world: MailWorld, sql: Any
) -> None:
    answer = await connect(ada, body(world, daily_limit=25))
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert (told["status"], told["is_active"], told["daily_limit"], told["warnings"]) == (
        "connected",
        True,
        25,
        [],
    )
    assert told["smtp"] == {
        "host": "127.0.0.1",
        "port": world.smtp_port,
        "security": "none",
        "username": "mira@reachly.test",
    }
    assert "app password" not in answer.text
    row = dict(await sql.fetchrow("SELECT * FROM email_accounts"))
    assert "app password" not in repr(row)
    tested = (await ada.http.post(f"/api/email-accounts/{told['id']}/test")).json()
    assert [(leg["leg"], leg["ok"]) for leg in tested["legs"]] == [("smtp", True), ("imap", True)]
    log = (await ada.http.get("/api/organization/audit-log")).json()["items"]
    assert log[0]["action"] == "mailbox.connected"


async def test_secret_opens_only_in_its_own_row_and_column(ada: Person, world: MailWorld, sql: Any) -> None:
    """P9: a sealed password that was moved is worthless."""
    first = (await connect(ada, body(world))).json()["id"]
    world.add_mailbox("bo@reachly.test", "other password")
    other = body(world, email_address="bo@reachly.test")
    for leg in ("smtp", "imap"):
        other[leg] |= {"username": "bo@reachly.test", "password": "other password"}
    second = (await connect(ada, other)).json()["id"]
    async with tenant(ada.organization_id) as session:
        found = await service.find_connection(session, ada.organization_id, first)
    assert found is not None
    assert found.mailer.password == "app password"
    await sql.execute(
        "UPDATE email_accounts a SET smtp_password = b.smtp_password FROM email_accounts b"
        " WHERE a.id = $1 AND b.id = $2",
        first, second,
    )  # fmt: skip
    with pytest.raises(CannotOpen):
        async with tenant(ada.organization_id) as session:
            await service.find_connection(session, ada.organization_id, first)


@pytest.mark.parametrize(
    ("leg", "change", "cause"),
    [
        ("smtp", {"password": "wrong"}, "auth"),
        ("imap", {"password": "wrong"}, "auth"),
        ("smtp", {"port": 1}, "refused"),
        ("imap", {"port": 1}, "refused"),
        ("smtp", {"host": "no-such-host.invalid", "allow_unencrypted": True}, "dns"),
        ("smtp", {"security": "tls"}, "tls"),
        ("smtp", {"host": "10.1.2.3", "allow_unencrypted": True}, "forbidden"),
        ("imap", {"host": "169.254.169.254", "security": "tls"}, "forbidden"),
    ],
)
async def test_trouble_names_its_leg_and_cause_within_ten_seconds(
    ada: Person, world: MailWorld, sql: Any, leg: str, change: dict[str, Any], cause: str
) -> None:
    given = body(world)
    given[leg] |= change
    began = time.monotonic()
    answer = await connect(ada, given)
    assert (
        time.monotonic() - began < 60
    )  # what hangs is given up after ten seconds, on a machine with nothing to do
    assert answer.status_code == 422
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"/{leg}"]
    assert await sql.fetchval("SELECT count(*) FROM email_accounts") == 0
    assert answer.json()["errors"][0]["code"] == cause
    assert answer.json()["code"] == f"{leg}_{cause}"


async def test_address_is_connected_in_one_organization_only_and_says_no_more(
    ada: Person, bea: Person, world: MailWorld
) -> None:
    assert (await connect(ada, body(world))).status_code == 201
    own, others = (
        await connect(ada, body(world)),
        await connect(bea, body(world, email_address="Mira@Reachly.TEST")),
    )
    for answer in (own, others):
        assert (answer.status_code, answer.json()["code"]) == (409, "taken")
    told = [{k: v for k, v in a.json().items() if k != "request_id"} for a in (own, others)]
    assert told[0] == told[1]
    assert (await bea.http.get("/api/email-accounts")).json() == []


async def test_two_connects_at_once_make_one_mailbox(ada: Person, world: MailWorld, sql: Any) -> None:
    answers = await asyncio.gather(*(connect(ada, body(world)) for _ in range(3)))
    assert sorted(a.status_code for a in answers) == [201, 409, 409]
    assert await sql.fetchval("SELECT count(*) FROM email_accounts") == 1


async def test_without_imap_it_is_said_what_is_lost(ada: Person, world: MailWorld, sql: Any) -> None:
    given = body(world)
    given.pop("imap")
    told = (await connect(ada, given)).json()
    assert told["imap"] is None
    assert await sql.fetchval("SELECT imap_config IS NULL FROM email_accounts"), "nothing, not a JSON null"
    assert any("replies" in warning for warning in told["warnings"])


async def test_settings_are_changed_one_by_one_and_checked(ada: Person, world: MailWorld) -> None:
    made = (await connect(ada, body(world))).json()
    path = f"/api/email-accounts/{made['id']}"
    changed = (await ada.http.put(path, json={"daily_limit": 70, "tags": ["north"]})).json()
    assert {
        k: v for k, v in changed.items() if k not in ("daily_limit", "tags", "effective_limit_today")
    } == {k: v for k, v in made.items() if k not in ("daily_limit", "tags", "effective_limit_today")}
    assert (changed["daily_limit"], changed["tags"], changed["effective_limit_today"]) == (70, ["north"], 70)
    for wrong, pointer in (
        ({"timezone": "Mars/Olympus"}, "/timezone"),
        ({"daily_limit": 0}, "/daily_limit"),
        ({"absences": [{"start": "2026-02-02", "end": "2026-02-01"}]}, "/absences/0/end"),
        ({"workday": {"mon": [["17:00", "09:00"]]}}, "/workday"),
        ({"workday": {"someday": [["09:00", "17:00"]]}}, "/workday"),
    ):
        answer = await ada.http.put(path, json=wrong)
        assert answer.status_code == 422, wrong
        assert answer.json()["errors"][0]["pointer"].startswith(pointer), answer.text
    assert (await ada.http.get(path)).json()["daily_limit"] == 70


async def test_new_server_is_tried_before_it_replaces_the_old(ada: Person, world: MailWorld) -> None:
    made = (await connect(ada, body(world))).json()
    path = f"/api/email-accounts/{made['id']}"
    wrong = {**body(world)["smtp"], "password": "wrong"}
    assert (await ada.http.put(path, json={"smtp": wrong})).status_code == 422
    assert (await ada.http.post(f"{path}/test")).json()["ok"], "the old ones still stand"
    world.add_mailbox("mira@reachly.test", "new password")
    assert not (await ada.http.post(f"{path}/test")).json()["ok"]
    right = {leg: {**body(world)[leg], "password": "new password"} for leg in ("smtp", "imap")}
    assert (await ada.http.put(path, json=right)).status_code == 200
    assert (await ada.http.post(f"{path}/test")).json()["ok"]


async def test_mailbox_that_failed_comes_back_by_a_good_test(ada: Person, world: MailWorld, sql: Any) -> None:
    path = f"/api/email-accounts/{(await connect(ada, body(world))).json()['id']}"
    await sql.execute(
        "UPDATE email_accounts SET status = 'auth_failed', status_reason = 'x', failures_in_a_row = 9"
    )
    assert (await ada.http.post(f"{path}/test")).json()["ok"]
    told = (await ada.http.get(path)).json()
    assert (told["status"], told["status_reason"]) == ("connected", None)


async def test_switching_off_and_on_and_away(ada: Person, world: MailWorld) -> None:
    path = f"/api/email-accounts/{(await connect(ada, body(world))).json()['id']}"
    states = [(await ada.http.put(f"{path}/toggle")).json()["is_active"] for _ in range(2)]
    states += [
        (await ada.http.put(f"{path}/toggle", json={"is_active": False})).json()["is_active"]
        for _ in range(2)
    ]
    assert states == [False, True, False, False]
    assert (await ada.http.delete(path)).status_code == 204
    assert (await ada.http.get(path)).status_code == 404
    assert (await connect(ada, body(world))).status_code == 201, "it may be connected again"


async def test_what_cannot_be_connected_yet_is_not_offered_as_if_it_could(ada: Person) -> None:
    offered = (await ada.http.get("/api/email-accounts/providers")).json()
    ways = {route.path.rsplit("/", 1)[1] for route in ROUTES if "/connect/" in route.path}
    assert {one["provider"] for one in offered} == ways
    for one in offered:
        answer = await ada.http.post(f"/api/email-accounts/connect/{one['provider']}")
        assert (answer.status_code != 501) == one["can_connect"], one
        if not one["can_connect"]:
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["detail"] == one["detail"]


class TestNothingInsideIsDialled:
    """S1, S4: without the operator's word the loopback is as far away as any private address."""

    @pytest.fixture
    def options(self) -> dict[str, Any]:
        return {}

    @pytest.mark.parametrize(
        "host", ["127.0.0.1", "localhost", "localhost.", "[::1]", "::1", "::ffff:127.0.0.1", "0.0.0.0", "2130706433",
                 "0x7f000001", "0177.0.0.1", "10.0.0.1", "169.254.169.254", "metadata.google.internal"],
    )  # fmt: skip
    async def test_open_and_closed_ports_sound_alike(self, ada: Person, world: MailWorld, host: str) -> None:
        told = []
        for port in (world.smtp_port, 1):
            server = {"host": host, "port": port, "security": "tls", "username": "x", "password": "x"}
            answer = await connect(ada, {"email_address": "mira@reachly.test", "smtp": server})
            assert answer.status_code == 422, host
            body = answer.json()
            body.pop("request_id")
            told.append(str(body).replace(str(port), "PORT"))
        assert told[0] == told[1]
        assert "ESMTP" not in told[0]
        assert "mailworld" not in told[0]


async def test_saving_again_does_not_begin_the_ramp_anew(ada: Person, world: MailWorld, sql: Any) -> None:
    ramp = {"daily_limit": 50, "ramp_enabled": True, "ramp_start": 5, "ramp_step": 5}
    path = f"/api/email-accounts/{(await connect(ada, body(world, **ramp))).json()['id']}"
    assert (await ada.http.get(path)).json()["effective_limit_today"] == 5
    await sql.execute("UPDATE email_accounts SET ramp_started_at = ramp_started_at - interval '4 days'")
    saved = await ada.http.put(path, json={**ramp, "signature": "Mira"})
    assert saved.json()["effective_limit_today"] == 25
    await ada.http.put(path, json={"ramp_enabled": False})
    begun = await ada.http.put(path, json={"ramp_enabled": True})
    assert begun.json()["effective_limit_today"] == 5


async def test_workday_absences_and_reply_address_are_kept_and_taken_back(
    ada: Person, world: MailWorld
) -> None:
    path = f"/api/email-accounts/{(await connect(ada, body(world))).json()['id']}"
    away = [{"start": "2030-07-01", "end": "2030-07-14"}]
    given = {"workday": {"mon": [["09:00", "24:00"]]}, "absences": away, "reply_to": "team@example.com"}
    kept = (await ada.http.put(path, json=given)).json()
    assert {key: kept[key] for key in given} == given
    backwards = {"absences": [{"start": "2030-07-14", "end": "2030-07-01"}]}
    refused = await ada.http.put(path, json=backwards)
    assert [fault["pointer"] for fault in refused.json()["errors"]] == ["/absences/0/end"]
    cleared = (await ada.http.put(path, json={"absences": [], "reply_to": ""})).json()
    assert (cleared["absences"], cleared["reply_to"]) == ([], None)


@pytest.mark.parametrize("leg", ["smtp", "imap"])
async def test_a_password_in_clear_needs_an_explicit_choice(
    ada: Person, world: MailWorld, sql: Any, leg: str
) -> None:
    """Asked before anything is dialled; on the loopback there is no network to cross."""
    given = body(world)
    given[leg] |= {"host": "192.0.2.1"}
    answer = await connect(ada, given)
    (fault,) = answer.json()["errors"]
    assert (answer.status_code, fault["pointer"], fault["code"]) == (422, f"/{leg}/security", "unencrypted")
    assert "STARTTLS" in fault["detail"]
    assert "allow_unencrypted" in fault["detail"]
    given[leg] |= {"allow_unencrypted": True}
    assert (await connect(ada, given)).json()["code"] != "unencrypted", "now it is tried"
    account_id = (await connect(ada, body(world))).json()["id"]
    refused = await ada.http.put(
        f"/api/email-accounts/{account_id}", json={leg: {**given[leg], "allow_unencrypted": False}}
    )
    assert (refused.status_code, refused.json()["code"]) == (422, "unencrypted")


async def test_a_mailbox_that_is_there_goes_on_and_says_it(
    ada: Person, world: MailWorld, sql: Any, dsn: str
) -> None:
    account_id = (await connect(ada, body(world))).json()["id"]
    assert await count_exposed(dsn) == 0
    await sql.execute(
        """UPDATE email_accounts SET imap_config = imap_config || '{"host": "imap.example.com"}'"""
    )
    told = (await ada.http.get(f"/api/email-accounts/{account_id}")).json()
    assert told["status"] == "connected"
    (warning,) = told["warnings"]
    assert "reading (IMAP)" in warning
    assert "STARTTLS" in warning
    assert await count_exposed(dsn) == 1
