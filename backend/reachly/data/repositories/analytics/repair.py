"""Counters made anew from the facts."""

from __future__ import annotations

import uuid

from reachly.data.models.outbox import COUNTERS
from reachly.data.session import Session, raw
from reachly.kit.ids import NIL

# What `Event.counts()` says, in SQL; a test emits one fact of each kind and compares.
_COUNTED = {
    "sent": "event_type = 'sent'",
    "failed": "event_type = 'failed' AND reason IS DISTINCT FROM 'unknown'",
    "bounced": "event_type = 'bounced'",
    "refused": "event_type = 'bounced' AND in_session",
    "replied": "event_type = 'replied' AND first",
    "auto_replied": "event_type = 'auto_replied'",
    "interested": "event_type = 'replied' AND first AND intent = 'interested'",
    "unsubscribed": "event_type = 'unsubscribed'",
    "opened": "event_type = 'opened' AND first AND verdict = 'human'",
    "opened_machine": "event_type = 'opened' AND first AND verdict = 'machine'"
    " OR event_type = 'rejudged' AND what = 'opened' AND first_machine",
    "clicked": "event_type = 'clicked' AND first AND verdict = 'human'",
    "clicked_machine": "event_type = 'clicked' AND first AND verdict = 'machine'"
    " OR event_type = 'rejudged' AND what = 'clicked' AND first_machine",
}
_UNCOUNTED = {
    name: f"event_type = 'rejudged' AND what = '{name}' AND uncounts" for name in ("opened", "clicked")
}
_REBUILD = """
INSERT INTO campaign_stats (organization_id, campaign_id, sequence_id, variant, email_account_id, day, {columns})
SELECT $1, campaign_id, sequence_id, variant, email_account_id, day, {counts}
FROM (
    SELECT campaign_id, coalesce(sequence_id, $2) AS sequence_id, coalesce(variant, '') AS variant,
           coalesce(email_account_id, $2) AS email_account_id, (created_at AT TIME ZONE 'UTC')::date AS day, event_type,
           coalesce((event_data ->> 'first')::boolean, false) AS first, event_data ->> 'verdict' AS verdict,
           coalesce((event_data ->> 'in_session')::boolean, false) AS in_session, event_data ->> 'what' AS what,
           coalesce((event_data ->> 'uncounts')::boolean, false) AS uncounts,
           coalesce((event_data ->> 'first_machine')::boolean, false) AS first_machine,
           event_data ->> 'intent' AS intent, event_data ->> 'reason' AS reason
    FROM analytics_events
    WHERE organization_id = $1 AND campaign_id IS NOT NULL AND event_type = ANY($3::text[])
) AS facts
WHERE {any}
GROUP BY 1, 2, 3, 4, 5, 6
""".format(  # noqa: S608 - the names and tests are constants
    columns=", ".join(COUNTERS),
    counts=", ".join(
        f"(count(*) FILTER (WHERE {_COUNTED[name]}) - count(*) FILTER (WHERE {_UNCOUNTED.get(name, 'false')}))::int"
        for name in COUNTERS
    ),
    any=" OR ".join(f"({test})" for test in (*_COUNTED.values(), *_UNCOUNTED.values())),
)
_KINDS = [
    "sent",
    "failed",
    "bounced",
    "replied",
    "auto_replied",
    "unsubscribed",
    "opened",
    "clicked",
    "rejudged",
]


async def recount(session: Session, organization_id: uuid.UUID) -> int:
    """Replaces the counters of an organization by a count of its facts; how many rows there are now.

    Writers wait meanwhile: whoever counts holds its facts back until the commit, so a snapshot could see one
    without the other.
    """
    connection = await raw(session)
    await connection.execute("LOCK TABLE campaign_stats IN SHARE ROW EXCLUSIVE MODE")
    await connection.execute("DELETE FROM campaign_stats WHERE organization_id = $1", organization_id)
    tag = await connection.execute(_REBUILD, organization_id, NIL, _KINDS)
    return int(tag.rsplit(" ", 1)[-1])
