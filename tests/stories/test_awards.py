"""Deeds give and take points in each scheme's numbers; a wallet is never below zero, and nobody decides alone."""

from __future__ import annotations

import pytest

from ledger.audit import By
from ledger.awards.deductions import (
    Deduction,
    agree_to_deduction,
    propose_deduction,
)
from ledger.awards.lists import deductions_for, newest_awards, public_awards
from ledger.awards.rules import deductions_of
from ledger.book.balances import account_sum, wallet_of
from ledger.book.chart import Account
from ledger.database import Database
from ledger.earning.scheme_file import parse_scheme, shipped_scheme
from ledger.errors import Refusal
from ledger.members import approvals
from tests.support.awards import changan_with_minus, decide, owe, scheme_text, with_debt
from tests.support.invariants import check_invariants
from tests.support.lapses import give, set_aside
from tests.support.town import HERE, START, build_town

FIRST = 1001
CARETAKER, SECRETARY = By("staff", 21), By("staff", 22)


def wallet(db: Database, owner: int, commodity: int = FIRST) -> tuple[int, int]:
    """What an owner may spend, and what they owe."""
    with db.read() as tx:
        found = wallet_of(tx, HERE, owner, commodity)
    return found.available, found.owed


def refused(act, *args, **more) -> str:
    with pytest.raises(Refusal) as said:
        act(*args, **more)
    return said.value.code


# --- plus


def test_four_points_for_a_lecture_stand_in_the_members_book(db: Database) -> None:
    qinzao = shipped_scheme("qinzao")
    build_town(db, scheme_text=scheme_text("qinzao"), fund_fen=0)

    done = decide(db, qinzao, "Q01", 1, 4)

    assert (done.booked, done.cut_by) == (4, "")
    assert wallet(db, 1) == (4, 0)
    check_invariants(db.engine)


def test_a_day_gives_no_more_than_the_items_cap_and_says_which_cut_it(db: Database) -> None:
    qinzao = shipped_scheme("qinzao")
    build_town(db, scheme_text=scheme_text("qinzao"), fund_fen=0)

    first, second = decide(db, qinzao, "Q01", 1, 4), decide(db, qinzao, "Q01", 1, 3)

    assert (first.booked, second.booked, second.cut_by) == (4, 1, "Q01.day")
    assert refused(decide, db, qinzao, "Q01", 1, 3) == "award_cap_reached"
    assert decide(db, qinzao, "Q01", 1, 3, happened_on=20260303).booked == 3
    assert wallet(db, 1) == (8, 0)
    check_invariants(db.engine)


def test_five_points_a_year_for_no_shed_are_given_once_a_year(db: Database) -> None:
    hebei = shipped_scheme("hebei")
    build_town(db, scheme_text=scheme_text("hebei"), fund_fen=0)
    units = 5 * hebei.get_point_type("family").units_per_point

    assert decide(db, hebei, "H01", 1, units).booked == units
    assert refused(decide, db, hebei, "H01", 1, units) == "award_given_already"
    assert decide(db, hebei, "H01", 2, units).booked == units
    assert decide(db, hebei, "H01", 1, units, happened_on=20270105).booked == units


def test_caps_are_the_persons_who_did_it_and_the_points_the_households(db: Database) -> None:
    arcadia = shipped_scheme("arcadia")
    build_town(db, scheme_text=scheme_text("arcadia"), fund_fen=0)
    cap = 6 * arcadia.get_point_type("xinyi").units_per_point

    decide(db, arcadia, "W11", 1, cap, person_id=501)
    decide(db, arcadia, "W11", 1, cap, person_id=502)

    assert wallet(db, 1) == (2 * cap, 0)
    code = refused(decide, db, arcadia, "W11", 1, cap, person_id=501)
    assert code == "award_cap_reached"


def test_what_is_owed_is_made_up_first(db: Database) -> None:
    text = changan_with_minus().replace(
        'negative_balance = "forbid"', 'negative_balance = "floor_zero"', 1
    )
    town = build_town(db, scheme_text=text, fund_fen=0)
    owe(town, 1, 30)

    decide(db, text, "P01", 1, 50)

    assert wallet(db, 1) == (20, 0)
    check_invariants(db.engine)


# --- minus


