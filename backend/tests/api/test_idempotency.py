"""The same intent, sent again by a nervous client, happens once."""

from __future__ import annotations

import asyncio
import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from fastapi.routing import APIRoute

from reachly.api import idempotency
from reachly.api.idempotency import takes_key
from reachly.api.router import ROUTERS
from reachly.kit import clock
from reachly.services.sending import service as sending
from tests.api.conftest import Api, Person, sign_in

pytestmark = pytest.mark.anyio
KEY = {"idempotency-key": "clone-7f3a"}
NOT_KEPT = (
    "/api/auth/register",  # a person without an account has no keys
    "/api/email-accounts/connect/gmail",
    "/api/email-accounts/connect/outlook",
)
CSV = b"email\nmira@example.com\n"


@pytest.fixture
async def campaign(ada: Person) -> str:
    made = await ada.http.post("/api/campaigns", json={"name": "Spring", "email_template": "Hello"})
    return str(made.json()["id"])


async def count(sql: Any, table: str) -> int:
    return int(await sql.fetchval(f"SELECT count(*) FROM {table}"))


async def test_same_key_gets_the_saved_answer(ada: Person, campaign: str, sql: Any) -> None:
    path = f"/api/campaigns/{campaign}/clone"
    first, again = await ada.http.post(path, headers=KEY), await ada.http.post(path, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers
    assert await count(sql, "campaigns") == 2
    await ada.http.post(path)
    assert await count(sql, "campaigns") == 3, "without a key each is a new one"


async def test_five_at_once_with_one_key_are_one(ada: Person, campaign: str, sql: Any) -> None:
    """E2: the others wait for the first one's commit."""
    path = f"/api/campaigns/{campaign}/clone"
    answers = await asyncio.gather(*(ada.http.post(path, headers=KEY) for _ in range(5)))
    assert {a.status_code for a in answers} == {201}
    assert len({a.json()["id"] for a in answers}) == 1
    assert await count(sql, "campaigns") == 2


async def test_same_key_for_another_request_is_refused(ada: Person, campaign: str, sql: Any) -> None:
    await ada.http.post(f"/api/campaigns/{campaign}/clone", headers=KEY)
    other = await ada.http.post("/api/campaigns", json={"name": "Autumn"})
    for path in (f"/api/campaigns/{other.json()['id']}/clone", f"/api/campaigns/{campaign}/start",
                 f"/api/campaigns/{campaign}/clone?again=1"):  # fmt: skip
        answer = await ada.http.post(path, headers=KEY)
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused"), path
    assert await count(sql, "campaigns") == 3


async def test_keys_belong_to_their_person(api: Api, ada: Person, bea: Person, campaign: str) -> None:
    await ada.http.post(f"/api/campaigns/{campaign}/clone", headers=KEY)
    assert (await bea.http.post(f"/api/campaigns/{campaign}/clone", headers=KEY)).status_code == 404
    theirs = (await bea.http.post("/api/campaigns", json={"name": "Theirs"})).json()["id"]
    assert (await bea.http.post(f"/api/campaigns/{theirs}/clone", headers=KEY)).status_code == 201
    elsewhere = await sign_in(api, ada.email)
    again = await elsewhere.http.post(f"/api/campaigns/{campaign}/clone", headers=KEY)
    assert again.headers["idempotency-replayed"] == "true"


async def test_refusal_is_not_kept(ada: Person, campaign: str, sql: Any) -> None:
    """Nothing happened, so the mended world may be tried with the same key."""
    path = f"/api/campaigns/{campaign}/start"
    for _ in range(2):
        answer = await ada.http.post(path, headers=KEY)
        assert (answer.status_code, answer.json()["code"]) == (409, "cannot_start")
        assert "idempotency-replayed" not in answer.headers
    assert await count(sql, "idempotency_keys") == 0


@pytest.mark.parametrize("key", ["x" * 201, "a b", "é", "a\tb"])
async def test_unusable_keys_are_refused(ada: Person, campaign: str, key: str) -> None:
    answer = await ada.http.post(
        f"/api/campaigns/{campaign}/clone", headers={"idempotency-key": key.encode("latin-1")}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_idempotency_key")


async def test_answer_is_kept_for_two_days(ada: Person, campaign: str, sql: Any) -> None:
    path = f"/api/campaigns/{campaign}/clone"
    await ada.http.post(path, headers=KEY)
    await sql.execute(
        "UPDATE idempotency_keys SET created_at = $1", clock.machine_now() - timedelta(hours=47)
    )
    assert "idempotency-replayed" in (await ada.http.post(path, headers=KEY)).headers
    await sql.execute(
        "UPDATE idempotency_keys SET created_at = $1", clock.machine_now() - timedelta(hours=49)
    )
    assert "idempotency-replayed" not in (await ada.http.post(path, headers=KEY)).headers
    assert await count(sql, "campaigns") == 3


async def upload(ada: Person, content: bytes = CSV, **headers: str) -> Any:
    return await ada.http.post("/api/leads/import", files={"file": ("people.csv", content)}, headers=headers)


async def test_import_sent_again_is_one_import(ada: Person, sql: Any) -> None:
    """A multipart form has a new boundary every time."""
    first, again = await upload(ada, **KEY), await upload(ada, **KEY)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["id"] == again.json()["id"]
    assert await count(sql, "imports") == 1
    other = await upload(ada, CSV + b"one@example.com\n", **KEY)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


async def test_imports_at_once_with_one_key_are_one(ada: Person, sql: Any) -> None:
    answers = await asyncio.gather(*(upload(ada, **KEY) for _ in range(4)))
    assert {a.status_code for a in answers} == {202}
    assert len({a.json()["id"] for a in answers}) == 1
    assert await count(sql, "imports") == 1


async def test_failed_import_gives_its_key_back(ada: Person, sql: Any) -> None:
    assert (await upload(ada, b"", **KEY)).status_code == 422
    assert await count(sql, "idempotency_keys") == 0
    assert (await upload(ada, **KEY)).status_code == 202


async def test_slow_first_call_is_waited_for_or_told(
    ada: Person, campaign: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A test mail takes as long as the other server does; nobody gets two."""
    sent: list[int] = []

    async def slow(*_: Any, **__: Any) -> Any:
        from reachly.services.campaigns.schemas import TestSendOut

        sent.append(1)
        await asyncio.sleep(0.6)
        return TestSendOut(ok=True, detail="Sent.")

    monkeypatch.setattr(sending, "send_test", slow)
    path, body = f"/api/campaigns/{campaign}/test-send", {"to_email": "ada@brightfjord.example"}
    answers = await asyncio.gather(*(ada.http.post(path, json=body, headers=KEY) for _ in range(3)))
    assert [a.status_code for a in answers] == [200] * 3
    assert len(sent) == 1
    monkeypatch.setattr(idempotency, "WAIT_SECONDS", 0.1)
    other = {"idempotency-key": "another"}
    answers = await asyncio.gather(*(ada.http.post(path, json=body, headers=other) for _ in range(3)))
    assert sorted(a.status_code for a in answers) == [200, 409, 409]
    refused = next(a for a in answers if a.status_code == 409)
    assert (refused.json()["code"], refused.headers["retry-after"]) == ("idempotency_key_in_use", "1")
    assert len(sent) == 2


async def test_key_of_a_process_that_died_is_taken_over(
    ada: Person, sql: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await upload(ada, **KEY)
    await sql.execute("UPDATE idempotency_keys SET status = NULL, body = NULL")
    monkeypatch.setattr(idempotency, "WAIT_SECONDS", 0.1)
    assert (await upload(ada, **KEY)).status_code == 409
    await sql.execute("UPDATE idempotency_keys SET created_at = $1", clock.machine_now() - timedelta(hours=1))
    assert (await upload(ada, **KEY)).status_code == 202
    assert await count(sql, "imports") == 2


async def test_kept_rows_hold_no_body_of_the_request(ada: Person, sql: Any) -> None:
    """A connect brings passwords."""
    server = {"host": "127.0.0.1", "port": 9, "username": "mira", "password": "s3cret-password"}
    body = {"email_address": "mira@brightfjord.example", "smtp": server}
    answer = await ada.http.post("/api/email-accounts/connect/smtp", json=body, headers=KEY)
    assert answer.status_code == 422
    assert "s3cret-password" not in answer.text
    rows = await sql.fetch("SELECT * FROM idempotency_keys")
    assert "s3cret-password" not in repr([dict(row) for row in rows])


async def test_import_of_another_file_of_the_same_length_is_refused(ada: Person, sql: Any) -> None:
    """The file's own bytes are compared, and what is said beside it."""
    assert (await upload(ada, **KEY)).status_code == 202
    other = await upload(ada, CSV.replace(b"mira", b"olav"), **KEY)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    said = await ada.http.post(
        "/api/leads/import",
        files={"file": ("people.csv", CSV)},
        data={"options": '{"encoding": "utf-8"}'},
        headers=KEY,
    )
    assert (said.status_code, said.json()["code"]) == (422, "idempotency_key_reused")
    assert await count(sql, "imports") == 1


async def test_a_campaign_made_twice_under_one_key_is_one(ada: Person, sql: Any) -> None:
    made = [await ada.http.post("/api/campaigns", json={"name": "Spring"}, headers=KEY) for _ in range(2)]
    assert [answer.status_code for answer in made] == [201, 201]
    assert made[0].json()["id"] == made[1].json()["id"]
    assert await count(sql, "campaigns") == 1


async def test_every_route_that_changes_something_keeps_the_key_or_refuses_it(api: Api, ada: Person) -> None:
    """None takes the header in silence; the routes that make something keep it."""
    ids = {
        name: str(uuid.uuid4())
        for name in ("campaign_id", "sequence_id", "lead_id", "account_id", "import_id")
    }
    seen = 0
    for route in (route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)):
        for method in route.methods - {"GET"}:
            path = re.sub(r"{(\w+)}", lambda found: ids.get(found[1], str(uuid.uuid4())), route.path)
            if takes_key(route):
                assert isinstance(route, idempotency.KeepingRoute), route.path
                continue
            assert route.status_code != 201 or route.path in NOT_KEPT, (
                f"{route.path} makes something: keep its answer"
            )
            answer = await ada.http.request(method, path, headers=KEY)
            assert (answer.status_code, answer.json()["code"]) == (422, "no_idempotency_key_here"), (
                method,
                path,
            )
            seen += 1
    assert seen > 20
