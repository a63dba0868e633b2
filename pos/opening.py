"""Whether the goods counter is open: the scheme's windows, extra openings, and those who still stand in line."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from ledger import audit
from ledger.audit import By
from ledger.clock import SECOND_US
from ledger.earning.calendar import day_key, local_time
from ledger.earning.windows import Opening, next_opening, opening_at
from ledger.earning.working_days import working_days_cn
from ledger.errors import Refusal
from ledger.ids import new_id
from ledger.members.terms import Terms
from ledger.sql import Row, Sql, Tx
from pos.desk import day_of

MOST_OPEN_DAYS: Final = 400
_DAY_US: Final = 86_400_000_000

_EXTRA: Final = Sql(
    "SELECT from_at, to_at, why FROM counter_opening WHERE community_id = :community_id"
    " AND merchant_id = :merchant_id AND to_at > :at ORDER BY from_at, to_at LIMIT 1"
)
_EXTRAS: Final = Sql(
    "SELECT opening_id, from_at, to_at, why FROM counter_opening WHERE community_id = :community_id"
    " AND merchant_id = :merchant_id AND to_at > :at ORDER BY from_at, to_at, opening_id LIMIT 50"
)
_END_NOW: Final = Sql(
    "UPDATE counter_opening SET to_at = :at WHERE community_id = :community_id"
    " AND opening_id = :opening_id AND to_at > :at"
)
_KEEP: Final = Sql(
    "INSERT INTO counter_opening (community_id, opening_id, merchant_id, from_at, to_at, why, set_by, set_at)"
    " VALUES (:community_id, :opening_id, :merchant_id, :from_at, :to_at, :why, :set_by, :at)"
)


class Hours(NamedTuple):
    """What the counter's screen says of its hours; moments in microseconds UTC.

    `open_now` is the opening that lies around the moment, `is_over`: its time is up and only who stands in line is
    still served. `next` is the opening after it. Both None: the scheme knows no windows, and the counter never closes.
    """

    open_now: Opening | None
    is_over: bool
    next: Opening | None
    always: bool


def hours_at(tx: Tx, terms: Terms, merchant_id: int, at: int) -> Hours:
    """The counter's hours at a moment, extra openings with them."""
    windows = terms.scheme_on(day_of(terms, at)).windows
    zone, working = terms.community.timezone, working_days_cn()
    extra = _extra(tx, terms, merchant_id, at)
    coming = [next_opening(windows, at, zone, working)]
    if extra is not None and extra.from_us > at:
        coming.append(extra)
    after = min((one for one in coming if one is not None), default=None)
    if not windows:
        return Hours(None, is_over=False, next=after, always=True)
    found = opening_at(windows, at, zone, working)
    if found is None and extra is not None and extra.from_us <= at:
        found = extra
    if found is not None:
        return Hours(found, is_over=False, next=after, always=False)
    grace = at - terms.settings.counter_grace_minutes * 60 * SECOND_US
    late = opening_at(windows, grace, zone, working) or _opening_over(tx, terms, merchant_id, grace)
    return Hours(late, is_over=late is not None, next=after, always=False)


def check_open(tx: Tx, terms: Terms, merchant_id: int, at: int) -> None:
    """Refuse outside the scheme's windows; for some minutes after one, who stands in line is served (a setting).

    Refuses: counter_closed, with the day and hours of the next opening.
    """
    windows = terms.scheme_on(day_of(terms, at)).windows
    # Within a window nothing more is read: that is where the queue stands.
    if not windows or opening_at(windows, at, terms.community.timezone, working_days_cn()):
        return
    hours = hours_at(tx, terms, merchant_id, at)
    if hours.open_now is not None:
        return
    if hours.next is None:
        raise Refusal("counter_closed_for_good")
    begin, end = (_clock(terms, at_us) for at_us in hours.next[:2])
    raise Refusal(
        "counter_closed",
        next_day=day_key(begin.date()),
        opens=f"{begin:%H:%M}",
        closes=f"{end:%H:%M}",
    )


def open_extra(
    tx: Tx,
    community_id: int,
    merchant_id: int,
    *,
    from_at: int,
    to_at: int,
    why: str,
    by: By,
    at: int,
) -> int:
    """Open the counter beside its windows, for a reason people read; returns the opening's id.

    Refuses: why_missing, opening_wrong (over before it begins, over already, or longer than a year).
    """
    if not why.strip():
        raise Refusal("why_missing")
    if not max(from_at, at) < to_at <= from_at + MOST_OPEN_DAYS * _DAY_US:
        raise Refusal("opening_wrong")
    opening_id = new_id(at)
    tx.run(
        _KEEP,
        community_id=community_id,
        opening_id=opening_id,
        merchant_id=merchant_id,
        from_at=from_at,
        to_at=to_at,
        why=why.strip(),
        set_by=by.id,
        at=at,
    )
    facts: audit.Facts = {"from_at": from_at, "to_at": to_at, "why": why.strip()}
    audit.record(
        tx, community_id, by, "counter.open", f"merchant:{merchant_id}", at=at, after=facts
    )
    return opening_id


def extras_after(tx: Tx, community_id: int, merchant_id: int, *, at: int) -> list[Row]:
    """Extra openings that are not over at a moment, the next first: opening_id, from_at, to_at, why."""
    return tx.all(_EXTRAS, community_id=community_id, merchant_id=merchant_id, at=at)


def close_extra(tx: Tx, community_id: int, opening_id: int, *, by: By, at: int) -> None:
    """Take an extra opening back: one that has begun ends at `at`, one that lies ahead never begins.

    Refuses opening_not_found, also for one that is over.
    """
    if tx.run(_END_NOW, community_id=community_id, opening_id=opening_id, at=at) != 1:
        raise Refusal("opening_not_found")
    audit.record(tx, community_id, by, "counter.close", f"opening:{opening_id}", at=at)


def _extra(tx: Tx, terms: Terms, merchant_id: int, at: int) -> Opening | None:
    row = tx.find(_EXTRA, community_id=terms.community.id, merchant_id=merchant_id, at=at)
    return None if row is None else Opening(int(row.from_at), int(row.to_at), row.why)


def _opening_over(tx: Tx, terms: Terms, merchant_id: int, at: int) -> Opening | None:
    extra = _extra(tx, terms, merchant_id, at)
    return extra if extra is not None and extra.from_us <= at else None


def _clock(terms: Terms, at_us: int) -> datetime:
    return local_time(at_us, terms.community.timezone)