def test_a_blocked_fire_lane_costs_five_points_where_there_are_some(db: Database) -> None:
    arcadia = shipped_scheme("arcadia")
    town = build_town(db, scheme_text=scheme_text("arcadia"), fund_fen=0)
    give(town, 1, FIRST, 120, "2026-02-01")

    done = decide(db, arcadia, "W07", 1, -50)

    assert (done.booked, done.owed, done.dropped) == (-50, 0, 0)
    assert wallet(db, 1) == (70, 0)
    with db.read() as tx:
        assert account_sum(tx, HERE, Account.ISSUED_DEDUCTION, FIRST) == 50
    check_invariants(db.engine)


def test_where_there_are_fewer_the_rest_is_let_go_and_written_down(db: Database) -> None:
    arcadia = shipped_scheme("arcadia")
    town = build_town(db, scheme_text=scheme_text("arcadia"), fund_fen=0)
    give(town, 1, FIRST, 30, "2026-02-01")

    some = decide(db, arcadia, "W07", 1, -50)
    none = decide(db, arcadia, "W07", 2, -50)

    assert (some.booked, some.owed, some.dropped) == (-30, 0, 20)
    assert (none.booked, none.owed, none.dropped, none.txn_id) == (0, 0, 50, None)
    assert wallet(db, 1) == (0, 0)
    with db.read() as tx:
        kept = {int(row.owner_id): int(row.dropped_units) for row in newest_awards(tx, HERE)}
    assert kept == {1: 20, 2: 50}
    check_invariants(db.engine)


def test_points_set_aside_for_a_purchase_are_not_taken(db: Database) -> None:
    text = changan_with_minus().replace(
        'negative_balance = "forbid"', 'negative_balance = "floor_zero"', 1
    )
    town = build_town(db, scheme_text=text, fund_fen=0)
    give(town, 1, FIRST, 20, "2026-02-01")
    set_aside(town, 1, 15, FIRST)

    assert decide(db, text, "P09", 1, -20).booked == -5
    set_aside(town, 1, -15, FIRST)
    assert wallet(db, 1) == (15, 0)


def test_where_the_scheme_forbids_a_minus_it_is_refused(db: Database) -> None:
    town = build_town(db, scheme_text=changan_with_minus(), fund_fen=0)
    give(town, 1, FIRST, 10, "2026-02-01")

    with pytest.raises(Refusal) as said:
        decide(db, changan_with_minus(), "P09", 1, -20)

    assert said.value.code == "award_over_balance"
    assert said.value.facts == {"available_units": 10, "asked_units": 20}
    assert wallet(db, 1) == (10, 0)
    check_invariants(db.engine)


def test_a_debt_is_made_where_a_point_type_says_so_and_the_next_points_repay_it(
    db: Database,
) -> None:
    """No scheme that loads takes by deduction what is not there as a debt: the rule stands in the code all the same."""
    debt = with_debt(parse_scheme(changan_with_minus(), "changan.toml"), "party")
    town = build_town(db, scheme_text=changan_with_minus(), fund_fen=0)
    give(town, 1, FIRST, 5, "2026-02-01")

    done = decide(db, debt, "P09", 1, -20)

    assert (done.booked, done.owed, done.dropped) == (-5, 15, 0)
    assert wallet(db, 1) == (0, 15)
    decide(db, debt, "P01", 1, 40)
    assert wallet(db, 1) == (25, 0)
    check_invariants(db.engine)


@pytest.mark.parametrize(
    ("item", "units", "code"),
    [
        ("P77", 10, "award_item_unknown"),
        ("P09", 30, "award_units_wrong"),
        ("P09", -30, "award_units_wrong"),
        ("P01", -10, "award_units_wrong"),
        ("P01", 0, "award_units_wrong"),
    ],
)
def test_what_the_item_does_not_name_is_refused(
    db: Database, item: str, units: int, code: str
) -> None:
    build_town(db, scheme_text=changan_with_minus(), fund_fen=0)

    assert refused(decide, db, changan_with_minus(), item, 1, units) == code


def test_closed_items_and_honour_give_nothing(db: Database) -> None:
    build_town(db, scheme_text=scheme_text("qinzao"), fund_fen=0)

    assert refused(decide, db, shipped_scheme("qinzao"), "Q08", 1, 4) == "award_item_closed"
    assert refused(decide, db, shipped_scheme("huludao"), "L08", 1, 10) == "award_item_closed"


