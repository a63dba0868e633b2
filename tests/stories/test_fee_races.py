"""A family at one bill at once never passes its ceiling, and does where the guard is taken away."""

from collections.abc import Callable
from functools import partial

import pytest

from kiosk.fee_desk import FeeRequest, ask
from ledger.bills import offsets
from ledger.bills.facts import Bill, bills_of_household, get_bill
from ledger.bills.offsets import TAKE_ROOM
from ledger.database import Database
from ledger.ids import derived_request_id
from ledger.sql import Tx
from tests.support.fees import build_fee_town, take_list
from tests.support.invariants import check_invariants
from tests.support.races import desk_in_process, run_processes, told, without
from tests.support.town import HERE, Town

PROCESSES = 8
UNITS = 60_000
"""600 points are 30 yuan: of a ceiling of 50 yuan only one such offset fits; the month would take three."""

pytestmark = pytest.mark.slow


def family_of_two(url: str) -> tuple[Town, Bill]:
    """Persons 1 and 2 share household 1 and its bill of 100 yuan; no connection stays open."""
    db = Database(url)
    town = build_fee_town(db)
    with db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE resident SET household_id = 1 WHERE person_id = 2")
    take_list(town, ("B1", 1, "100.00"))
    with db.read() as tx:
        bill = bills_of_household(tx, HERE, 1)[0]
    db.close()
    return town, bill


def decide_on_the_bill_as_it_was(patch: pytest.MonkeyPatch, seen: Bill) -> None:
    """Each process first decides on the bill as everybody saw it; who is refused by a guard looks anew."""
    looked: list[int] = []
    real: Callable[[Tx, int, int], Bill] = get_bill

    def old_bill(tx: Tx, community_id: int, bill_id: int) -> Bill:
        looked.append(1)
        return seen if len(looked) == 1 else real(tx, community_id, bill_id)

    patch.setattr(offsets, "get_bill", old_bill)


def ask_once(number: int, *, town: Town, bill: Bill, url: str) -> str:
    request = FeeRequest(
        community_id=HERE,
        request_id=derived_request_id("race", number),
        bill_id=bill.bill_id,
        units=UNITS,
        person_id=1 + number % 2,
        household_id=1,
    )
    with desk_in_process(town, url) as desk:
        return told(lambda: ask(desk, request, at=town.at))


def after(url: str) -> Bill:
    db = Database(url)
    with db.read() as tx:
        bill = bills_of_household(tx, HERE, 1)[0]
    db.close()
    return bill


def test_a_family_at_one_bill_stays_under_its_ceiling(
    engine_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, bill = family_of_two(engine_url)
    decide_on_the_bill_as_it_was(monkeypatch, bill)

    answers = run_processes(PROCESSES, partial(ask_once, town=town, bill=bill, url=engine_url))

    assert sorted(answers) == ["done"] + ["offset_over_bill_share"] * (PROCESSES - 1)
    assert (after(engine_url).offset_fen, after(engine_url).ceiling_fen) == (3_000, 5_000)
    db = Database(engine_url)
    check_invariants(db.engine)
    db.close()


def test_without_the_guard_the_ceiling_is_passed(
    engine_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    town, bill = family_of_two(engine_url)
    decide_on_the_bill_as_it_was(monkeypatch, bill)
    guard = " AND offset_fen + :fen <= ceiling_fen"
    monkeypatch.setattr(offsets, "TAKE_ROOM", without(TAKE_ROOM, guard))

    answers = run_processes(PROCESSES, partial(ask_once, town=town, bill=bill, url=engine_url))

    assert answers.count("done") > 1
    assert after(engine_url).offset_fen > after(engine_url).ceiling_fen
