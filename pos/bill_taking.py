"""Takes a channel's bill in: it is kept with what it speaks for, and proves the sales it shows."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any, Final

from ledger.audit import By
from ledger.channel_bills.bill import Outcome
from ledger.channel_bills.silence import BY_BILL, review
from ledger.channel_bills.store import Sent, keep_bill, read_sent
from ledger.earning.calendar import day_from_key
from ledger.errors import GuardMissedError, Refusal
from ledger.members import files
from ledger.sql import Tx
from pos.bill_file import payments_in
from pos.desk import Desk, day_of
from pos.proof import prove_by_bill

_TRIES: Final = 5
_EVIDENCE: Final = frozenset({"bill_changed", "bill_other_shop"})


def take_channel_bill(
    desk: Desk, community_id: int, merchant_id: int, sent: Sent, *, by: By, at: int
) -> dict[str, Any]:
    """Keep a shop's bill and make the points of the sales it proves spendable.

    Answer: that of `ledger.channel_bills.store.keep_bill`, and `sales`, `units` (made spendable) and `lines_left`
    (payments that prove no sale). The same bill again changes nothing; cut off between keeping and proving, sending
    it again ends the work. Refuses what `keep_bill` refuses.
    """
    answer = _kept(desk, community_id, merchant_id, sent, by=by, at=at)
    review_silence(desk, community_id, at=at, shops=[merchant_id])
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


def review_silence(
    desk: Desk, community_id: int, *, at: int, shops: Iterable[int] | None = None
) -> dict[int, bool]:
    """Pause the earning of shops no bill of which came for too long, and let go on those whose bills came.

    `shops`: all by default. Returns those that changed: whether they are paused now. Safe to run again.
    """
    terms = desk.refresh(community_id)
    day = day_of(terms, at)
    chosen = terms.merchants if shops is None else shops
    proven_by_bill = [
        shop
        for shop in chosen
        if (agreed := terms.agreement_on(shop, day)) is not None and agreed.proof in BY_BILL
    ]
    changed = desk.db.write(
        lambda tx: review(
            tx,
            community_id,
            proven_by_bill,
            today=day_from_key(day),
            days=terms.settings.no_file_days,
            timezone=terms.community.timezone,
            at=at,
        )
    )
    if changed:
        desk.refresh(community_id)
    return changed


def _kept(
    desk: Desk, community_id: int, merchant_id: int, sent: Sent, *, by: By, at: int
) -> dict[str, Any]:
    for _ in range(_TRIES):
        try:
            return desk.db.write(
                lambda tx: keep_bill(tx, community_id, merchant_id, sent, by=by, at=at)
            )
        except Refusal as refusal:
            if refusal.code in _EVIDENCE:
                # Refused, and kept as it came all the same: nobody can say later that it was another one.
                desk.db.write(partial(_keep_file, community_id, sent, by, at))
            raise
        except GuardMissedError:
            continue  # the same bill was sent twice at once: the other one's answer is read
    raise Refusal("busy_try_again")


def _keep_file(community_id: int, sent: Sent, by: By, at: int, tx: Tx) -> None:
    files.keep(
        tx,
        community_id,
        sent.body,
        name=sent.name,
        media_type="text/csv",
        source="channel bill",
        by=by,
        at=at,
    )
