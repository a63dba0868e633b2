"""Points that pass between households: with people, to heirs, as a gift."""

from __future__ import annotations

from typing import Any

from ledger.audit import By
from ledger.book.chart import Account as Acc
from ledger.book.chart import Kind
from ledger.book.requests import once
from ledger.database import Database
from ledger.households.moving import Carrier, Part
from ledger.households.store import Act, keep
from ledger.ids import new_id
from ledger.sql import Tx
from tests.support.flow_tools import AT, DAY, book, request_id
from tests.support.town import CIVIC, Town

OLD, NEW, NEEDY, HEIR = 31, 32, 33, 34
"""Households: one parts, another comes of it, one is in need, one inherits."""


def families(db: Database, town: Town) -> None:
    """A household's points and debt go with people; some are given away, some inherited."""
    for owner in (OLD, NEW):
        moves = [(Acc.ISSUED_GRANT, 0, Acc.WALLET, owner, 1_000)]
        book(db, town, f"home_{owner}", Kind.GRANT, moves, wallet_owner_id=owner)
    book(db, town, "home_spent", Kind.REDEEM, [(Acc.WALLET, OLD, Acc.REDEEMED, 5, 1_000)])
    taken = [(Acc.OWED, OLD, Acc.ISSUED_CONSUMPTION, 0, 300)]
    book(db, town, "home_debt", Kind.REFUND, taken)
    _act(db, town, "merge", Kind.HOUSEHOLD_MOVE, OLD, NEW, 0, 300)
    _act(db, town, "split", Kind.HOUSEHOLD_MOVE, NEW, OLD, 400, 0)
    _act(db, town, "gift", Kind.GIFT, NEW, NEEDY, 100, 0)
    _act(db, town, "heirs", Kind.HEIRS, OLD, HEIR, 400, 0)


def _act(
    db: Database, town: Town, name: str, kind: Kind, source: int, to: int, units: int, debt: int
) -> None:
    def work(tx: Tx) -> dict[str, Any]:
        act = Act(
            act_id=new_id(AT),
            kind=name,
            household_id=source,
            other_household_id=to,
            happened_on=DAY,
            business_date=DAY,
            proposed_by=901,
            approved_by=902,
        )
        keep(tx, town.here, act, by=By("staff", 902), at=AT)
        carrier = Carrier(
            tx=tx,
            community_id=town.here,
            act_id=act.act_id,
            kind=kind,
            staff_id=902,
            at=AT,
            business_date=DAY,
        )
        part = Part(commodity=CIVIC, from_owner=source, to_owner=to, units=units, debt_units=debt)
        carrier.carry(part)
        return {"act_id": str(act.act_id)}

    once(
        db, town.here, request_id(f"act-{name}"), kind="flow", body={"flow": name}, at=AT, work=work
    )
