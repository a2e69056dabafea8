"""Access tokens that are not ours, refresh tokens that are spent, and what ends a session at once."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from datetime import timedelta
from typing import Any

import httpx2
import jwt
import pytest

from reachly.infra.settings import current_settings
from reachly.services.identity.service import sessions
from tests.api.conftest import PASSWORD, Api, Person, add_member, sign_in

pytestmark = pytest.mark.anyio


def claims_of(token: str) -> dict[str, Any]:
    found: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
    return found


def secret() -> str:
    return current_settings().security.jwt_secret.get_secret_value()


def encode(claims: dict[str, Any], *, key: str | None = None, **header: Any) -> str:
    return jwt.encode(
        claims,
        secret() if key is None else key,
        algorithm=header.pop("alg", "HS256"),
        headers={"typ": "at+jwt", **header},
    )


def by_hand(header: dict[str, Any], claims: dict[str, Any], signature: bytes = b"") -> str:
    def part(value: Any) -> str:
        raw = value if isinstance(value, bytes) else json.dumps(value).encode()
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    return f"{part(header)}.{part(claims)}.{part(signature)}"


def abuses(ada: Person) -> dict[str, str]:
    """A1: every known way to bring a token that we did not make for this."""
    good = claims_of(ada.token)
    head, body, signature = ada.token.split(".")
    now = int(time.time())
    typ = {"typ": "at+jwt"}
    jwk = {"kty": "oct", "k": base64.urlsafe_b64encode(b"k" * 32).decode().rstrip("=")}
    own = hmac.digest(b"k" * 32, f"{head}.{body}".encode(), hashlib.sha256)
    made = {
        "empty signature": f"{head}.{body}.",
        "no signature": f"{head}.{body}",
        "signature of another": f"{head}.{body}.{signature[::-1]}",
        "five parts": f"{ada.token}.x.y",
        "not base64": "!!!.???.###",
        "null bytes": "\\x00.\\x00.\\x00",
        "nothing": "x",
        "expired": encode({**good, "exp": now - 1}),
        "not yet": encode({**good, "nbf": now + 600}),
        "issued later": encode({**good, "iat": now + 600}),
        "wrong audience": encode({**good, "aud": "someone-else"}),
        "wrong issuer": encode({**good, "iss": "someone-else"}),
        "another type": jwt.encode(good, secret(), algorithm="HS256", headers={"typ": "JWT"}),
        "another algorithm": encode(good, alg="HS512"),
        "another key": encode(good, key="k" * 32),
        "embedded key": encode(good, key="k" * 32, jwk=jwk),
        "key elsewhere": encode(good, key="k" * 32, jku="https://keys.example/jwks.json"),
        "certificate elsewhere": encode(good, key="k" * 32, x5u="https://keys.example/cert.pem"),
        "key id as a path": by_hand(
            {"alg": "HS256", "kid": "../../../../dev/null", **typ},
            good,
            hmac.digest(b"\0", b"x", hashlib.sha256),
        ),
        "key id as SQL": encode(good, key="x", kid="x' UNION SELECT 'x' --"),
        "critical header": by_hand({"alg": "HS256", "crit": ["x"], "x": 1, **typ}, good, own),
        "session of another": encode({**good, "sid": good["userId"]}),
        "older version": encode({**good, "sv": good["sv"] - 1}),
        "version as text": encode({**good, "sv": "x"}),
        "id as a number": encode({**good, "userId": 7}),
        "id as a list": encode({**good, "organizationId": ["x"]}),
        "expiry as text": encode({**good, "exp": "never"}),
        "claims as a list": jwt.api_jws.encode(b"[]", secret(), "HS256", {"typ": "at+jwt"}),
        "claims that are deep": jwt.api_jws.encode(b"[" * 2_000, secret(), "HS256", {"typ": "at+jwt"}),
        "a megabyte": encode({**good, "more": "x" * 1_000_000}),
        "refresh token": str(ada.http.cookies.get("reachly_refresh") or "none"),
    }
    for alg in ("none", "None", "NONE", "nOnE", "HS256 ", "", None, ["HS256"], "RS256", "ES256"):
        made[f"algorithm {alg!r}"] = by_hand({"alg": alg, **typ}, good)
    for name in ("exp", "iat", "iss", "aud", "jti", "userId", "organizationId", "sv", "sid"):
        made[f"without {name}"] = encode({k: v for k, v in good.items() if k != name})
    return made


async def test_tokens_that_are_not_ours_are_refused(client: httpx2.AsyncClient, ada: Person) -> None:
    assert (await ada.http.get("/api/auth/me")).status_code == 200
    passed = []
    for name, token in abuses(ada).items():
        answer = await client.get("/api/auth/me", headers={"authorization": f"Bearer {token}"})
        if answer.status_code != 401 or answer.json()["type"] != "/problems/" + answer.json()["code"]:
            passed.append(f"{name}: {answer.status_code}")
    assert passed == []


async def test_token_comes_in_the_header_only(client: httpx2.AsyncClient, ada: Person) -> None:
    for scheme in ("Basic", "bearer:", "Token", ""):
        headers = {"authorization": f"{scheme} {ada.token}".strip()}
        assert (await client.get("/api/auth/me", headers=headers)).status_code == 401
    assert (await client.get("/api/auth/me", params={"access_token": ada.token})).status_code == 401
    cookies = {"cookie": f"access_token={ada.token}; Authorization=Bearer {ada.token}"}
    assert (await client.get("/api/auth/me", headers=cookies)).status_code == 401


async def test_access_token_is_no_refresh_token(client: httpx2.AsyncClient, ada: Person) -> None:
    answer = await client.post("/api/auth/refresh", json={"refresh_token": ada.token[:512]})
    assert answer.status_code == 401


async def test_token_says_what_the_mission_says(ada: Person) -> None:
    claims = claims_of(ada.token)
    assert {"userId", "organizationId", "email", "role", "permissions", "iat", "exp"} <= set(claims)
    assert claims["exp"] - claims["iat"] == 15 * 60
    assert (claims["role"], claims["email"]) == ("admin", ada.email)
    assert "campaigns:write" in claims["permissions"]


async def refresh(http: httpx2.AsyncClient, token: str) -> httpx2.Response:
    http.cookies.clear()
    return await http.post("/api/auth/refresh", json={"refresh_token": token})


async def token_client(api: Api, ada: Person) -> tuple[httpx2.AsyncClient, str]:
    """A client without cookies: (client, refresh token)."""
    http = await api.client()
    body = {"email": ada.email, "password": PASSWORD, "client": "token"}
    answer = (await http.post("/api/auth/login", json=body)).json()
    http.headers["authorization"] = f"Bearer {answer['access_token']}"
    return http, str(answer["refresh_token"])


async def test_refresh_rotates_and_the_browser_keeps_it_in_a_cookie(ada: Person) -> None:
    assert ada.signed_in["refresh_token"] is None
    first = ada.http.cookies.get("reachly_refresh")
    answer = await ada.http.post("/api/auth/refresh")
    assert answer.status_code == 200
    assert ada.http.cookies.get("reachly_refresh") not in (None, first)
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/api/auth" in cookie


async def test_two_tabs_refreshing_at_once_stay_in_one_family(api: Api, ada: Person, sql: Any) -> None:
    """A3: the same successor for both, not a second branch."""
    http, token = await token_client(api, ada)
    answers = await asyncio.gather(*(refresh(http, token) for _ in range(5)))
    assert {a.status_code for a in answers} == {200}
    assert len({a.json()["refresh_token"] for a in answers}) == 1
    successor = answers[0].json()["refresh_token"]
    assert (await refresh(http, successor)).status_code == 200
    families = await sql.fetchval("SELECT count(DISTINCT family_id) FROM sessions WHERE revoked_at IS NULL")
    assert families == 2, "the registration's and this one"


async def test_spent_token_ends_its_family_and_everything_signed_from_it(
    api: Api, ada: Person, sql: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A2: whoever comes second is a thief or was robbed; both sign in anew, and it is written down."""
    http, token = await token_client(api, ada)
    monkeypatch.setattr(sessions, "GRACE", timedelta(0))
    fresh = (await refresh(http, token)).json()
    http.headers["authorization"] = f"Bearer {fresh['access_token']}"
    assert (await http.get("/api/auth/me")).status_code == 200
    assert (await refresh(http, token)).status_code == 401
    assert (await http.get("/api/auth/me")).status_code == 401, "the access token dies with its family"
    assert (await refresh(http, fresh["refresh_token"])).status_code == 401
    assert (await ada.http.get("/api/auth/me")).status_code == 200, "other sign-ins of the person live on"
    assert await sql.fetchval("SELECT count(*) FROM audit_log WHERE action = 'session.reused'") == 1


