"""Uploads over HTTP: pieces go to the database, limits hold, nothing is left of what breaks off."""

from __future__ import annotations

import asyncio
import json
import tracemalloc
import uuid
from collections.abc import AsyncIterator, Iterable
from typing import Any

import pytest
from fastapi import FastAPI, Request

from reachly.api import errors
from reachly.api.uploads import receive_upload
from reachly.infra import settings as settings_module
from reachly.infra.settings import ImportSettings, Settings
from reachly.jobs.leads import HANDLERS
from reachly.services.identity.schemas import Actor
from reachly.services.leads.schemas import ImportOut

pytestmark = pytest.mark.anyio
BOUNDARY = "x-boundary-x"
CSV = b"email,first_name\r\n" + b"".join(b"p%d@example.com,Ann\r\n" % n for n in range(300))


def part(name: str, content: bytes, filename: str | None = None) -> bytes:
    tail = f'; filename="{filename}"' if filename is not None else ""
    return (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{tail}\r\n\r\n'.encode()
        + content
        + b"\r\n"
    )


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


class Client:
    """Speaks ASGI to one route; the body goes in pieces, chunked unless `length` says otherwise."""

    def __init__(self, actor: Actor) -> None:
        self.app = FastAPI()
        errors.install(self.app)

        @self.app.post("/import", status_code=202)
        async def take(request: Request) -> ImportOut:
            return await receive_upload(request, actor)

    async def post(
        self, pieces: Iterable[bytes] | AsyncIterator[bytes], *, length: int | None = None,
        content_type: str = f"multipart/form-data; boundary={BOUNDARY}", hang_up: bool = False,
    ) -> tuple[int, Any]:  # fmt: skip
        headers = [(b"content-type", content_type.encode())]
        if length is not None:
            headers.append((b"content-length", str(length).encode()))
        scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "path": "/import",
                 "raw_path": b"/import", "query_string": b"", "root_path": "", "scheme": "http", "headers": headers,
                 "server": ("test", 80), "client": ("127.0.0.1", 1), "state": {}}  # fmt: skip
        sent: list[Any] = []
        source = pieces if hasattr(pieces, "__anext__") else _each(pieces)

        async def receive() -> dict[str, Any]:
            async for piece in source:  # type: ignore[union-attr]
                return {"type": "http.request", "body": piece, "more_body": True}
            return (
                {"type": "http.disconnect"}
                if hang_up
                else {"type": "http.request", "body": b"", "more_body": False}
            )

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        body = b"".join(message.get("body", b"") for message in sent)
        return sent[0]["status"], json.loads(body)


