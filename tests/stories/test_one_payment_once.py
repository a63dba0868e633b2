"""A payment earns points once: typed twice, found in a bill, in two shops, in two communities, at the same moment."""

from __future__ import annotations

from collections import Counter

import pytest

from ledger.book.balances import wallet_of
from ledger.database import Database
from ledger.errors import Refusal
from pos import routes
from pos.checkout import check_out
from pos.proof import BillLine, Proved, prove_by_bill
from pos.routes import Reservation
from tests.support.invariants import broken, check_invariants
from tests.support.races import desk_in_process, run_processes, told
from tests.support.town import CIVIC, Town, build_town

PAYMENT = "4200001234202603021234567890"


@pytest.fixture
def town(db: Database) -> Town:
    return build_town(db, shops=2, grant_units=50_000)


def wallet(town: Town, person: int = 1):
    with town.db.read() as tx:
        return wallet_of(tx, town.here, person, CIVIC)


def refused(town: Town, request) -> str:
    with pytest.raises(Refusal) as said:
        check_out(town.desk, request, at=town.at)
    return said.value.code


def prove(town: Town, *lines: BillLine, shop: int = 1) -> Proved:
    return prove_by_bill(town.desk, town.here, shop, lines, until=town.day, by="bill", at=town.at)


# --- typed at the till


def test_a_reference_typed_twice_earns_once(town: Town) -> None:
    first = check_out(town.desk, town.sale(1, 5_000, payment_ref=PAYMENT), at=town.at)

    assert first["earned_units"] == 5_000
    assert refused(town, town.sale(2, 5_000, payment_ref=PAYMENT)) == "payment_already_used"
    assert refused(town, town.sale(2, 5_000, till=1, payment_ref=PAYMENT)) == "payment_already_used"
    assert wallet(town, 2).pending == 0
    check_invariants(town.db.engine)


def test_a_refused_sale_leaves_its_payment_to_the_next(town: Town) -> None:
    too_much = town.sale(1, 5_000, 20_000, payment_ref=PAYMENT, token=town.code(3))
    with town.db.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE card SET state = 'lost' WHERE serial = 3")
    assert refused(town, too_much) == "card_not_active"

    receipt = check_out(town.desk, town.sale(1, 5_000, payment_ref=PAYMENT), at=town.at)

    assert receipt["earned_units"] == 5_000
    assert refused(town, too_much) == "card_not_active"
    check_invariants(town.db.engine)


def test_a_payment_refused_as_used_is_refused_for_ever_and_its_code_is_burned(town: Town) -> None:
    held = routes.reserve(
        town.db, payment_ref=f"scan:{PAYMENT}", community_id=town.here, sale_id="other", at=town.at
    )
    request = town.sale(1, 5_000, 2_000, payment_ref=PAYMENT)
    assert refused(town, request) == "payment_already_used"
    routes.release(town.db, held, at=town.at)

    assert refused(town, request) == "payment_already_used"
    assert refused(town, town.sale(1, 5_000, 2_000, token=request.token)) == "token_used"


def test_two_communities_share_one_payment_only_once(db: Database) -> None:
    here = build_town(db, grant_units=50_000)
    there = build_town(db, grant_units=50_000, here=2, issuer="CA02")

    earned = check_out(here.desk, here.sale(1, 5_000, payment_ref=PAYMENT), at=here.at)

    assert earned["earned_units"] == 5_000
    assert refused(there, there.sale(1, 5_000, payment_ref=PAYMENT)) == "payment_already_used"
    sold = check_out(there.desk, there.sale(1, 5_000), at=there.at)
    bill = BillLine(PAYMENT, 5_000, sold["occurred_at"])
    assert prove(there, bill) == (0, 0, 1)
    assert (wallet(here).pending, wallet(there).pending) == (5_000, 5_000)
    assert wallet(there).posted == 50_000
    check_invariants(db.engine)


# --- found in a bill


def test_a_payment_in_the_bill_makes_the_points_of_its_sale_spendable(town: Town) -> None:
    sold = check_out(town.desk, town.sale(1, 5_000, 20_000), at=town.at)
    bill = BillLine(PAYMENT, 4_000, sold["occurred_at"] + 60_000_000)

    assert prove(town, bill) == (1, 4_000, 0)
    assert wallet(town) == (34_000, 0, 34_000, 0, 0)
    assert prove(town, bill) == (0, 0, 1)
    assert wallet(town) == (34_000, 0, 34_000, 0, 0)
    check_invariants(town.db.engine)