async def test_only_the_previous_token_has_a_grace(api: Api, ada: Person) -> None:
    http, first = await token_client(api, ada)
    second = (await refresh(http, first)).json()["refresh_token"]
    third = (await refresh(http, second)).json()["refresh_token"]
    assert (await refresh(http, second)).json()["refresh_token"] == third
    assert len({first, second, third}) == 3


async def test_tokens_are_kept_as_hashes(api: Api, ada: Person, sql: Any) -> None:
    http, token = await token_client(api, ada)
    await refresh(http, token)
    rows = [repr(dict(row)) for row in await sql.fetch("SELECT * FROM sessions")]
    assert not [row for row in rows if token in row]
    assert (
        await sql.fetchval(
            "SELECT count(*) FROM sessions WHERE token_hash = $1", hashlib.sha256(token.encode()).digest()
        )
        == 1
    )


async def test_signing_out_ends_tokens_of_both_kinds(api: Api, ada: Person) -> None:
    http, token = await token_client(api, ada)
    for _ in range(2):
        assert (await http.post("/api/auth/logout", json={"refresh_token": token})).status_code == 204
    assert (await http.get("/api/auth/me")).status_code == 401
    assert (await refresh(http, token)).status_code == 401
    assert (await ada.http.get("/api/auth/me")).status_code == 200


