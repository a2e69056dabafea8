"""Leads and their import."""

from __future__ import annotations

import uuid
from typing import Annotated

from fastapi import APIRouter, File, Form, Request, Response, UploadFile
from fastapi.responses import StreamingResponse

from reachly.api.deps import Caller, Cursor, Db, IfMatch, Limit, Search, require
from reachly.api.idempotency import ONCE, ONCE_UPLOADED, KeepingRoute
from reachly.api.uploads import receive_upload
from reachly.kit.pagination import Page
from reachly.services.analytics import service as analytics
from reachly.services.campaigns import service as campaigns
from reachly.services.campaigns.schemas import EnrollIn
from reachly.services.identity.schemas import Permission
from reachly.services.leads import service
from reachly.services.leads.schemas import (
    BulkIn,
    BulkOut,
    ImportOut,
    ImportPreviewOut,
    ImportRowOut,
    LeadDetailOut,
    LeadIn,
    LeadOut,
    LeadPatch,
    QueuedOut,
    TimelineEntry,
    Verification,
    VerifyIn,
)
from reachly.services.verification import service as verification

router = APIRouter(prefix="/api/leads", tags=["leads"], route_class=KeepingRoute)
READ, WRITE, IMPORT = (
    require(Permission.LEADS_READ),
    require(Permission.LEADS_WRITE),
    require(Permission.LEADS_IMPORT),
)
UPLOAD = {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": {
    "type": "object", "required": ["file"], "properties": {
        "file": {"type": "string", "format": "binary"},
        "campaign_id": {"type": "string", "format": "uuid", "description": "Enrols the leads"},
        "options": {"type": "string", "description": "JSON of ImportOptions"},
    }}}}}}  # fmt: skip


@router.get("", dependencies=[READ])
async def page_leads(
    session: Db, actor: Caller, limit: Limit = 50, cursor: Cursor = None, q: Search = None,
    campaign_id: uuid.UUID | None = None, verification: Verification | None = None,
    import_id: uuid.UUID | None = None, status: str | None = None,
) -> Page[LeadOut]:  # fmt: skip
    """With `campaign_id` each lead carries its status there. `q` is looked for in addresses, names, companies and
    positions, in the newest 500 matches; a whole address is always found, and stands first."""
    return await service.page_leads(
        session, actor, limit=limit, cursor=cursor, q=q, campaign_id=campaign_id, verification=verification,
        import_id=import_id, status=status,
    )  # fmt: skip


@router.post("", status_code=201, dependencies=[WRITE, ONCE])
async def add_lead(body: LeadIn, session: Db, actor: Caller) -> LeadOut:
    """With `campaign_id` the lead is enrolled in the same transaction."""
    lead = await service.add_lead(session, actor, body)
    if body.campaign_id is not None:
        await campaigns.enroll_leads(session, actor, body.campaign_id, EnrollIn(lead_ids=[lead.id]))
    return lead


@router.post("/import", status_code=202, dependencies=[IMPORT, ONCE_UPLOADED], openapi_extra=UPLOAD)
async def import_leads(request: Request, actor: Caller) -> ImportOut:
    """Streams the file into the database and answers with a job; follow it at `/api/leads/imports/{id}`."""
    return await receive_upload(request, actor)


@router.post("/import/preview", dependencies=[IMPORT])
async def preview_import(
    actor: Caller, file: Annotated[UploadFile, File()], options: Annotated[str, Form()] = "{}"
) -> ImportPreviewOut:
    """How the head of a file is understood; send the first few hundred kilobytes."""
    return await service.preview_import(actor, await file.read(1_000_000), file.filename or "", options)


@router.get("/imports", dependencies=[READ])
async def page_imports(
    session: Db, actor: Caller, limit: Limit = 20, cursor: Cursor = None
) -> Page[ImportOut]:
    return await service.page_imports(session, actor, limit=limit, cursor=cursor)


@router.get("/imports/{import_id}", dependencies=[READ])
async def get_import(import_id: uuid.UUID, session: Db, actor: Caller) -> ImportOut:
    return await service.get_import(session, actor, import_id)


@router.get("/imports/{import_id}/rows", dependencies=[READ])
async def page_import_rows(
    import_id: uuid.UUID, session: Db, actor: Caller, limit: Limit = 50, cursor: Cursor = None
) -> Page[ImportRowOut]:
    """Rows that failed or were skipped, each with its line and reason."""
    return await service.page_import_rows(session, actor, import_id, limit=limit, cursor=cursor)


@router.get("/imports/{import_id}/failed.csv", dependencies=[READ], response_class=Response)
async def download_failed_rows(import_id: uuid.UUID, session: Db, actor: Caller) -> StreamingResponse:
    """Failed and skipped rows with line and reason, safe to open in a spreadsheet."""
    parts = await service.export_failed_rows(session, actor, import_id)
    name = f'attachment; filename="failed-{import_id}.csv"'
    return StreamingResponse(
        parts, media_type="text/csv; charset=utf-8", headers={"Content-Disposition": name}
    )


@router.post("/imports/{import_id}/undo", dependencies=[IMPORT, ONCE])
async def undo_import(import_id: uuid.UUID, session: Db, actor: Caller) -> ImportOut:
    """Takes back what the import added and changed, as long as none of it was written to."""
    return await service.undo_import(session, actor, import_id)


@router.post("/verify-emails", status_code=202, dependencies=[WRITE, ONCE])
async def verify_emails(body: VerifyIn, session: Db, actor: Caller) -> QueuedOut:
    """Checks addresses again in the background; a time-out reads unknown."""
    return await verification.request_verification(session, actor, body.lead_ids)


@router.post("/bulk", dependencies=[WRITE, ONCE])
async def bulk_action(body: BulkIn, session: Db, actor: Caller) -> BulkOut:
    """Leads that do not exist (any more) are skipped; `enroll` needs `campaign_id`."""
    if body.action == "enroll" and body.campaign_id is not None:
        done = await campaigns.enroll_leads(
            session, actor, body.campaign_id, EnrollIn(lead_ids=body.lead_ids)
        )
        return BulkOut(done=done.enrolled, skipped=len(body.lead_ids) - done.enrolled)
    return await service.bulk_action(session, actor, body)


@router.get("/{lead_id}", dependencies=[READ])
async def get_lead(lead_id: uuid.UUID, session: Db, actor: Caller, response: Response) -> LeadDetailOut:
    lead = await service.get_lead(session, actor, lead_id)
    response.headers["ETag"] = f'"{lead.version}"'
    return lead


@router.put("/{lead_id}", dependencies=[WRITE])
async def update_lead(
    lead_id: uuid.UUID, body: LeadPatch, session: Db, actor: Caller, if_match: IfMatch = None
) -> LeadOut:
    return await service.update_lead(session, actor, lead_id, body, if_match=if_match)


@router.delete("/{lead_id}", status_code=204, dependencies=[WRITE])
async def delete_lead(lead_id: uuid.UUID, session: Db, actor: Caller) -> None:
    """The ledger of what was sent stays, without the person."""
    await service.delete_lead(session, actor, lead_id)


@router.get("/{lead_id}/timeline", dependencies=[READ])
async def get_timeline(lead_id: uuid.UUID, session: Db, actor: Caller) -> list[TimelineEntry]:
    return await analytics.get_timeline(session, actor, lead_id)
