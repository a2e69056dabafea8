"""A multipart upload goes to the database piece by piece: never whole in memory, never on a disk."""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from dataclasses import dataclass, field

from fastapi import Request
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect

from reachly.api.idempotency import claim_upload
from reachly.infra.settings import current_settings
from reachly.kit.errors import FieldError, Invalid, TooLarge
from reachly.services.identity.schemas import Actor
from reachly.services.leads import service
from reachly.services.leads.schemas import ImportOptions, ImportOut

FRAME = 100_000  # bytes that the form itself may take beside the file
FIELD = 1_000_000  # bytes of a field that is not the file


async def receive_upload(request: Request, actor: Actor) -> ImportOut:
    """Takes the form `file`, `campaign_id`, `options` in any order and starts the import.

    Raises TooLarge past the limit, declared or met on the way, and Invalid for a form that cannot be used; then, and
    when the client goes away, nothing is left of it.
    """
    limit = current_settings().imports.max_bytes
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit + FRAME + FIELD:
        raise _too_large(limit)
    upload = _Upload(actor, limit)
    try:
        await upload.read(request)
        options, campaign_id = upload.read_fields()
        await claim_upload(request, actor, upload.digest())
        return await service.finish_upload(
            actor, upload.opened, size=upload.size, options=options, campaign_id=campaign_id
        )
    except ClientDisconnect:
        await asyncio.shield(upload.discard())
        raise _bad_form("The upload was broken off. Send it again.") from None
    except BaseException:  # a cancelled request too
        await asyncio.shield(upload.discard())
        raise


@dataclass(slots=True)
class _Form:
    """Collects what the parser calls out; `data` is drained between two writes."""

    name: str = ""
    filename: str | None = None
    is_file: bool = False
    saw_file: bool = False
    file_name: str = ""
    data: bytearray = field(default_factory=bytearray)
    fields: dict[str, bytearray] = field(default_factory=dict)
    ended: bool = False
    _header: bytearray = field(default_factory=bytearray)
    _value: bytearray = field(default_factory=bytearray)

    def on_part_begin(self) -> None:
        self.name, self.filename, self.is_file = "", None, False

    def on_header_begin(self) -> None:
        self._header.clear()
        self._value.clear()

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def on_header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            _, options = parse_options_header(self._value.decode("latin-1"))
            self.name = options.get(b"name", b"").decode("utf-8", "replace")
            if b"filename" in options:
                raw = options[b"filename"]
                self.filename = raw.decode("utf-8", "replace")

    def on_headers_finished(self) -> None:
        self.is_file = self.name == "file" and not self.saw_file
        if self.is_file:
            self.saw_file = True
            self.file_name = self.filename or ""

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if self.is_file:
            self.data += data[start:end]
        elif self.name in ("campaign_id", "options"):
            kept = self.fields.setdefault(self.name, bytearray())
            kept += data[start:end]
            if len(kept) > FIELD:
                fault = FieldError(f"/{self.name}", "This is too long.", "too_long")
                raise Invalid("A field of the form is too long.", code="bad_form", errors=[fault])

    def on_end(self) -> None:
        self.ended = True


class _Upload:
    """One upload under way."""

    def __init__(self, actor: Actor, limit: int) -> None:
        self.actor = actor
        self.limit = limit
        self.form = _Form()
        self.import_id: uuid.UUID | None = None
        self.size = 0
        self.chunks = 0
        self._hash = hashlib.sha256()

    @property
    def opened(self) -> uuid.UUID:
        assert self.import_id is not None, "read_fields has seen a file"
        return self.import_id

    async def read(self, request: Request) -> None:
        parser = MultipartParser(_boundary(request), {
            name: getattr(self.form, name)
            for name in ("on_part_begin", "on_header_begin", "on_header_field", "on_header_value", "on_header_end",
                         "on_headers_finished", "on_part_data", "on_end")
        })  # type: ignore[arg-type]  # fmt: skip
        step = current_settings().imports.chunk_bytes
        taken = 0
        async for piece in request.stream():
            taken += len(piece)
            try:
                parser.write(piece)
            except MultipartParseError:
                raise _bad_form("The body is not a multipart form. Send it as multipart/form-data.") from None
            if self.size + len(self.form.data) > self.limit or taken > self.limit + FRAME + FIELD:
                raise _too_large(self.limit)
            while len(self.form.data) >= step:
                await self._keep(step)
        if not self.form.ended:
            raise _bad_form("The form ended too early. Send it again.")
        if self.form.data:
            await self._keep(len(self.form.data))

    async def _keep(self, many: int) -> None:
        if self.import_id is None:
            self.import_id = await service.begin_upload(self.actor, self.form.file_name)
        chunk = bytes(self.form.data[:many])
        del self.form.data[:many]
        self._hash.update(chunk)
        await service.add_chunk(self.actor, self.import_id, self.chunks, chunk)
        self.chunks += 1
        self.size += many

    def read_fields(self) -> tuple[ImportOptions, uuid.UUID | None]:
        """Raises Invalid for a form without a file, an empty file, or fields that cannot be read."""
        if not self.form.saw_file:
            raise _bad_form("Send the CSV as the part `file` of the form.", "/file", "missing")
        if not self.size:
            raise _bad_form("The file is empty. Choose one with a header line and rows.", "/file", "empty")
        try:
            text = self.form.fields.get("options", bytearray()).decode()
        except UnicodeDecodeError:
            raise _bad_form("The options are not UTF-8.", "/options", "encoding") from None
        options = service.read_options(text.strip())
        named = self.form.fields.get("campaign_id", bytearray()).decode("latin-1").strip()
        try:
            return options, uuid.UUID(named) if named else None
        except ValueError:
            raise _bad_form("This is not the id of a campaign.", "/campaign_id", "uuid") from None

    def digest(self) -> bytes:
        """Of the file and everything said beside it: the boundary of the form is another one each time."""
        said = hashlib.sha256(self.form.file_name.encode("utf-8", "surrogatepass"))
        for name, value in sorted(self.form.fields.items()):
            said.update(f"\n{name}:{len(value)}:".encode() + bytes(value))
        return self._hash.digest() + said.digest()

    async def discard(self) -> None:
        if self.import_id is not None:
            await service.discard_upload(self.actor, self.import_id)


def _boundary(request: Request) -> bytes:
    kind, options = parse_options_header(request.headers.get("content-type"))
    boundary = options.get(b"boundary", b"")
    if kind != b"multipart/form-data" or not 0 < len(boundary) <= 200:
        raise _bad_form("Send the file as multipart/form-data with a part named `file`.")
    return boundary


def _bad_form(detail: str, pointer: str = "", code: str = "bad_form") -> Invalid:
    return Invalid(detail, code="bad_form", errors=[FieldError(pointer, detail, code)] if pointer else [])


def _too_large(limit: int) -> TooLarge:
    return TooLarge(
        f"The file is past the limit of {limit // 1_000_000} MB. Split it, and import the parts.",
        code="file_too_large",
    )
