"""A biller's month: its results go back to it, it claims by file, the night reconciles, and it is paid like a shop."""

import csv
import io
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from kiosk.fee_desk import FeeRequest, ask
from ledger.audit import By
from ledger.bills.facts import bills_of_household
from ledger.book.balances import account_sum, wallet_of
from ledger.database import Database
from ledger.ids import new_request_id
from ledger.seal.checkpoints import publish
from ledger.seal.last_signed import LastSigned
from ledger.units import CNY
from pos.channel import PaidOut
from settlement.auditor.run import audit
from settlement.closing import accept_statement, run_month
from settlement.export.write import write_export
from settlement.exports import export
from settlement.fee_results import fee_result_sheet
from settlement.intake import Upload, take_claim_file
from settlement.night import run_night
from settlement.payouts import approve_payout, propose_payout, send_payout
from settlement.statements import rows_of
from tests.settlement.test_payouts import Bank
from tests.support.fees import BILLER, build_fee_town, take_answer, take_list
from tests.support.invariants import check_invariants
from tests.support.night_plant import HOUR, midnight, next_day
from tests.support.town import CIVIC, HERE, ZONE, Town, moment

pytestmark = pytest.mark.slow

DAY = 20260330
NEXT = 20260331
APRIL = 20260401
HEAD = "商户号,抵扣凭证号,抵扣时间,抵扣积分,抵扣金额\r\n"


@pytest.fixture
def fees(db: Database) -> Town:
    """A bill of 300 yuan of household 1 on 30 March; nights ask the second engine."""
    town = build_fee_town(db, at=moment("2026-03-30 09:00"))
    take_list(town, ("B1", 1, "300.00"))
    return town


def use_points(town: Town, units: int = 200_000) -> None:
    with town.db.read() as tx:
        bill = bills_of_household(tx, HERE, 1)[0]
    request = FeeRequest(
        community_id=HERE,
        request_id=new_request_id(town.at),
        bill_id=bill.bill_id,
        units=units,
        person_id=1,
        household_id=1,
    )
    ask(town.desk, request, at=town.at)


def results(town: Town, first: int = DAY, last: int = NEXT) -> list[list[str]]:
    """The file that goes back to the biller, as its own program reads it."""
    with town.db.read() as tx:
        sheet = fee_result_sheet(
            tx, HERE, BILLER, first_date=first, last_date=last, at=town.at, translate=str
        )
    text = export(sheet, "csv").decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text)))


def booked_lines(rows: list[list[str]]) -> list[tuple[str, str, str]]:
    """Offset number, points and yuan of what the biller may claim."""
    start = next(n for n, row in enumerate(rows) if row[:1] == ["Bill number"])
    return [
        (r[5], r[7], r[8]) for r in rows[start + 1 :] if r[10:11] in (["taken off"], ["given back"])
    ]


def claim(town: Town, lines: list[tuple[str, str, str]]) -> dict[str, Any]:
    """The biller claims by a file made from the results."""
    when = datetime.fromtimestamp(town.at / 1_000_000, ZONE).strftime("%Y-%m-%d %H:%M:%S")
    rows = [f"M{BILLER:02d},{ref},{when},{units},{yuan}\r\n" for ref, units, yuan in lines]
    body = (HEAD + "".join(rows)).encode()
    return take_claim_file(
        town.db, HERE, BILLER, Upload("claims.csv", body, 0), day=town.day, at=town.at
    )


def night(town: Town, day: int) -> Any:
    town.at = midnight(next_day(day)) + 2 * HOUR
    return run_night(town.db, HERE, day, at=town.at)


def owed(town: Town) -> int:
    with town.db.read() as tx:
        return account_sum(tx, HERE, "payable", CNY, BILLER)


def codes(result: Any) -> list[str]:
    return [total.code for total in result.codes]


def is_paid(town: Town, statement_id: int) -> None:
    """The biller agrees, one person proposes, another approves, the bank confirms: as for any shop."""
    here = (town.db, HERE)
    accept_statement(*here, statement_id, by=By("merchant", BILLER), at=town.at)
    payout = propose_payout(*here, statement_id, by=By("staff", 11), at=town.at)
    approve_payout(*here, payout.payout_id, by=By("staff", 12), at=town.at)
    bank = Bank(PaidOut("po_1", 10_000))
    done = send_payout(town.db, bank, HERE, payout.payout_id, by=By("staff", 11), at=town.at)
    assert (done.state, owed(town), len(bank.sent)) == ("confirmed", 0, 1)


def passes_the_second_engine(town: Town, folder: Path) -> None:
    publish(town.db, HERE, town.vault, LastSigned(folder / "signed"), at=town.at)
    write_export(town.db, HERE, folder / "out", at=town.at)
    report = audit(folder / "out")
    assert not report.faults, report.to_text("en")
    assert {"fee_bill", "fee_offset"} <= set(report.asked)
    check_invariants(town.db.engine)