def test_nobody_takes_points_alone_or_without_a_reason(db: Database) -> None:
    arcadia = shipped_scheme("arcadia")
    town = build_town(db, scheme_text=scheme_text("arcadia"), fund_fen=0)
    give(town, 1, FIRST, 120, "2026-02-01")

    assert refused(decide, db, arcadia, "W07", 1, -50, approved_by=11) == "award_needs_two"
    assert refused(decide, db, arcadia, "W07", 1, -50, reason=" ") == "reason_missing"
    assert wallet(db, 1) == (120, 0)


# --- two persons


def deduction(**changes) -> Deduction:
    fields = {
        "item_code": "H08",
        "household_id": 1,
        "person_id": None,
        "happened_on": 20260301,
        "reason": "派出所通报",
        **changes,
    }
    return Deduction(**fields)


def propose(db: Database, scheme, asked: Deduction, by: By = CARETAKER) -> int:
    return db.write(
        lambda tx: propose_deduction(tx, HERE, scheme, asked, today=20260302, by=by, at=START)
    )


def agree(db: Database, scheme, approval_id: int, by: By = SECRETARY):
    return db.write(
        lambda tx: agree_to_deduction(
            tx, HERE, scheme, approval_id, today=20260302, by=by, at=START
        )
    )


def test_a_deduction_is_proposed_by_one_and_posted_when_another_agrees(db: Database) -> None:
    hebei = shipped_scheme("hebei")
    town = build_town(db, scheme_text=scheme_text("hebei"), fund_fen=0)
    give(town, 1, FIRST, 300, "2026-02-01")

    approval_id = propose(db, hebei, deduction())
    assert wallet(db, 1) == (300, 0)
    assert refused(agree, db, hebei, approval_id, CARETAKER) == "approval_same_person"
    done = agree(db, hebei, approval_id)

    taken = {item.code: units for item, units in deductions_of(hebei)}["H08"]
    assert done.booked == taken
    assert wallet(db, 1) == (300 + taken, 0)
    assert refused(agree, db, hebei, approval_id) == "approval_decided"
    with db.read() as tx:
        [row] = deductions_for(tx, HERE, person_id=9_999, household_id=1)
    assert (row.item_code, row.is_private, row.reason) == ("H08", 1, "派出所通报")
    check_invariants(db.engine)


def test_what_is_refused_moves_nothing(db: Database) -> None:
    hebei = shipped_scheme("hebei")
    town = build_town(db, scheme_text=scheme_text("hebei"), fund_fen=0)
    give(town, 1, FIRST, 300, "2026-02-01")
    approval_id = propose(db, hebei, deduction())

    db.write(lambda tx: approvals.deny(tx, HERE, approval_id, by=SECRETARY, at=START))

    assert refused(agree, db, hebei, approval_id) == "approval_decided"
    assert wallet(db, 1) == (300, 0)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"item_code": "H01"}, "award_item_unknown"),
        ({"happened_on": 20260303}, "award_day_wrong"),
        ({"reason": "  "}, "reason_missing"),
        ({"household_id": 77}, "household_not_found"),
        ({"household_id": None, "person_id": 77}, "resident_not_found"),
    ],
)
def test_a_proposal_names_an_item_a_day_a_reason_and_an_owner(
    db: Database, changes: dict[str, object], code: str
) -> None:
    build_town(db, scheme_text=scheme_text("hebei"), fund_fen=0)

    assert refused(propose, db, shipped_scheme("hebei"), deduction(**changes)) == code


def test_the_schemes_that_take_points_are_arcadia_and_hebei() -> None:
    taking = {
        name: len(deductions_of(shipped_scheme(name)))
        for name in ("changan", "qinzao", "hebei", "arcadia", "huludao")
    }

    assert taking == {"changan": 0, "qinzao": 0, "hebei": 8, "arcadia": 11, "huludao": 0}


def test_a_public_list_never_shows_a_minus(db: Database) -> None:
    arcadia = shipped_scheme("arcadia")
    town = build_town(db, scheme_text=scheme_text("arcadia"), fund_fen=0)
    give(town, 1, FIRST, 120, "2026-02-01")
    decide(db, arcadia, "W07", 1, -50)
    decide(db, arcadia, "W01", 1, 10)

    with db.read() as tx:
        rows = public_awards(tx, HERE, 20260301, 20260331)

    assert [(row.item_code, row.booked_units) for row in rows] == [("W01", 10)]
    assert "reason" not in rows[0]._fields
