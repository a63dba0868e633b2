"""What a shop may still do: after it was suspended nothing, after a late night as much as before."""

from __future__ import annotations

import pytest

from ledger.audit import SYSTEM
from ledger.book.shops import cover_left
from ledger.database import Database
from ledger.errors import Refusal
from ledger.ids import new_request_id
from ledger.members import merchants
from pos.checkout import check_out
from pos.redemption import Piece, RedemptionRequest, redeem
from settlement.night import run_night
from tests.support.town import HERE, Town, build_town, moment


def test_a_night_run_in_the_morning_leaves_the_shop_its_days_allowance(db: Database) -> None:
    town = build_town(
        db,
        grant_units=50_000,
        allowance_fen=2_000,
        cover_tranche_fen=2_000,
        at=moment("2026-03-03 09:00"),
    )
    check_out(town.desk, town.sale(1, 5_000, 20_000), at=town.at)
    with town.db.read() as tx:
        assert cover_left(tx, HERE, 1) == 1_000

    run_night(town.db, HERE, 20260302, at=town.later(600))

    with town.db.read() as tx:
        assert cover_left(tx, HERE, 1) == 0
    town.later(600)
    receipt = check_out(town.desk, town.sale(2, 5_000, 20_000), at=town.at)
    assert receipt["offset_fen"] == 1_000
    with pytest.raises(Refusal) as said:
        check_out(town.desk, town.sale(3, 5_000, 20_000), at=town.at)
    assert said.value.code == "cover_empty"


def _redemption(town: Town) -> RedemptionRequest:
    till = town.tills[0]
    return RedemptionRequest(
        community_id=HERE,
        terminal_id=till.terminal_id,
        clerk_id=None,
        request_id=new_request_id(town.at),
        ref=till.next_ref(town.day),
        counter=till.counter,
        token=town.code(1),
        lines=(Piece(1, 1),),
        pin=None,
        occurred_at=town.at,
    )


@pytest.mark.parametrize("state", [s for s in merchants.STATES if s != "active"])
def test_a_shop_that_is_not_active_hands_out_no_goods(db: Database, state: str) -> None:
    town = build_town(db, grant_units=50_000)
    with pytest.raises(Refusal) as said:
        redeem(town.desk, _redemption(town), at=town.at)
    assert said.value.code == "good_not_found"
    town.db.write(lambda tx: merchants.set_state(tx, HERE, 1, state, by=SYSTEM, at=town.later(60)))

    with pytest.raises(Refusal) as said:
        redeem(town.desk, _redemption(town), at=town.later(60))

    assert said.value.code == "merchant_not_redeeming"