async def test_session_is_listed_and_ended_by_its_owner_alone(api: Api, ada: Person, bea: Person) -> None:
    other = await sign_in(api, ada.email)
    listed = (await ada.http.get("/api/auth/sessions")).json()
    assert len(listed) == 2
    assert [row["is_current"] for row in listed].count(True) == 1
    target = next(row["id"] for row in listed if not row["is_current"])
    assert (await bea.http.delete(f"/api/auth/sessions/{target}")).status_code == 404
    assert (await ada.http.delete(f"/api/auth/sessions/{target}")).status_code == 204
    assert (await other.http.get("/api/auth/me")).status_code == 401
    assert (await ada.http.get("/api/auth/me")).status_code == 200


async def test_new_password_ends_every_other_session_at_the_next_request(api: Api, ada: Person) -> None:
    """A4: old access tokens too, this browser's included; it goes on by refreshing."""
    elsewhere = await sign_in(api, ada.email)
    wrong = {"current_password": "not this one", "new_password": "another long password"}
    refused = await ada.http.put("/api/users/password", json=wrong)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/current_password")
    right = {**wrong, "current_password": PASSWORD}
    assert (await ada.http.put("/api/users/password", json=right)).status_code == 204
    for person in (ada, elsewhere):
        assert (await person.http.get("/api/auth/me")).status_code == 401
    assert (await elsewhere.http.post("/api/auth/refresh")).status_code == 401
    assert (await ada.http.post("/api/auth/refresh")).status_code == 200
    assert (await sign_in(api, ada.email, password="another long password")).token
    http = await api.client()
    old = await http.post("/api/auth/login", json={"email": ada.email, "password": PASSWORD})
    assert old.status_code == 401


async def test_switched_off_or_removed_person_is_out_at_the_next_request(
    api: Api, ada: Person, sql: Any
) -> None:
    user = await add_member(api, sql, ada, "user")
    await sql.execute("UPDATE users SET is_active = false WHERE id = $1", user.user_id)
    assert (await user.http.get("/api/auth/me")).status_code == 401
    assert (await user.http.post("/api/auth/refresh")).status_code == 401
    http = await api.client()
    assert (
        await http.post("/api/auth/login", json={"email": user.email, "password": PASSWORD})
    ).status_code == 401
    await sql.execute("DELETE FROM users WHERE id = $1", user.user_id)
    assert (await user.http.get("/api/auth/me")).status_code == 401


async def test_last_administrators_leaving_at_once_leave_one(api: Api, ada: Person, sql: Any) -> None:
    """C7."""
    user = await add_member(api, sql, ada, "user")
    await sql.execute("UPDATE users SET role = 'admin' WHERE id = $1", user.user_id)
    answers = await asyncio.gather(*(p.http.delete("/api/users/account") for p in (ada, user)))
    assert sorted(a.status_code for a in answers) == [204, 409]
    assert await sql.fetchval("SELECT count(*) FROM users WHERE role = 'admin'") == 1


async def test_organization_goes_with_everything_when_its_administrator_says_so(
    api: Api, ada: Person, bea: Person, sql: Any
) -> None:
    from tests.integration.data.conftest import TENANT_TABLES, fill_organization

    await fill_organization(sql, ada.organization_id, {})
    viewer = await add_member(api, sql, ada, "viewer")
    assert (await viewer.http.delete("/api/users/account?organization=true")).status_code == 409
    refused = await ada.http.delete("/api/users/account")
    assert (refused.status_code, refused.json()["code"]) == (409, "last_admin")
    gone = await ada.http.delete("/api/users/account?organization=true")
    assert gone.status_code == 204, gone.text
    for table in TENANT_TABLES:
        left = await sql.fetchval(
            f"SELECT count(*) FROM {table.name} WHERE organization_id = $1", ada.organization_id
        )
        assert left == 0, table.name
    assert (await ada.http.get("/api/auth/me")).status_code == 401
    assert (await bea.http.get("/api/auth/me")).status_code == 200
