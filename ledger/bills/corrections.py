"""A bill that changed after points were used: what lies above the new ceiling goes back to the wallet, exactly.

A higher ceiling takes nothing: points are used when somebody asks. What is only held is held for less; what is booked
comes back by an entry of its own that names the day it corrects, before the night and after the month is closed alike.
"""

from __future__ import annotations

from typing import Final

from ledger.bills.facts import Bill, get_offset, offsets_of_bill
from ledger.bills.offsets import (
    GIVE_ROOM,
    PURPOSE,
    booked_step,
    header_of,
    let_go,
    month_back_steps,
    offset_side,
    release,
    wallet_side,
)
from ledger.bills.rules import FeeRules, kept_units, least_units
from ledger.book.accounts import account_id
from ledger.book.chart import Account, Kind
from ledger.book.cover import release_step
from ledger.book.holds import open_hold
from ledger.book.posting import Line, Posting, check_open
from ledger.book.posting import steps as posting_steps
from ledger.book.repay import repay_from_wallet, repay_lines
from ledger.book.steps import Step, apply
from ledger.errors import Refusal
from ledger.ids import derived_request_id, new_id
from ledger.sql import Row, Sql, Tx
from ledger.units import CNY

_LESS: Final = Sql(
    "UPDATE fee_offset SET units = units - :units, fen = fen - :fen, hold_request = :hold_request"
    " WHERE community_id = :community_id AND offset_id = :offset_id AND state = 'held'"
    " AND units > :units"
)
_BACK: Final = Sql(
    "UPDATE fee_offset SET backs = backs + 1, back_units = back_units + :units,"
    " back_fen = back_fen + :fen WHERE community_id = :community_id AND offset_id = :offset_id"
    " AND state = 'booked' AND backs = :seen AND back_fen + :fen <= fen"
)


def fit_offsets(
    tx: Tx, community_id: int, bill: Bill, rules: FeeRules | None, *, day: int, at: int
) -> int:
    """Bring a bill's offsets down to its ceiling; gives the fen that came free.

    `bill` is as corrected, its offsets as before; the newest offset gives way first. Refusals: period_locked.
    """
    step, least = (rules.step_units, least_units(rules)) if rules is not None else (1, 1)
    rate = rules.units_per_fen if rules is not None else 1
    so_far = bill.offset_fen * rate
    excess = so_far - kept_units(step, least, so_far, bill.ceiling_fen * rate)
    excess_fen = excess // rate
    left = excess_fen
    for offset in offsets_of_bill(tx, community_id, bill.bill_id):
        if left <= 0:
            break
        stands = 0 if offset.state == "released" else int(offset.fen - offset.back_fen)
        fen = min(left, stands)
        if fen <= 0:
            continue
        if offset.state == "booked":
            give_back(tx, community_id, int(offset.offset_id), fen, day=day, at=at)
        elif fen == stands:
            release(tx, community_id, int(offset.offset_id), why="corrected", day=day, at=at)
        else:
            _hold_less(tx, community_id, offset, fen, bill.version, day=day, at=at)
        left -= fen
    return excess_fen - left


def give_back(
    tx: Tx,
    community_id: int,
    offset_id: int,
    fen: int,
    *,
    day: int,
    at: int,
    source: str = "import",
    staff_id: int | None = None,
) -> int:
    """Return `fen` of a booked offset to the wallet it came from, by a linked entry; returns the entry's number.

    Refusals: fee_offset_not_found, fee_offset_ended (not booked, or less than that is left), period_locked.
    """
    offset = get_offset(tx, community_id, offset_id)
    if offset.state != "booked" or not 0 < fen <= offset.fen - offset.back_fen:
        raise Refusal("fee_offset_ended", state=offset.state)
    check_open(tx, community_id, day)
    units, number = fen * int(offset.units_per_fen), int(offset.backs) + 1
    wallet = wallet_side(tx, community_id, offset)
    shop = offset_side(tx, community_id, offset, at=at)
    owner, commodity = int(offset.wallet_owner_id), int(offset.commodity)
    posting = Posting(
        community_id=community_id,
        kind=Kind.BILL_BACK,
        request_id=derived_request_id("fee_back", community_id, offset_id, number),
        txn_id=new_id(at),
        occurred_at=at,
        at=at,
        business_date=day,
        lines=[
            Line(shop, wallet, commodity, units),
            *repay_lines(tx, community_id, owner, commodity, units, wallet, at=at),
        ],
        corrects_date=int(offset.business_date),
        **header_of(offset, day, f"{offset.ref}-R{number}", source, staff_id),
    )
    room = {"community_id": community_id, "bill_id": offset.bill_id, "fen": fen}
    back = {"community_id": community_id, "offset_id": offset_id, "units": units, "fen": fen}
    apply(
        tx,
        [
            Step(GIVE_ROOM, room, guard="fee_bill"),
            *posting_steps(posting),
            *month_back_steps(community_id, offset, units),
            booked_step(posting, offset, -units, -fen, offset.ref),
            Step(_BACK, {**back, "seen": number - 1}, guard="fee_offset"),
        ],
    )
    return posting.txn_id


def _hold_less(
    tx: Tx, community_id: int, offset: Row, fen: int, version: int, *, day: int, at: int
) -> None:
    """Hold `fen` less for an offset that nobody confirmed yet."""
    units = fen * int(offset.units_per_fen)
    request_id = derived_request_id("fee_hold", community_id, offset.offset_id, version)
    here = {"community_id": community_id}
    room = {**here, "bill_id": offset.bill_id, "fen": fen}
    apply(tx, [Step(GIVE_ROOM, room, guard="fee_bill")])
    let_go(tx, community_id, offset, at=at)
    open_hold(
        tx,
        community_id,
        wallet_side(tx, community_id, offset).account_id,
        commodity=int(offset.commodity),
        amount=int(offset.units) - units,
        purpose=PURPOSE,
        request_id=request_id,
        at=at,
        expires_at=int(offset.expires_at),
    )
    cover = account_id(tx, community_id, Account.COVER, CNY, offset.biller_id, at=at)
    less = {**here, "offset_id": offset.offset_id, "units": units, "fen": fen}
    apply(
        tx,
        [
            *month_back_steps(community_id, offset, units),
            release_step(community_id, cover, fen),
            Step(_LESS, {**less, "hold_request": request_id}, guard="fee_offset"),
        ],
    )
    repay_from_wallet(
        tx,
        community_id,
        int(offset.wallet_owner_id),
        int(offset.commodity),
        request_id=derived_request_id("fee_less_repay", community_id, offset.offset_id, version),
        at=at,
        business_date=day,
    )
