"""Paper notices: a slip counts from the day somebody handed it out, and the time it promises runs from there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from ledger import audit
from ledger.audit import By
from ledger.earning.calendar import business_date, day_from_key, day_key
from ledger.earning.expiry import due_day, kept_day
from ledger.errors import Refusal
from ledger.members import communities
from ledger.sql import Row, Sql, Tx

_HAND_OUT: Final = Sql(
    "UPDATE lapse_notice SET given_on = :today, given_by = :by WHERE community_id = :community_id"
    " AND commodity = :commodity AND owner_id = :owner_id AND earned_until = :earned_until"
    " AND notice_days = :notice_days AND channel = 'slip' AND given_on IS NULL"
)
_LAPSE: Final = Sql(
    "SELECT last_day, next_days FROM lapse WHERE community_id = :community_id"
    " AND commodity = :commodity AND owner_id = :owner_id AND earned_until = :earned_until"
)
_MOVE: Final = Sql(
    "UPDATE lapse SET last_day = :last_day, next_due = :next_due, changed_at = :at"
    " WHERE community_id = :community_id AND commodity = :commodity AND owner_id = :owner_id"
    " AND earned_until = :earned_until AND state = 'open'"
)
_WAITING: Final = Sql(
    "SELECT n.commodity, n.owner_id, n.earned_until, n.notice_days, n.made_on, l.units, l.last_day"
    " FROM lapse_notice n JOIN lapse l ON l.community_id = n.community_id"
    " AND l.commodity = n.commodity AND l.owner_id = n.owner_id"
    " AND l.earned_until = n.earned_until"
    " WHERE n.community_id = :community_id AND n.channel = 'slip' AND n.given_on IS NULL"
    " AND l.state = 'open' ORDER BY n.commodity, n.earned_until, n.owner_id, n.notice_days"
)


class SlipKey(NamedTuple):
    """One slip: of which points, for whom, earned up to which day, and which notice it is."""

    commodity: int
    owner_id: int
    earned_until: int
    notice_days: int

    def text(self) -> str:
        """As a form carries it."""
        return "-".join(map(str, self))

    @classmethod
    def read(cls, text: str) -> SlipKey:
        """Read it back.

        Refuses slip_unknown.
        """
        parts = text.split("-")
        if len(parts) != len(cls._fields) or not all(part.isdecimal() for part in parts):
            raise Refusal("slip_unknown")
        return cls(*(int(part) for part in parts))


def slips_waiting(tx: Tx, community_id: int) -> list[Row]:
    """Slips nobody has handed out: the key's columns, made_on, units (announced last), last_day."""
    return tx.all(_WAITING, community_id=community_id)


def promised_day(row: Row, today: int) -> int:
    """The last day (yyyymmdd) a slip handed out today may name: its whole time is kept."""
    kept = kept_day(day_from_key(row.last_day), day_from_key(today), int(row.notice_days))
    return day_key(kept)


def hand_out(tx: Tx, community_id: int, keys: Sequence[SlipKey], *, by: By, at: int) -> int:
    """Note that slips were handed out today; returns how many were not noted before.

    Where a slip was handed out late the last day moves on, so that its whole time is kept. Refuses slip_unknown,
    community_not_found.
    """
    today = business_date(at, communities.get_community(tx, community_id).timezone)
    handed = 0
    for key in keys:
        named = {
            "community_id": community_id,
            "commodity": key.commodity,
            "owner_id": key.owner_id,
            "earned_until": key.earned_until,
        }
        lapse = tx.find(_LAPSE, **named)
        if lapse is None:
            raise Refusal("slip_unknown")
        count = tx.run(
            _HAND_OUT, **named, notice_days=key.notice_days, today=day_key(today), by=by.id
        )
        if not count:
            continue
        handed += count
        last_day = kept_day(day_from_key(lapse.last_day), today, key.notice_days)
        following = lapse.next_days
        next_due = None if following is None else day_key(due_day(last_day, int(following)))
        tx.run(_MOVE, **named, last_day=day_key(last_day), next_due=next_due, at=at)
    if handed:
        after: audit.Facts = {"count": handed}
        audit.record(tx, community_id, by, "expiry.hand_out", "expiry", at=at, after=after)
    return handed
