"""A claim of another shop's sale is moved by two people: its own shop is paid once, and both statements show it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ledger.audit import By
from ledger.database import Database
from ledger.errors import Refusal
from settlement.month_figures import figures_of
from settlement.moving import approve_move, propose_move
from tests.settlement.test_planted_faults import found_in, night
from tests.support.fault_plant import FAULTS, honest_days, live_day
from tests.support.night_plant import HOUR, Planted, Planter, into
from tests.support.pages_town import form_number, serve, text_of
from tests.support.town import HERE, Town

ZHOU, CHIEF = By("staff", 71), By("staff", 72)


def moved(town: Town) -> tuple[list[Any], Planted, int, int]:
    """Days of sales; one sale of the owner's is claimed by another shop alone."""
    planter = Planter(town.tills, 7)
    days = honest_days(planter, 2, per_day=3)
    [planted] = FAULTS["T1"](planter, days[0])
    owner = next(e for e in days[0].booked if e.ref == planted.ref).till.merchant_id
    live_day(town, days[0], 1)
    night(town, days[0].day)
    with town.db.engine.connect() as connection:
        [number] = connection.exec_driver_sql(
            "SELECT discrepancy_no FROM discrepancy WHERE code = 'T1'"
        ).one()
    town.at = days[1].at + 9 * HOUR
    return days, planted, int(number), owner


def propose(town: Town, number: int, *, by: By = ZHOU, why: str = "两店对过小票") -> int:
    return town.db.write(lambda tx: propose_move(tx, HERE, number, why=why, by=by, at=town.at))


def approve(town: Town, approval: int, *, by: By = CHIEF) -> None:
    town.db.write(lambda tx: approve_move(tx, HERE, approval, by=by, at=town.at))


def rows(town: Town) -> list[tuple[Any, ...]]:
    with town.db.engine.connect() as connection:
        return [
            tuple(row)
            for row in connection.exec_driver_sql(
                "SELECT claimant_id, ref, state, decision, posted_fen, decided_by, approved_by FROM discrepancy"
                " WHERE code = 'T1' ORDER BY discrepancy_no"
            )
        ]


def test_its_own_shop_is_paid_once_and_both_sides_show_the_move(town: Town) -> None:
    days, planted, number, owner = moved(town)

    approve(town, propose(town, number))

    said = ("decided", "moved")
    assert rows(town) == [
        (planted.shop, planted.ref, *said, 0, ZHOU.id, CHIEF.id),
        (owner, planted.ref, *said, planted.plus_fen, ZHOU.id, CHIEF.id),
    ]
    live_day(town, days[1], 2)
    result = night(town, days[1].day)
    assert not found_in(town, result)
    assert result.settled_fen == sum(e.fen for e in days[1].booked)
    for shop in (planted.shop, owner):
        with town.db.read() as tx:
            month = figures_of(
                tx, HERE, shop, first_date=20260301, last_date=20260331, last_run=result.run_no
            )
        assert [(row.code, row.ref) for row in month.found if row.code == "T1"] == [
            ("T1", planted.ref)
        ]
        paid = [one.posted_fen for one in month.adjusted if one.ref == planted.ref]
        assert paid == ([planted.plus_fen] if shop == owner else [])


def test_what_was_called_unclaimed_before_is_over_with_the_move(town: Town) -> None:
    _, planted, number, owner = moved(town)
    called_unclaimed(town, owner, planted.ref)

    approve(town, propose(town, number))

    with town.db.engine.connect() as connection:
        [(state, posted)] = connection.exec_driver_sql(
            "SELECT state, posted_txn FROM discrepancy WHERE code = 'X2'"
        )
    assert (state, posted) == ("auto_cleared", None)


def test_claimed_by_its_own_shop_after_the_move_it_is_not_paid_again(town: Town) -> None:
    days, planted, number, _ = moved(town)
    approve(town, propose(town, number))
    days[1].file(next(e for e in days[0].booked if e.ref == planted.ref))
    live_day(town, days[1], 2)

    assert night(town, days[1].day).settled_fen == sum(e.fen for e in days[1].booked)


