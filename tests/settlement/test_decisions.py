"""Three plain buttons: pay what is booked, pay what is claimed, ask the shop."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from ledger.audit import By
from ledger.book.balances import account_sum
from ledger.book.chart import Account
from ledger.database import Database
from ledger.errors import Refusal
from ledger.sql import Row, Sql, Tx
from ledger.units import CNY
from settlement.choices import Choice
from settlement.claims import file_daybook
from settlement.decisions import Press, approve, decide, turn_down
from settlement.discrepancies import (
    age_days,
    as_dict,
    assign,
    buttons,
    discrepancies_of_night,
    get_discrepancy,
    open_counts,
    open_discrepancies,
    open_of_shop,
)
from settlement.night import run_night, verify_night
from tests.support.night_plant import (
    HOUR,
    Planter,
    book,
    daybook,
    midnight,
    next_day,
    reserve_cover,
)
from tests.support.town import CIVIC, HERE, Town, build_town, moment

DAY = 20260302
ZHOU, CHIEF = By("staff", 11), By("staff", 12)
AT = moment("2026-03-03 09:00")
COVER = Sql(
    "SELECT b.posted, b.held FROM balance b JOIN account a ON a.community_id = b.community_id"
    " AND a.account_id = b.account_id WHERE b.community_id = :c AND a.kind = 'cover'"
)


@dataclass
class Case:
    """One shop after a night with one discrepancy of every kind; `no` by code."""

    town: Town
    no: dict[str, int]
    presses: int = 0

    def press(self, code: str, choice: Choice, by: By = ZHOU) -> Press:
        """A press under a request id of its own."""
        self.presses += 1
        return Press(HERE, self.no[code], choice, by, "seen the slip", f"press-{self.presses}")

    def money(self) -> tuple[int, int, int]:
        """Fen payable, units in the shop's offset account, fen of cover still bound."""
        with self.town.db.read() as tx:
            return (
                account_sum(tx, HERE, Account.PAYABLE, CNY, 1),
                account_sum(tx, HERE, Account.OFFSET, CIVIC, 1),
                int(tx.get(COVER, c=HERE).held),
            )

    def row(self, code: str) -> Row:
        """The discrepancy as it stands."""
        with self.town.db.read() as tx:
            return get_discrepancy(tx, HERE, self.no[code])


def anybody(_tx: Tx, _row: Row) -> None:
    """No conflict of interest."""


@pytest.fixture
def case(db: Database) -> Case:
    """One shop's night, see `one_case`."""
    return one_case(db)


def one_case(db: Database) -> Case:
    """V1 +9.00, V2 -4.00, X1 3.00, X2 5.00, X3 10.00, S1 6.00; payable 10 + 10 + 6 + 6 - 6."""
    town = build_town(db, people=3, shops=1, fund_fen=1_000_000)
    town.grant(1, 10**12)
    planter = Planter(town.tills, seed=1)
    fens = {"X3": 1000, "V1": 1000, "V2": 1000, "S1": 600, "X2": 500, "X1": 300}
    sales = {code: planter.entry(DAY, fen=fen) for code, fen in fens.items()}
    refund = planter.refund(sales["S1"], DAY)
    town.at = midnight(DAY) + 6 * HOUR
    reserve_cover(town, 100_000)
    book(town, [sales[code] for code in ("X3", "V1", "V2", "S1", "X2")] + [refund])
    filed = [
        sales["X3"],
        sales["X3"],
        replace(sales["V1"], fen=1900),
        replace(sales["V2"], fen=600),
        sales["S1"],
        sales["X1"],
    ]
    file_daybook(db, HERE, town.tills[0].terminal_id, daybook(DAY, 1, filed), at=town.at)
    result = run_night(db, HERE, DAY, at=midnight(next_day(DAY)) + 2 * HOUR)
    assert sorted(total.code for total in result.codes) == ["S1", "V1", "V2", "X1", "X2", "X3"]
    with db.read() as tx:
        no = {
            row.code: row.discrepancy_no for row in discrepancies_of_night(tx, HERE, result.run_no)
        }
    made = Case(town, no)
    assert made.money() == (2600, (400 + 500) * 20, 400 + 500)
    return made


