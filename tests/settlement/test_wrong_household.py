"""A purchase booked to the wrong household: a T2 of its own, put right by two people of neither, the shop paid once."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from ledger.audit import By
from ledger.book.accounts import account_id
from ledger.book.balances import Wallet, account_sum, wallet_of
from ledger.book.chart import Account, Kind
from ledger.book.posting import Line, Side, post
from ledger.database import Database
from ledger.errors import Refusal
from ledger.members import approvals
from ledger.sql import Row, Sql, Tx
from ledger.units import CNY
from pos.channel_refunds import refund_by_gateway
from pos.charging import check_out_by_gateway
from pos.checkout import check_out
from pos.misuse.facts import find_out
from settlement.claims import file_daybook
from settlement.night import run_night
from settlement.rebooking import End, approve_end, propose_end
from settlement.wrong_household import Named, newest_said, say_not_ours, to_name
from tests.support.fake_channel import FakeChannel
from tests.support.invariants import check_invariants
from tests.support.night_plant import HOUR, Entry, daybook, midnight, next_day
from tests.support.staff_rows import add_staff
from tests.support.town import CIVIC, HERE, Town, build_town

GRID, CHIEF = By("staff", 71), By("staff", 72)
WRONG, RIGHT = 1, 2
ROWS = Sql(
    "SELECT code, claimant_id, ref, state, decision, decided_by, approved_by, posted_fen FROM discrepancy"
    " WHERE community_id = :community_id ORDER BY discrepancy_no"
)
_LIVES = Sql(
    "UPDATE staff SET person_id = :person_id WHERE community_id = :community_id AND staff_id = :staff_id"
)


@pytest.fixture
def town(db: Database) -> Town:
    """Three people of three households with 1,000 points each, and a till whose channel proves each payment at once."""
    made = build_town(db, people=3, grant_units=100_000, channel=FakeChannel())
    add_staff(db, {GRID: "grid_worker", CHIEF: "secretary"}, at=made.at)
    return made


def sell(
    town: Town,
    person: int = WRONG,
    *,
    fen: int = 5_000,
    units: int = 20_000,
    channel: str = "gateway",
) -> Entry:
    town.later(600)
    request = town.sale(person, fen, units, channel=channel)
    sell_now = check_out if channel == "scan" else check_out_by_gateway
    sell_now(town.desk, request, at=town.at)
    return Entry(town.tills[0], request.ref, request.counter, units // 20, town.day, town.at)


def wallet(town: Town, person: int) -> Wallet:
    with town.db.read() as tx:
        return wallet_of(tx, HERE, person, CIVIC)


def listed(town: Town, person: int = WRONG) -> list[Row]:
    with town.db.read() as tx:
        return to_name(tx, HERE, person, at=town.at)


def say(town: Town, *, person: int = WRONG, by: By = GRID, place: int = 0) -> int:
    named = Named(person, (int(listed(town, person)[place].txn_id),), "不是我家的")
    [number] = town.db.write(lambda tx: say_not_ours(tx, HERE, named, by=by, at=town.at))
    return number


def propose(town: Town, number: int, end: End = "rebook", *, to: int = RIGHT, by: By = GRID) -> int:
    work = partial(
        propose_end, community_id=HERE, discrepancy_no=number, end=end, to_person=to, why="小票是二号家的", by=by
    )  # fmt: skip
    return town.db.write(lambda tx: work(tx, at=town.at))


def approve(town: Town, approval: int, *, by: By = CHIEF) -> None:
    town.db.write(lambda tx: approve_end(tx, HERE, approval, by=by, at=town.at))


def rows(town: Town) -> list[tuple[Any, ...]]:
    with town.db.read() as tx:
        return [tuple(row) for row in tx.all(ROWS, community_id=HERE)]


def close(town: Town, sales: list[Entry], day: int) -> Any:
    till = town.tills[0].terminal_id
    file_daybook(town.db, HERE, till, daybook(day, 1, sales), at=midnight(day) + 22 * HOUR)
    result = run_night(town.db, HERE, day, at=midnight(next_day(day)) + 2 * HOUR)
    assert result.state == "locked", result
    town.at = midnight(next_day(day)) + 9 * HOUR
    return result


def test_control_what_nobody_disputes_has_no_row(town: Town) -> None:
    close(town, [sell(town)], town.day)

    assert rows(town) == []


@pytest.mark.usefixtures("audited")
def test_a_disputed_purchase_is_a_t2_and_nothing_besides_and_the_shop_is_paid_once(
    town: Town,
) -> None:
    sales = [sell(town), sell(town, RIGHT)]
    before = {person: wallet(town, person) for person in (WRONG, RIGHT)}
    day = town.day
    number = say(town)
    night = close(town, sales, day)
    assert rows(town) == [("T2", 1, sales[0].ref, "open", None, None, None, 0)]
    assert night.settled_fen == 2_000

    approve(town, propose(town, number))

    brought = 5_000 - 1_000
    assert wallet(town, WRONG).available == before[WRONG].available + 20_000 - brought
    assert wallet(town, RIGHT).available == before[RIGHT].available - 20_000 + brought
    decided = ("decided", "household_rebook", GRID.id, CHIEF.id, 0)
    assert rows(town) == [("T2", 1, sales[0].ref, *decided)]
    with town.db.read() as tx:
        assert account_sum(tx, HERE, Account.PAYABLE, CNY, 1) == 2_000
    check_invariants(town.db.engine)
    # The second engine passes the book with the entry in it, and nothing is named or paid again.
    second = run_night(town.db, HERE, town.day, at=midnight(next_day(town.day)) + 2 * HOUR)
    assert (second.state, second.settled_fen) == ("locked", 0)
    assert len(rows(town)) == 1


def test_goods_that_come_back_later_go_to_the_household_it_counts_as(town: Town) -> None:
    sale = sell(town)
    approve(town, propose(town, say(town)))
    left = {person: wallet(town, person).available for person in (WRONG, RIGHT)}

    town.later(60)
    refund_by_gateway(town.desk, town.refund(sale.ref, 5_000), at=town.at)

    assert wallet(town, WRONG).available == left[WRONG]
    assert wallet(town, RIGHT).available == left[RIGHT] + 20_000 - 4_000
    assert (wallet(town, WRONG).posted, wallet(town, RIGHT).posted) == (100_000, 100_000)
    check_invariants(town.db.engine)


def test_after_a_part_came_back_only_the_rest_is_moved(town: Town) -> None:
    sale = sell(town)
    town.later(60)
    refund_by_gateway(town.desk, town.refund(sale.ref, 2_500), at=town.at)
    number = say(town)

    approve(town, propose(town, number))

    assert wallet(town, WRONG).posted == 100_000
    assert wallet(town, RIGHT).posted == 100_000 - 10_000 + 2_000
    check_invariants(town.db.engine)


def test_what_the_right_household_lacks_is_owed_and_so_is_what_the_wrong_one_spent(
    town: Town,
) -> None:
    sell(town, fen=100_000, units=20_000)  # brings 50,000, the day's limit
    number = say(town)
    for person in (WRONG, RIGHT):
        empty(town, person)
    sell(town, 3, fen=1_000, units=0)

    approve(town, propose(town, number))

    wrong, right = wallet(town, WRONG), wallet(town, RIGHT)
    # The wrong one had 20,000 back and 50,000 taken; the right one had 50,000 and 20,000 taken.
    assert (wrong.available, wrong.owed) == (0, 30_000)
    assert (right.available, right.owed) == (30_000, 0)
    check_invariants(town.db.engine)
    other = sell(town, 3, fen=5_000, units=20_000)
    assert other.ref
    empty(town, RIGHT)
    approve(town, propose(town, say(town, person=3), to=RIGHT))
    assert (wallet(town, RIGHT).available, wallet(town, RIGHT).owed) == (0, 16_000)
    check_invariants(town.db.engine)


def empty(town: Town, person: int) -> None:
    """Take whatever somebody has, as a decision of the community would."""

    def work(tx: Tx) -> None:
        purse = Side(
            account_id(tx, HERE, Account.WALLET, CIVIC, person, at=town.at), Account.WALLET
        )
        gone = Side(
            account_id(tx, HERE, Account.ISSUED_DEDUCTION, CIVIC, at=town.at),
            Account.ISSUED_DEDUCTION,
        )
        units = wallet_of(tx, HERE, person, CIVIC).available
        post(tx, town._posting(Kind.DEDUCT, [Line(purse, gone, CIVIC, units)], person))

    town.db.write(work)


def test_points_that_are_not_proven_yet_wait_for_their_proof(town: Town) -> None:
    sell(town, channel="scan")
    approval = propose(town, say(town))

    with pytest.raises(Refusal, match="rebook_pending"):
        approve(town, approval)


def test_it_takes_two_and_neither_may_belong_to_a_household_in_it(town: Town) -> None:
    sell(town)
    number = say(town)
    approval = propose(town, number)
    with pytest.raises(Refusal, match="approval_same_person"):
        approve(town, approval, by=GRID)
    add_staff(town.db, {By("staff", 81): "secretary", By("staff", 82): "secretary"}, at=town.at)
    for staff_id, person in ((81, WRONG), (82, RIGHT)):
        here = {"community_id": HERE, "staff_id": staff_id}
        town.db.write(lambda tx, h=here, p=person: tx.run(_LIVES, **h, person_id=p))  # type: ignore[misc]
        with pytest.raises(Refusal, match="own_household"):
            approve(town, approval, by=By("staff", staff_id))
        with pytest.raises(Refusal, match="own_household"):
            propose(town, number, by=By("staff", staff_id))
    with pytest.raises(Refusal, match="rebook_same_household"):
        propose(town, number, to=WRONG)
    with pytest.raises(Refusal, match="why_missing"):
        town.db.write(
            lambda tx: propose_end(tx, HERE, number, "stays", why=" ", by=GRID, at=town.at)
        )

    approve(town, approval)
    with pytest.raises(Refusal, match="discrepancy_settled"):
        propose(town, number)


def test_a_denied_proposal_leaves_it_open_and_what_stays_moves_nothing(town: Town) -> None:
    sell(town)
    number = say(town, by=By("resident", WRONG))
    before = [wallet(town, person) for person in (WRONG, RIGHT)]
    denied = propose(town, number)
    town.db.write(lambda tx: approvals.deny(tx, HERE, denied, by=CHIEF, at=town.at))
    assert rows(town)[0][3] == "open"

    approve(town, propose(town, number, "stays"))

    assert rows(town)[0][3:5] == ("decided", "household_stays")
    assert [wallet(town, person) for person in (WRONG, RIGHT)] == before


def test_each_purchase_is_named_once_and_only_by_its_own_household(town: Town) -> None:
    sell(town)
    sell(town, RIGHT)
    [mine], [theirs] = listed(town), listed(town, RIGHT)
    say(town)

    def name(txn_id: int) -> None:
        named = Named(WRONG, (txn_id,))
        town.db.write(lambda tx: say_not_ours(tx, HERE, named, by=GRID, at=town.at))

    with pytest.raises(Refusal, match="purchase_named"):
        name(int(mine.txn_id))
    with pytest.raises(Refusal, match="purchase_other"):
        name(int(theirs.txn_id))
    with pytest.raises(Refusal, match="purchase_none"):
        town.db.write(lambda tx: say_not_ours(tx, HERE, Named(WRONG, ()), by=GRID, at=town.at))
    assert listed(town) == []


def test_once_booked_elsewhere_it_is_nobodys_unauthorised_use(town: Town) -> None:
    sell(town)
    number = say(town)
    with town.db.read() as tx:
        txn_id = int(newest_said(tx, HERE)[0].txn_id)
    approve(town, propose(town, number))

    with town.db.read() as tx:
        assert find_out(tx, HERE, txn_id) is None
