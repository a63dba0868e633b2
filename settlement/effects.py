"""What a decision writes into the book: its entry, dated today, and the end of what waited for it."""

from __future__ import annotations

from typing import Final

from ledger.book.accounts import account_id
from ledger.book.chart import Account, Kind
from ledger.book.posting import Line, Posting, Side, post
from ledger.earning.calendar import business_date, day_key
from ledger.errors import GuardMissedError
from ledger.members.communities import get_community
from ledger.sql import Sql, Tx
from ledger.units import CNY
from settlement.choices import Effect
from settlement.settle import captured, settle_lines

_END_ITEM: Final = Sql(
    "UPDATE open_item SET closed_run = :run_no, closed_by = :closed_by, closed_date = :today"
    " WHERE community_id = :community_id AND claimant_id = :claimant_id AND ref = :ref"
    " AND closed_run IS NULL"
)
_END_UNCLAIMED: Final = Sql(
    "UPDATE discrepancy SET state = 'auto_cleared', closed_run = :run_no, closed_date = :today"
    " WHERE community_id = :community_id AND claimant_id = :claimant_id AND ref = :ref AND code = 'X2'"
    " AND state IN ('open', 'asked')"
)


def end_unclaimed(
    tx: Tx, community_id: int, claimant_id: int, ref: str, *, run_no: int, today: int
) -> None:
    """What was called unclaimed by a night before is so no more: a claim was found that means it."""
    here = {"community_id": community_id, "claimant_id": claimant_id, "ref": ref}
    tx.run(_END_UNCLAIMED, **here, run_no=run_no, today=today)


def end_item(
    tx: Tx,
    community_id: int,
    claimant_id: int,
    ref: str,
    *,
    run_no: int,
    closed_by: str,
    today: int,
) -> None:
    """An offset waits no longer; raises GuardMissedError where it was settled meanwhile."""
    ended = tx.run(
        _END_ITEM,
        community_id=community_id,
        claimant_id=claimant_id,
        ref=ref,
        run_no=run_no,
        closed_by=closed_by,
        today=today,
    )
    if ended != 1:
        raise GuardMissedError("open_item")


def post_effect(  # noqa: PLR0913 - what one entry says
    tx: Tx,
    community_id: int,
    claimant_id: int,
    effect: Effect,
    *,
    request_id: str,
    corrects_date: int,
    staff_id: int | None,
    at: int,
    reason_key: str = "discrepancy",
) -> int | None:
    """Write a decision's entry, dated today; None where it moves nothing. Returns the entry's id."""
    settled = settle_lines(
        tx,
        community_id,
        claimant_id,
        units_plus=effect.settle_units + effect.retire_units,
        units_minus=effect.back_units,
        fen_plus=effect.settle_fen,
        fen_minus=effect.back_fen,
        at=at,
    )
    lines = settled + _grant_lines(tx, community_id, claimant_id, effect.grant_fen, at=at)
    if not lines:
        return None
    used = captured(settled, effect.settle_fen)
    if effect.free_fen:
        cover = account_id(tx, community_id, Account.COVER, CNY, claimant_id, at=at)
        used[cover] = used.get(cover, 0) + effect.free_fen
    return post(
        tx,
        Posting(
            community_id=community_id,
            kind=Kind.ADJUST,
            request_id=request_id,
            occurred_at=at,
            at=at,
            business_date=today_of(tx, community_id, at=at),
            lines=lines,
            merchant_id=claimant_id,
            staff_id=staff_id,
            reason_key=reason_key,
            source="office",
            corrects_date=corrects_date,
            captured=used,
        ),
    )


def _grant_lines(tx: Tx, community_id: int, claimant_id: int, fen: int, *, at: int) -> list[Line]:
    if not fen:
        return []
    fund = Side(account_id(tx, community_id, Account.FUND, CNY, at=at), Account.FUND)
    payable = Side(
        account_id(tx, community_id, Account.PAYABLE, CNY, claimant_id, at=at), Account.PAYABLE
    )
    return [Line(fund, payable, CNY, fen) if fen > 0 else Line(payable, fund, CNY, -fen)]


def today_of(tx: Tx, community_id: int, *, at: int) -> int:
    """The business date of `at` on the community's clock."""
    return day_key(business_date(at, get_community(tx, community_id).timezone))
