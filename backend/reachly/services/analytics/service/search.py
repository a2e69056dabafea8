"""One field that finds campaigns, people and mailboxes."""

from __future__ import annotations

from reachly.data.session import Session
from reachly.services.analytics.schemas import SearchHit, SearchOut
from reachly.services.campaigns import service as campaigns
from reachly.services.email_accounts import service as email_accounts
from reachly.services.identity.schemas import Actor, Permission
from reachly.services.leads import service as leads

SHOWN = 6


async def search_everything(session: Session, actor: Actor, q: str) -> SearchOut:
    """A few of each kind that the caller may see; nothing for an empty `q`."""
    wanted = q.strip()
    found = SearchOut(campaigns=[], leads=[], email_accounts=[])
    if not wanted:
        return found
    if Permission.CAMPAIGNS_READ in actor.permissions:
        page = await campaigns.page_campaigns(session, actor, limit=SHOWN, cursor=None, q=wanted, status=None)
        found.campaigns = [SearchHit(id=c.id, title=c.name, detail=c.status) for c in page.items]
    if Permission.LEADS_READ in actor.permissions:
        people = await leads.page_leads(session, actor, limit=SHOWN, q=wanted)
        found.leads = [
            SearchHit(id=p.id, title=f"{p.first_name} {p.last_name}".strip() or p.email, detail=p.email)
            for p in people.items
        ]
    if Permission.ACCOUNTS_READ in actor.permissions:
        folded = wanted.casefold()
        found.email_accounts = [
            SearchHit(id=a.id, title=a.email_address, detail=a.display_name)
            for a in await email_accounts.list_accounts(session, actor)
            if folded in f"{a.email_address} {a.display_name}".casefold()
        ][:SHOWN]
    return found
