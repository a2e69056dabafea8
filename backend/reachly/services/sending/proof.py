"""What a mailbox's own copies prove about a message in doubt, and what is learned of the mailbox on the way. Pure.

A copy proves that the message left. Absence proves nothing by itself: the mailbox may have stopped to file, or file
late, or have been emptied. It proves that a message never left only beside *controls*: messages of the same mailbox
with a 250 of the server, handed over just before and just after, all found in one folder by the very search that does
not find the one in doubt, and after the time that this mailbox takes for its copies.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Protocol

from reachly.integrations.reader.port import SentCopy

FILED_WITHIN = timedelta(minutes=3)
"""How long any provider may take for its copy."""
MARGIN = 4
"""So many times the longest that was seen is waited for, where that is longer."""
LONGEST_DELAY = timedelta(days=1)
"""In a mailbox that was seen to file later than this, absence proves nothing; longer is never waited."""
NEIGHBOUR_WITHIN = timedelta(days=3)
"""How far a control may lie from the message in doubt: over a weekend."""
CONTROLS = 5
"""At most so many on each side, the nearest; every one of them must be there. The fewer speak, the longer the wait."""
_REMEMBERED = 20


class Doubtful(Protocol):
    """The part of a row in doubt that a proof asks for; `since`: when it became doubtful."""

    @property
    def handed_at(self) -> datetime | None: ...
    @property
    def since(self) -> datetime: ...
    @property
    def reason(self) -> str | None: ...


@dataclass(frozen=True, slots=True)
class Control:
    """A message that surely left: with a 250 of the server, and a copy that we did not file ourselves."""

    send_id: uuid.UUID
    message_id: str
    handed_at: datetime


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The controls of one message in doubt, the nearest first."""

    before: tuple[Control, ...] = ()
    after: tuple[Control, ...] = ()

    @property
    def all(self) -> tuple[Control, ...]:
        return self.before + self.after


def later_from(doubt: Doubtful, late: timedelta) -> datetime:
    """From when on a control counts as later. A worker that was taken for gone may have woken up and finished its
    message within `late`; whatever else became of it had become of it when it was in doubt."""
    return doubt.since + (late if doubt.reason == "worker_lost" else timedelta(0))


def is_ripe(doubt: Doubtful, now: datetime, patience: timedelta) -> bool:
    """Whether the mailbox has had its time for a copy."""
    return doubt.handed_at is not None and now - doubt.since >= patience


def prove_absence(
    doubt: Doubtful,
    neighbours: Neighbours,
    found: Mapping[str, SentCopy],
    now: datetime,
    *,
    patience: timedelta,
    late: timedelta,
) -> dict[str, Any] | None:
    """The evidence that a message which no search finds never left; None: nothing is proven.

    `found`: the copies that the search brought up. One that is missing, or lies elsewhere, or was found by another key
    than the others, says that this mailbox does not show everything. How unevenly it dated them tells how late it is.
    """
    copies = [found.get(control.message_id) for control in neighbours.all]
    ways = {(copy.folder, copy.key) if copy else None for copy in copies}
    if not neighbours.before or not neighbours.after or len(ways) != 1 or None in ways:
        return None
    spread = _spread((one.handed_at, found[one.message_id].filed_at) for one in neighbours.all)
    needed = late + max(patience, _allow(spread), FILED_WITHIN * 2 * CONTROLS / len(neighbours.all))
    had_time = now - doubt.since >= needed and now - neighbours.after[0].handed_at >= needed
    if spread > LONGEST_DELAY or not had_time:
        return None
    folder, key = next(way for way in ways if way)
    return {
        "by": "sent_folder",
        "verdict": "never_left",
        "at": now.isoformat(),
        "key": key,
        "folder": folder,
        "before": [str(one.send_id) for one in neighbours.before],
        "after": [str(one.send_id) for one in neighbours.after],
    }


def _allow(delay: timedelta) -> timedelta:
    return min(MARGIN * delay, LONGEST_DELAY)


def _spread(dates: Iterable[tuple[datetime, datetime]]) -> timedelta:
    """How much longer the slowest copy took than the quickest, by the server's dates: its calendar need not be ours."""
    took = [filed_at - handed_at for handed_at, filed_at in dates]
    return max(took) - min(took) if took else timedelta(0)


def found_evidence(copy: SentCopy, now: datetime) -> dict[str, Any]:
    """What the ledger keeps of a copy that was found."""
    return {
        "by": "sent_folder",
        "verdict": "sent",
        "at": now.isoformat(),
        "key": copy.key,
        "folder": copy.folder,
        "uid": copy.uid,
        "filed_as": copy.filed_as,
    }


@dataclass(frozen=True, slots=True)
class Seen:
    """One message that was looked for. `filed_at`: its copy's date; None: it has none. `surely_left`: it has a 250 of
    the server."""

    send_id: uuid.UUID
    handed_at: datetime
    filed_at: datetime | None
    surely_left: bool = True

    @property
    def found(self) -> bool:
        return self.filed_at is not None


