"""One sale in the seed's numbers: 50 yuan, 200 points, 10.00 off, 40.00 paid, 40.00 points earned."""

import pytest

from ledger.book.balances import account_sum, wallet_of
from ledger.database import Database
from ledger.errors import Refusal
from ledger.units import CNY
from pos.checkout import check_out
from pos.refunds import refund
from tests.support.town import CIVIC, HERE, build_town


def test_fifty_yuan_with_two_hundred_points(db: Database) -> None:
    town = build_town(db, grant_units=50_000)

    receipt = check_out(town.desk, town.sale(1, 5_000, 20_000), at=town.at)

    assert receipt["offset_fen"] == 1_000
    assert receipt["paid_fen"] == 4_000
    assert receipt["earned_units"] == 4_000
    assert receipt["earned_state"] == "pending"
    assert receipt["balance_units"] == 30_000
    with db.read() as tx:
        wallet = wallet_of(tx, HERE, 1, CIVIC)
        assert wallet == (30_000, 0, 30_000, 4_000, 0)
        assert account_sum(tx, HERE, "offset", CIVIC, 1) == 20_000
        assert account_sum(tx, HERE, "cover", CNY, 1) == 20_000


def test_the_same_request_is_answered_from_the_first_time(db: Database) -> None:
    town = build_town(db, grant_units=50_000)
    request = town.sale(1, 5_000, 20_000)

    first = check_out(town.desk, request, at=town.at)
    town.later(600)
    again = check_out(town.desk, request, at=town.at)

    assert again == first
    with db.read() as tx:
        assert wallet_of(tx, HERE, 1, CIVIC).posted == 30_000


def test_a_code_shown_twice_is_refused(db: Database) -> None:
    town = build_town(db, grant_units=50_000)
    code = town.code(1)
    check_out(town.desk, town.sale(1, 5_000, 2_000, token=code), at=town.at)

    with pytest.raises(Refusal) as said:
        check_out(town.desk, town.sale(1, 5_000, 2_000, token=code), at=town.at)

    assert said.value.code == "token_used"


def test_half_the_goods_come_back(db: Database) -> None:
    town = build_town(db, grant_units=50_000)
    receipt = check_out(town.desk, town.sale(1, 10_000, 40_000), at=town.at)

    answer = refund(town.desk, town.refund(receipt["ref"], 5_000), at=town.later(60))

    assert answer["offset_back_fen"] == 1_000
    assert answer["units_back"] == 20_000
    assert answer["cash_back_fen"] == 4_000
    assert answer["earned_reversed_units"] == 4_000
    with db.read() as tx:
        assert wallet_of(tx, HERE, 1, CIVIC) == (30_000, 0, 30_000, 4_000, 0)
        assert account_sum(tx, HERE, "offset", CIVIC, 1) == 20_000
