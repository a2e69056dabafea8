"""The mission's two flow diagrams as a table: which fact starts which job, and what the browser hears.

Nothing imports forward: a room emits a fact and knows nothing of what follows.
"""

from __future__ import annotations

from collections.abc import Mapping

from reachly import events as e

JOBS: Mapping[type[e.Event], tuple[str, ...]] = {
    # Lead import & processing: upload -> read -> verify -> enrich -> store
    e.ImportUploaded: ("leads.import",),
    e.ImportUndoAsked: ("leads.undo",),
    e.LeadsImported: ("verification.verify_batch", "campaigns.enroll_import", "campaigns.look_over_marked"),
    e.LeadsChanged: ("verification.verify_batch", "enrichment.enrich_batch"),
    e.LeadEdited: ("campaigns.look_over_lead",),
    e.LeadsVerified: ("enrichment.enrich_batch",),
    e.LeadsEnriched: ("campaigns.personalise",),
    # Campaign: start -> personalise -> schedule -> (sending loop) -> analytics
    # Who was made ready before the start has no plan yet.
    e.CampaignStarted: ("campaigns.personalise", "scheduling.plan_new"),
    e.LeadsEnrolled: ("campaigns.personalise", "campaigns.look_over"),
    e.EnrollmentsPersonalised: ("scheduling.plan_new",),
    e.EnrollmentsReady: ("campaigns.look_over", "scheduling.plan"),
    e.HandOverAsked: ("scheduling.hand_over",),
    e.MailboxChanged: ("scheduling.plan_mailbox", "campaigns.look_over_marked"),
    e.OrganizationChanged: ("campaigns.look_over_marked",),
    e.PersonSuppressed: ("campaigns.end_suppressed",),
    e.Bounced: ("analytics.check_mailbox",),
}

LIVE: Mapping[type[e.Event], str] = {
    e.ImportProgressed: "import:progress",
    e.LeadsImported: "leads:imported",
    e.LeadsVerified: "leads:verified",
    e.CampaignStarted: "campaign:started",
    e.CampaignPaused: "campaign:paused",
    e.CampaignCompleted: "campaign:completed",
    e.MessageSent: "email:sent",
    e.MessageFailed: "email:failed",
    e.Bounced: "email:bounced",
    e.Opened: "email:opened",
    e.Clicked: "email:clicked",
    e.Replied: "email:replied",
    e.AutoReplied: "email:auto_replied",
    e.Unsubscribed: "email:unsubscribed",
    e.QuotaReached: "quota:warning",
    e.DeliverabilityFell: "deliverability:alert",
    e.MailboxChanged: "mailbox:changed",
    e.JobFailed: "job:failed",
}
