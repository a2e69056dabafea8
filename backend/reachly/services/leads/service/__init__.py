"""People of the organization: lists, edits, imports, and what is found out about them."""

from __future__ import annotations

from reachly.services.leads.service.editing import (
    add_lead,
    ask_verification,
    bulk_action,
    delete_lead,
    update_lead,
)
from reachly.services.leads.service.findings import (
    FoundFact,
    PersonToEnrich,
    UnverifiedLead,
    VerdictOn,
    count_unverified,
    list_facts,
    list_imported_leads,
    list_leads,
    list_unenriched,
    list_unverified,
    record_enrolled,
    save_facts,
    save_verdicts,
)
from reachly.services.leads.service.importing import run_import
from reachly.services.leads.service.imports import (
    export_failed_rows,
    get_import,
    page_import_rows,
    page_imports,
    run_undo,
    undo_import,
)
from reachly.services.leads.service.previewing import preview_import
from reachly.services.leads.service.reading import find_lead_id, get_lead, page_leads, search_leads
from reachly.services.leads.service.uploading import (
    add_chunk,
    begin_upload,
    discard_upload,
    finish_upload,
    read_options,
)

__all__ = [
    "FoundFact",
    "PersonToEnrich",
    "UnverifiedLead",
    "VerdictOn",
    "add_chunk",
    "add_lead",
    "ask_verification",
    "begin_upload",
    "bulk_action",
    "count_unverified",
    "delete_lead",
    "discard_upload",
    "export_failed_rows",
    "find_lead_id",
    "finish_upload",
    "get_import",
    "get_lead",
    "list_facts",
    "list_imported_leads",
    "list_leads",
    "list_unenriched",
    "list_unverified",
    "page_import_rows",
    "page_imports",
    "page_leads",
    "preview_import",
    "read_options",
    "record_enrolled",
    "run_import",
    "run_undo",
    "save_facts",
    "save_verdicts",
    "search_leads",
    "undo_import",
    "update_lead",
]