def test_a_named_payment_proves_its_own_sale_and_no_other(town: Town) -> None:
    """Two sales of 50.00 a minute apart; the second one's payment is named and stands nearer to the first."""
    first = check_out(town.desk, town.sale(1, 5_000), at=town.at)
    town.later(60)
    named = check_out(town.desk, town.sale(2, 5_000, payment_ref="wx-named"), at=town.at)
    bill = [
        BillLine("wx-named", 5_000, first["occurred_at"]),
        BillLine("wx-other", 5_000, named["occurred_at"]),
    ]

    assert prove(town, *bill) == (2, 10_000, 0)

    with town.db.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT sale_id, payment_ref FROM evidence").all()
    assert dict(map(tuple, found)) == {
        first["sale_id"]: "wx-other",
        named["sale_id"]: "wx-named",
    }
    check_invariants(town.db.engine)


def test_a_bill_exported_again_with_more_lines_proves_the_rest(town: Town) -> None:
    """The old line stands nearer to the second sale than the new one, and has earned already."""
    first = check_out(town.desk, town.sale(1, 5_000), at=town.at)
    old = BillLine("wx-1", 5_000, first["occurred_at"])
    assert prove(town, old).sales == 1
    town.later(30)
    second = check_out(town.desk, town.sale(2, 5_000), at=town.at)
    new = BillLine("wx-2", 5_000, second["occurred_at"] + 120_000_000)

    assert prove(town, old, new) == (1, 5_000, 1)
    assert prove(town, old, new) == (0, 0, 2)
    check_invariants(town.db.engine)


def test_a_reference_typed_wrongly_is_put_right_by_the_bill(town: Town) -> None:
    sold = check_out(town.desk, town.sale(1, 5_000, payment_ref="wx-typo"), at=town.at)

    assert prove(town, BillLine("wx-right", 5_000, sold["occurred_at"])) == (1, 5_000, 0)

    assert refused(town, town.sale(2, 5_000, payment_ref="wx-right")) == "payment_already_used"
    check_invariants(town.db.engine)


def test_a_named_payment_of_another_sum_proves_nothing(town: Town) -> None:
    sold = check_out(town.desk, town.sale(1, 5_000, payment_ref="wx-1"), at=town.at)

    assert prove(town, BillLine("wx-1", 4_999, sold["occurred_at"])) == (0, 0, 1)
    assert wallet(town).pending == 5_000


# --- at the same moment


def race(url: str) -> tuple[Counter[str], list[Town]]:
    """Four tills of each of two communities book a sale on the same payment at once."""
    db = Database(url)
    towns = [
        build_town(db, people=4, tills_each=4, grant_units=50_000, here=here, issuer=f"CA0{here}")
        for here in (1, 2)
    ]
    asked = [
        (town, town.sale(n + 1, 5_000, till=n, payment_ref=PAYMENT))
        for n in range(4)
        for town in towns
    ]
    db.close()

    def job(number: int) -> str:
        town, request = asked[number]
        with desk_in_process(town, url) as desk:
            return told(lambda: check_out(desk, request, at=town.at))

    return Counter(run_processes(len(asked), job)), towns


@pytest.mark.slow
def test_eight_tills_of_two_communities_race_for_one_payment(engine_url: str) -> None:
    said, _ = race(engine_url)

    assert said == {"done": 1, "payment_already_used": 7}
    db = Database(engine_url)
    check_invariants(db.engine)
    db.close()


@pytest.mark.slow
def test_without_the_reservation_the_race_earns_more_than_once(
    engine_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reserve(_db, *, payment_ref: str, community_id: int, sale_id: str, at: int) -> Reservation:
        return Reservation(payment_ref, community_id, sale_id, hash(sale_id), at, "reserved")

    monkeypatch.setattr(routes, "reserve", reserve)

    said, _ = race(engine_url)

    assert said["done"] > 1
    db = Database(engine_url)
    with db.engine.connect() as connection:
        assert "a_payment_earns_once" in broken(connection)
    db.close()
