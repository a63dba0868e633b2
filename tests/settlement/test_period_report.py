"""Quarter and year: what closed months add up to, in four files; what the points are worth; the street."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ledger.book.chart import Account
from ledger.book.period import trial_balance
from ledger.errors import Refusal
from ledger.sql import Sql
from ledger.units import CNY
from settlement import street
from settlement.claims import file_daybook
from settlement.closing import run_month
from settlement.liability import liability_sheet
from settlement.movements import standing
from settlement.night import run_night
from settlement.period_report import PointType, period_sheet
from settlement.report_span import span_of, spans_before
from settlement.reports import month_sheet
from settlement.sheet import Sheet
from settlement.street import street_sheet
from settlement.suppression import sum_shown, withheld
from tests.settlement.test_exports import assert_same
from tests.settlement.test_month import live_march
from tests.support.forger import forge
from tests.support.night_plant import HOUR, Planter, book, daybook, midnight, reserve_cover
from tests.support.town import HERE, Town, moment

ISSUED_AT = moment("2026-04-05 09:00")
ALTERED = (
    "UPDATE transfer SET amount = amount + 1 WHERE (txn_id, line_no) = (SELECT t.txn_id, t.line_no"
    " FROM transfer t JOIN account a ON a.account_id = t.debit_id WHERE a.kind = 'wallet'"
    " ORDER BY t.txn_id DESC, t.line_no DESC LIMIT 1)"
)


def say(sentence: str) -> str:
    return sentence


def close_march(town: Town) -> None:
    live_march(town)
    run_month(town.db, HERE, 202603, at=ISSUED_AT)


def close_april(town: Town) -> None:
    for day in range(20260401, 20260431):
        run_night(town.db, HERE, day, at=moment("2026-05-01 02:00") + day)
    run_month(town.db, HERE, 202604, at=moment("2026-05-05 09:00"))


def quarter(town: Town, written: str) -> Sheet:
    with town.db.read() as tx:
        return period_sheet(tx, HERE, span_of(written), translate=say)


def lines(sheet: Sheet, heading: str) -> dict[str, list[str]]:
    (block,) = (block for block in sheet.blocks if block.heading == heading)
    return {row[0].text: [cell.text for cell in row[1:]] for row in block.rows}


def test_a_quarter_is_what_its_closed_months_add_up_to(town: Town) -> None:
    close_march(town)
    sheet = quarter(town, "2026-Q1")

    funds = lines(sheet, "The community's funds, yuan")
    # 10.00 was settled for a shop; what else moved was set aside within the funds.
    assert funds["Payable to shops"] == ["0.00", "10.00"]
    came, went = (float(amount) for amount in funds["Together"])
    start, end = (float(funds[name][0]) for name in ("At the beginning", "At the end"))
    assert start + came - went == end
    assert lines(sheet, "Shop by shop")["Together"] == [
        "2", "15.00", "0.00", "10.00", "0.00", "0.00", "0.00",
    ]  # fmt: skip
    assert set(lines(sheet, "Differences by code")) == {"X1", "X2"}
    assert_same(sheet)


def test_what_shops_are_owed_at_a_months_end_holds_nothing_of_the_days_until_its_close(
    town: Town,
) -> None:
    live_march(town)
    first, till = 20260401, town.tills[0]
    town.at = midnight(first) + 6 * HOUR
    reserve_cover(town, 100_000)
    sale = Planter(town.tills, seed=41).entry(first, till, fen=300)
    book(town, [sale])
    file_daybook(town.db, HERE, till.terminal_id, daybook(first, 3, [sale]), at=town.at)
    run_night(town.db, HERE, first, at=midnight(20260402) + 2 * HOUR)
    run_month(town.db, HERE, 202603, at=ISSUED_AT)

    ends = lines(quarter(town, "2026-Q1"), "At the end of each month, yuan")

    assert ends["2026-03"][1] == "10.00"
    with town.db.read() as tx:
        # By the close itself it would have been three yuan more.
        closed = trial_balance(tx, HERE, 202603)
        month = month_sheet(tx, HERE, 202603, translate=say)
    assert standing(closed, CNY, [Account.PAYABLE]) == 1_300
    between = lines(month, "Payable to shops, from the month's end to the close, yuan")
    assert between == {
        "Month's end": ["2026-03-31"],
        "Payable to shops at the month's end": ["10.00"],
        "Booked between the month's end and the close": ["3.00"],
        "Payable to shops in the trial balance": ["13.00"],
        "Trial balance as it stood on": ["2026-04-05"],
    }
    assert_same(month)


def test_two_months_are_shown_apart_and_an_open_one_is_named(town: Town) -> None:
    close_march(town)
    with pytest.raises(Refusal) as refused:
        quarter(town, "2026-Q2")
    assert (refused.value.code, refused.value.facts["month"]) == ("report_months_open", "2026-04")
    with pytest.raises(Refusal, match="report_months_open"):
        quarter(town, "2026")


def test_asked_again_after_more_has_happened_it_is_byte_for_byte_the_same(town: Town) -> None:
    close_march(town)
    before = quarter(town, "2026-Q1")
    close_april(town)
    assert quarter(town, "2026-Q1") == before


def test_a_book_altered_after_the_close_prints_no_report(town: Town) -> None:
    close_march(town)
    if town.db.engine.dialect.name == "sqlite":
        forge(Path(str(town.db.engine.url.database)), ALTERED)
    else:
        with town.db.engine.begin() as connection:
            assert connection.exec_driver_sql(ALTERED).rowcount == 1
    with pytest.raises(Refusal, match="report_unbalanced"):
        quarter(town, "2026-Q1")


@pytest.mark.parametrize(
    ("written", "first", "last"),
    [("2026-03", 202603, 202603), ("2026-q1", 202601, 202603), ("2026", 202601, 202612)],
)
def test_a_period_is_read_as_people_write_it(written: str, first: int, last: int) -> None:
    assert span_of(written)[1:] == (first, last)


@pytest.mark.parametrize("written", ["", "2026-13", "2026-Q5", "26", "2026-03-01", "2026-Q"])
def test_what_is_no_period_is_refused(written: str) -> None:
    with pytest.raises(Refusal, match="report_period_bad"):
        span_of(written)


def test_the_periods_offered_are_those_that_are_over() -> None:
    assert [span.written for span in spans_before(202603)] == [
        "2026-Q1", "2025-Q4", "2025-Q3", "2025-Q2", "2025", "2024",
    ]  # fmt: skip
    assert [span.written for span in spans_before(202611)][:2] == ["2026-Q3", "2026-Q2"]
    assert spans_before(202612)[4].written == "2026"


def test_what_the_points_are_worth_agrees_with_the_wallets(town: Town) -> None:
    close_march(town)
    with town.db.read() as tx:
        sheet = liability_sheet(tx, HERE, 20260405, translate=say)
        units = tx.get(
            Sql(
                "SELECT sum(b.posted) AS n FROM balance b JOIN account a ON a.community_id ="
                " b.community_id AND a.account_id = b.account_id WHERE a.community_id ="
                " :community_id AND a.kind = 'wallet'"
            ),
            community_id=HERE,
        ).n
    aged = [block for block in sheet.blocks if block.heading.startswith("Not spent, by age")]
    assert sum(int(str(row[2].value)) for block in aged for row in block.rows[:-1]) == units > 0
    assert_same(sheet)
    (owed,) = (block for block in sheet.blocks if block.heading == "Points owed")
    own, sums = owed.rows[:-3], [int(str(row[2].value)) for row in owed.rows[-3:]]
    worth = lines(sheet, "Summary")["Points would cost, yuan"]
    assert [owed.rows[-3][2].text] == worth
    assert sum(int(str(row[2].value)) for row in own) == sums[0] + sums[1] == sums[2]


def test_one_to_four_people_are_never_printed() -> None:
    assert withheld([0, 1, 4, 5, 30]) == [0, None, None, 5, 30]
    assert sum_shown(withheld([0, 1, 4, 5, 30])) == 35


class Months:
    """Answers for two months: six people, and two."""

    def get(self, _statement: object, *, first_leaf: int, **_: int) -> SimpleNamespace:
        """The month that begins at a place."""
        return [SimpleNamespace(people=6, units=900), SimpleNamespace(people=2, units=70)][
            first_leaf // 10
        ]


def test_a_month_that_is_withheld_is_no_subtraction_of_its_quarter_away() -> None:
    kind = PointType(1, "points", 2)

    def given(*ends: int) -> str:
        here = street._Here(HERE, "here", ends)
        tx: Any = Months()
        return street._sum(say, tx, here, kind, street._EARNED).text

    # With the quarter and the month of six in hand, the points of the two would be the difference.
    assert [given(0, 10), given(10, 20), given(0, 10, 20)] == [
        "9.00",
        "Fewer than five in a month",
        "Fewer than five in a month",
    ]


def test_the_street_sees_sums_and_nobody(town: Town) -> None:
    close_march(town)
    with town.db.read() as tx:
        sheet = street_sheet(tx, span_of("2026-Q1"), translate=say)
    for block in sheet.blocks[1:3]:
        for row in block.rows:
            for cell in row[1:]:
                assert cell.text == "Fewer than five" or int(cell.text) == 0 or int(cell.text) >= 5
    assert_same(sheet)