@pytest.mark.usefixtures("audited")
def test_the_result_file_reconciles_the_next_night(fees: Town, tmp_path: Path) -> None:
    use_points(fees)
    assert [row[10:11] for row in results(fees) if row[:1] == ["B1"]] == [["waits for the biller"]]
    take_answer(fees, ("B1-1", "100.00"))
    rows = results(fees)
    assert booked_lines(rows) == [("B1-1", "2000.00", "100.00")]
    assert rows[-1][0] == "Taken off and given back"
    assert (rows[-1][7], rows[-1][8]) == ("2000.00", "100.00")

    assert claim(fees, booked_lines(rows))["outcome"] == "ok"
    result = night(fees, DAY)

    assert (result.state, result.settled_fen, result.codes) == ("locked", 10_000, ())
    assert owed(fees) == 10_000
    assert night(fees, NEXT).state == "locked"
    (statement,) = run_month(fees.db, HERE, 202603, at=fees.at + HOUR).statements
    assert (statement.claimant_id, statement.booked_fen_plus, statement.payable_fen) == (
        BILLER, 10_000, 10_000,
    )  # fmt: skip
    passes_the_second_engine(fees, tmp_path)
    is_paid(fees, statement.statement_id)


@pytest.mark.usefixtures("audited")
def test_a_wrong_amount_and_an_unknown_number_have_their_verdicts(fees: Town) -> None:
    use_points(fees)
    take_answer(fees, ("B1-1", "100.00"))
    claim(fees, [("B1-1", "2400.00", "120.00"), ("B9-1", "200.00", "10.00")])

    result = night(fees, DAY)

    assert (result.state, result.settled_fen) == ("locked", 10_000)
    assert codes(result) == ["V1", "X1"]


@pytest.mark.usefixtures("audited")
def test_corrected_before_the_night_both_sides_net(fees: Town, tmp_path: Path) -> None:
    use_points(fees)
    take_answer(fees, ("B1-1", "100.00"))
    claim(fees, booked_lines(results(fees)))
    take_list(fees, ("B1", 1, "100.00"))

    result = night(fees, DAY)

    assert (result.state, codes(result)) == ("locked", ["S4"])
    assert owed(fees) == 5_000
    passes_the_second_engine(fees, tmp_path)


@pytest.mark.usefixtures("audited")
def test_a_correction_the_biller_claims_itself_agrees(fees: Town) -> None:
    use_points(fees)
    take_answer(fees, ("B1-1", "100.00"))
    take_list(fees, ("B1", 1, "100.00"))
    claim(fees, booked_lines(results(fees)))

    result = night(fees, DAY)

    assert (result.state, result.codes) == ("locked", ())
    assert owed(fees) == 5_000


@pytest.mark.usefixtures("audited")
def test_corrected_after_the_night_the_difference_is_taken_off(fees: Town, tmp_path: Path) -> None:
    use_points(fees)
    take_answer(fees, ("B1-1", "100.00"))
    claim(fees, booked_lines(results(fees)))
    night(fees, DAY)
    fees.at = moment("2026-03-31 10:00")

    assert take_list(fees, ("B1", 1, "0.00"))["back_fen"] == 10_000
    result = night(fees, NEXT)

    # The biller sent no claims for that day, and none are waited for.
    assert (result.state, codes(result)) == ("locked", ["S4"])
    assert owed(fees) == 0
    with fees.db.read() as tx:
        assert wallet_of(tx, HERE, 1, CIVIC) == (400_000, 0, 400_000, 0, 0)
        assert account_sum(tx, HERE, "offset", CIVIC, BILLER) == 0
    passes_the_second_engine(fees, tmp_path)


@pytest.mark.usefixtures("audited")
def test_corrected_after_the_month_is_closed_a_later_statement_names_it(
    fees: Town, tmp_path: Path
) -> None:
    use_points(fees)
    take_answer(fees, ("B1-1", "100.00"))
    claim(fees, booked_lines(results(fees)))
    night(fees, DAY)
    night(fees, NEXT)
    (march,) = run_month(fees.db, HERE, 202603, at=fees.at + HOUR).statements
    fees.at = moment("2026-04-01 15:00")

    assert take_list(fees, ("B1", 1, "171.00"))["back_fen"] == 1_500
    assert codes(night(fees, APRIL)) == ["S4"]
    night(fees, 20260430)
    (april,) = run_month(fees.db, HERE, 202604, at=moment("2026-05-06 09:00")).statements

    assert (march.payable_fen, april.opening_fen, april.payable_fen) == (10_000, 10_000, 8_500)
    assert (april.booked_fen_minus, april.settled_fen_minus) == (1_500, 1_500)
    with fees.db.read() as tx:
        named = [r for r in rows_of(tx, HERE, april.statement_id) if r.section == "discrepancy"]
        entry = tx.raw.execute(
            "SELECT business_date, corrects_date FROM txn WHERE ref = 'B1-1-R1'"
        ).fetchone()
    assert [(r.ref, r.code, r.booked_fen, r.minus_fen) for r in named] == [
        ("B1-1-R1", "S4", -1_500, 1_500)
    ]
    assert tuple(entry) == (APRIL, DAY)
    passes_the_second_engine(fees, tmp_path)
