"""What every request passes: ids, headers, limits, proxies, sizes."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from pydantic import SecretStr

from reachly.api.middleware import MAX_BODY, UPLOADS
from reachly.infra import metrics
from reachly.infra.settings import LimitSettings, Settings, WebSettings, install
from tests.api.conftest import Api, Person, open_api
from tests.api.routes import ROUTES

pytestmark = pytest.mark.anyio


async def test_every_answer_has_an_id_and_says_how_to_be_treated(client: httpx2.AsyncClient) -> None:
    ids = set()
    for path in ("/api/auth/me", "/api/nothing", "/health", "/t/o/x.gif", "/u/x", "/t/c/x", "/nothing", "/"):
        answer = await client.get(path)
        ids.add(answer.headers["x-request-id"])
        assert answer.headers["x-content-type-options"] == "nosniff", path
        assert answer.headers["x-frame-options"] == "DENY", path
        assert answer.headers["referrer-policy"] in ("same-origin", "no-referrer"), path
        assert "server" not in answer.headers
        if path.startswith("/api/"):
            assert answer.headers["cache-control"] == "no-store"
            assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert len(ids) == 8
    assert "strict-transport-security" not in answer.headers, "not over plain http"


async def test_clients_do_not_choose_request_ids(client: httpx2.AsyncClient) -> None:
    answer = await client.get("/api/auth/me", headers={"x-request-id": "mine\tand more"})
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])
    assert answer.json()["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/nothing", 404),
        ("GET", "/api", 404),
        ("PATCH", "/api/campaigns", 405),
        ("GET", "/api/campaigns/not-an-id", 401),
        ("GET", "/api/leads/../auth/me", 401),
        ("GET", "/api/auth/me/", 404),
    ],
)
async def test_errors_of_the_framework_are_problems_too(
    client: httpx2.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await client.request(method, path)
    body = answer.json()
    assert (answer.status_code, body["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "detail", "code", "errors", "request_id"} <= set(body)


async def test_body_limit_holds_on_every_route_also_chunked(ada: Person) -> None:
    """N7: the sibling that was forgotten is how it usually breaks."""

    async def chunks(first: bytes) -> AsyncIterator[bytes]:
        yield first
        for _ in range(MAX_BODY // 100_000 + 2):
            yield b"x" * 100_000

    odd = []
    for route in ROUTES:
        if route.method == "GET" or route.path in UPLOADS:
            continue
        kind = "multipart/form-data; boundary=x" if route.is_form else "application/json"
        headers = {"content-type": kind}
        first = (
            b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
            if route.is_form
            else b""
        )
        declared = await ada.http.request(
            route.method, route.fill(), content=b"x" * (MAX_BODY + 1), headers=headers
        )
        chunked = await ada.http.request(route.method, route.fill(), content=chunks(first), headers=headers)
        reads_it = route.body_schema() or route.is_form
        wanted = {413} if reads_it else {413, chunked.status_code}
        if declared.status_code != 413 or chunked.status_code not in wanted:
            odd.append(f"{route.name}: {declared.status_code} {chunked.status_code}")
        if declared.headers["content-type"] != "application/problem+json":
            odd.append(f"{route.name}: {declared.text[:100]}")
    assert odd == []


async def test_lying_about_the_length_does_not_help(api: Api, ada: Person) -> None:
    """Declared small, sent large: counted as it comes."""
    sent: list[Any] = []
    bodies = [{"type": "http.request", "body": b"x" * 1_000_000, "more_body": True}] * 3

    async def receive() -> Any:
        return bodies.pop()

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"content-length", b"10"), (b"content-type", b"application/json"),
               (b"authorization", f"Bearer {ada.token}".encode())]  # fmt: skip
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": "/api/campaigns", "raw_path": b"/api/campaigns", "query_string": b"", "root_path": "",
        "headers": headers, "client": ("198.51.100.7", 1), "server": ("reachly.test", 80),
    }  # fmt: skip
    await api.app(scope, receive, send)
    assert [m["status"] for m in sent if m["type"] == "http.response.start"] == [413]
    assert b"past" in b"".join(m.get("body", b"") for m in sent)


class TestBehindProxies:
    @pytest.fixture
    def options(self) -> dict[str, Any]:
        return {
            "web": WebSettings(
                trusted_proxies=("10.0.0.0/8", "192.168.7.1"), allowed_origins=("https://app.example",)
            ),
            "public_url": "https://reachly.example",
        }

    @pytest.mark.parametrize(
        ("peer", "forwarded", "address"),
        [
            ("10.1.2.3", "203.0.113.5", "203.0.113.5"),
            ("10.1.2.3", "1.1.1.1, 203.0.113.5, 192.168.7.1", "203.0.113.5"),
            ("10.1.2.3", "10.9.9.9", "10.1.2.3"),
            ("203.0.113.99", "1.1.1.1", "203.0.113.99"),
            ("10.1.2.3", "garbage", "10.1.2.3"),
            ("10.1.2.3", "1.1.1.1, not-an-ip", "10.1.2.3"),
            ("10.1.2.3", "203.0.113.5:4711", "203.0.113.5"),
            ("10.1.2.3", "", "10.1.2.3"),
        ],
    )
    async def test_address_is_the_last_one_that_is_no_proxy_of_ours(
        self, api: Api, sql: Any, peer: str, forwarded: str, address: str
    ) -> None:
        http = await api.client(ip=peer)
        body = {"email": "ada@brightfjord.example", "password": "guess guess"}
        await http.post("/api/auth/login", json=body, headers={"x-forwarded-for": forwarded})
        assert await sql.fetchval("SELECT ip FROM sign_in_attempts") == address

    async def test_https_outside_means_secure_cookies_and_hsts(self, api: Api) -> None:
        http = await api.client(ip="10.1.2.3")
        body = {"email": "ada@brightfjord.example", "password": "correct horse battery"}
        answer = await http.post("/api/auth/register", json=body)
        assert "secure" in answer.headers["set-cookie"].lower()
        assert answer.headers["strict-transport-security"].startswith("max-age=")

    async def test_listed_origins_may_call_and_others_may_not(self, api: Api) -> None:
        http = await api.client()
        asked = {"access-control-request-method": "POST", "access-control-request-headers": "idempotency-key"}
        allowed = await http.options("/api/campaigns", headers={"origin": "https://app.example", **asked})
        assert allowed.headers["access-control-allow-origin"] == "https://app.example"
        assert allowed.headers["access-control-allow-credentials"] == "true"
        refused = await http.options("/api/campaigns", headers={"origin": "https://evil.example", **asked})
        assert "access-control-allow-origin" not in refused.headers


async def test_address_is_limited_before_anything_is_done(settings: Settings, dsn: str) -> None:
    few = settings.model_copy(update={"limits": LimitSettings(per_address="5/minute")})
    async with open_api(few, dsn) as api:
        http, other = await api.client(), await api.client(ip="203.0.113.9")
        codes = [(await http.get("/api/auth/me")).status_code for _ in range(7)]
        assert codes == [401] * 5 + [429] * 2
        refused = await http.get("/api/auth/me")
        assert 0 < int(refused.headers["retry-after"]) <= 60
        assert refused.json()["code"] == "rate_limited"
        assert (await http.get("/u/token")).status_code == 200, "mail programs share addresses"
        assert (await other.get("/api/auth/me")).status_code == 401, "B8: others are unaffected"


async def test_person_is_limited_wherever_they_come_from(settings: Settings, dsn: str) -> None:
    from tests.api.conftest import register

    few = settings.model_copy(update={"limits": LimitSettings(per_user="3/minute")})
    async with open_api(few, dsn) as api:
        ada, bea = await register(api, "brightfjord"), await register(api, "quietharbor")
        codes = []
        for n in range(5):
            http = await api.client(ip=f"203.0.113.{n}")
            http.headers["authorization"] = ada.http.headers["authorization"]
            codes.append((await http.get("/api/auth/me")).status_code)
        assert codes == [200] * 3 + [429] * 2
        assert (await bea.http.get("/api/auth/me")).status_code == 200


async def test_metrics_are_for_who_brings_the_token(client: httpx2.AsyncClient, settings: Settings) -> None:
    assert (await client.get("/metrics")).status_code == 404, "no token is set"
    told = settings.metrics.model_copy(update={"token": SecretStr("a token of the operator")})
    install(settings.model_copy(update={"metrics": told}))
    for wrong in ("", "Bearer", "Bearer x", "a token of the operator", "Basic a token of the operator"):
        assert (await client.get("/metrics", headers={"authorization": wrong})).status_code == 401, wrong
    right = {"authorization": "Bearer a token of the operator"}
    assert "reachly_" in (await client.get("/metrics", headers=right)).text


async def test_metrics_name_routes_and_not_ids(client: httpx2.AsyncClient, ada: Person) -> None:
    await ada.http.get("/api/campaigns/00000000-0000-0000-0000-000000000007")
    await client.get("/nobody-knows-this-page")
    text = metrics.render().decode()
    assert 'route="/api/campaigns/{campaign_id}"' in text or "/api/campaigns/{campaign_id}" in text
    assert "00000000-0000-0000" not in text
    assert "nobody-knows" not in text


async def test_document_is_public_and_describes_errors(client: httpx2.AsyncClient) -> None:
    document = (await client.get("/api/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    operations = [o for path in document["paths"].values() for o in path.values()]
    assert len({o["operationId"] for o in operations}) == len(operations)
    for operation in operations:
        assert {"401", "403", "404", "422", "429"} <= set(operation["responses"])
    started = document["paths"]["/api/campaigns/{campaign_id}/start"]["post"]
    assert "Idempotency-Key" in {p["name"] for p in started["parameters"]}
