"""The night's entries: one for each shop, points retired and yuan made payable."""

from __future__ import annotations

from typing import Any, Final

from ledger.book import requests
from ledger.book.accounts import account_id
from ledger.book.chart import Account, Kind
from ledger.book.offsets import offset_commodity
from ledger.book.posting import Line, Posting, Side, post
from ledger.database import Database
from ledger.ids import derived_request_id
from ledger.sql import Row, Sql, Tx
from ledger.units import CNY
from settlement.sides import Run

KIND: Final = "settle"

_MARK: Final = Sql(
    "UPDATE night_total SET txn_id = :txn_id WHERE community_id = :community_id"
    " AND run_no = :run_no AND claimant_id = :claimant_id"
)


def settle_shop(db: Database, run: Run, run_id: str, total: Row, *, at: int) -> None:
    """Post one shop's night: plus and minus as lines of their own in one entry.

    The request id comes from the run and the shop, so a second try finds the first one's answer.
    Raises GuardMissedError where the shop's cover does not hold what was authorised.
    """
    amounts = {
        "units_plus": total.settled_units_plus,
        "units_minus": total.settled_units_minus,
        "fen_plus": total.settled_fen_plus,
        "fen_minus": total.settled_fen_minus,
    }
    if not any(amounts.values()):
        return
    claimant_id = int(total.claimant_id)
    request_id = derived_request_id(KIND, run.community_id, run_id, claimant_id)

    def work(tx: Tx) -> dict[str, Any]:
        txn_id = post(tx, _posting(tx, run, claimant_id, amounts, request_id=request_id, at=at))
        tx.run(
            _MARK,
            community_id=run.community_id,
            run_no=run.run_no,
            claimant_id=claimant_id,
            txn_id=txn_id,
        )
        return {"txn_id": str(txn_id), **amounts}

    requests.once(
        db,
        run.community_id,
        request_id,
        kind=KIND,
        body={"run": run_id, "claimant": str(claimant_id), **amounts},
        at=at,
        work=work,
    )


def _posting(
    tx: Tx, run: Run, claimant_id: int, amounts: dict[str, int], *, request_id: str, at: int
) -> Posting:
    community_id = run.community_id
    lines = settle_lines(
        tx,
        community_id,
        claimant_id,
        units_plus=amounts["units_plus"],
        units_minus=amounts["units_minus"],
        fen_plus=amounts["fen_plus"],
        fen_minus=amounts["fen_minus"],
        at=at,
    )
    return Posting(
        community_id=community_id,
        kind=Kind.SETTLE,
        request_id=request_id,
        occurred_at=at,
        at=at,
        business_date=run.day,
        lines=lines,
        merchant_id=claimant_id,
        reason_key="night",
        captured=captured(lines, amounts["fen_plus"]),
    )


def settle_lines(
    tx: Tx,
    community_id: int,
    claimant_id: int,
    *,
    units_plus: int = 0,
    units_minus: int = 0,
    fen_plus: int = 0,
    fen_minus: int = 0,
    at: int,
) -> list[Line]:
    """Offset to retired and cover to payable for what is paid; both the other way for refunds."""

    def side(kind: Account, commodity: int, owner_id: int) -> Side:
        return Side(account_id(tx, community_id, kind, commodity, owner_id, at=at), kind)

    lines = []
    if units_plus or units_minus:
        points = offset_commodity(tx, community_id, claimant_id)
        offset = side(Account.OFFSET, points, claimant_id)
        retired = side(Account.RETIRED, points, 0)
        lines += [
            Line(offset, retired, points, units_plus),
            Line(retired, offset, points, units_minus),
        ]
    if fen_plus or fen_minus:
        cover = side(Account.COVER, CNY, claimant_id)
        payable = side(Account.PAYABLE, CNY, claimant_id)
        lines += [Line(cover, payable, CNY, fen_plus), Line(payable, cover, CNY, fen_minus)]
    return [line for line in lines if line.amount]


def captured(lines: list[Line], fen: int) -> dict[int, int]:
    """What an entry takes out of the shop's bound cover: the paid side alone.

    A sale bound its yuan until it is paid; a refund never bound any, so what it gives back is free.
    """
    covers = {line.debit.account_id for line in lines if line.debit.kind is Account.COVER}
    return dict.fromkeys(covers, fen) if fen else {}
