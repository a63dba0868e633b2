"""What may be two bookings is given to neither by the night; a person picks one, and the other can still be claimed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ledger.audit import By
from ledger.database import Database
from ledger.errors import Refusal
from ledger.ids import new_request_id
from ledger.sql import Sql
from settlement import gate
from settlement.discrepancies import get_discrepancy
from settlement.picking import Pick, candidates, pick_booking
from tests.settlement.test_moving import called_unclaimed
from tests.settlement.test_planted_faults import found_in, night, states
from tests.support.fault_plant import FAULTS, honest_days, live_day
from tests.support.night_plant import HOUR, Entry, Planted, Planter, book, into, reserve_cover
from tests.support.pages_town import form_number, serve, text_of
from tests.support.staff_rows import add_staff
from tests.support.town import HERE, Town

CHIEF = By("staff", 72)


def x5(town: Town, days: int = 2) -> tuple[list[Any], Planted, int, int]:
    """Days of sales, the planted claim, its number, and what its night paid."""
    planter = Planter(town.tills, 7)
    made = honest_days(planter, days, per_day=3)
    [planted] = FAULTS["X5"](planter, made[0])
    live_day(town, made[0], 1)
    paid = night(town, made[0].day).settled_fen
    with town.db.engine.connect() as connection:
        [number] = connection.exec_driver_sql(
            "SELECT discrepancy_no FROM discrepancy WHERE code = 'X5'"
        ).one()
    town.at = made[1].at + 9 * HOUR
    return made, planted, int(number), paid


def offered(town: Town, number: int) -> list[str]:
    with town.db.read() as tx:
        return [row.ref for row in candidates(tx, HERE, get_discrepancy(tx, HERE, number))]


def pick(
    town: Town, number: int, ref: str, *, request_id: str = "", reason: str = "看过小票"
) -> Any:
    asked = Pick(HERE, number, ref, CHIEF, reason, request_id or new_request_id(town.at))
    return pick_booking(town.db, asked, may_decide=lambda _tx, _row: None, at=town.at)


def test_one_is_paid_as_booked_and_the_other_is_called_unclaimed_the_next_night(town: Town) -> None:
    days, planted, number, _ = x5(town)
    one, other = offered(town, number)

    assert pick(town, number, other)["posted_fen"] == 300

    assert states(town, planted.ref) == [("X5", "decided")]
    live_day(town, days[1], 2)
    result = night(town, days[1].day)
    assert found_in(town, result) == {Planted("X2", planted.shop, one, plus_fen=300): 1}
    assert result.settled_fen == sum(e.fen for e in days[1].booked)


def test_the_second_engine_finds_nothing_new_in_a_pick(town: Town) -> None:
    add_staff(town.db, {CHIEF: "accountant"}, at=town.at)
    days, _, number, _ = x5(town)
    before = checks(town)

    pick(town, number, offered(town, number)[0])

    assert checks(town) == before
    live_day(town, days[1], 2)
    night(town, days[1].day)
    assert checks(town) == before


def checks(town: Town) -> set[str]:
    """What the second engine does not pass: days planted into the book alone lack what their tills would have said."""
    return {one.check for one in gate.audit_book(town.db, HERE, at=town.at).findings}


def test_what_was_called_unclaimed_before_is_over_with_the_pick(town: Town) -> None:
    _, planted, number, _ = x5(town)
    one, other = offered(town, number)
    called_unclaimed(town, planted.shop, other)

    pick(town, number, other)

    assert states(town, other) == [("X2", "auto_cleared")]
    assert one != other


def test_the_other_can_still_be_claimed_and_is_paid_once(town: Town) -> None:
    days, planted, number, _ = x5(town)
    one, other = offered(town, number)
    pick(town, number, other)
    days[1].file(next(e for e in days[0].booked if e.ref == one))
    live_day(town, days[1], 2)

    result = night(town, days[1].day)

    assert not found_in(town, result)
    assert result.settled_fen == sum(e.fen for e in days[1].booked) + 300
    assert planted.ref not in (one, other)


def test_the_picked_one_claimed_by_its_own_number_later_is_not_paid_again(town: Town) -> None:
    days, _, number, _ = x5(town)
    one, other = offered(town, number)
    pick(town, number, other)
    days[1].file(next(e for e in days[0].booked if e.ref == other))
    live_day(town, days[1], 2)

    result = night(town, days[1].day)

    assert result.settled_fen == sum(e.fen for e in days[1].booked)
    assert {p.ref for p in found_in(town, result)} <= {one, other}


def test_it_is_picked_once_from_its_own_candidates_and_with_a_reason(town: Town) -> None:
    days, _, number, _ = x5(town)
    one, other = offered(town, number)
    for ref, reason, code in (
        (one, " ", "why_missing"),
        (days[0].booked[0].ref, "x", "pick_not_offered"),
    ):
        with pytest.raises(Refusal, match=code):
            pick(town, number, ref, reason=reason)

    name = new_request_id(town.at)
    first = pick(town, number, one, request_id=name)
    assert pick(town, number, one, request_id=name) == first
    with pytest.raises(Refusal, match="discrepancy_settled"):
        pick(town, number, other)


def test_nobody_picks_for_their_own_shop_nor_what_their_own_household_bought(town: Town) -> None:
    _, _, number, _ = x5(town)
    one, _other = offered(town, number)
    own = By("staff", 71)
    add_staff(town.db, {own: "merchant_owner", CHIEF: "accountant"}, at=town.at)
    says = Sql(
        "UPDATE staff SET person_id = :person, merchant_id = :shop WHERE community_id = :here AND staff_id = :staff"
    )
    with town.db.read() as tx:
        shop = get_discrepancy(tx, HERE, number).claimant_id
        bought = tx.get(_BUYER, here=HERE, ref=one).person_id
    for owner, clerk, code in ((2, 2, "own_shop"), (2, bought, "own_household")):
        for staff, person, theirs in ((own.id, owner, shop), (CHIEF.id, clerk, None)):
            ties = {"here": HERE, "staff": staff, "person": person, "shop": theirs}
            town.db.write(lambda tx, t=ties: tx.run(says, **t))  # type: ignore[misc]
        with pytest.raises(Refusal, match=code):
            pick(town, number, one)


_BUYER = Sql("SELECT person_id FROM txn WHERE community_id = :here AND ref = :ref")


def test_the_desk_shows_both_and_pays_the_one_that_is_picked(
    sqlite_url: str, tmp_path: Path
) -> None:
    served = serve(Database(sqlite_url), tmp_path, shops=2)
    number, one, other = plant_x5(served.town)
    client = served.member("second")
    page = f"/office/discrepancies/{number}/pick"
    assert page in client.get(f"/office/discrepancies/{number}").get_data(as_text=True)
    shown = client.get(page)
    assert one in text_of(shown)
    assert other in text_of(shown)

    done = client.post(
        page,
        data={"request_id": form_number(shown, page), "ref": one, "reason": "看过小票"},
    )

    assert done.status_code == 303
    said = text_of(client.get(f"/office/discrepancies/{number}"))
    assert "已选定一笔，按账付款" in said
    assert one in said


def plant_x5(town: Town) -> tuple[int, str, str]:
    """Rows as a night leaves them: a claim that may be two, and the two."""
    rows = []
    for name, minute in (("M01T1-260301-00001-X", 0), ("M01T1-260301-00002-X", 1)):
        rows.append(
            "INSERT INTO open_item (community_id, claimant_id, ref, txn_id, terminal_id, kind, units, fen,"
            " units_per_fen, business_date, occurred_at, reason, opened_run, closed_by) VALUES"
            f" ({HERE}, 1, '{name}', {minute + 1}, 0, 'sale', 6000, 300, 20, 20260301, {town.at}, 'unclaimed', 1, '')"
        )
    first, second = "M01T1-260301-00001-X", "M01T1-260301-00002-X"
    rows.append(
        "INSERT INTO discrepancy (community_id, discrepancy_no, run_no, business_date, code, sub_code, claimant_id,"
        " terminal_id, ref, claimed_kind, claimed_units, claimed_fen, claimed_at, plus_fen, minus_fen, held_fen,"
        f" rest_units, rest_fen, state, due_date, opened_at, reason, posted_fen) VALUES ({HERE}, 20260301000001, 1,"
        f" 20260301, 'X5', '{first}|{second}', 1, 0, 'M01T1-260301-SMEAR', 'sale', 6000, 300, {town.at}, 0, 300, 300,"
        f" 0, 0, 'open', 20260305, {town.at}, '', 0)"
    )
    for row in rows:
        into(town.db, row)
    cover_and_offset(town)
    return 20260301000001, first, second


def cover_and_offset(town: Town) -> None:
    """What stands in the book behind the two: their points, and the yuan bound for them."""
    reserve_cover(town, 1_000)
    book(
        town,
        [
            Entry(town.tills[0], f"M01T1-260301-0000{n}-Y", n, 300, 20260301, town.at)
            for n in (3, 4)
        ],
    )
