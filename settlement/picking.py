"""One of several bookings picked by a person for a claim whose number says neither: paid as booked, the others stay.

A night never guesses (X5). The picked booking is settled at the booked figure, whatever was claimed; a booking that
was not picked can be claimed as before, and is called unclaimed by the next night.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from ledger import audit
from ledger.audit import By
from ledger.book import requests
from ledger.database import Database
from ledger.errors import GuardMissedError, Refusal
from ledger.members.shop_ties import check_not_own_purchase, check_not_own_shop
from ledger.sql import Row, Sql, Tx
from settlement.choices import paid_as_booked
from settlement.discrepancies import get_discrepancy
from settlement.effects import end_item, end_unclaimed, post_effect, today_of
from settlement.night import last_run_no, night_running
from settlement.verdicts import Code

MayDecide = Callable[[Tx, Row], None]
_UNDECIDED: Final = ("pooled", "open", "asked")

_WAITING: Final = (
    "SELECT ref, txn_id, terminal_id, units, fen, business_date, occurred_at FROM open_item"
    " WHERE community_id = :community_id AND claimant_id = :claimant_id AND closed_run IS NULL AND ref {among}"
    " ORDER BY occurred_at, ref"
)
_ONE: Final = Sql(_WAITING.format(among="= :ref"))
_CLOSE: Final = Sql(
    "UPDATE discrepancy SET state = 'decided', decision = 'picked', reason = :reason, decided_by = :by_id,"
    " decided_at = :at, posted_txn = :txn_id, posted_fen = :posted_fen, closed_run = :run_no, closed_date = :today"
    " WHERE community_id = :community_id AND discrepancy_no = :discrepancy_no AND state IN ('pooled', 'open', 'asked')"
)


class Pick(NamedTuple):
    """Who picked which booking (by its reference) for which difference, and why."""

    community_id: int
    discrepancy_no: int
    ref: str
    by: By
    reason: str
    request_id: str


def candidates(tx: Tx, community_id: int, row: Row) -> list[Row]:
    """The bookings an X5 may mean that still wait for a claim, oldest first; none for any other verdict."""
    if row.code != Code.X5:
        return []
    here = {"community_id": community_id, "claimant_id": row.claimant_id}
    found = [tx.find(_ONE, **here, ref=ref) for ref in str(row.sub_code).split("|") if ref]
    return [one for one in found if one is not None]


def pick_booking(db: Database, pick: Pick, *, may_decide: MayDecide, at: int) -> dict[str, Any]:
    """Take the picked booking for what the claim means and pay it as booked.

    Answer: `state`, `posted_fen`, `txn_id`. Refuses: why_missing, discrepancy_not_found, discrepancy_settled,
    night_unfinished, pick_not_offered (not one of its candidates, or settled meanwhile), own_shop, own_household,
    own_kin, request_id_reused, and whatever `may_decide` refuses.
    """
    if not pick.reason.strip():
        raise Refusal("why_missing")

    def work(tx: Tx) -> dict[str, Any]:
        row = get_discrepancy(tx, pick.community_id, pick.discrepancy_no)
        if row.state not in _UNDECIDED:
            raise Refusal("discrepancy_settled", state=row.state)
        if night_running(tx, pick.community_id):
            raise Refusal("night_unfinished", business_date=None)
        check_not_own_shop(tx, pick.community_id, pick.by, row.claimant_id)
        may_decide(tx, row)
        for one in candidates(tx, pick.community_id, row):
            if one.ref == pick.ref:
                check_not_own_purchase(tx, pick.community_id, pick.by, one.txn_id)
                return _take(tx, pick, row, one, at=at)
        raise Refusal("pick_not_offered")

    body = {
        "discrepancy": str(pick.discrepancy_no),
        "ref": pick.ref,
        "by": str(pick.by.id),
        "reason": pick.reason,
    }
    try:
        return requests.once(
            db,
            pick.community_id,
            pick.request_id,
            kind="discrepancy_pick",
            body=body,
            at=at,
            work=work,
        )
    except GuardMissedError as missed:
        raise Refusal("busy_try_again") from missed


def _take(tx: Tx, pick: Pick, row: Row, one: Row, *, at: int) -> dict[str, Any]:
    community_id, shop = pick.community_id, int(row.claimant_id)
    today, run_no = today_of(tx, community_id, at=at), last_run_no(tx, community_id)
    effect = paid_as_booked([(int(one.units), int(one.fen))])
    txn_id = post_effect(
        tx,
        community_id,
        shop,
        effect,
        request_id=pick.request_id,
        corrects_date=int(one.business_date),
        staff_id=pick.by.id,
        at=at,
    )
    end_item(tx, community_id, shop, one.ref, run_no=run_no, closed_by="decided", today=today)
    end_unclaimed(tx, community_id, shop, one.ref, run_no=run_no, today=today)
    closed = tx.run(
        _CLOSE,
        community_id=community_id,
        discrepancy_no=pick.discrepancy_no,
        reason=f"{one.ref}: {pick.reason.strip()}",
        by_id=pick.by.id,
        txn_id=txn_id,
        posted_fen=effect.payable_fen,
        run_no=run_no,
        today=today,
        at=at,
    )
    if closed != 1:
        raise GuardMissedError("discrepancy")
    audit.record(
        tx,
        community_id,
        pick.by,
        "discrepancy.pick",
        f"discrepancy:{pick.discrepancy_no}",
        at=at,
        before={"state": row.state},
        after={"ref": one.ref, "fen": effect.payable_fen},
    )
    return {"state": "decided", "posted_fen": effect.payable_fen, "txn_id": str(txn_id)}
