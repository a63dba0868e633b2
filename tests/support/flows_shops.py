"""Flows around a shop: settled, disputed, paid, sent back, shared, and what passes between two communities."""

from __future__ import annotations

from typing import Final

from ledger.book.chart import Account as Acc
from ledger.book.chart import Kind
from ledger.book.cover import reclaim
from ledger.book.requests import once
from ledger.database import Database
from ledger.sql import Tx
from tests.support.flow_tools import (
    AT,
    DAY,
    GRAIN,
    OTHER,
    PROPERTY,
    SALON,
    SHOP,
    Claim,
    Move,
    book,
    lend_and_sell,
    request_id,
    set_cover_aside,
)
from tests.support.town import Town

# --- the night


def settle(db: Database, town: Town) -> None:
    """Flow 8: what agrees is settled: points retired, yuan payable; a refund the other way, in the same entry."""
    moves: list[Move] = [
        (Acc.OFFSET, SHOP, Acc.RETIRED, 0, 10_000),
        (Acc.RETIRED, 0, Acc.OFFSET, SHOP, 2_000),
        (Acc.COVER, SHOP, Acc.PAYABLE, SHOP, 500),
        (Acc.PAYABLE, SHOP, Acc.COVER, SHOP, 100),
    ]
    book(db, town, "settle", Kind.SETTLE, moves, captured={(Acc.COVER, SHOP): 500})
    for name, claimant, units, fen in (
        ("settle_fee", PROPERTY, 20_000, 1_000),
        ("settle_cut", SALON, 3_000, 1_500),
    ):
        paid = [
            (Acc.OFFSET, claimant, Acc.RETIRED, 0, units),
            (Acc.COVER, claimant, Acc.PAYABLE, claimant, fen),
        ]
        book(db, town, name, Kind.SETTLE, paid, captured={(Acc.COVER, claimant): fen})


def uncover(db: Database, town: Town) -> None:
    """What shops reserved and did not use goes back to the fund."""

    def work(tx: Tx) -> dict[str, int]:
        returned = reclaim(tx, town.here, run_key="flow", at=AT, business_date=DAY)
        return {"fen": sum(returned.values())}

    once(db, town.here, request_id("uncover"), kind="flow", body={"flow": "uncover"}, at=AT, work=work)  # fmt: skip


# --- differences

_DISPUTED: Final = 3_000
_BOUND: Final = 150


def _offset_at_grain(db: Database, town: Town, name: str, number: int) -> None:
    claim = Claim(GRAIN, _DISPUTED, _BOUND, f"M04T1-260302-{number:05d}-X")
    book(
        db,
        town,
        name,
        Kind.BILL_OFFSET,
        [(Acc.WALLET, 2, Acc.OFFSET, GRAIN, _DISPUTED)],
        claim=claim,
    )


def dispute(db: Database, town: Town) -> None:
    """Flow 9: three claims are disputed: one is paid, one goes back to an innocent resident, one is forfeited."""
    ends: tuple[tuple[str, list[Move]], ...] = (
        ("for_shop", [
            (Acc.DISPUTED, GRAIN, Acc.RETIRED, 0, _DISPUTED),
            (Acc.COVER, GRAIN, Acc.PAYABLE, GRAIN, _BOUND),
        ]),
        ("for_resident", [(Acc.DISPUTED, GRAIN, Acc.WALLET, 2, _DISPUTED)]),
        ("collusion", [(Acc.DISPUTED, GRAIN, Acc.FORFEITED, 0, _DISPUTED)]),
    )  # fmt: skip
    for number, (name, moves) in enumerate(ends, start=1):
        _offset_at_grain(db, town, f"sold_{name}", number)
        held: list[Move] = [(Acc.OFFSET, GRAIN, Acc.DISPUTED, GRAIN, _DISPUTED)]
        book(db, town, f"disputed_{name}", Kind.ADJUST, held, corrects_date=DAY)
        # Whichever way it ends, nothing stays bound for it.
        bound = {(Acc.COVER, GRAIN): _BOUND}
        book(db, town, name, Kind.ADJUST, moves, captured=bound, corrects_date=DAY)