Missed = tuple[datetime, datetime]
"""When a message was handed over, and when its copy was looked for last without being there."""


@dataclass(frozen=True, slots=True)
class Filing:
    """What one mailbox was seen to do with copies.

    `files` None: not known, or not any more; `seen_at`: when it was seen so. `delay`: the longest that a copy was seen
    to take. `missing`: messages that surely left and whose copy was not there when it was looked for last, by id;
    `doubted`: the same of messages in doubt. `cursor`: the doubt that was looked at
    last, for there may be more than one look takes.
    """

    files: bool | None = None
    seen_at: datetime | None = None
    delay: timedelta = timedelta(0)
    missing: Mapping[str, Missed] = field(default_factory=dict)
    doubted: Mapping[str, Missed] = field(default_factory=dict)
    looked_at: datetime | None = None
    cursor: uuid.UUID | None = None

    @classmethod
    def read(cls, files: bool | None, seen_at: datetime | None, kept: Any) -> Filing:
        """From the mailbox's row; what cannot be read counts as never seen."""
        kept = kept if isinstance(kept, dict) else {}
        try:
            return cls(
                files,
                seen_at,
                timedelta(seconds=float(kept.get("delay", 0))),
                _read_times(kept.get("missing", {})),
                _read_times(kept.get("doubted", {})),
                datetime.fromisoformat(kept["looked_at"]) if kept.get("looked_at") else None,
                uuid.UUID(kept["cursor"]) if kept.get("cursor") else None,
            )
        except (ValueError, TypeError, AttributeError):
            return cls(files, seen_at)

    def as_json(self) -> dict[str, Any]:
        return {
            "delay": self.delay.total_seconds(),
            "missing": {name: [at.isoformat() for at in missed] for name, missed in self.missing.items()},
            "doubted": {name: [at.isoformat() for at in missed] for name, missed in self.doubted.items()},
            "looked_at": self.looked_at.isoformat() if self.looked_at else None,
            "cursor": str(self.cursor) if self.cursor else None,
        }

    def patience(self) -> timedelta | None:
        """How long a copy may take here; None: no telling."""
        return None if self.delay > LONGEST_DELAY else max(FILED_WITHIN, _allow(self.delay))


def learn(filing: Filing, looked: Iterable[Seen], now: datetime) -> Filing:
    """What a look teaches. Whether it files is told by the newest of those that surely left and had their time; one
    that used to file is not known to file no more before a second look."""
    seen = sorted(looked, key=lambda one: one.handed_at)
    missing, doubted = dict(filing.missing), dict(filing.doubted)
    spread = _spread((one.handed_at, one.filed_at) for one in seen if one.filed_at and one.surely_left)
    delay = filing.delay if spread > LONGEST_DELAY else max(filing.delay, spread)
    for one in seen:
        name, absent = str(one.send_id), missing if one.surely_left else doubted
        if one.filed_at is None:
            if now - one.handed_at >= FILED_WITHIN:
                absent[name] = (one.handed_at, now)
        elif (missed := absent.pop(name, None)) and missed[0] == one.handed_at:
            delay = max(delay, _took(one.filed_at, missed, now))
    learned = replace(
        filing, delay=delay, missing=_recent(missing, now), doubted=_recent(doubted, now), looked_at=now
    )
    return _judge(learned, seen, now)


def _took(filed_at: datetime, missed: Missed, now: datetime) -> timedelta:
    """How long a copy took that was missing before: by its own date, unless that is from before it was missed."""
    handed_at, missed_at = missed
    if missed_at <= filed_at <= now:
        return filed_at - handed_at
    return min(now - handed_at, MARGIN * (missed_at - handed_at))


def _recent(absent: Mapping[str, Missed], now: datetime) -> dict[str, Missed]:
    young = [(name, missed) for name, missed in absent.items() if now - missed[0] <= 2 * LONGEST_DELAY]
    return dict(sorted(young, key=lambda item: item[1])[-_REMEMBERED:])


def _read_times(kept: Mapping[str, Sequence[str]]) -> dict[str, Missed]:
    return {
        name: (datetime.fromisoformat(handed_at), datetime.fromisoformat(missed_at))
        for name, (handed_at, missed_at) in kept.items()
    }


def _judge(filing: Filing, seen: Sequence[Seen], now: datetime) -> Filing:
    """Whether it files, if this look says anything of it."""
    patience = filing.patience() or LONGEST_DELAY
    had_time = [one for one in seen if one.found or (one.surely_left and now - one.handed_at >= patience)]
    if not had_time:
        return filing
    if had_time[-1].found:
        return replace(filing, files=True, seen_at=now)
    known_no_more = filing.files or any(one.found for one in had_time)
    return replace(filing, files=None if known_no_more else False, seen_at=now)
