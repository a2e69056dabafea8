"""Searching a mailbox for copies of what was sent through it.

The server searches (`SEARCH HEADER`, RFC 3501 6.4.4), by Message-ID and then by our token; what it brings up is told
apart by its own headers, so an answer that is too broad finds nothing by mistake.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from email.parser import BytesHeaderParser

from reachly.integrations.reader.port import MAX_FOLDERS, CopyKey, ReaderError, SentCopy
from reachly.integrations.reader.vendors.imap_client import ImapSession, Item, any_of, header_term, since_term
from reachly.kit import correlation

TERMS_AT_ONCE = 10  # a command line stays under 1,000 octets or so (RFC 2683 3.2.1.5)
LOOKED_AT = 500  # of what one search brings up
_ID = "Message-ID"
_NAMES = (_ID, correlation.HEADER)
_parser = BytesHeaderParser()


def look_into_sent(
    session: ImapSession, message_ids: Sequence[str], since: datetime | None
) -> dict[str, SentCopy]:
    """The copies in the Sent folder, by our Message-ID; none where there is no such folder."""
    session.begin()
    folder = session.sent_folder()
    return {} if folder is None else _look(session, folder, message_ids, since)


def look_elsewhere(
    session: ImapSession, message_ids: Sequence[str], since: datetime | None
) -> dict[str, SentCopy]:
    """The copies in the other folders; one that cannot be opened is passed over."""
    session.begin()
    sent, found = session.sent_folder(), dict[str, SentCopy]()
    for folder in [name for name in session.folders() if name != sent][:MAX_FOLDERS]:
        left = [one for one in message_ids if one not in found]
        if not left:
            break
        try:
            found |= _look(session, folder, left, since)
        except ReaderError:
            continue
    return found


def _look(
    session: ImapSession, folder: str, message_ids: Sequence[str], since: datetime | None
) -> dict[str, SentCopy]:
    session.begin()
    session.examine(folder)
    found = _search(session, folder, "message_id", _ID, {one.strip(): one for one in message_ids}, since)
    tokens = {correlation.make_token(one): one for one in message_ids if one not in found}
    found |= _search(session, folder, "token", correlation.HEADER, tokens, since)
    session.begin()
    return found


def _search(
    session: ImapSession,
    folder: str,
    key: CopyKey,
    header: str,
    wanted: Mapping[str, str],
    since: datetime | None,
) -> dict[str, SentCopy]:
    """`wanted`: our Message-ID by the value that its header must have."""
    terms = [(value, term) for value in wanted if (term := header_term(header, value))]
    scope = f"{since_term(since)} " if since else ""
    found: dict[str, SentCopy] = {}
    for start in range(0, len(terms), TERMS_AT_ONCE):
        batch = terms[start : start + TERMS_AT_ONCE]
        uids = session.search(scope + any_of([term for _, term in batch]))[-LOOKED_AT:]
        by_value = _told_apart(session.fetch_headers(uids, _NAMES), header, {value for value, _ in batch})
        for value, copies in by_value.items():
            item, filed_as = copies[0]
            found[wanted[value]] = SentCopy(folder, item.uid, key, filed_as, item.received_at, len(copies))
    return found


def _told_apart(
    fetched: Iterable[Item], header: str, values: Collection[str]
) -> dict[str, list[tuple[Item, str]]]:
    by_value: dict[str, list[tuple[Item, str]]] = defaultdict(list)
    for item in sorted(fetched, key=lambda one: one.uid):
        headers = _parser.parsebytes(item.raw)
        value = str(headers.get(header, "")).strip()
        if value in values:
            by_value[value].append((item, str(headers.get(_ID, "")).strip()[:998]))
    return by_value