@pytest.mark.parametrize(
    ("code", "payable", "offset_units", "bound"),
    [("X2", 500, -10_000, -500), ("V2", 400, -8_000, -400), ("V1", 0, 0, 0), ("X1", 0, 0, 0),
     ("X3", 0, 0, 0), ("S1", 0, 0, 0)],
)  # fmt: skip
def test_paying_what_is_booked(
    case: Case, code: str, payable: int, offset_units: int, bound: int
) -> None:
    before = case.money()

    answer = decide(case.town.db, case.press(code, Choice.PAY_BOOKED), may_decide=anybody, at=AT)

    assert (answer["state"], answer["posted_fen"]) == ("decided", payable)
    change = tuple(b - a for a, b in zip(before, case.money(), strict=True))
    assert change == (payable, offset_units, bound)
    assert (answer["txn_id"] is None) == (payable == 0)
    assert case.row(code).state == "decided"
    assert verify_night(case.town.db, HERE, DAY)


@pytest.mark.parametrize(("code", "fen"), [("V1", 900), ("X1", 300), ("X3", 1000), ("S1", 600)])
def test_paying_more_than_is_booked_takes_a_second_person(case: Case, code: str, fen: int) -> None:
    db, before = case.town.db, case.money()

    proposed = decide(db, case.press(code, Choice.PAY_CLAIMED), may_decide=anybody, at=AT)
    assert (proposed["state"], case.money()) == ("proposed", before)
    assert buttons(case.row(code)) == ()
    with pytest.raises(Refusal, match="decision_same_person"):
        approve(db, case.press(code, Choice.PAY_CLAIMED), may_decide=anybody, at=AT)
    done = approve(db, case.press(code, Choice.PAY_CLAIMED, CHIEF), may_decide=anybody, at=AT)

    assert (done["state"], done["posted_fen"]) == ("decided", fen)
    assert case.money() == (before[0] + fen, before[1], before[2])
    row = case.row(code)
    assert (row.decided_by, row.approved_by, row.posted_fen) == (11, 12, fen)


def test_paying_a_short_claim_as_claimed_frees_the_rest(case: Case) -> None:
    before = case.money()

    answer = decide(case.town.db, case.press("V2", Choice.PAY_CLAIMED), may_decide=anybody, at=AT)

    assert (answer["state"], answer["posted_fen"]) == ("decided", 0)
    assert case.money() == (before[0], before[1] - 8_000, before[2] - 400)


def test_a_proposal_turned_down_is_open_again(case: Case) -> None:
    db = case.town.db
    decide(db, case.press("X1", Choice.PAY_CLAIMED), may_decide=anybody, at=AT)

    turn_down(db, case.press("X1", Choice.PAY_CLAIMED, CHIEF), may_decide=anybody, at=AT)

    assert case.row("X1").state == "open"
    decide(db, case.press("X1", Choice.PAY_BOOKED), may_decide=anybody, at=AT)
    assert case.row("X1").state == "decided"


def test_asking_the_shop_posts_nothing_and_sets_a_day(case: Case) -> None:
    before = case.money()

    answer = decide(case.town.db, case.press("V1", Choice.ASK_SHOP), may_decide=anybody, at=AT)

    # Three working days after Tuesday 3 March.
    assert (answer["state"], answer["due_date"]) == ("asked", 20260306)
    assert case.money() == before
    assert buttons(case.row("V1")) == (Choice.PAY_BOOKED, Choice.PAY_CLAIMED, Choice.ASK_SHOP)


def test_one_press_counts_once(case: Case) -> None:
    press = case.press("X2", Choice.PAY_BOOKED)
    first = decide(case.town.db, press, may_decide=anybody, at=AT)

    assert decide(case.town.db, press, may_decide=anybody, at=AT) == first
    with pytest.raises(Refusal, match="request_id_reused"):
        decide(
            case.town.db, press._replace(reason="other"), may_decide=anybody, at=AT
        )  # fmt: skip
    with pytest.raises(Refusal, match="discrepancy_settled"):
        decide(case.town.db, case.press("X2", Choice.PAY_BOOKED), may_decide=anybody, at=AT)
    assert case.money() == (3100, 8_000, 400)


def test_what_was_decided_is_not_settled_again_when_the_claim_comes(case: Case) -> None:
    town = case.town
    decide(town.db, case.press("X2", Choice.PAY_BOOKED), may_decide=anybody, at=AT)
    with town.db.read() as tx:
        ref = get_discrepancy(tx, HERE, case.no["X2"]).ref
    late = Planter(town.tills, 1).entry(DAY, fen=500)
    claim = replace(late, ref=ref, counter=int(ref.split("-")[2]))
    following = next_day(DAY)
    file_daybook(town.db, HERE, town.tills[0].terminal_id, daybook(following, 2, [claim]), at=AT)

    result = run_night(town.db, HERE, following, at=midnight(next_day(following)) + 2 * HOUR)

    assert (result.state, result.settled_fen, result.codes) == ("locked", 0, ())
    assert case.money()[0] == 3100


