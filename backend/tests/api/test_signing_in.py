"""Registering and signing in, and what keeps guessing from paying."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from reachly.infra.settings import Settings
from reachly.kit import clock
from reachly.services.identity import passwords
from tests.api.conftest import PASSWORD, Api, Person, open_api, register, sign_in

pytestmark = pytest.mark.anyio
LONG = "violet tractor sings under seven quiet bridges while nobody paints it green"


async def try_password(
    api: Api, email: str, password: str, *, ip: str = "198.51.100.7", **headers: str
) -> httpx2.Response:
    http = await api.client(ip=ip)
    return await http.post("/api/auth/login", json={"email": email, "password": password}, headers=headers)


async def test_registering_signs_in_and_says_who_one_is(ada: Person) -> None:
    me = (await ada.http.get("/api/auth/me")).json()
    assert me == ada.signed_in["me"]
    assert me["user"]["role"] == "admin"
    assert me["organization"]["name"] == "brightfjord"
    assert "org:admin" in me["permissions"]
    usage = (await ada.http.get("/api/users/usage")).json()
    assert (usage["plan_type"], usage["metrics"][0]["limit"]) == ("self_hosted", None)


async def test_address_has_one_account_however_it_is_spelled(api: Api, ada: Person) -> None:
    for spelling in (ada.email.upper(), f" {ada.email} ", f"mailto:{ada.email}"):
        http = await api.client()
        answer = await http.post("/api/auth/register", json={"email": spelling, "password": PASSWORD})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (409, "/email"), spelling
        assert (await sign_in(api, spelling)).organization_id == ada.organization_id


async def test_registering_twice_at_once_makes_one_organization(api: Api, sql: Any) -> None:
    http = await api.client()
    body = {"email": "ada@brightfjord.example", "password": PASSWORD}
    answers = await asyncio.gather(*(http.post("/api/auth/register", json=body) for _ in range(4)))
    assert sorted(a.status_code for a in answers) == [201, 409, 409, 409]
    assert await sql.fetchval("SELECT count(*) FROM organizations") == 1


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"email": "no address"}, "/email"),
        ({"email": "ada@example.com\r\nBcc: x@example.com"}, "/email"),
        ({"password": "short"}, "/password"),
        ({"password": "x" * 1_025}, "/password"),
        ({"password": "password12345"}, "/password"),
        ({"password": " " * 12}, "/password"),
        ({"password": "P@ssw0rd2026!"}, "/password"),
        ({"password": "qwertyuiop12"}, "/password"),
        ({"password": "Brightfjord-2026", "organization_name": "Brightfjord"}, "/password"),
        ({"timezone": "Mars/Olympus"}, "/timezone"),
        ({"timezone": "../../etc/passwd"}, "/timezone"),
        ({"client": "robot"}, "/client"),
        ({"name": "x" * 201}, "/name"),
    ],
)
async def test_registering_names_the_field_to_mend(
    client: httpx2.AsyncClient, change: dict[str, str], pointer: str
) -> None:
    body = {"email": "ada@brightfjord.example", "password": PASSWORD, **change}
    answer = await client.post("/api/auth/register", json=body)
    assert answer.status_code == 422, answer.text
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]


async def test_unknown_address_and_wrong_password_get_the_same_answer(api: Api, ada: Person) -> None:
    """A7."""
    told = []
    for email in (ada.email, "nobody@brightfjord.example", "no address at all"):
        answer = await try_password(api, email, "not the password")
        body = answer.json()
        body.pop("request_id")
        told.append((answer.status_code, body, sorted(answer.headers)))
    assert told[0] == told[1] == told[2]
    assert told[0][0] == 401


async def test_unknown_address_costs_a_check_too(
    api: Api, ada: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same work either way; the clock would tell otherwise."""
    checked: list[int] = []
    plain = passwords.bcrypt.checkpw
    monkeypatch.setattr(passwords.bcrypt, "checkpw", lambda p, h: checked.append(int(h[4:6])) or plain(p, h))
    for email in (ada.email, "nobody@brightfjord.example"):
        await try_password(api, email, "not the password")
    assert checked == [4, 4]


async def test_tenth_failure_of_an_account_from_an_address_is_the_last(api: Api, ada: Person) -> None:
    for _ in range(10):
        assert (await try_password(api, ada.email, "guess")).status_code == 401
    answer = await try_password(api, ada.email, PASSWORD)
    assert (answer.status_code, answer.json()["code"]) == (429, "sign_in_throttled")
    assert int(answer.headers["retry-after"]) > 0
    assert (await sign_in(api, ada.email, ip="203.0.113.9")).token, "the owner gets in from elsewhere"