def on_paper(db: Database, town: Town) -> None:
    """A claim the book never had is accepted on paper: from the resident's points, or as the community's loss."""
    for number, (name, source, owner) in enumerate(
        (("paper_resident", Acc.WALLET, 2), ("paper_loss", Acc.LOSS, 0)), start=11
    ):
        claim = Claim(GRAIN, _DISPUTED, _BOUND, f"M04T1-260302-{number:05d}-X")
        moves = [(source, owner, Acc.OFFSET, GRAIN, _DISPUTED)]
        book(db, town, name, Kind.ADJUST, moves, claim=claim, corrects_date=DAY)


def overspend(db: Database, town: Town) -> None:
    """Flow 12: sold offline for 60 points with 20 in the wallet: the shop is paid, the resident owes 40.

    Of that debt 10 are forgiven later; a card reported lost costs its holder nothing.
    """
    lent: list[Move] = [(Acc.OWED, 3, Acc.WALLET, 3, 4_000)]
    # The sale itself is `offset` with network and without; here its claim is put down as one from paper.
    claim = Claim(GRAIN, 6_000, 300, "M04T1-260302-00021-X")
    taken: list[Move] = [(Acc.WALLET, 3, Acc.OFFSET, GRAIN, 6_000)]
    lend_and_sell(db, town, ("overspend", lent), ("sold_short", taken), claim)
    forgiven: list[Move] = [(Acc.LOSS, 0, Acc.OWED, 3, 1_000)]
    book(db, town, "forgiven", Kind.ADJUST, forgiven, corrects_date=DAY)
    borne: list[Move] = [(Acc.LOSS, 0, Acc.WALLET, 3, 2_000)]
    lost = Claim(GRAIN, 2_000, 100, "M04T1-260302-00023-X")
    gone: list[Move] = [(Acc.WALLET, 3, Acc.OFFSET, GRAIN, 2_000)]
    lend_and_sell(db, town, ("borne", borne), ("sold_lost", gone), lost)
    returned = Claim(GRAIN, -1_000, -50, "M04T1-260302-00024-X", "refund", "M04T1-260302-00023-X")
    again: list[Move] = [(Acc.OFFSET, GRAIN, Acc.LOSS, 0, 1_000)]
    book(db, town, "lost_back", Kind.REFUND, again, claim=returned)


def decide(db: Database, town: Town) -> None:
    """Decisions in the office: settled as booked, a refund taken off, and yuan from the fund and back to it."""
    moves: list[Move] = [
        (Acc.OFFSET, GRAIN, Acc.RETIRED, 0, 12_000),
        (Acc.COVER, GRAIN, Acc.PAYABLE, GRAIN, 600),
    ]
    book(db, town, "decided", Kind.ADJUST, moves, captured={(Acc.COVER, GRAIN): 600}, corrects_date=DAY)  # fmt: skip
    claim = Claim(GRAIN, -2_000, -100, "M04T1-260302-00022-X", "refund", "M04T1-260302-00001-X")
    book(
        db,
        town,
        "grain_back",
        Kind.REFUND,
        [(Acc.OFFSET, GRAIN, Acc.WALLET, 2, 2_000)],
        claim=claim,
    )
    back: list[Move] = [
        (Acc.RETIRED, 0, Acc.OFFSET, GRAIN, 2_000),
        (Acc.PAYABLE, GRAIN, Acc.COVER, GRAIN, 100),
    ]
    book(db, town, "decided_back", Kind.ADJUST, back, corrects_date=DAY)
    book(db, town, "more", Kind.ADJUST, [(Acc.FUND, 0, Acc.PAYABLE, GRAIN, 500)], corrects_date=DAY)
    book(db, town, "less", Kind.ADJUST, [(Acc.PAYABLE, GRAIN, Acc.FUND, 0, 200)], corrects_date=DAY)


# --- payment


