"""The entry beside an act on the shelf, and the record of who did it."""

from __future__ import annotations

from collections.abc import Sequence

from ledger import audit
from ledger.audit import By
from ledger.book.chart import Kind
from ledger.book.posting import Line, Posting, post
from ledger.earning.calendar import business_date, day_key
from ledger.ids import new_id
from ledger.members.communities import get_community
from ledger.sql import Tx
from ledger.stock.moves import Facts


def today(tx: Tx, community_id: int, at: int) -> int:
    """The business date (yyyymmdd) of a moment, by the community's clock."""
    return day_key(business_date(at, get_community(tx, community_id).timezone))


def staff_of(by: By) -> int:
    """The number of the member of staff who acts, 0 for a command on the server."""
    return by.id if by.kind == "staff" else 0


def book(tx: Tx, facts: Facts, kind: Kind, lines: Sequence[Line]) -> int | None:
    """Post what an act on the shelf moved in yuan; None where it moved nothing. Refuses period_locked."""
    if not lines:
        return None
    return post(
        tx,
        Posting(
            community_id=facts.community_id,
            kind=kind,
            request_id=facts.request_id,
            txn_id=new_id(facts.at),
            occurred_at=facts.at,
            at=facts.at,
            business_date=facts.business_date,
            lines=lines,
            merchant_id=facts.merchant_id,
            staff_id=facts.staff_id or None,
            reason_key=kind.value,
            source="office",
        ),
    )


def note(tx: Tx, facts: Facts, by: By, good_id: int, about: audit.Facts) -> None:
    """Keep the act: sealed, kept out of exports like all that people type, and erasable."""
    said: audit.Facts = {**about, "reason": facts.reason.strip()}
    act = f"stock.{facts.kind}"
    audit.record(tx, facts.community_id, by, act, f"good:{good_id}", at=facts.at, after=said)