def test_nothing_can_be_paid_as_claimed_where_nothing_is_claimed(case: Case) -> None:
    with pytest.raises(Refusal, match="decision_not_offered"):
        decide(case.town.db, case.press("X2", Choice.PAY_CLAIMED), may_decide=anybody, at=AT)


def test_nobody_decides_on_their_own_shop(case: Case) -> None:
    def not_mine(_tx: Tx, row: Row) -> None:
        if row.claimant_id == 1:
            raise Refusal("own_case")

    for step in (decide, approve, turn_down):
        with pytest.raises(Refusal, match=r"own_case|discrepancy_settled"):
            step(case.town.db, case.press("X1", Choice.PAY_BOOKED), may_decide=not_mine, at=AT)
    assert case.row("X1").state == "pooled"


def test_a_decision_needs_a_reason_and_a_fund_that_holds_it(case: Case) -> None:
    db = case.town.db
    with pytest.raises(Refusal, match="why_missing"):
        decide(
            db, case.press("X1", Choice.PAY_BOOKED)._replace(reason=" "), may_decide=anybody, at=AT
        )
    case.town.at = AT
    with db.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE balance SET posted = 0 WHERE account_id ="
            " (SELECT account_id FROM account WHERE kind = 'fund')"
        )
    decide(db, case.press("X3", Choice.PAY_CLAIMED), may_decide=anybody, at=AT)
    press = case.press("X3", Choice.PAY_CLAIMED, CHIEF)
    with pytest.raises(Refusal, match="fund_empty"):
        approve(db, press, may_decide=anybody, at=AT)
    assert case.row("X3").state == "proposed"

    # What a press was told stays what it was told; a press of its own finds the money that came since.
    case.town.fund(100_000)
    with pytest.raises(Refusal, match="fund_empty"):
        approve(db, press, may_decide=anybody, at=AT)
    anew = case.press("X3", Choice.PAY_CLAIMED, CHIEF)
    assert approve(db, anew, may_decide=anybody, at=AT)["state"] == "decided"


def test_a_missing_file_is_paid_as_booked_with_one_press(db: Database) -> None:
    town = build_town(db, people=3, shops=1, fund_fen=1_000_000)
    town.grant(1, 10**12)
    planter = Planter(town.tills, seed=1)
    sales = [planter.entry(DAY, fen=1000), planter.entry(DAY, fen=300)]
    town.at = midnight(DAY) + 6 * HOUR
    reserve_cover(town, 100_000)
    book(town, [*sales, planter.refund(sales[0], DAY, 200)])
    run_night(db, HERE, DAY, at=midnight(next_day(DAY)) + 2 * HOUR)
    with db.read() as tx:
        (row,) = open_discrepancies(tx, HERE)
    case = Case(town, {"C1": row.discrepancy_no})

    answer = decide(db, case.press("C1", Choice.PAY_BOOKED), may_decide=anybody, at=AT)

    assert (answer["posted_fen"], case.money()) == (1100, (1100, 0, 0))
    following = run_night(db, HERE, next_day(DAY), at=midnight(next_day(next_day(DAY))) + 2 * HOUR)
    assert (following.state, following.settled_fen) == ("locked", 0)


def test_the_list_shows_both_sides_age_and_sums_by_sign(case: Case) -> None:
    assign(case.town.db, HERE, case.no["V1"], 11, by=CHIEF, at=AT)
    with case.town.db.read() as tx:
        counts = {
            row.code: (int(row.plus_fen), int(row.minus_fen)) for row in open_counts(tx, HERE)
        }
        shop = open_of_shop(tx, HERE, 1)
        row = get_discrepancy(tx, HERE, case.no["V1"])

    assert counts == {"S1": (0, 600), "V1": (0, 900), "V2": (400, 0), "X2": (500, 0), "X3": (0, 1000)}  # fmt: skip
    # The claim without a booking waits in the pool: nobody is asked yet.
    asked = sorted(number for code, number in case.no.items() if code != "X1")
    assert [d.discrepancy_no for d in shop] == asked
    assert (row.booked_fen, row.claimed_fen, row.owner_id) == (1000, 1900, 11)
    assert age_days(row, 20260312) == 10
    shown = as_dict(row, today=20260312)
    assert (shown["name"], shown["sign"], shown["claimant_id"]) == ("Claimed too much", "-", "1")
    assert shown["buttons"] == ["pay_booked", "pay_claimed", "ask_shop"]
