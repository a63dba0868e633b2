"""Filling a shop's reserve from the fund, before an offset is promised."""

from __future__ import annotations

from typing import Final

from ledger.book.chart import Account
from ledger.book.cover import cover_of, reclaim, reserve
from ledger.book.facts import CapUse, cap_back_step, caps_step
from ledger.book.steps import apply
from ledger.errors import GuardMissedError, Refusal
from ledger.ids import derived_request_id, new_request_id
from ledger.members.terms import Terms
from ledger.sql import Sql, Tx
from ledger.units import CNY
from pos.desk import Desk

_RESERVED: Final = Sql(
    "SELECT used FROM cap_counter WHERE community_id = :community_id AND subject_id = :merchant_id"
    " AND cap_code = 'cover_day' AND period_key = :day"
)


class CoverLowError(Exception):
    """The shop's free reserve is smaller than the offset asked for."""

    def __init__(self, community_id: int, merchant_id: int, need_fen: int, day: int) -> None:
        """Name the shop and what it needs, in fen, on which business date."""
        super().__init__(merchant_id)
        self.community_id = community_id
        self.merchant_id = merchant_id
        self.need_fen = need_fen
        self.day = day


def fill_cover(
    desk: Desk, terms: Terms, low: CoverLowError, *, at: int, promised: bool = False
) -> None:
    """Reserve one tranche more for the shop; refuses cover_empty when its day's allowance or the fund is used up.

    The fund's row is touched once a tranche, not once a sale. `promised`: the offset was authorised long ago, so no
    allowance is asked for.
    """
    agreement = terms.agreement_on(low.merchant_id, low.day)
    allowance = 0 if agreement is None else agreement.allowance_day_fen
    cover = desk.side(low.community_id, Account.COVER, CNY, low.merchant_id, at=at)
    tranche = terms.settings.cover_tranche_fen

    def work(tx: Tx) -> int:
        free = cover_of(tx, low.community_id, cover.account_id).free
        missing = low.need_fen - free
        if missing <= 0:
            return 0
        row = tx.find(
            _RESERVED, community_id=low.community_id, merchant_id=low.merchant_id, day=low.day
        )
        used = int(row.used) if row is not None else 0
        left_today = max(missing, tranche) if promised else allowance - used
        wanted = min(max(missing, tranche), left_today)
        if wanted < missing:
            raise Refusal("cover_empty", left_fen=free + max(0, left_today))
        moved = _reserve(tx, low, wanted, missing, request_id=new_request_id(at), at=at)
        if moved < missing:
            # Less than this offset needs: nothing is reserved, so that another shop may still use the rest.
            raise Refusal("cover_empty", left_fen=free + moved)
        apply(
            tx,
            [
                caps_step(
                    low.community_id,
                    low.merchant_id,
                    [CapUse("cover_day", low.day, moved, max(allowance, used + moved))],
                )
            ],
        )
        return moved

    try:
        desk.db.write(work)
    except GuardMissedError as missed:
        raise Refusal("busy_try_again") from missed


def _reserve(
    tx: Tx, low: CoverLowError, wanted: int, missing: int, *, request_id: str, at: int
) -> int:
    """Take `wanted` from the fund; where it lacks even `missing`, from reserves other shops do not use.

    A tranche is there to spare the fund's row, not to keep the last yuan from whoever needs it.
    """
    here, dated = low.community_id, {"at": at, "business_date": low.day}
    moved = reserve(tx, here, low.merchant_id, wanted, request_id=request_id, **dated)
    if moved >= missing:
        return moved
    returned = reclaim(tx, here, run_key=request_id, leave=low.merchant_id, **dated)
    apply(
        tx,
        [cap_back_step(here, shop, "cover_day", low.day, fen) for shop, fen in returned.items()],
    )
    again = derived_request_id("cover", request_id)
    return moved + reserve(tx, here, low.merchant_id, missing - moved, request_id=again, **dated)
