"""A file arrives in pieces, each in a short transaction of its own, so any machine's worker can read it."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

from pydantic import ValidationError

from reachly.data import outbox
from reachly.data.errors import violated_constraint
from reachly.data.models.leads import LeadImport
from reachly.data.repositories.leads import imports
from reachly.data.session import tenant
from reachly.events import ImportUploaded
from reachly.kit import clock
from reachly.kit.charsets import find_codec
from reachly.kit.errors import FieldError, Invalid
from reachly.kit.ids import new_id
from reachly.kit.text import is_storable
from reachly.services.identity import service as identity
from reachly.services.identity.schemas import Actor
from reachly.services.leads import opting
from reachly.services.leads.schemas import ImportOptions, ImportOut
from reachly.services.leads.service.outputs import describe_import
from reachly.services.leads.service.rows import FIELDS

ABANDONED = timedelta(days=1)
_CAMPAIGN = "fk_imports_organization_id_campaign_id"
_UNSHOWN = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


async def begin_upload(actor: Actor, filename: str) -> uuid.UUID:
    """Opens an upload and returns its id. Raises Conflict when the plan allows no more leads this month."""
    now = clock.now()
    name = _UNSHOWN.sub("", filename).replace("\\", "/").rpartition("/")[2][:255]
    row = LeadImport(
        organization_id=actor.organization_id, id=new_id(), user_id=actor.user_id, filename=name, status="uploading",
        created_at=now,
    )  # fmt: skip
    async with tenant(actor.organization_id) as session:
        await identity.require_quota(session, actor.organization_id, "leads_imported")
        await imports.discard_abandoned(session, actor.organization_id, now - ABANDONED)
        await imports.add(session, row)
    return row.id


async def add_chunk(actor: Actor, import_id: uuid.UUID, number: int, data: bytes) -> None:
    """Keeps the next piece; `number` counts from 0."""
    async with tenant(actor.organization_id) as session:
        await imports.add_chunk(session, actor.organization_id, import_id, number, data)


async def finish_upload(
    actor: Actor, import_id: uuid.UUID, *, size: int, options: ImportOptions, campaign_id: uuid.UUID | None
) -> ImportOut:
    """The upload is whole: its rows are read by a job. Raises Invalid when there is no such campaign."""
    try:
        async with tenant(actor.organization_id) as session:
            await imports.change(
                session, actor.organization_id, import_id, status="queued", bytes_total=size,
                campaign_id=campaign_id, mapping=options.mapping, options=options.model_dump(exclude={"mapping"}),
            )  # fmt: skip
            row = await imports.find(session, actor.organization_id, import_id)
            assert row is not None, "a finished upload exists"
            uploaded = ImportUploaded(
                organization_id=actor.organization_id,
                at=clock.now(),
                import_id=import_id,
                campaign_id=campaign_id,
            )
            await outbox.emit(session, [uploaded])
            return describe_import(row)
    except Exception as error:
        if violated_constraint(error) == _CAMPAIGN:
            fault = FieldError("/campaign_id", "There is no such campaign.", "unknown")
            raise Invalid("The campaign does not exist.", code="no_campaign", errors=[fault]) from None
        raise


async def discard_upload(actor: Actor, import_id: uuid.UUID) -> None:
    """Leaves nothing of an upload that was broken off; does nothing to one that is whole."""
    async with tenant(actor.organization_id) as session:
        await imports.discard_upload(session, actor.organization_id, import_id)


def read_options(text: str) -> ImportOptions:
    """The `options` part of the form. Raises Invalid with pointers below `/options`."""
    try:
        options = ImportOptions.model_validate_json(text or "{}")
    except ValidationError as error:
        faults = [
            FieldError("/".join(("/options", *map(str, e["loc"]))), e["msg"], e["type"])
            for e in error.errors(include_url=False, include_input=False)[:20]
        ]
        raise _bad_options(*faults) from None
    faults = [*_mapping_faults(options.mapping or {})]
    if options.encoding is not None and not find_codec(options.encoding):
        faults.append(
            FieldError("/options/encoding", "This encoding is unknown; try utf-8 or cp1252.", "encoding")
        )
    if options.delimiter is not None and options.delimiter in "\"'\r\n\x00":
        faults.append(FieldError("/options/delimiter", "Use a comma, semicolon, tab or pipe.", "delimiter"))
    if faults:
        raise _bad_options(*faults)
    return options


def _mapping_faults(mapping: dict[str, str]) -> list[FieldError]:
    faults = []
    for header, target in mapping.items():
        key = target.removeprefix("custom:")
        known = (
            not target
            or target in FIELDS
            or target in opting.SUPPRESSING
            or (key != target and 0 < len(key) <= 60)
        )
        if not known or not is_storable(header + target):
            pointer = "/options/mapping/" + header.replace("~", "~0").replace("/", "~1")
            detail = (
                f"Map to one of {', '.join((*FIELDS, *opting.SUPPRESSING))}, to custom:<key>, or to nothing."
            )
            faults.append(FieldError(pointer, detail, "unknown_field"))
    if mapping and "email" not in mapping.values():
        faults.append(
            FieldError("/options/mapping", "Say which column holds the e-mail address.", "no_email_column")
        )
    return faults


def _bad_options(*faults: FieldError) -> Invalid:
    return Invalid("The options of the import cannot be used.", code="bad_options", errors=faults)