def test_it_takes_two_a_reason_and_a_sale_that_still_waits(town: Town) -> None:
    _, _, number, owner = moved(town)
    with pytest.raises(Refusal, match="why_missing"):
        propose(town, number, why=" ")
    first, second = propose(town, number), propose(town, number)
    with pytest.raises(Refusal, match="approval_same_person"):
        approve(town, first, by=ZHOU)
    approve(town, first)
    with pytest.raises(Refusal, match="discrepancy_settled"):
        approve(town, second)
    assert owner != 0


def test_what_its_own_shop_was_paid_for_meanwhile_is_not_moved(town: Town) -> None:
    _, planted, number, _ = moved(town)
    into(
        town.db,
        f"UPDATE open_item SET closed_run = 1, closed_by = 'decided' WHERE ref = '{planted.ref}'",
    )

    with pytest.raises(Refusal, match="move_not_offered"):
        propose(town, number)


def test_the_desk_proposes_the_move_and_another_sees_whose_it_is(
    sqlite_url: str, tmp_path: Path
) -> None:
    served = serve(Database(sqlite_url), tmp_path, shops=2)
    number, ref = 20260301000001, "M02T1-260301-00001-X"
    at = served.town.at
    into(
        served.town.db,
        "INSERT INTO open_item (community_id, claimant_id, ref, txn_id, terminal_id, kind, units, fen,"
        " units_per_fen, business_date, occurred_at, reason, opened_run, closed_by) VALUES"
        f" ({HERE}, 2, '{ref}', 1, 0, 'sale', 6000, 300, 20, 20260301, {at}, 'unclaimed', 1, '')",
    )
    into(
        served.town.db,
        "INSERT INTO discrepancy (community_id, discrepancy_no, run_no, business_date, code, sub_code, claimant_id,"
        " terminal_id, ref, booked_kind, booked_units, booked_fen, booked_at, claimed_kind, claimed_units,"
        " claimed_fen, claimed_at, plus_fen, minus_fen, held_fen, rest_units, rest_fen, state, due_date, opened_at,"
        f" reason, posted_fen) VALUES ({HERE}, {number}, 1, 20260301, 'T1', '2', 1, 0, '{ref}', 'sale', 6000, 300,"
        f" {at}, 'sale', 6000, 300, {at}, 300, 300, 300, 0, 0, 'open', 20260305, {at}, '', 0)",
    )
    client, page = served.member("second"), f"/office/discrepancies/{number}/move"
    assert page in client.get(f"/office/discrepancies/{number}").get_data(as_text=True)
    shown = client.get(page)
    assert "3.00 元" in text_of(shown)

    done = client.post(page, data={"request_id": form_number(shown, page), "why": "两店对过小票"})

    assert done.status_code == 303
    assert "待第二人同意" in text_of(client.get(page))
    waits = text_of(served.member("committee").get("/office/approvals"))
    assert "申报了别家的消费" in waits
    assert f"{ref} · 3.00 · 转给M02" in waits


def called_unclaimed(town: Town, shop: int, ref: str) -> None:
    """An earlier night had called the booking unclaimed, before anybody claimed it."""
    into(
        town.db,
        "INSERT INTO discrepancy (community_id, discrepancy_no, run_no, business_date, code, sub_code, claimant_id,"
        " terminal_id, ref, booked_kind, booked_units, booked_fen, booked_at, plus_fen, minus_fen, held_fen,"
        f" rest_units, rest_fen, state, due_date, opened_at, reason, posted_fen) VALUES ({HERE}, 20260228000001, 1,"
        f" 20260228, 'X2', '', {shop}, 0, '{ref}', 'sale', 6000, 300, {town.at}, 300, 0, 0, 6000, 300, 'open',"
        f" 20260305, {town.at}, '', 0)",
    )
