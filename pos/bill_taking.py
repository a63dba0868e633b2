"""Takes a channel's bill in: it is kept with what it speaks for, and proves the sales it shows."""

from __future__ import annotations

from typing import Any

from ledger.audit import By
from ledger.channel_bills.bill import Outcome
from ledger.channel_bills.store import Sent, keep_bill, read_sent
from ledger.errors import GuardMissedError, Refusal
from pos.bill_file import payments_in
from pos.desk import Desk, day_of
from pos.proof import prove_by_bill

_TRIES = 5


def take_channel_bill(
    desk: Desk, community_id: int, merchant_id: int, sent: Sent, *, by: By, at: int
) -> dict[str, Any]:
    """Keep a shop's bill and make the points of the sales it proves spendable.

    Answer: that of `ledger.channel_bills.store.keep_bill`, and `sales`, `units` (made spendable) and `lines_left`
    (payments that prove no sale). The same bill again changes nothing; cut off between keeping and proving, sending
    it again ends the work. Refuses what `keep_bill` refuses.
    """
    answer = _kept(desk, community_id, merchant_id, sent, by=by, at=at)
    if answer["outcome"] != Outcome.OK:
        return {**answer, "sales": 0, "units": 0, "lines_left": 0}
    bill, _ = read_sent(sent)
    proved = prove_by_bill(
        desk,
        community_id,
        merchant_id,
        payments_in(bill),
        until=day_of(desk.terms_of(community_id), at),
        by=f"bill:{answer['bill_id']}",
        at=at,
    )
    return {**answer, **proved._asdict()}


def _kept(
    desk: Desk, community_id: int, merchant_id: int, sent: Sent, *, by: By, at: int
) -> dict[str, Any]:
    for _ in range(_TRIES):
        try:
            return desk.db.write(
                lambda tx: keep_bill(tx, community_id, merchant_id, sent, by=by, at=at)
            )
        except GuardMissedError:
            continue  # the same bill was sent twice at once: the other one's answer is read
    raise Refusal("busy_try_again")
