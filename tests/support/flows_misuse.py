"""Points given back for purchases a holder did not make, and taken again; a debt that two let go."""

from __future__ import annotations

from ledger.book.chart import Account as Acc
from ledger.book.chart import Kind
from ledger.book.steps import Step
from ledger.database import Database
from ledger.sql import Sql, Tx
from tests.support.flow_tools import AT, DAY, Beside, book, request_id
from tests.support.town import CIVIC, Town

WHO = 41
"""A household of its own: its points come, are spent by others, come back, and are partly taken again."""

_FORM = Sql(
    "INSERT INTO misuse_form (community_id, form_id, person_id, household_id, told, source, taken_by, business_date,"
    " due_date, taken_at, request_id) VALUES (:community_id, :form_id, :who, :who, '', 'office', 901, :day, :day, :at,"
    " :request_id)"
)
_ENTRY = Sql(
    "INSERT INTO misuse_entry (community_id, txn_id, form_id, commodity, wallet_owner_id, units, pin_asked) VALUES"
    " (:community_id, :txn_id, :form_id, :commodity, :who, :units, 0)"
)
_GIVEN = Sql(
    "INSERT INTO misuse_given (community_id, txn_id, units, is_final, given_by, business_date, given_at, given_txn_id)"
    " VALUES (:community_id, :txn_id, :units, 0, 901, :day, :at, :given_txn_id)"
)
_END = Sql(
    "INSERT INTO misuse_end (community_id, txn_id, how, why, decided_by, business_date, decided_at, taken_units,"
    " owed_units, taken_txn_id) VALUES (:community_id, :txn_id, 'rejected', '', 902, :day, :at, :units, :owed,"
    " :taken_txn_id)"
)


def misuse(db: Database, town: Town) -> None:
    """80 points spent by another are given back and repay 10 owed; 50 are found, 20 are spent: owed, then let go."""
    book(db, town, "misuse_has", Kind.GRANT, [(Acc.ISSUED_GRANT, 0, Acc.WALLET, WHO, 8_000)])
    spent = book(db, town, "misuse_spent", Kind.REDEEM, [(Acc.WALLET, WHO, Acc.REDEEMED, 5, 8_000)])
    debt = [(Acc.OWED, WHO, Acc.ISSUED_CONSUMPTION, 0, 1_000)]
    book(db, town, "misuse_debt", Kind.REFUND, debt)
    here = {"community_id": town.here, "form_id": 4_100, "who": WHO, "day": DAY, "at": AT}
    entry = {"community_id": town.here, "txn_id": spent, "form_id": 4_100, "commodity": CIVIC}

    def given(_tx: Tx, txn_id: int) -> list[Step]:
        row = {"community_id": town.here, "txn_id": spent, "units": 8_000, "day": DAY, "at": AT}
        return [
            Step(_FORM, {**here, "request_id": request_id("misuse_form")}),
            Step(_ENTRY, {**entry, "who": WHO, "units": 8_000}),
            Step(_GIVEN, {**row, "given_txn_id": txn_id}),
        ]

    back = [(Acc.LOSS, 0, Acc.WALLET, WHO, 8_000), (Acc.WALLET, WHO, Acc.OWED, WHO, 1_000)]
    book(db, town, "misuse_back", Kind.MISUSE_BACK, back, beside=given, wallet_owner_id=WHO)
    book(db, town, "misuse_more", Kind.REDEEM, [(Acc.WALLET, WHO, Acc.REDEEMED, 5, 1_000)])
    again = [(Acc.WALLET, WHO, Acc.LOSS, 0, 6_000), (Acc.OWED, WHO, Acc.LOSS, 0, 2_000)]
    book(
        db, town, "misuse_undone", Kind.MISUSE_UNDONE, again, beside=_ended(town, spent),
        wallet_owner_id=WHO,
    )  # fmt: skip
    let_go = [(Acc.LOSS, 0, Acc.OWED, WHO, 2_000)]
    book(db, town, "misuse_forgiven", Kind.FORGIVE, let_go, wallet_owner_id=WHO)


WRONG, RIGHT, NEXT = 51, 52, 53
"""Households among which purchases were booked to the wrong one; nobody had the points of the last."""


def rebook(db: Database, town: Town) -> None:
    """Purchases reversed at one household and booked to another: with a debt repaid, with one made on either side."""
    book(db, town, "rebook_has", Kind.GRANT, [(Acc.ISSUED_GRANT, 0, Acc.WALLET, RIGHT, 2_500)])
    book(db, town, "rebook_had", Kind.GRANT, [(Acc.ISSUED_GRANT, 0, Acc.WALLET, WRONG, 4_000)])
    book(db, town, "rebook_gone", Kind.REDEEM, [(Acc.WALLET, WRONG, Acc.REDEEMED, 5, 4_000)])
    book(
        db, town, "rebook_debt", Kind.REFUND, [(Acc.OWED, WRONG, Acc.ISSUED_CONSUMPTION, 0, 1_000)]
    )
    loss, issued = (Acc.LOSS, 0), (Acc.ISSUED_CONSUMPTION, 0)
    repaid = [
        (*loss, Acc.WALLET, WRONG, 3_000),
        (Acc.WALLET, WRONG, Acc.OWED, WRONG, 1_000),
        (Acc.WALLET, WRONG, *issued, 500),
        (*issued, Acc.WALLET, RIGHT, 500),
        (Acc.WALLET, RIGHT, *loss, 3_000),
    ]
    book(db, town, "rebook", Kind.REBOOK, repaid, wallet_owner_id=RIGHT)
    spent = [
        (*loss, Acc.WALLET, RIGHT, 1_000),
        (Acc.WALLET, RIGHT, *issued, 1_000),
        (Acc.OWED, RIGHT, *issued, 1_000),
        (*issued, Acc.WALLET, NEXT, 2_000),
        (Acc.WALLET, NEXT, *loss, 1_000),
    ]
    book(db, town, "rebook_spent", Kind.REBOOK, spent, wallet_owner_id=NEXT)
    lacked = [
        (*loss, Acc.WALLET, WRONG, 500),
        (Acc.OWED, RIGHT, Acc.WALLET, RIGHT, 500),
        (Acc.WALLET, RIGHT, *loss, 500),
    ]
    book(db, town, "rebook_lacked", Kind.REBOOK, lacked, wallet_owner_id=RIGHT)


def _ended(town: Town, spent: int) -> Beside:
    def ended(_tx: Tx, txn_id: int) -> list[Step]:
        row = {
            "community_id": town.here,
            "txn_id": spent,
            "units": 8_000,
            "owed": 2_000,
            "day": DAY,
        }
        return [Step(_END, {**row, "at": AT, "taken_txn_id": txn_id})]

    return ended
