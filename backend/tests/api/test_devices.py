"""Who is locked out by wrong passwords, and who is not: a known device has a count of its own."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest

from reachly.api.cookies import DEVICE_COOKIE
from reachly.kit import clock
from reachly.services.identity import devices, passwords
from tests.api.conftest import PASSWORD, Api, Person

pytestmark = pytest.mark.anyio
SHARED = "10.9.9.9"  # what a server behind a proxy that it does not know sees of everybody


async def browser(api: Api, email: str, ip: str = SHARED, password: str = PASSWORD) -> httpx2.AsyncClient:
    """A client with cookies that has signed in once."""
    http = await api.client(ip=ip)
    answer = await login(http, email, password)
    assert answer.status_code == 200, answer.text
    return http


async def login(http: httpx2.AsyncClient, email: str, password: str = PASSWORD) -> httpx2.Response:
    return await http.post("/api/auth/login", json={"email": email, "password": password})


async def spray(sql: Any, ip: str, accounts: int, each: int = 1, email: str | None = None) -> None:
    """Failures as the sign-in itself writes them, of many accounts or of one."""
    await sql.execute(
        "INSERT INTO sign_in_attempts (id, email_key, ip, succeeded, at)"
        " SELECT gen_random_uuid(), coalesce($1, n || '@other.example'), $2, false, $3"
        " FROM generate_series(1, $4) n, generate_series(1, $5)",
        email, ip, clock.machine_now(), accounts, each,
    )  # fmt: skip


async def test_failures_behind_one_address_lock_no_known_device_out(api: Api, ada: Person, sql: Any) -> None:
    known = await browser(api, ada.email)
    await spray(sql, SHARED, 60)
    await spray(sql, SHARED, 1, each=10, email=ada.email)  # at this very account too
    assert (await login(await api.client(ip=SHARED), ada.email)).status_code == 429, "a stranger's device"
    assert (await login(known, ada.email)).status_code == 200
    elsewhere = await api.client(ip="203.0.113.77")
    elsewhere.cookies = known.cookies
    assert (await login(elsewhere, ada.email)).status_code == 200, "the device, not the address, is known"


async def test_a_known_address_is_not_refused_for_what_others_did(api: Api, ada: Person, sql: Any) -> None:
    await browser(api, ada.email)  # its cookies are lost
    await spray(sql, SHARED, 60)
    assert (await login(await api.client(ip=SHARED), ada.email)).status_code == 200
    assert (await login(await api.client(ip=SHARED), "nobody@other.example")).status_code == 429


async def test_a_device_has_ten_guesses_like_everybody(api: Api, ada: Person) -> None:
    known = await browser(api, ada.email)
    for _ in range(10):
        assert (await login(known, ada.email, "guess")).status_code == 401
    assert (await login(known, ada.email)).status_code == 429
    assert (await login(await api.client(ip=SHARED), ada.email)).status_code == 200, "not the address"


async def test_a_device_is_known_to_its_own_accounts_only(api: Api, ada: Person, bea: Person) -> None:
    known = await browser(api, ada.email)
    cookie = known.cookies[DEVICE_COOKIE]
    assert devices.find(cookie, ada.email)
    assert devices.find(cookie, bea.email) is None
    assert devices.find(cookie[:-2] + "xx", ada.email) is None
    assert devices.find("~" * 5000, ada.email) is devices.find(None, ada.email) is None
    await login(known, bea.email)
    both = known.cookies[DEVICE_COOKIE]
    assert devices.find(both, ada.email)
    assert devices.find(both, bea.email)
    await login(known, ada.email)
    assert known.cookies[DEVICE_COOKIE] == both, "what is known is not made anew"


async def test_an_ipv6_customer_is_one_caller(api: Api, ada: Person) -> None:
    codes = [
        (await login(await api.client(ip=f"2001:db8:1:2::{n:x}"), ada.email, "guess")).status_code
        for n in range(1, 13)
    ]
    assert codes == [401] * 10 + [429] * 2


async def test_guesses_at_ones_own_password_are_limited_like_sign_ins(api: Api, ada: Person) -> None:
    """M5: a stolen token must not become a taken-over account."""
    change = {"current_password": "guess", "new_password": "a much better password"}
    answers = await asyncio.gather(*(ada.http.put("/api/users/password", json=change) for _ in range(30)))
    assert sorted(answer.status_code for answer in answers) == [422] * 10 + [429] * 20
    right = await ada.http.put("/api/users/password", json={**change, "current_password": PASSWORD})
    assert (right.status_code, right.json()["code"]) == (429, "sign_in_throttled")
    assert (await login(await api.client(), ada.email)).status_code == 200, (
        "signing in has a count of its own"
    )


async def test_no_row_is_locked_while_a_password_is_checked(
    api: Api, ada: Person, sql: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain, locked = passwords.verify_password, []

    async def look(password: str, password_hash: str | None) -> bool:
        free = await sql.fetchval(
            "SELECT count(*) FROM (SELECT id FROM users FOR UPDATE SKIP LOCKED) AS free"
        )
        locked.append(free != await sql.fetchval("SELECT count(*) FROM users"))
        return await plain(password, password_hash)

    monkeypatch.setattr(passwords, "verify_password", look)
    change = {"current_password": PASSWORD, "new_password": "a much better password"}
    assert (await ada.http.put("/api/users/password", json=change)).status_code == 204
    assert locked == [False]


async def test_a_new_password_is_judged_too(ada: Person) -> None:
    change = {"current_password": PASSWORD, "new_password": "iloveyou1234"}
    answer = await ada.http.put("/api/users/password", json=change)
    (fault,) = answer.json()["errors"]
    assert (answer.status_code, answer.json()["code"], fault["pointer"]) == (
        422,
        "weak_password",
        "/new_password",
    )
    assert "unrelated words" in fault["detail"]