def pay(db: Database, town: Town) -> None:
    """Flow 10: sent to the bank, and confirmed."""
    book(db, town, "sent", Kind.PAYOUT, [(Acc.PAYABLE, PROPERTY, Acc.CLEARING, 0, 1_000)])
    book(db, town, "confirmed", Kind.PAID, [(Acc.CLEARING, 0, Acc.BANK, 0, 1_000)])


def pay_rejected(db: Database, town: Town) -> None:
    """Flow 11: the bank refuses: the shop is owed it again."""
    book(db, town, "sent_2", Kind.PAYOUT, [(Acc.PAYABLE, SALON, Acc.CLEARING, 0, 1_500)])
    book(db, town, "rejected", Kind.PAYOUT_FAILED, [(Acc.CLEARING, 0, Acc.PAYABLE, SALON, 1_500)])


def pay_returned(db: Database, town: Town) -> None:
    """Flow 11: paid and sent back three days later, with a fee of 0.50 that the fund bears."""
    book(db, town, "sent_3", Kind.PAYOUT, [(Acc.PAYABLE, SALON, Acc.CLEARING, 0, 1_500)])
    book(db, town, "paid_3", Kind.PAID, [(Acc.CLEARING, 0, Acc.BANK, 0, 1_500)])
    came = [(Acc.BANK, 0, Acc.RETURNS, 0, 1_500), (Acc.RETURNS, 0, Acc.PAYABLE, SALON, 1_500)]
    book(db, town, "returned", Kind.PAYOUT_FAILED, came)
    short = [(Acc.BANK, 0, Acc.PAYABLE, SALON, 20)]
    over = [(Acc.PAYABLE, SALON, Acc.BANK, 0, 20)]
    book(db, town, "paid_short", Kind.PAYMENT_DIFFERENCE, short)
    book(db, town, "paid_over", Kind.PAYMENT_DIFFERENCE, over)
    fee = [(Acc.BANK_FEE, 0, Acc.BANK, 0, 50), (Acc.FUND, 0, Acc.SPENT, 0, 50)]
    book(db, town, "bank_fee", Kind.BANK_FEE, fee)


def cofund(db: Database, town: Town) -> None:
    """A shop's share of the points it gave out: more than it is owed, so it pays in; refunds turn it round."""
    book(db, town, "cofund", Kind.COFUND, [(Acc.PAYABLE, SALON, Acc.FUND, 0, 2_000)])
    book(db, town, "paid_in", Kind.SHOP_PAID_IN, [(Acc.BANK, 0, Acc.PAYABLE, SALON, 600)])
    book(db, town, "cofund_back", Kind.COFUND, [(Acc.FUND, 0, Acc.PAYABLE, SALON, 100)])


# --- two communities


def next_door(db: Database, town: Town) -> None:
    """A resident spends 100 points (5.00) in the community next door: one entry in each book, paired by request."""
    ours: list[Move] = [
        (Acc.WALLET, 1, Acc.INTER, OTHER, 10_000),
        (Acc.FUND, 0, Acc.INTER, OTHER, 500),
    ]
    book(db, town, "next_door", Kind.INTER_OUT, ours, accepting_community=OTHER)
    book(db, town, "theirs_fund", Kind.FUND_IN, [(Acc.BANK, 0, Acc.FUND, 0, 10_000)], here=OTHER)
    set_cover_aside(db, town, 7, 1_000, here=OTHER)
    claim = Claim(7, 10_000, 500, "N07T1-260302-00001-X")
    taken = [(Acc.INTER, town.here, Acc.OFFSET, 7, 10_000)]
    book(db, town, "next_door", Kind.INTER_IN, taken, claim=claim, here=OTHER,
         issuing_community=town.here)  # fmt: skip
    paid: list[Move] = [
        (Acc.INTER, OTHER, Acc.RETIRED, 0, 10_000),
        (Acc.INTER, OTHER, Acc.BANK, 0, 500),
    ]
    book(db, town, "between", Kind.INTER_PAID, paid)
    got: list[Move] = [
        (Acc.RETIRED, 0, Acc.INTER, town.here, 10_000),
        (Acc.BANK, 0, Acc.FUND, 0, 500),
    ]
    book(db, town, "between", Kind.INTER_RECEIVED, got, here=OTHER)
