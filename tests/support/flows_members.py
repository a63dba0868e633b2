"""Flows around a resident: points given, earned, spent, taken back, and the funds they stand on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ledger.audit import SYSTEM
from ledger.book.chart import Account as Acc
from ledger.book.chart import Kind
from ledger.book.facts import pending_end_step, pending_step
from ledger.book.holds import end_hold, open_hold, open_holds_of
from ledger.book.posting import reverse
from ledger.book.requests import once
from ledger.book.steps import Step
from ledger.database import Database
from ledger.expiry.notices import give_notices
from ledger.expiry.run import run_expiry
from ledger.expiry.slips import SlipKey, hand_out, slips_waiting
from ledger.refs import make_reference
from ledger.sql import Tx
from ledger.token_keys import KeyClass
from pos.charging import check_out_by_gateway
from pos.checkout import check_out
from pos.decide import SaleRequest
from pos.proof import BillLine, prove_by_bill
from pos.refunds import RefundRequest, refund
from tests.support.flow_tools import (
    AT,
    DAY,
    GRAIN,
    MARKET,
    MINUTE,
    PROPERTY,
    SALON,
    SHOP,
    Beside,
    Claim,
    book,
    request_id,
    set_cover_aside,
    side_of,
    txn_of,
)
from tests.support.town import CIVIC, Town, moment

# --- after a loss


def lend(db: Database, town: Town) -> None:
    """A wallet that spent points whose entry was lost is lent them, and pays them back when they are booked again."""
    move = [(Acc.OWED, 2, Acc.WALLET, 2, 1_000)]
    book(db, town, "lent", Kind.ADVANCE, move, wallet_owner_id=2)
    back = [(Acc.WALLET, 2, Acc.OWED, 2, 1_000)]
    book(db, town, "paid_back", Kind.REPAY, back, wallet_owner_id=2)


# --- money into the funds, points by hand


def top_up(db: Database, town: Town) -> None:
    """Flow 12: 10,000 yuan arrive for the points."""
    book(db, town, "top_up", Kind.FUND_IN, [(Acc.BANK, 0, Acc.FUND, 0, 1_000_000)])


def work_fund(db: Database, town: Town) -> None:
    """Neighbours raise 300 yuan for a work; 200 pay the mason, 100 go to the next work."""
    book(db, town, "work_raised", Kind.FUND_IN, [(Acc.BANK, 0, Acc.FUND, 1, 30_000)])
    book(db, town, "work_paid", Kind.FUND_OUT, [(Acc.FUND, 1, Acc.BANK, 0, 20_000)])
    book(db, town, "work_rest", Kind.FUND_MOVE, [(Acc.FUND, 1, Acc.FUND, 2, 10_000)])


def cover(db: Database, town: Town) -> None:
    """Part of the fund is set aside for three claimants."""
    for claimant in (PROPERTY, SALON, GRAIN):
        set_cover_aside(db, town, claimant, 20_000)


def opening(db: Database, town: Town) -> None:
    """500 points each from the old notebook; one booked twice by mistake and reversed."""
    for person in (1, 2, 3):
        moves = [(Acc.ISSUED_GRANT, 0, Acc.WALLET, person, 50_000)]
        book(db, town, f"opening_{person}", Kind.GRANT, moves, wallet_owner_id=person)
    name = "opening_wrong"
    book(
        db, town, name, Kind.GRANT, [(Acc.ISSUED_GRANT, 0, Acc.WALLET, 3, 5_000)], wallet_owner_id=3
    )

    def undo(tx: Tx) -> dict[str, str]:
        undone = reverse(
            tx, town.here, txn_of(tx, town.here, name), request_id=request_id("undo"), at=AT,
            business_date=DAY, reason_key="undo",
        )  # fmt: skip
        return {"txn_id": str(undone)}

    once(db, town.here, request_id("undo"), kind="flow", body={"flow": "undo"}, at=AT, work=undo)


def deed(db: Database, town: Town) -> None:
    """A deed gives 12 points; a minus item takes 2 of them, and of an empty wallet's owner 1 that is then owed."""
    book(db, town, "deed", Kind.EARN_DEED, [(Acc.ISSUED_DEED, 0, Acc.WALLET, 1, 1_200)])
    book(db, town, "minus", Kind.DEDUCT, [(Acc.WALLET, 1, Acc.ISSUED_DEDUCTION, 0, 200)])
    owed = [(Acc.OWED, 4, Acc.ISSUED_DEDUCTION, 0, 100)]
    book(db, town, "minus_owed", Kind.DEDUCT, owed)