async def test_burst_cannot_pass_the_limit_before_it_is_counted(api: Api, ada: Person) -> None:
    answers = await asyncio.gather(*(try_password(api, ada.email, f"guess {n}") for n in range(40)))
    assert sorted({a.status_code for a in answers}) == [401, 429]
    assert [a.status_code for a in answers].count(401) == 10


async def test_forged_forwarding_does_not_help(api: Api, ada: Person) -> None:
    """A8: nobody is trusted as a proxy unless the operator says so."""
    codes = []
    for n in range(12):
        forged = {
            "x-forwarded-for": f"192.0.2.{n}",
            "forwarded": f"for=192.0.2.{n}",
            "x-real-ip": f"192.0.2.{n}",
        }
        codes.append((await try_password(api, ada.email, "guess", **forged)).status_code)
    assert codes == [401] * 10 + [429] * 2


async def test_one_password_at_many_accounts_is_stopped_by_address(api: Api) -> None:
    http = await api.client()
    codes = []
    for n in range(52):
        body = {"email": f"person{n}@brightfjord.example", "password": "Spring2026!"}
        codes.append((await http.post("/api/auth/login", json=body)).status_code)
    assert codes == [401] * 50 + [429] * 2


async def test_many_addresses_do_not_lock_the_owner_out_where_they_are_known(
    api: Api, ada: Person, sql: Any
) -> None:
    now = clock.machine_now()
    await sql.execute(
        "INSERT INTO sign_in_attempts (id, email_key, ip, succeeded, at)"
        " SELECT gen_random_uuid(), $1, '192.0.2.' || n % 250, false, $2 FROM generate_series(1, 300) n",
        ada.email, now - timedelta(minutes=1),
    )  # fmt: skip
    assert (await try_password(api, ada.email, PASSWORD, ip="203.0.113.9")).status_code == 429
    assert (await sign_in(api, ada.email)).token, "registered from here"


async def test_success_starts_the_count_anew(api: Api, ada: Person) -> None:
    for _ in range(3):
        for _ in range(7):
            assert (await try_password(api, ada.email, "guess")).status_code == 401
        await sign_in(api, ada.email)


async def test_throttling_survives_a_restart(settings: Settings, dsn: str) -> None:
    """It is rows, not memory of the process."""
    async with open_api(settings, dsn) as api:
        ada = await register(api, "brightfjord")
        for _ in range(10):
            await try_password(api, ada.email, "guess")
    async with open_api(settings, dsn) as api:
        assert (await try_password(api, ada.email, PASSWORD)).status_code == 429


async def test_window_passes(api: Api, ada: Person, sql: Any) -> None:
    for _ in range(10):
        await try_password(api, ada.email, "guess")
    await sql.execute("UPDATE sign_in_attempts SET at = at - interval '16 minutes'")
    assert (await sign_in(api, ada.email)).token


async def test_refused_sign_in_of_a_real_account_is_written_down(api: Api, ada: Person) -> None:
    """Its own transaction: the refusal rolls the request's back."""
    await try_password(api, ada.email, "guess", ip="203.0.113.9")
    log = (await ada.http.get("/api/organization/audit-log")).json()["items"]
    refused = [entry for entry in log if entry["action"] == "sign_in.refused"]
    assert [entry["ip"] for entry in refused] == ["203.0.113.9"]


@pytest.mark.parametrize(
    "password",
    [
        LONG[:73],
        "über grüne Wälder schwärmen " * 3 + "Füchse",
        LONG * 13,
        "correct\U0001f40ehorse battery",
        " correct horse battery ",
    ],
)
async def test_long_and_odd_passwords_are_kept_whole(api: Api, password: str) -> None:
    """A9: bcrypt alone cuts at 72 bytes and at a NUL."""
    http = await api.client()
    body = {"email": "ada@brightfjord.example", "password": password}
    assert (await http.post("/api/auth/register", json=body)).status_code == 201
    assert (await sign_in(api, body["email"], password=password)).token
    for near in (password[:-1], password[:72] if len(password) > 72 else password + "x"):
        assert (await try_password(api, body["email"], near)).status_code == 401


async def test_password_hash_names_its_cost_and_is_salted() -> None:
    one, two = await passwords.hash_password(PASSWORD), await passwords.hash_password(PASSWORD)
    assert one != two
    assert one.startswith("$2b$")
    assert await passwords.verify_password(PASSWORD, one)
    assert not await passwords.verify_password(PASSWORD + "x", one)


async def test_registrations_from_one_address_are_limited(api: Api) -> None:
    http = await api.client()
    codes = [
        (
            await http.post("/api/auth/register", json={"email": f"a{n}@b.example", "password": PASSWORD})
        ).status_code
        for n in range(22)
    ]
    assert codes == [201] * 20 + [429] * 2
