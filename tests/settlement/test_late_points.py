"""Verdict R2: a purchase the bill shows brought no points; two people give them afterwards, once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ledger.audit import By
from ledger.book.balances import wallet_of
from ledger.database import Database
from ledger.errors import Refusal
from ledger.seal import sealer
from ledger.sql import Sql, Tx
from pos.checkout import check_out
from pos.refunds import refund
from settlement.auditor.run import audit
from settlement.choices import Choice
from settlement.decisions import Press, approve, decide
from settlement.export.write import write_export
from settlement.night import run_night
from settlement.rebooking import approve_end, propose_end
from settlement.wrong_household import Named, say_not_ours, to_name
from tests.settlement.test_decisions import CHIEF, ZHOU, anybody
from tests.settlement.test_planted_bills import DAY, bill, paid
from tests.support.invariants import check_invariants
from tests.support.night_plant import HOUR, Entry, into, midnight, next_day
from tests.support.staff_rows import add_staff
from tests.support.town import CIVIC, HERE, Town, build_town

OTHER = By("staff", 99)
_R2 = Sql(
    "SELECT discrepancy_no, state, posted_txn, posted_fen FROM discrepancy"
    " WHERE community_id = :here AND code = 'R2'"
)
_NOW = midnight(next_day(DAY)) + 9 * HOUR


@pytest.fixture
def shop(db: Database) -> Town:
    town = build_town(db, grant_units=100_000)
    add_staff(db, {ZHOU: "accountant", CHIEF: "secretary"}, at=town.at)
    return town


def without_points(town: Town, fen: int = 5_000, units: int = 2_000) -> tuple[Entry, Any]:
    """A purchase rung up as paid in a way that brings no points, though the bill shows one that does; and its press."""
    town.later(600)
    request = town.sale(1, fen, units, channel="cash")
    check_out(town.desk, request, at=town.at)
    till = town.tills[0]
    entry = Entry(till, request.ref, request.counter, units // 20, town.day, town.at)
    bill(town, [paid(entry, fen - units // 20)])
    result = run_night(town.db, HERE, DAY, at=midnight(next_day(DAY)) + 2 * HOUR)
    assert result.state == "locked"
    return entry, the_r2(town)


def the_r2(town: Town) -> Any:
    with town.db.read() as tx:
        return tx.get(_R2, here=HERE)


def held(town: Town) -> tuple[int, int]:
    with town.db.read() as tx:
        wallet = wallet_of(tx, HERE, 1, CIVIC)
        return wallet.available, wallet.owed


def press(number: int, name: str, *, by: Any = ZHOU) -> Press:
    return Press(HERE, number, Choice.CREDIT_LATE, by, "账单里有这笔收款。", name)


def test_two_people_give_the_points_once_and_both_engines_agree(shop: Town, tmp_path: Path) -> None:
    _, row = without_points(shop)
    before, number = held(shop)[0], row.discrepancy_no

    said = decide(shop.db, press(number, "one"), may_decide=anybody, at=_NOW)
    assert (said["state"], held(shop)[0]) == ("proposed", before)
    with pytest.raises(Refusal, match="decision_same_person"):
        approve(shop.db, press(number, "own"), may_decide=anybody, at=_NOW)
    for _ in range(2):
        done = approve(shop.db, press(number, "two", by=CHIEF), may_decide=anybody, at=_NOW)

    assert (done["state"], done["posted_fen"]) == ("decided", 0)
    # 50.00 less 1.00 by points: 49.00 were paid and bring 49 points.
    assert held(shop) == (before + 4_900, 0)
    assert the_r2(shop).posted_txn is not None
    check_invariants(shop.db.engine)
    sealer.seal(shop.db, HERE)
    write_export(shop.db, HERE, tmp_path / "export", at=_NOW)
    report = audit(tmp_path / "export")
    assert list(report.findings) == []


def test_what_was_given_back_since_brings_nothing(shop: Town) -> None:
    entry, row = without_points(shop)
    shop.at = _NOW
    refund(shop.desk, shop.refund(entry.ref, 2_500), at=shop.at)
    before = held(shop)[0]

    decide(shop.db, press(row.discrepancy_no, "one"), may_decide=anybody, at=_NOW)
    approve(shop.db, press(row.discrepancy_no, "two", by=CHIEF), may_decide=anybody, at=_NOW)

    assert held(shop)[0] == before + 2_450


def test_they_go_to_the_household_the_purchase_counts_as(shop: Town) -> None:
    _, row = without_points(shop)
    add_staff(shop.db, {OTHER: "committee"}, at=shop.at)
    number = shop.db.write(not_ours)
    shop.db.write(lambda tx: approve_end(tx, HERE, number, by=OTHER, at=_NOW))
    before = held(shop)[0]

    decide(shop.db, press(row.discrepancy_no, "one"), may_decide=anybody, at=_NOW)
    approve(shop.db, press(row.discrepancy_no, "two", by=CHIEF), may_decide=anybody, at=_NOW)

    assert held(shop)[0] == before
    with shop.db.read() as tx:
        assert wallet_of(tx, HERE, 2, CIVIC).available == 100_000 - 2_000 + 4_900


def not_ours(tx: Tx) -> int:
    """Person 1 says that their purchase is person 2's, and it is proposed."""
    [bought] = to_name(tx, HERE, 1, at=_NOW)
    named = Named(1, (int(bought.txn_id),))
    [number] = say_not_ours(tx, HERE, named, by=ZHOU, at=_NOW)
    return propose_end(tx, HERE, number, "rebook", to_person=2, why="小票", by=ZHOU, at=_NOW)


def test_a_used_up_budget_stops_it(shop: Town) -> None:
    _, row = without_points(shop)
    decide(shop.db, press(row.discrepancy_no, "one"), may_decide=anybody, at=_NOW)
    into(
        shop.db,
        "INSERT INTO budget_year (community_id, year, state, used_fen, cap_fen, changed_at)"
        f" VALUES ({HERE}, 2026, 'exceeded', 1, 1, 0)",
    )
    with pytest.raises(Refusal, match="late_points_stopped"):
        approve(shop.db, press(row.discrepancy_no, "two", by=CHIEF), may_decide=anybody, at=_NOW)
    assert the_r2(shop).state == "proposed"