# --- at the till


def _sale(
    town: Town, counter: int, person: int, total_fen: int, units: int, **changes: Any
) -> SaleRequest:
    till = town.tills[0]
    request = SaleRequest(
        community_id=town.here,
        terminal_id=till.terminal_id,
        clerk_id=None,
        request_id=request_id(f"sale_{counter}"),
        counter=counter,
        ref=make_reference(till.code, DAY, counter),
        token=town.code(person, KeyClass.CARD),
        total_fen=total_fen,
        offset_units=units,
        channel="scan",
        payment_ref=f"flow{counter}",
        pin=None,
        occurred_at=AT + counter * MINUTE,
    )
    return replace(request, **changes)


def earn(db: Database, town: Town) -> None:
    """Flow 1: 45 points on 45.00 yuan, pending until the bill proves the payment."""
    del db
    request = _sale(town, 1, 1, 4_500, 0)
    check_out(town.desk, request, at=request.occurred_at)


def vest(db: Database, town: Town) -> None:
    """The channel's bill proves it: the 45 points become spendable."""
    del db
    lines = [BillLine("flow1", 4_500, AT + MINUTE)]
    prove_by_bill(town.desk, town.here, SHOP, lines, until=DAY, by="bill", at=AT + 30 * MINUTE)


def offset(db: Database, town: Town) -> None:
    """Flow 2: 100 points take 5.00 yuan off a bill of 45.00; the 40.00 paid earn 40 points."""
    del db
    request = _sale(town, 2, 2, 4_500, 10_000)
    check_out(town.desk, request, at=request.occurred_at)


def part_refund(db: Database, town: Town) -> None:
    """Flow 3: 9.00 of 45.00 come back: 20 points and 8.00 in cash, 8 earned points go."""
    del db
    till, counter = town.tills[0], 3
    request = RefundRequest(
        community_id=town.here,
        terminal_id=till.terminal_id,
        clerk_id=None,
        request_id=request_id("refund"),
        counter=counter,
        ref=make_reference(till.code, DAY, counter),
        original_ref=make_reference(till.code, DAY, 2),
        refund_fen=900,
        occurred_at=AT + counter * MINUTE,
    )
    refund(town.desk, request, at=request.occurred_at)


def unproven(db: Database, town: Town) -> None:
    """Points whose payment is in no file are taken back while they are pending."""
    earned = [(Acc.ISSUED_CONSUMPTION, 0, Acc.PENDING, 3, 3_000)]
    claimed = book(db, town, "claimed", Kind.EARN_SPENDING, earned, beside=_waits(town, 3, 3_000))
    back = [(Acc.PENDING, 3, Acc.ISSUED_CONSUMPTION, 0, 3_000)]
    book(db, town, "unproven", Kind.UNPROVEN, back, beside=_ends(town, claimed, 3_000, "reversed"))


def _waits(town: Town, person: int, units: int) -> Beside:
    """The row beside points that wait for proof."""
    return lambda _tx, txn_id: [
        pending_step(
            town.here, txn_id, wallet_owner_id=person, commodity=CIVIC, merchant_id=SHOP,
            units=units, business_date=DAY,
        )
    ]  # fmt: skip


def _ends(town: Town, txn_id: int, units: int, state: str) -> Beside:
    """Points that waited end: vested or reversed."""
    return lambda _tx, _own: [pending_end_step(town.here, txn_id, units, state=state, at=AT)]


