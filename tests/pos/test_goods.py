"""The supermarket's shelf: goods put on it, refused under a code twice, handed out the first time and ever after."""

import pytest

from ledger.audit import SYSTEM
from ledger.book.balances import wallet_of
from ledger.database import Database
from ledger.errors import Refusal
from ledger.ids import new_request_id
from ledger.stock.goods import NewGood, goods_of, put_good
from pos.redemption import Piece, RedemptionRequest, redeem
from tests.support.town import CIVIC, HERE, Town, build_town

EGGS = NewGood(
    merchant_id=1, code="G001", name="鸡蛋", price_units=25_000, commodity=CIVIC, cost_fen=1_250, stock=3
)  # fmt: skip


def _basket(town: Town, good_id: int) -> RedemptionRequest:
    till = town.tills[0]
    ref = till.next_ref(town.day)
    return RedemptionRequest(
        community_id=HERE,
        terminal_id=till.terminal_id,
        clerk_id=None,
        request_id=new_request_id(town.at),
        counter=till.counter,
        ref=ref,
        token=town.code(1),
        lines=(Piece(good_id, 1),),
        pin=None,
        occurred_at=town.at,
    )


def test_the_first_eggs_are_handed_out_for_250_points(db: Database) -> None:
    town = build_town(db, grant_units=60_000)
    good_id = db.write(lambda tx: put_good(tx, HERE, EGGS, by=SYSTEM, at=town.at))

    for left in (35_000, 10_000):
        receipt = redeem(town.desk, _basket(town, good_id), at=town.later(60))
        assert receipt["units"] == 25_000
        with db.read() as tx:
            assert wallet_of(tx, HERE, 1, CIVIC).available == left
    with db.read() as tx:
        assert [
            (row.code, row.stock) for row in goods_of(tx, HERE, 1, commodity=CIVIC, day=town.day)
        ] == [("G001", 1)]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({}, "good_code_taken"),
        ({"code": "G-"}, "code_bad"),
        ({"code": "G2", "name": ""}, "name_bad"),
        ({"code": "G2", "price_units": 0}, "amount_wrong"),
        ({"code": "G2", "stock": -1}, "amount_wrong"),
    ],
)
def test_a_good_that_cannot_stand_on_the_shelf_is_refused(
    db: Database, changes: dict[str, int | str], code: str
) -> None:
    town = build_town(db)
    db.write(lambda tx: put_good(tx, HERE, EGGS, by=SYSTEM, at=town.at))
    fields = {name: getattr(EGGS, name) for name in EGGS.__slots__}
    wrong = NewGood(**{**fields, **changes})

    with pytest.raises(Refusal) as said:
        db.write(lambda tx: put_good(tx, HERE, wrong, by=SYSTEM, at=town.at))

    assert said.value.code == code
    with db.read() as tx:
        assert len(goods_of(tx, HERE, 1, commodity=CIVIC, day=town.day)) == 1