async def _each(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def cut(body: bytes, size: int) -> list[bytes]:
    return [body[n : n + size] for n in range(0, len(body), size)]


@pytest.fixture
def client(actor: Actor) -> Client:
    return Client(actor)


async def left(sql: Any) -> int:
    return int(
        await sql.fetchval("SELECT (SELECT count(*) FROM imports) + (SELECT count(*) FROM upload_chunks)")
    )


@pytest.mark.parametrize("size", [1, 13, 4096, 10_000_000])
async def test_a_form_in_any_pieces_becomes_an_import(
    client: Client, actor: Actor, sql: Any, size: int
) -> None:
    data = CSV if size > 1 else CSV[:300]
    body = form(part("file", data, "C:\\lists\\Leute\u200b.csv"), part("options", b'{"source": "fair"}'))
    status, out = await client.post(cut(body, size))
    assert (status, out["status"], out["bytes_total"]) == (202, "queued", len(data))
    assert out["filename"] == "Leute\u200b.csv"
    chunks = await sql.fetch("SELECT data FROM upload_chunks ORDER BY number")
    assert b"".join(row["data"] for row in chunks) == data
    assert all(len(row["data"]) == 1_000 for row in chunks[:-1])
    await HANDLERS["leads.import"](actor.organization_id, {"import_id": out["id"]})
    assert await sql.fetchval("SELECT count(*) FROM leads WHERE source = 'fair'") > 5


async def test_the_fields_may_come_before_the_file(client: Client, sql: Any) -> None:
    status, out = await client.post(
        [form(part("options", b'{"duplicates": "skip"}'), part("file", CSV, "a.csv"))]
    )
    assert status == 202
    assert await sql.fetchval("SELECT options->>'duplicates' FROM imports") == "skip"
    assert out["campaign_id"] is None


@pytest.mark.parametrize(
    ("parts", "pointer"),
    [
        ([part("options", b"{}")], "/file"),
        ([part("file", b"", "a.csv")], "/file"),
        ([part("file", CSV, "a.csv"), part("options", b"{")], "/options"),
        ([part("file", CSV, "a.csv"), part("options", b"\xff\xfe")], "/options"),
        ([part("file", CSV, "a.csv"), part("options", b'{"duplicates": 5}')], "/options/duplicates"),
        ([part("file", CSV, "a.csv"), part("campaign_id", b"spring")], "/campaign_id"),
        ([part("file", CSV, "a.csv"), part("campaign_id", str(uuid.uuid4()).encode())], "/campaign_id"),
        ([part("file", CSV, "a.csv"), part("options", b'{"source": "' + b"x" * 1_100_000)], "/options"),
    ],
)
async def test_a_form_to_mend_is_refused_with_a_pointer(
    client: Client, sql: Any, parts: list[bytes], pointer: str
) -> None:
    status, problem = await client.post(cut(form(*parts), 5_000))
    assert (status, problem["errors"][0]["pointer"]) == (422, pointer)
    assert await left(sql) == 0


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"email\na@example.com\n", "text/csv"),
        (b"hello", f"multipart/form-data; boundary={BOUNDARY}"),
        (form(part("file", CSV, "a.csv"))[:-12], f"multipart/form-data; boundary={BOUNDARY}"),
        (form(part("file", CSV, "a.csv")), "multipart/form-data"),
        (form(part("file", CSV, "a.csv")), "multipart/form-data; boundary=" + "x" * 300),
        (b"", f"multipart/form-data; boundary={BOUNDARY}"),
    ],
)
async def test_what_is_no_form_is_refused(client: Client, sql: Any, body: bytes, content_type: str) -> None:
    status, _ = await client.post(cut(body, 1_000), content_type=content_type)
    assert status == 422
    assert await left(sql) == 0


async def test_a_declared_size_past_the_limit_is_refused_unread(client: Client, sql: Any) -> None:
    async def never() -> AsyncIterator[bytes]:
        raise AssertionError("read the body")
        yield b""

    status, problem = await client.post(never(), length=600_000_000)
    assert (status, problem["code"]) == (413, "file_too_large")
    assert await left(sql) == 0


async def test_a_chunked_body_past_the_limit_is_cut_off(client: Client, sql: Any) -> None:
    taken = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal taken
        yield part("file", b"email\r\n", "a.csv")[:-2]
        while True:
            taken += 50_000
            yield b"x@example.com\r\n" * 3_571

    status, _ = await client.post(endless())
    assert status == 413
    assert taken < 3_000_000
    assert await left(sql) == 0


async def test_nothing_is_left_when_the_client_hangs_up(client: Client, sql: Any) -> None:
    body = form(part("file", CSV, "a.csv"))[:4_000]
    status, _ = await client.post(cut(body, 500), hang_up=True)
    assert status == 422
    assert await left(sql) == 0


async def test_nothing_is_left_when_the_request_is_cancelled(client: Client, sql: Any) -> None:
    async def stalls() -> AsyncIterator[bytes]:
        yield form(part("file", CSV, "a.csv"))[:4_000]
        await asyncio.Event().wait()

    request = asyncio.create_task(client.post(stalls()))
    while await left(sql) < 3:
        await asyncio.sleep(0.01)
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    assert await left(sql) == 0


async def test_what_a_killed_process_left_goes_with_a_later_upload(client: Client, sql: Any) -> None:
    await client.post([form(part("file", CSV, "a.csv"))])
    await sql.execute("UPDATE imports SET status = 'uploading', created_at = created_at - interval '2 days'")
    status, out = await client.post([form(part("file", CSV, "b.csv"))])
    assert status == 202
    assert [str(row["id"]) for row in await sql.fetch("SELECT id FROM imports")] == [out["id"]]


async def test_memory_stays_flat_over_a_large_upload(client: Client, settings: Settings) -> None:
    large = ImportSettings(max_bytes=100_000_000, chunk_bytes=1_000_000)
    settings_module.install(settings.model_copy(update={"imports": large}))

    async def many() -> AsyncIterator[bytes]:
        yield part("file", b"email\r\n", "a.csv")[:-2]
        for _ in range(600):
            yield b"somebody@example.com\r\n" * 3_000
        yield b"\r\n" + form()

    tracemalloc.start()
    status, _ = await client.post(many())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert status == 202
    assert peak < 20_000_000