def debt(db: Database, town: Town) -> None:
    """A refund takes back points that are spent: the rest is owed, and the next points of any kind repay it."""
    spent = [(Acc.ISSUED_CONSUMPTION, 0, Acc.WALLET, 3, 1_000)]
    book(db, town, "earned_at_once", Kind.EARN_SPENDING, spent)
    _hold(db, town, "debt_held", 3, 50)
    book(db, town, "nearly_all", Kind.REDEEM, [(Acc.WALLET, 3, Acc.REDEEMED, MARKET, 50_550)])
    back = [
        (Acc.WALLET, 3, Acc.ISSUED_CONSUMPTION, 0, 400),
        (Acc.OWED, 3, Acc.ISSUED_CONSUMPTION, 0, 600),
    ]
    book(db, town, "refund_short", Kind.REFUND, back)
    again = [(Acc.ISSUED_CONSUMPTION, 0, Acc.WALLET, 3, 100), (Acc.WALLET, 3, Acc.OWED, 3, 100)]
    book(db, town, "earn_repays", Kind.EARN_SPENDING, again)
    for name, kind, source in (
        ("deed_repays", Kind.EARN_DEED, Acc.ISSUED_DEED),
        ("grant_repays", Kind.GRANT, Acc.ISSUED_GRANT),
    ):
        book(
            db,
            town,
            name,
            kind,
            [(source, 0, Acc.WALLET, 3, 100), (Acc.WALLET, 3, Acc.OWED, 3, 100)],
        )
    came_back = [(Acc.OFFSET, SHOP, Acc.WALLET, 3, 100), (Acc.WALLET, 3, Acc.OWED, 3, 100)]
    claim = Claim(SHOP, -100, -5, "M01T1-260302-00098-X", "refund", "M01T1-260302-00002-X")
    book(db, town, "refund_repays", Kind.REFUND, came_back, claim=claim)
    waiting = [(Acc.ISSUED_CONSUMPTION, 0, Acc.PENDING, 3, 50)]
    waits = book(db, town, "waits", Kind.EARN_SPENDING, waiting, beside=_waits(town, 3, 50))
    vested = [(Acc.PENDING, 3, Acc.WALLET, 3, 50), (Acc.WALLET, 3, Acc.OWED, 3, 50)]
    book(db, town, "vest_repays", Kind.VEST, vested, beside=_ends(town, waits, 50, "vested"))
    # Points that were held make up for it in the moment they are free.
    book(db, town, "repay", Kind.REPAY, [(Acc.WALLET, 3, Acc.OWED, 3, 50)],
         captured={(Acc.WALLET, 3): 50}, beside=_hold_ends(town, "debt_held"))  # fmt: skip


def gateway(db: Database, town: Town) -> None:
    """Paid through the community's own channel: the points are spendable at once, and repay what is owed."""
    del db
    request = _sale(town, 4, 3, 2_100, 0, channel="gateway", payment_ref=None)
    check_out_by_gateway(town.desk, request, at=request.occurred_at)


# --- goods, fee bills


def goods(db: Database, town: Town) -> None:
    """Flow 4: rice bought for 38.50 goes for 20 points; a second bag comes back to the shelf."""
    bought = [(Acc.INVENTORY, MARKET, Acc.BANK, 0, 7_700), (Acc.FUND, 0, Acc.SPENT, 0, 7_700)]
    book(db, town, "rice_in", Kind.STOCK_IN, bought)
    for name in ("rice_out", "rice_again"):
        gone = [
            (Acc.WALLET, 1, Acc.REDEEMED, MARKET, 2_000),
            (Acc.GOODS_COST, 0, Acc.INVENTORY, MARKET, 3_850),
        ]
        book(db, town, name, Kind.REDEEM, gone)
    back = [
        (Acc.REDEEMED, MARKET, Acc.WALLET, 1, 2_000),
        (Acc.INVENTORY, MARKET, Acc.GOODS_COST, 0, 3_850),
    ]
    book(db, town, "rice_back", Kind.RETURN_GOODS, back)
    beside = [
        (Acc.WALLET, 1, Acc.REDEEMED, MARKET, 500),
        (Acc.GOODS_COST, 0, Acc.INVENTORY, MARKET, 3_850),
        (Acc.TILL, MARKET, Acc.COPAID, MARKET, 300),
    ]
    book(db, town, "rice_and_yuan", Kind.REDEEM, beside)
    both_back = [
        (Acc.REDEEMED, MARKET, Acc.WALLET, 1, 500),
        (Acc.INVENTORY, MARKET, Acc.GOODS_COST, 0, 3_850),
        (Acc.COPAID, MARKET, Acc.TILL, MARKET, 200),
    ]
    book(db, town, "rice_and_yuan_back", Kind.RETURN_GOODS, both_back)
    more, less = (
        (Acc.TILL, MARKET, Acc.COPAID, MARKET, 20),
        (Acc.COPAID, MARKET, Acc.TILL, MARKET, 10),
    )
    book(db, town, "till_over", Kind.TILL_COUNT, [more])
    book(db, town, "till_short", Kind.TILL_COUNT, [less])
    banked = [(Acc.BANK, 0, Acc.TILL, MARKET, 110), (Acc.COPAID, MARKET, Acc.FUND, 0, 110)]
    book(db, town, "till_banked", Kind.TILL_BANKED, banked)
    dearer = [
        (Acc.INVENTORY, MARKET, Acc.BANK, 0, 3_850),
        (Acc.GOODS_COST, 0, Acc.BANK, 0, 150),
        (Acc.FUND, 0, Acc.SPENT, 0, 4_000),
    ]
    book(db, town, "rice_dearer", Kind.STOCK_IN, dearer)
    given = [(Acc.INVENTORY, MARKET, Acc.GOODS_COST, 0, 3_850)]
    book(db, town, "rice_given", Kind.STOCK_IN, given)
    book(db, town, "rice_found", Kind.STOCK_COUNT, given)
    gone = [(Acc.GOODS_COST, 0, Acc.INVENTORY, MARKET, 3_850)]
    book(db, town, "rice_missing", Kind.STOCK_COUNT, gone)
    book(db, town, "rice_wet", Kind.STOCK_OUT, gone)


def lapse(db: Database, town: Town) -> None:
    """Flow 7: two years on, every notice given and every slip brought, what was never used lapses."""
    for day in ("2028-01-01", "2028-03-01"):
        at = moment(f"{day} 10:00")
        give_notices(db, town.here, at=at)

        def bring(tx: Tx, at: int = at) -> int:
            slips = [SlipKey(*row[:4]) for row in slips_waiting(tx, town.here)]
            return hand_out(tx, town.here, slips, by=SYSTEM, at=at)

        db.write(bring)
    run_expiry(db, town.here, at=moment("2028-04-01 00:50"))


def property_fee(db: Database, town: Town) -> None:
    """Flow 6: 200 points are held, the property company confirms, and they take 10.00 off its bill."""
    _hold(db, town, "fee_held", 2, 20_000)
    claim = Claim(PROPERTY, 20_000, 1_000, "M02T1-260302-00001-X")
    paid = [(Acc.WALLET, 2, Acc.OFFSET, PROPERTY, 20_000)]
    book(db, town, "fee", Kind.BILL_OFFSET, paid, claim=claim, captured={(Acc.WALLET, 2): 20_000},
         beside=_hold_ends(town, "fee_held"))  # fmt: skip


def fee_corrected(db: Database, town: Town) -> None:
    """The bill was too high: one point comes back, and repays the one that is owed since `deed`."""
    ref = "M02T1-260302-00001-X"
    claim = Claim(PROPERTY, -100, -5, f"{ref}-R1", kind="bill", original_ref=ref)
    back = [(Acc.OFFSET, PROPERTY, Acc.WALLET, 4, 100), (Acc.WALLET, 4, Acc.OWED, 4, 100)]
    book(db, town, "fee_back", Kind.BILL_BACK, back, claim=claim, corrects_date=DAY)


def _hold(db: Database, town: Town, name: str, person: int, units: int) -> None:
    """Points are set aside under the flow's own name, once."""

    def hold(tx: Tx) -> dict[str, str]:
        wallet = side_of(tx, town.here, Acc.WALLET, person).account_id
        opened = open_hold(
            tx, town.here, wallet, commodity=CIVIC, amount=units, purpose="bill",
            request_id=request_id(f"{name}-hold"), at=AT, expires_at=AT + 60 * MINUTE,
        )  # fmt: skip
        return {"hold_id": str(opened)}

    once(db, town.here, request_id(name), kind="flow", body={"flow": name}, at=AT, work=hold)


def _hold_ends(town: Town, name: str) -> Beside:
    """The hold is used up by the entry beside which this stands."""

    def ends(tx: Tx, txn_id: int) -> list[Step]:
        (row,) = open_holds_of(tx, town.here, request_id(f"{name}-hold"))
        end_hold(
            tx, town.here, row.hold_id, account_id=row.account_id, amount=int(row.amount),
            captured=True, txn_id=txn_id, at=AT,
        )  # fmt: skip
        return []

    return ends
